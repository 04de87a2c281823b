// Answers that come piece by piece, shown as they arrive: server-sent events (HTML standard, section 9.2) and text.

function eventReader(onEvent) {
  const decoder = new TextDecoder();
  let rest = "";
  return (bytes, last) => {
    rest += decoder.decode(bytes, { stream: !last });
    const blocks = rest.split(/\r\n\r\n|\n\n|\r\r/);
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split(/\r\n|\n|\r/).filter((line) => line.startsWith("data")).map((line) => line.replace(/^data:? ?/, ""));
      if (data.length) onEvent(data.join("\n"));
    }
  };
}

function eventView() {
  const rows = element("ol", { class: "events", tabindex: "0", "aria-label": "Events" });
  const spoken = element("p", { class: "spoken", hidden: true });
  const read = eventReader((data) => {
    const atEnd = rows.scrollTop + rows.clientHeight >= rows.scrollHeight - 8;
    const isJson = jsonFault(data) === null;
    rows.append(element("li", {}, element("code", {}, ...(isJson ? colouredJson(data) : [data]))));
    const words = wordsOf(data, isJson);
    if (words !== null) { spoken.append(words); spoken.hidden = false; }
    if (atEnd) rows.scrollTop = rows.scrollHeight;
  });
  return { element: element("div", {}, spoken, rows), add: read };
}

// The piece of text that an event carries, as language models send them; null where it is none.
function wordsOf(data, isJson) {
  const value = isJson ? JSON.parse(data) : data;
  if (typeof value === "string") return value;
  const texts = value && typeof value === "object" ? Object.values(value).filter((one) => typeof one === "string") : [];
  return texts.length === 1 ? texts[0] : null;
}

function textView() {
  const decoder = new TextDecoder();
  const text = element("pre", { class: "code", tabindex: "0" });
  return { element: text, add: (bytes, last) => text.append(decoder.decode(bytes, { stream: !last })) };
}

function pieceView(type) {
  return type.startsWith("text/event-stream") ? eventView() : textView();
}

// Whether an answer is worth showing before it is whole.
function comesInPieces(head) {
  return head.type.startsWith("text/event-stream") || (!head.sized && !/^(application\/(problem\+)?json|image|audio|video)/.test(head.type));
}
