// Sends a request and reads its answer, telling of its head and of each piece as they come.

async function call(request, { signal, onHead = () => {}, onPiece = () => {} }) {
  const started = performance.now();
  const response = await fetch(addressOf(request), { method: request.method, body: bodyOf(request), headers: headersOf(request), signal, cache: "no-store" });
  const head = {
    status: response.status,
    reason: response.statusText,
    type: response.headers.get("content-type") ?? "",
    id: response.headers.get("x-request-id") ?? "",
    sized: response.headers.has("content-length"),
  };
  onHead(head);
  const pieces = [];
  if (response.body) {
    const reader = response.body.getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      pieces.push(piece.value);
      onPiece(piece.value);
    }
  }
  return { ...head, bytes: joined(pieces), milliseconds: performance.now() - started, at: new Date() };
}

function bodyOf(request) {
  if (request.form) {
    const form = new FormData();
    for (const [name, value] of request.form) form.append(name, value);
    return form;
  }
  return request.text ?? request.file;
}

function headersOf(request) {
  return request.text !== undefined || request.file ? { "content-type": request.type } : {};
}

function joined(pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function textOf(answer) {
  return new TextDecoder().decode(answer.bytes);
}

// The value of a JSON answer; undefined where it is none.
function valueOf(answer) {
  if (!/^application\/([\w.+-]+\+)?json/.test(answer.type)) return undefined;
  try { return JSON.parse(textOf(answer)); } catch { return undefined; }
}
