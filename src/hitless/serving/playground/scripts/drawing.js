// A pad to draw on with mouse, finger or pen: white on black with a thick soft brush, as MNIST's digits are. Strokes are
// kept as points, so that one can be taken back and the picture is the same on every screen.

const PAD_SIDE = 280; // pixels of the picture: ten for one of MNIST's
const BRUSH = 21;

function drawingPad(label, onStroke, onClear) {
  const canvas = element("canvas", { class: "pad", width: PAD_SIDE, height: PAD_SIDE, role: "img", tabindex: "0", "aria-label": label });
  const hint = element("p", { class: "pad-hint", "aria-hidden": "true" }, icon("pen"), "Draw here");
  const answer = element("p", { class: "pad-answer", "aria-hidden": "true" }); // where the panel is out of sight
  const undo = element("button", { type: "button", class: "quiet", onclick: takeBack }, icon("undo"), "Undo");
  const clear = element("button", { type: "button", class: "quiet", onclick: wipe }, icon("cross"), "Clear");
  const save = element("button", { type: "button", class: "quiet", onclick: saveIt }, icon("save"), "Save PNG");
  const context = canvas.getContext("2d");
  let strokes = [];
  let active = null; // the pointer that draws

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * PAD_SIDE) / box.width, ((event.clientY - box.top) * PAD_SIDE) / box.height];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (active !== null || event.button !== 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    active = event.pointerId;
    canvas.setPointerCapture(active);
    strokes.push([place(event)]);
    changed();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== active) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    strokes.at(-1).push(...(moves.length ? moves : [event]).map(place));
    changed();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => { if (event.pointerId === active) active = null; });
  }
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); takeBack(); }
    else if (event.key === "Escape" || event.key === "Delete") wipe();
  });

  function paint() {
    context.shadowBlur = 0;
    context.fillStyle = "#000";
    context.fillRect(0, 0, PAD_SIDE, PAD_SIDE);
    Object.assign(context, { strokeStyle: "#fff", lineWidth: BRUSH, lineCap: "round", lineJoin: "round", shadowColor: "#fff", shadowBlur: 3 });
    for (const stroke of strokes) paintStroke(context, stroke);
  }

  function changed() {
    paint();
    refresh();
    onStroke();
  }

  function refresh() {
    const empty = strokes.length === 0;
    hint.hidden = !empty;
    for (const button of [undo, clear, save]) button.disabled = empty;
  }

  function takeBack() {
    strokes.pop();
    changed();
  }

  function wipe() {
    if (strokes.length) onClear();
    strokes = [];
    changed();
  }

  function file() {
    const bytes = bytesOfBase64(canvas.toDataURL("image/png").split(",")[1]);
    return new File([bytes], "drawing.png", { type: "image/png" });
  }

  function saveIt() {
    saveFile(file());
  }

  paint();
  refresh();
  return {
    element: element("div", { class: "drawing" }, element("div", { class: "pad-frame" }, canvas, hint, answer), element("div", { class: "tools" }, undo, clear, save)),
    isEmpty: () => strokes.length === 0,
    say: (text) => { answer.textContent = text; },
    file,
  };
}

// Through the middles of the points: smooth, however few of them the pointer gave.
function paintStroke(context, points) {
  context.beginPath();
  context.moveTo(...points[0]);
  for (let at = 1; at < points.length - 1; at += 1) {
    const [x, y] = points[at];
    const [nextX, nextY] = points[at + 1];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  context.lineTo(...points.at(-1));
  context.stroke();
}

function bytesOfBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function saveFile(file) {
  const address = URL.createObjectURL(file);
  element("a", { href: address, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
