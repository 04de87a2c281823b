// JSON as text: indented and coloured. Works on the text itself, so that 12345678901234567890 stays what it is.

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/g;
const SHORT = 60; // characters: an array or object without nesting that is no longer stays in one line
const MOST_COLOURED = 200000; // characters; longer texts are shown plain

function jsonTokens(text) {
  return text.match(TOKEN) ?? [];
}

// Indents by two; pieces of [class, text].
function indentedPieces(text) {
  const tokens = jsonTokens(text);
  const pieces = [];
  let depth = 0;
  const line = () => pieces.push(["", "\n" + "  ".repeat(depth)]);
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === "{" || token === "[") {
      const end = flatEnd(tokens, at);
      if (end > at) {
        flatPieces(tokens.slice(at, end + 1), pieces);
        at = end;
        continue;
      }
      pieces.push(["", token]);
      depth += 1;
      line();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      line();
      pieces.push(["", token]);
    } else if (token === ",") {
      pieces.push(["", ","]);
      line();
    } else {
      pieces.push([pieceClass(token, tokens[at + 1]), token]);
      if (tokens[at + 1] === ":") { pieces.push(["", ": "]); at += 1; }
    }
  }
  return pieces;
}

// Where a short object or array without nesting ends; -1 where it is long or nested.
function flatEnd(tokens, start) {
  let length = 0;
  for (let at = start + 1; at < tokens.length && length <= SHORT; at += 1) {
    if (tokens[at] === "}" || tokens[at] === "]") return at;
    if (tokens[at] === "{" || tokens[at] === "[") return -1;
    length += tokens[at].length + 1;
  }
  return -1;
}

function flatPieces(tokens, pieces) {
  tokens.forEach((token, at) => {
    const text = token === "," ? ", " : token === ":" ? ": " : token;
    pieces.push([pieceClass(token, tokens[at + 1]), text]);
  });
}

function pieceClass(token, next) {
  if (token.startsWith('"')) return next === ":" ? "key" : "string";
  if (/^[-\d]/.test(token)) return "number";
  return /^[tfn]/.test(token) ? "literal" : "";
}

function colouredJson(text) {
  if (text.length > MOST_COLOURED) return [text];
  return indentedPieces(text).map(([kind, piece]) => (kind ? element("span", { class: kind }, piece) : piece));
}

function indentedJson(text) {
  return indentedPieces(text).map(([, piece]) => piece).join("");
}

function sameJson(one, other) {
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") return one === other;
  const names = Object.keys(one);
  return Array.isArray(one) === Array.isArray(other) && names.length === Object.keys(other).length
    && names.every((name) => Object.hasOwn(other, name) && sameJson(one[name], other[name]));
}
