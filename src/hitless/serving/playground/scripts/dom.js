// Makes elements; the only place that does. What is given as a child becomes a text node, never markup, so that nothing
// a package or a model says can become code.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const ICONS = {
  upload: "M12 16V4m0 0L7 9m5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  pen: "M4 20l1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19l-4 1z",
  copy: "M9 9h10v11H9zM5 15V4h10",
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6 6l12 12M18 6L6 18",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
  save: "M12 4v12m0 0l-5-5m5 5l5-5M4 20h16",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  play: "M8 5l11 7-11 7z",
  alert: "M12 8v5m0 3.5v.01M12 3l10 18H2z",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  return svg;
}

let lastId = 0;

function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

// A row of buttons of which one is chosen. `options` is a list of [value, child, …].
function segmented(label, options, chosen, onChoose) {
  const buttons = options.map(([value, ...children]) =>
    element("button", { type: "button", onclick: () => choose(value) }, ...children));
  const row = element("div", { class: "segmented", role: "group", "aria-label": label }, ...buttons);
  function choose(value, quietly = false) {
    options.forEach(([other], index) => buttons[index].setAttribute("aria-pressed", String(other === value)));
    if (!quietly) onChoose(value);
  }
  choose(chosen, true);
  return { element: row, choose };
}

// Says what has become of it by a tick, or by a cross where the browser does not allow it.
function copyButton(what, textOf) {
  const button = element("button", { type: "button", class: "quiet copy", "aria-label": `Copy ${what}`, title: `Copy ${what}`, onclick: copy }, icon("copy"));
  let timer = 0;
  async function copy() {
    const done = await copyText(textOf());
    clearTimeout(timer);
    button.classList.toggle("done", done);
    button.replaceChildren(icon(done ? "check" : "cross"));
    timer = setTimeout(() => { button.classList.remove("done"); button.replaceChildren(icon("copy")); }, 1600);
  }
  return button;
}

function methodBadge(method) {
  return element("span", { class: method === "GET" ? "method get" : "method" }, method);
}

// The clipboard is for secure pages only; any other has the old way.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element("textarea", { class: "offscreen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
