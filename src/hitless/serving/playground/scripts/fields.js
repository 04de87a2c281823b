// One field of a form by its kind. Each can be read, set and told what is wrong with it. `read` gives a list of values:
// none where nothing was entered.

function makeField(spec, hooks) {
  const made = spec.kind.startsWith("file") ? fileField(spec, hooks) : (FIELD_KINDS[spec.kind] ?? textField)(spec, hooks);
  const faultId = freshId("fault");
  const fault = element("p", { class: "fault", id: faultId, role: "alert", hidden: true });
  const label = element("label", { for: made.id, class: "label" }, spec.name);
  if (spec.required) label.append(element("span", { class: "needed", title: "required" }, "required"));
  const head = made.aside ? element("div", { class: "field-head" }, label, made.aside) : label;
  const whole = element("div", { class: `field ${spec.kind}` }, head, made.control, fault);
  if (spec.note) head.after(element("p", { class: "note" }, spec.note));

  function setFault(text) {
    const control = whole.querySelector("input, textarea, select, canvas");
    fault.textContent = text ?? "";
    fault.hidden = !text;
    whole.classList.toggle("wrong", Boolean(text));
    if (text) control?.setAttribute("aria-describedby", faultId);
    if (text) control?.setAttribute("aria-invalid", "true");
    else control?.removeAttribute("aria-invalid");
  }

  return { ...made, spec, element: whole, setFault };
}

function simpleField(control, onChange) {
  control.id = freshId("field");
  control.addEventListener("input", onChange);
  return {
    id: control.id,
    control,
    read: () => (control.value === "" ? [] : [control.value]),
    set: (value) => { control.value = typeof value === "object" ? JSON.stringify(value) : String(value ?? ""); onChange(); },
  };
}

function textField(spec, { onChange }) {
  const control = element("textarea", { rows: "1", spellcheck: "false", maxlength: spec.maxLength });
  control.value = spec.default ?? "";
  return simpleField(control, onChange);
}

function numberField(spec, { onChange }) {
  const control = element("input", { type: "number", step: spec.kind === "integer" ? "1" : "any", min: spec.minimum, max: spec.maximum, inputmode: "decimal" });
  control.value = spec.default ?? "";
  const field = simpleField(control, onChange);
  return { ...field, typed: (text) => Number(text) };
}

function choiceField(spec, { onChange }) {
  const texts = spec.enum.map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
  const empty = spec.required ? [] : [element("option", { value: "" }, "—")];
  const control = element("select", {}, ...empty, ...texts.map((text) => element("option", { value: text }, text)));
  if (spec.default !== undefined) control.value = String(spec.default);
  return { ...simpleField(control, onChange), typed: (text) => spec.enum[texts.indexOf(text)] };
}

function booleanField(spec, { onChange }) {
  const box = element("input", { type: "checkbox", id: freshId("field"), role: "switch" });
  let touched = spec.required || spec.default !== undefined;
  box.checked = spec.default === true;
  box.addEventListener("change", () => { touched = true; onChange(); });
  return {
    id: box.id,
    control: box,
    read: () => (touched ? [String(box.checked)] : []),
    set: (value) => { touched = true; box.checked = value === true || value === "true"; onChange(); },
    typed: (text) => text === "true",
  };
}

function jsonField(spec, { onChange }) {
  const editor = jsonEditor(spec.name, spec.skeleton, onChange);
  return { id: editor.id, control: editor.element, read: () => (editor.text().trim() ? [editor.text()] : []), set: editor.set };
}

const FIELD_KINDS = { text: textField, number: numberField, integer: numberField, boolean: booleanField, choice: choiceField, json: jsonField };
