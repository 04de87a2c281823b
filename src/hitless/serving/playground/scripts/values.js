// What an answer says at a glance: one value to show large, numbers to show as bars, pictures within JSON.

const LARGE = 40; // characters of a text that can still be shown large
const MOST_BARS = 20;
const MAIN_NAME = /^(predict|label|class|result|answer|output|text|value|digit)/i; // of several values, the one that matters

function isScalar(value) {
  return typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && value.length > 0 && value.length <= LARGE);
}

// {"data": {…}} → {…}: an object around one object says nothing.
function unwrapped(value) {
  for (let depth = 0; depth < 3; depth += 1) {
    const inner = value && typeof value === "object" && !Array.isArray(value) ? Object.values(value) : [];
    if (inner.length !== 1 || inner[0] === null || typeof inner[0] !== "object" || Array.isArray(inner[0])) break;
    value = inner[0];
  }
  return value;
}

// { text, label } of the one value that an answer is about; null where there is none, or more than one.
function headlineOf(answer) {
  const value = unwrapped(answer);
  if (isScalar(value)) return { text: String(value), label: "" };
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  const all = Object.entries(value).filter(([, one]) => isScalar(one));
  const scalars = all.length > 1 ? all.filter(([name]) => MAIN_NAME.test(name)) : all;
  return scalars.length === 1 ? { text: String(scalars[0][1]), label: scalars[0][0] } : null;
}

// [[name, number], …] where an answer ranks things: a list of pairs, or an object of numbers; greatest first.
function barsOf(answer) {
  const value = unwrapped(answer);
  if (value === null || typeof value !== "object") return null;
  for (const one of [value, ...Object.values(value)]) {
    const pairs = Array.isArray(one) ? one : one !== null && typeof one === "object" ? Object.entries(one) : [];
    const ranked = pairs.every((pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string" && typeof pair[1] === "number" && pair[1] >= 0);
    if (ranked && pairs.length > 1 && pairs.length <= MOST_BARS) return [...pairs].sort((a, b) => b[1] - a[1]);
  }
  return null;
}

// The data addresses of pictures anywhere in a value.
function picturesOf(value, found = []) {
  if (typeof value === "string" && /^data:image\/(png|jpeg|gif|webp|svg\+xml);base64,/.test(value)) found.push(value);
  else if (value !== null && typeof value === "object") for (const one of Object.values(value)) picturesOf(one, found);
  return found.slice(0, 12);
}

function barRows(pairs) {
  const most = Math.max(...pairs.map(([, number]) => number), 1e-12);
  const share = most <= 1;
  return element("ol", { class: "bars" }, ...pairs.map(([name, number]) => {
    const fill = element("span", { class: "bar-fill" });
    fill.style.width = `${(100 * number) / (share ? 1 : most)}%`;
    const text = share ? `${(100 * number).toFixed(1)} %` : String(number);
    return element("li", {}, element("span", { class: "bar-name" }, name), element("span", { class: "bar" }, fill), element("span", { class: "bar-text" }, text));
  }));
}
