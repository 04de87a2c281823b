// A text area for JSON that says at once what is wrong, and where.

function jsonEditor(label, start, onChange) {
  const id = freshId("json");
  const faultId = freshId("fault");
  const area = element("textarea", { id, class: "code", rows: "3", spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-label": label, "aria-describedby": faultId });
  const verdict = element("p", { class: "verdict", id: faultId, "aria-live": "polite" });
  const format = element("button", { type: "button", class: "quiet", onclick: () => set(indentedJson(area.value)) }, "Format");
  const reset = element("button", { type: "button", class: "quiet", onclick: () => set(first) }, icon("undo"), "Reset");
  const first = start === null || start === undefined ? "" : indentedJson(JSON.stringify(start));

  function judge() {
    const fault = area.value.trim() ? jsonFault(area.value) : null;
    verdict.textContent = fault ? `Line ${fault.line}, column ${fault.column}: ${fault.message}` : "";
    verdict.classList.toggle("wrong", fault !== null);
    area.classList.toggle("wrong", fault !== null);
    area.rows = Math.min(Math.max(area.value.split("\n").length, 3), 18);
    format.disabled = fault !== null || !area.value.trim();
    reset.disabled = area.value === first;
  }

  function set(value) {
    area.value = typeof value === "string" ? value : indentedJson(JSON.stringify(value));
    judge();
    onChange();
  }

  area.addEventListener("input", () => { judge(); onChange(); });
  area.value = first;
  judge();
  return {
    id,
    element: element("div", { class: "json-editor" }, area, element("div", { class: "tools" }, verdict, format, reset)),
    text: () => area.value,
    set,
    focus: () => area.focus(),
  };
}
