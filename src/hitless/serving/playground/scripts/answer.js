// Shows an answer: large where it is one value, as picture, bars, text or events; a refusal in plain words.

function answerPanel(invitation) {
  const stage = element("div", { class: "stage" });
  const facts = element("div", { class: "facts" });
  const progress = element("div", { class: "progress", hidden: true });
  const heading = freshId("answer");
  const id = element("code", {});
  const trace = element("footer", { title: "As in the server's log", hidden: true }, "Request", id, copyButton("the request id", () => id.textContent));
  const said = element("p", { class: "offscreen", role: "status" }); // for screen readers: the gist, not the whole
  const whole = element("section", { class: "panel answer", "aria-labelledby": heading }, progress,
    element("header", {}, element("h2", { id: heading }, "Answer"), facts),
    stage, said, trace);
  let pieces = null;
  let timer = 0;

  function busy(is) {
    clearTimeout(timer);
    whole.setAttribute("aria-busy", String(is));
    progress.hidden = true;
    if (is) timer = setTimeout(() => { progress.hidden = false; }, 150);
  }

  function head(known) {
    pieces = comesInPieces(known) && known.status < 400 ? pieceView(known.type) : null;
    if (!pieces) return;
    stage.replaceChildren(pieces.element);
    about(known, statusChip(known), element("span", { class: "chip streaming" }, "streaming"));
  }

  function about(known, ...chips) {
    facts.replaceChildren(...chips);
    trace.hidden = !known?.id;
    id.textContent = known?.id ?? "";
  }

  function show(answer, expected) {
    busy(false);
    const value = valueOf(answer);
    said.textContent = summaryOf(answer);
    about(answer, ...factChips(answer));
    if (expected !== undefined && answer.status < 400) facts.prepend(expectationChip(sameJson(value, expected), expected));
    if (pieces) pieces.add(new Uint8Array(), true);
    else stage.replaceChildren(...stageOf(answer, value, stage));
    pieces = null;
  }

  function fail(title, detail) {
    busy(false);
    pieces = null;
    about(null);
    said.textContent = title;
    stage.replaceChildren(trouble(title, detail));
  }

  function clear() {
    busy(false);
    about(null);
    stage.replaceChildren(element("div", { class: "empty" }, element("p", { class: "ghost", "aria-hidden": "true" }, "?"), element("p", {}, invitation)));
  }

  clear();
  return { element: whole, busy, head, piece: (bytes) => pieces?.add(bytes, false), show, fail, clear };
}

function stageOf(answer, value, before) {
  if (answer.status >= 400) return [problemView(answer, value)];
  if (!answer.bytes.length) return [element("p", { class: "empty" }, "The answer has no body.")];
  if (value !== undefined) return jsonViews(answer, value, before);
  if (answer.type.startsWith("image/")) return [mediaView(answer, "img")];
  if (/^(audio|video)\//.test(answer.type)) return [mediaView(answer, answer.type.slice(0, 5))];
  if (comesInPieces(answer) && answer.type.startsWith("text/") || isText(answer)) {
    const view = pieceView(answer.type);
    view.add(answer.bytes, true);
    return [view.element];
  }
  return [element("p", { class: "empty" }, `${byteText(answer.bytes.length)} of ${answer.type || "unknown type"}`), saveButton(answer)];
}

function isText(answer) {
  try {
    return !/[\0-\x08]/.test(new TextDecoder("utf-8", { fatal: true }).decode(answer.bytes));
  } catch {
    return false;
  }
}

function jsonViews(answer, value, before) {
  const views = [];
  const headline = headlineOf(value);
  const bars = barsOf(value);
  if (headline) views.push(headlineView(headline, before.querySelector(".headline-text")?.textContent));
  if (bars) views.push(barRows(bars));
  for (const address of picturesOf(value)) views.push(element("img", { class: "picture", src: address, alt: "Picture in the answer" }));
  const text = textOf(answer);
  const code = element("pre", { class: "code", tabindex: "0", "aria-label": "JSON" }, ...colouredJson(text));
  return [...views, element("div", { class: "with-copy" }, code, copyButton("the JSON", () => indentedJson(text)))];
}

function headlineView({ text, label }, before) {
  const size = text.length <= 3 ? "huge" : text.length <= 12 ? "large" : "long";
  const shown = element("p", { class: `headline-text ${size}${text === before ? "" : " fresh"}` }, text);
  return element("div", { class: "headline" }, shown, label ? element("p", { class: "headline-label" }, label.replaceAll("_", " ")) : null);
}

function mediaView(answer, tag) {
  const address = URL.createObjectURL(new Blob([answer.bytes], { type: answer.type }));
  const attributes = tag === "img" ? { class: "picture", alt: "The answer" } : { controls: true };
  return element("div", { class: "with-copy" }, element(tag, { ...attributes, src: address }), saveButton(answer));
}

function saveButton(answer) {
  const ending = answer.type.split(/[;+]/)[0].split("/")[1] ?? "bin";
  const save = () => saveFile(new File([answer.bytes], `answer.${ending === "octet-stream" ? "bin" : ending}`, { type: answer.type }));
  return element("button", { type: "button", class: "quiet", onclick: save }, icon("save"), "Save");
}

// Problem details (RFC 9457) in plain words, each wrong field by its name; what is no problem document, as it stands.
function problemView(answer, value) {
  const isProblem = value && typeof value.detail === "string";
  const faults = isProblem && Array.isArray(value.errors) ? value.errors : [];
  const detail = isProblem ? value.detail : textOf(answer).slice(0, 2000);
  const list = element("dl", { class: "faults" }, ...faults.flatMap((fault) => [element("dt", {}, String(fault.field)), element("dd", {}, String(fault.detail))]));
  return trouble(plainWords(answer.status), faults.length ? "" : detail, faults.length ? list : null, ADVICE[answer.status]);
}

function trouble(title, detail, list = null, advice = "") {
  return element("div", { class: "trouble" }, icon("alert"),
    element("div", {}, element("h3", {}, title), detail ? element("p", {}, detail) : null, list, advice ? element("p", { class: "advice" }, advice) : null));
}

function factChips(answer) {
  const chip = (text, title) => element("span", { class: "chip", title }, text);
  return [statusChip(answer), chip(timeText(answer.milliseconds), "From sending to the last byte, as the browser sees it"), chip(byteText(answer.bytes.length), answer.type)];
}

function statusChip({ status, reason }) {
  return element("span", { class: `chip status s${Math.floor(status / 100)}` }, `${status} ${reason}`.trim());
}

function expectationChip(met, expected) {
  return met
    ? element("span", { class: "chip met" }, icon("check"), "as expected")
    : element("span", { class: "chip unmet", title: JSON.stringify(expected) }, icon("cross"), "not as expected");
}
