// The input side of one api: fields or an editor, put together by the contract, read as one request.

// A request, as all other files take it: method, url, query [[name, text]], and one of form [[name, text or File]],
// text, file; with `type`, the media type of text and file.
function addressOf(request) {
  const query = new URLSearchParams(request.query).toString();
  return location.origin + request.url + (query ? `?${query}` : "");
}

function apiInputs(api, hooks) {
  const fields = api.fields.map((spec) => makeField(spec, { ...hooks, sketch: api.sketch }));
  const extra = api.open ? openFields(api, hooks) : null;
  const whole = api.body === "json" ? jsonInputs(api, fields, hooks) : api.body === "text" || api.body === "file" ? bodyField(api, hooks) : null;
  const shown = whole ? [whole.element] : [...fields.map((field) => field.element), extra?.element];
  if (!whole && !fields.length && !extra) shown.push(element("p", { class: "note" }, "This api takes nothing: just send."));

  function request() {
    const made = { method: api.method, url: api.url, query: [], streams: api.answers === "text/event-stream" };
    if (whole) return { ...made, ...whole.read() };
    const pairs = [...fields.flatMap((field) => field.read().map((value) => [field.spec.name, value])), ...(extra?.read() ?? [])];
    if (api.body === "form") return { ...made, form: pairs };
    return { ...made, query: pairs.filter(([, value]) => typeof value === "string") };
  }

  function fill(sample) {
    if (sample.json !== undefined && whole?.set) whole.set(sample.json);
    for (const field of fields) {
      const given = (sample.form ?? []).filter((part) => part.name === field.spec.name).map(partValue);
      const asked = sample.query.filter(([name]) => name === field.spec.name).map(([, text]) => text);
      const values = [...given, ...asked];
      if (values.length) field.set(field.takes ? values : values[0]);
    }
  }

  // What an answer says about fields, shown at them. True where one was found.
  function showFaults(faults) {
    let found = false;
    for (const field of fields) {
      const own = faults.filter((fault) => faultField(fault) === field.spec.name);
      field.setFault(own.map((fault) => String(fault.detail)).join("; "));
      found ||= own.length > 0;
    }
    return found;
  }

  const takers = [...fields, whole?.field].filter((field) => field?.takes);
  return {
    element: element("div", { class: "inputs" }, ...shown.filter(Boolean)),
    request, fill, showFaults,
    takeFiles: (files) => takers[0]?.takes(files),
    given: () => takers.some((field) => field.read().length > 0),
    drawing: () => takers.some((field) => field.drawing?.()),
    say: (text) => takers.forEach((field) => field.say?.(text)),
    canDraw: takers.some((field) => field.spec.picture && field.spec.kind === "file"),
  };
}

// "data/0/x" is about the field data.
function faultField(fault) {
  return String(fault.field).split("/")[0];
}

function partValue(part) {
  if (part.file === undefined) return part.text;
  const file = new File([bytesOfBase64(part.data)], part.file, { type: part.type ?? "" });
  return Object.assign(file, { path: part.path ?? part.file });
}

// A JSON body: as fields where it is flat, and always as text.
function jsonInputs(api, fields, hooks) {
  const editor = jsonEditor("Body of the request, JSON", api.skeleton, hooks.onChange);
  const form = element("div", {}, ...fields.map((field) => field.element));
  const modes = segmented("How to write the body", [["fields", "Fields"], ["json", "JSON"]], fields.length ? "fields" : "json", show);
  let mode = fields.length ? "fields" : "json";

  function text() {
    if (mode === "json") return editor.text();
    const entries = fields.flatMap((field) => field.read().map((value) => [field.spec.name, field.typed ? field.typed(value) : value]));
    return JSON.stringify(Object.fromEntries(entries));
  }

  function show(value) {
    if (value === "json" && mode === "fields") editor.set(indentedJson(text()));
    if (value === "fields" && mode === "json") toFields(editor.text());
    mode = value;
    modes.choose(value, true);
    form.hidden = value !== "fields";
    editor.element.hidden = value !== "json";
    hooks.onChange();
  }

  function toFields(written) {
    let values = null;
    try { values = JSON.parse(written); } catch { return; }
    for (const field of fields) if (values && Object.hasOwn(values, field.spec.name)) field.set(values[field.spec.name]);
  }

  form.hidden = mode !== "fields";
  editor.element.hidden = mode !== "json";
  return {
    element: element("div", { class: "body" }, fields.length ? modes.element : null, form, editor.element),
    read: () => (text().trim() ? { text: text(), type: api.type } : {}),
    set: (value) => { editor.set(indentedJson(value)); if (mode === "fields") toFields(value); },
  };
}

function bodyField(api, hooks) {
  const spec = { name: api.type, kind: api.body, required: true, picture: api.type.startsWith("image/") };
  const field = makeField(spec, { ...hooks, sketch: api.sketch });
  return {
    element: field.element,
    field,
    read: () => {
      const [value] = field.read();
      return value === undefined ? {} : { [api.body]: value, type: api.type };
    },
  };
}

// Where the contract names no fields: rows of name and value, as many as one likes.
function openFields(api, hooks) {
  const rows = element("div", { class: "rows" });
  const add = (kind) => rows.append(openRow(kind, hooks));
  const buttons = [element("button", { type: "button", class: "quiet", onclick: () => add("text") }, "+ Text")];
  if (api.body === "form") buttons.push(element("button", { type: "button", class: "quiet", onclick: () => add("file") }, "+ File"));
  add("text");
  return {
    element: element("div", { class: "field" }, element("p", { class: "note" }, "The contract names no fields."), rows, element("div", { class: "tools" }, ...buttons)),
    read: () => [...rows.children].flatMap((row) => {
      const [name, value] = row.querySelectorAll("input");
      const values = value.type === "file" ? [...value.files] : [value.value];
      return name.value ? values.map((one) => [name.value, one]) : [];
    }),
  };
}

function openRow(kind, hooks) {
  const remove = element("button", { type: "button", class: "quiet", "aria-label": "Remove this field", onclick: () => { row.remove(); hooks.onChange(); } }, icon("cross"));
  const row = element("div", { class: "row", oninput: hooks.onChange },
    element("input", { type: "text", "aria-label": "Name", placeholder: "name" }),
    element("input", { type: kind, "aria-label": "Value", placeholder: kind === "text" ? "value" : null }), remove);
  return row;
}
