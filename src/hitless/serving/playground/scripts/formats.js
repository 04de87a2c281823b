// Numbers as people read them, and what an HTTP status means in plain words.

function byteText(count) {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${(count / 1e3).toFixed(count < 1e4 ? 1 : 0)} kB`;
  return `${(count / 1e6).toFixed(1)} MB`;
}

function timeText(milliseconds) {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1000).toFixed(milliseconds < 10000 ? 2 : 1)} s`;
}

function clockText(date) {
  return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

const PLAIN_WORDS = {
  400: "The server could not read this",
  404: "There is nothing at this address",
  405: "Not with this method",
  408: "The request arrived too slowly",
  413: "That is too large",
  414: "The address is too long",
  415: "Not in this format",
  422: "That does not fit",
  431: "Too many headers",
  500: "The model failed on this",
  503: "Too busy right now",
  504: "The model took too long",
};

const ADVICE = {
  413: "Send something smaller, or raise the server's --max-body.",
  500: "Look for the request id below in the log.",
  503: "Try again in a moment.",
  504: "Try something smaller, or raise the server's --request-timeout.",
};

function plainWords(status) {
  return PLAIN_WORDS[status] ?? (status < 500 ? "The server refused this" : "The server failed");
}
