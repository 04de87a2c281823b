// One api: its inputs, its answer, its curl line, and what happens between them.

const LIVE_PAUSE_MS = 40; // between an answer and the next picture, while one draws

function apiView(api, contents, remember) {
  const answer = answerPanel(api.sketch ? "Draw, and the answer appears as you go." : "The answer appears here.");
  const inputs = apiInputs(api, { onChange: refresh, onLive, onClear: keepLive });
  const line = element("code", { class: "curl-line", tabindex: "0", "aria-label": "The same request with curl" });
  const send = element("button", { type: "submit", class: "primary", title: "Ctrl + Enter" }, icon("play"), "Send");
  const stop = element("button", { type: "button", class: "stop", hidden: true, onclick: () => current?.abort() }, icon("cross"), "Stop");
  const live = element("input", { type: "checkbox", role: "switch", checked: api.sketch });
  const liveSwitch = inputs.canDraw ? element("label", { class: "live" }, live, "Answer while I draw") : null;
  const samples = contents.examples.filter((sample) => sample.url === api.url && sample.method === api.method);
  let current = null; // of the request under way
  let turn = 0; // of the last request sent: older answers are not shown
  let lastLive = null; // [request, answer] of the drawing as it is
  let liveBusy = false;
  let liveWanted = false;

  const form = element("form", { class: "panel request", novalidate: true, onsubmit: (event) => { event.preventDefault(); run(); } },
    element("header", {}, element("h2", {}, methodBadge(api.method), element("code", {}, api.url))),
    inputs.element,
    element("footer", {}, send, stop,
      ...samples.map((sample, index) => sampleButton(sample, samples.length > 1 ? `Example ${index + 1}` : "Try the example", () => runSample(sample))),
      liveSwitch));
  const curl = element("section", { class: "curl", "aria-label": "curl" }, element("span", { class: "prompt", "aria-hidden": "true" }, "$"), line, copyButton("the curl line", () => line.textContent));
  const whole = element("div", { class: "api" }, form, answer.element, curl);

  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
  });

  function refresh() {
    line.textContent = curlLine(withFiles(inputs.request(), api, samples), contents);
    if (liveSwitch) liveSwitch.hidden = !inputs.drawing();
  }

  async function run({ quiet = false, expected } = {}) {
    const request = inputs.request();
    const mine = (turn += 1);
    const late = () => mine !== turn;
    current?.abort();
    const own = (current = new AbortController());
    const button = setTimeout(() => { stop.hidden = late(); }, 400);
    if (!quiet) lastLive = null;
    answer.busy(true);
    try {
      const result = await call(request, {
        signal: own.signal,
        onHead: (head) => late() || answer.head(head),
        onPiece: (bytes) => late() || answer.piece(bytes),
      });
      if (late()) return;
      show(result, expected);
      if (quiet) lastLive = [request, result];
      else remember(view, api, request, result);
    } catch (error) {
      if (late()) return;
      inputs.showFaults([]);
      if (error.name === "AbortError") answer.fail("Stopped", "You stopped this request before its answer was whole.");
      else answer.fail("The server does not answer", "Is it still running? The pill at the top tells when it is back.");
    } finally {
      clearTimeout(button);
      if (!late()) stop.hidden = true;
    }
  }

  function show(result, expected) {
    const value = result.status >= 400 ? valueOf(result) : null;
    answer.show(result, expected);
    inputs.showFaults(Array.isArray(value?.errors) ? value.errors : []);
    inputs.say(headlineOf(valueOf(result))?.text ?? "");
  }

  function runSample(sample) {
    inputs.fill(sample);
    run({ expected: sample.answer });
  }

  function onLive() {
    refresh();
    if (!live.checked) return;
    liveWanted = true;
    pump();
  }

  // At most one request under way: the picture goes out anew as soon as the last answer is there.
  async function pump() {
    if (liveBusy || !liveWanted) return;
    liveBusy = true;
    liveWanted = false;
    if (inputs.drawing() && inputs.given()) await run({ quiet: true });
    else { turn += 1; answer.clear(); inputs.say(""); }
    await new Promise((done) => { setTimeout(done, LIVE_PAUSE_MS); });
    liveBusy = false;
    pump();
  }

  function keepLive() {
    if (lastLive) remember(view, api, ...lastLive);
    lastLive = null;
  }

  refresh();
  const view = { element: whole, api, show, takeFiles: inputs.takeFiles };
  return view;
}

// For the curl line: while a file is not chosen yet, the example's, or one to be filled in.
function withFiles(request, api, samples) {
  if (!request.form) return request;
  const given = new Set(request.form.map(([name]) => name));
  const absent = api.fields.filter((spec) => spec.kind.startsWith("file") && !given.has(spec.name));
  const parts = samples.flatMap((sample) => sample.form ?? []);
  const files = absent.map(({ name }) => [name, Object.assign(new File([], "FILE"), { path: parts.find((part) => part.name === name)?.path ?? "FILE" })]);
  return { ...request, form: [...request.form, ...files] };
}

function sampleButton(sample, label, onClick) {
  const picture = (sample.form ?? []).find((part) => part.type?.startsWith("image/"));
  return element("button", { type: "button", class: "sample", title: sample.json ?? null, onclick: onClick }, picture ? thumbnail(partValue(picture)) : null, label);
}
