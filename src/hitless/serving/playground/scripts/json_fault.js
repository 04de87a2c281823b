// What is wrong with a text that should be JSON (RFC 8259), in words and with its place. Browsers differ in what they
// say, and some do not say where.

const JSON_STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const JSON_NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const JSON_WORD = /true|false|null/y;
const JSON_BLANK = /[ \t\r\n]*/y;

// { message, line, column }, counted from 1; null where nothing is wrong.
function jsonFault(text) {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const { message, at } = firstFault(text) ?? { message: error.message, at: text.length };
    const before = text.slice(0, at).split("\n");
    return { message, line: before.length, column: before.at(-1).length + 1 };
  }
}

function firstFault(text) {
  let at = 0;

  function stop(message) {
    throw Object.assign(new Error(message), { at });
  }

  function take(pattern) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found !== null;
  }

  function value() {
    if (text[at] === "{") list("}", member);
    else if (text[at] === "[") list("]", value);
    else if (!take(JSON_STRING) && !take(JSON_NUMBER) && !take(JSON_WORD)) stop(noValue(text, at));
  }

  function member() {
    if (!take(JSON_STRING)) stop(at < text.length ? 'here a name in "double quotes" is needed' : "} is missing at the end");
    take(JSON_BLANK);
    if (text[at] !== ":") stop("a colon is missing after the name");
    at += 1;
    take(JSON_BLANK);
    value();
  }

  function list(end, entry) {
    at += 1;
    take(JSON_BLANK);
    while (text[at] !== end) {
      entry();
      take(JSON_BLANK);
      if (text[at] === end) break;
      if (text[at] !== ",") stop(at < text.length ? "a comma is missing" : `${end} is missing at the end`);
      at += 1;
      take(JSON_BLANK);
      if (text[at] === end) stop(`a comma too many before ${end}`);
    }
    at += 1;
  }

  try {
    take(JSON_BLANK);
    value();
    take(JSON_BLANK);
    if (at < text.length) stop("nothing may follow here");
    return null;
  } catch (error) {
    return { message: error.message, at: error.at ?? text.length };
  }
}

function noValue(text, at) {
  if (at >= text.length) return "the end comes too early";
  if (text[at] === '"') return "this text does not end, or has a \\ that is none";
  if (text[at] === "'") return 'texts stand in "double quotes"';
  return `${/\w+|./.exec(text.slice(at, at + 20))[0]} is no value`;
}
