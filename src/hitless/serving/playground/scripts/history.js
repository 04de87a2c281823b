// The last answers, newest first; one click shows one again.

const MOST_ENTRIES = 24;

function historyList(section, rows, clear, onOpen) {
  clear.addEventListener("click", () => { rows.replaceChildren(); section.hidden = true; });
  return (view, api, request, answer) => {
    rows.prepend(element("li", {}, historyRow(api, request, answer, () => onOpen(view, answer))));
    while (rows.children.length > MOST_ENTRIES) rows.lastElementChild.remove();
    section.hidden = false;
  };
}

function historyRow(api, request, answer, onOpen) {
  const file = [...(request.form ?? []).map(([, value]) => value), request.file].find((value) => value instanceof File && value.type.startsWith("image/"));
  return element("button", { type: "button", class: "past", onclick: onOpen },
    file ? thumbnail(file) : element("span", { class: "thumb" }, methodBadge(api.method)),
    element("span", { class: answer.status < 400 ? "past-value" : "past-value refused" }, summaryOf(answer)),
    element("span", { class: "past-about" }, `${api.url} · ${timeText(answer.milliseconds)} · ${clockText(answer.at)}`));
}

function summaryOf(answer) {
  if (answer.status >= 400) return `${answer.status} ${answer.reason}`.trim();
  if (answer.type.startsWith("text/event-stream")) return `${textOf(answer).match(/^data/gm)?.length ?? 0} events`;
  const value = valueOf(answer);
  if (value === undefined) return `${byteText(answer.bytes.length)} ${answer.type.split(";")[0]}`;
  return headlineOf(value)?.text ?? JSON.stringify(value).slice(0, 60);
}
