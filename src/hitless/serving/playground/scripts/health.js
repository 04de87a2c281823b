// Asks for the server's health each second, and says it and the phase in the pill at the top.

const PHASES = {
  starting: "Starting",
  ready: "Ready",
  lingering: "Leaving, still answering",
  draining: "Leaving, finishing",
  stopped: "Stopped",
};

function watchHealth(pill, url) {
  const words = pill.querySelector("span");

  function say(kind, text, title) {
    if (pill.dataset.health === kind && words.textContent === text) return;
    pill.dataset.health = kind;
    words.textContent = text;
    pill.title = title;
  }

  async function look() {
    try {
      const response = await fetch(location.origin + url, { cache: "no-store", signal: AbortSignal.timeout(5000) });
      const phase = response.headers.get("x-hitless-phase") ?? "";
      const known = PHASES[phase] ?? (response.ok ? "Healthy" : "Unhealthy");
      const kind = response.ok ? "well" : phase === "ready" ? "ill" : "changing";
      say(kind, !response.ok && phase === "ready" ? "Faulty" : known, `GET ${url} says ${response.status}`);
    } catch {
      say("gone", "Not reachable", `GET ${url} is not answered`);
    }
  }

  async function again() {
    if (!document.hidden) await look();
    setTimeout(again, 1000);
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  again();
}
