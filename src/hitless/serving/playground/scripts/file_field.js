// A field for one file, or for several: choose, drop, paste; or draw it, where it is a picture.

// From the element of a file field to what takes a file that is dropped on it.
const FILE_TAKERS = new WeakMap();

function fileField(spec, { sketch, onChange, onLive, onClear }) {
  const id = freshId("file");
  const many = spec.kind === "files";
  const input = element("input", { type: "file", id, class: "offscreen", multiple: many, accept: spec.picture ? "image/*" : null, onchange: () => put([...input.files]) });
  const list = element("ul", { class: "chosen" });
  const zone = element("label", { class: "drop", for: id },
    icon("upload"),
    element("span", {}, element("b", {}, many ? "Choose files" : spec.picture ? "Choose a picture" : "Choose a file"), ", drop or paste ", many ? "them" : "it"));
  const files = element("div", { class: "files" }, input, zone, list);
  const pad = spec.picture && !many ? drawingPad(`Drawing for ${spec.name}`, () => onLive(), () => onClear()) : null;
  let chosen = [];
  let mode = pad && sketch ? "draw" : "file";
  const modes = pad && segmented(`How to give ${spec.name}`, [["draw", icon("pen"), "Draw"], ["file", icon("file"), "File"]], mode, (value) => { show(value); onChange(); });

  for (const kind of ["dragenter", "dragover"]) files.addEventListener(kind, () => zone.classList.add("over"));
  for (const kind of ["dragleave", "drop"]) files.addEventListener(kind, () => zone.classList.remove("over"));

  function put(given) {
    if (!given.length) return;
    chosen = many ? [...chosen, ...given] : given.slice(0, 1);
    show("file");
    list.replaceChildren(...chosen.map(row));
    input.value = "";
    onChange();
  }

  function row(file) {
    const remove = element("button", { type: "button", class: "quiet", "aria-label": `Remove ${file.name}`, onclick: () => drop(file) }, icon("cross"));
    return element("li", {}, thumbnail(file), element("span", { class: "name" }, file.name), element("span", { class: "size" }, byteText(file.size)), remove);
  }

  function drop(file) {
    chosen = chosen.filter((other) => other !== file);
    list.replaceChildren(...chosen.map(row));
    zone.hidden = !many && chosen.length > 0;
    input.focus();
    onChange();
  }

  function show(value) {
    mode = value;
    modes?.choose(value, true);
    files.hidden = value !== "file";
    if (pad) pad.element.hidden = value !== "draw";
    zone.hidden = !many && chosen.length > 0;
  }

  const control = element("div", { class: "file-field" }, pad?.element, files);
  FILE_TAKERS.set(control, put);
  show(mode);
  return {
    id,
    control,
    aside: modes?.element,
    read: () => (mode === "file" ? chosen : pad.isEmpty() ? [] : [pad.file()]),
    set: (value) => put([value].flat()),
    takes: put,
    drawing: () => mode === "draw",
    say: pad?.say,
  };
}

function thumbnail(file) {
  if (!file.type.startsWith("image/")) return icon("file");
  const picture = element("img", { class: "thumb", alt: "" });
  const address = URL.createObjectURL(file);
  picture.addEventListener("load", () => URL.revokeObjectURL(address));
  picture.addEventListener("error", () => { URL.revokeObjectURL(address); picture.replaceWith(icon("file")); });
  picture.src = address;
  return picture;
}
