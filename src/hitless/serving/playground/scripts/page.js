// Puts the page together: one view for each api, the row of apis, history, health, and files that are dropped or pasted.

const contents = JSON.parse(document.getElementById("contents").textContent);
const byId = (id) => document.getElementById(id);
const remember = historyList(byId("history"), byId("past"), byId("forget"), reopen);
const views = contents.apis.map((api) => apiView(api, contents, remember));
const tabs = views.map(({ api }, index) => element("button", { type: "button", role: "tab", id: `tab-${index}`, "aria-controls": `api-${index}`, onclick: () => open(index) },
  methodBadge(api.method), element("code", {}, api.url)));
let opened = 0;

function open(index) {
  opened = index;
  tabs.forEach((tab, at) => {
    tab.setAttribute("aria-selected", String(at === index));
    tab.tabIndex = at === index ? 0 : -1;
  });
  views.forEach((view, at) => { view.element.hidden = at !== index; });
}

function reopen(view, answer) {
  open(views.indexOf(view));
  view.show(answer);
  view.element.scrollIntoView({ block: "nearest" });
}

function onTabKey(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  open((opened + step + views.length) % views.length);
  tabs[opened].focus();
}

function start() {
  byId("title").textContent = contents.title;
  byId("about").textContent = contents.algorithm.replaceAll("_", " ");
  byId("version").textContent = `hitless ${contents.version}`;
  byId("tabs").append(...tabs);
  byId("tabs").hidden = tabs.length < 2;
  byId("tabs").addEventListener("keydown", onTabKey);
  views.forEach((view, index) => {
    Object.assign(view.element, { id: `api-${index}`, role: "tabpanel" });
    view.element.setAttribute("aria-labelledby", `tab-${index}`);
  });
  byId("apis").append(...views.map((view) => view.element));
  if (views.length) open(0);
  else byId("apis").append(element("p", { class: "empty" }, "The contract declares no api: there is nothing to try."));
  watchHealth(byId("health"), contents.health);
}

// A file may be dropped anywhere; the browser must not open it instead.
let depth = 0;
const dragged = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragenter", (event) => { if (dragged(event)) { depth += 1; document.body.classList.add("dragging"); } });
addEventListener("dragleave", (event) => { if (dragged(event) && (depth -= 1) <= 0) endDrag(); });
addEventListener("dragover", (event) => { if (dragged(event)) event.preventDefault(); });
addEventListener("drop", (event) => {
  if (!dragged(event)) return;
  event.preventDefault();
  endDrag();
  const taker = FILE_TAKERS.get(event.target.closest?.(".file-field")) ?? views[opened]?.takeFiles;
  taker?.([...event.dataTransfer.files]);
});
addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length && views[opened]) { event.preventDefault(); views[opened].takeFiles?.(files); }
});

function endDrag() {
  depth = 0;
  document.body.classList.remove("dragging");
}

start();
