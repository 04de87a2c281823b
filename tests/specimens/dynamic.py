"""Running specimens: images with one seeded fault each, and the one rule that each must fail; and conforming ones.

All are a base with Python, `server.py`, a boot file and a config.json; `campaign.py` checks them. The edition's times
are scaled to seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.specimens.images import Content, File, Folder, program, specimen

from hitless.checking.rule import Purpose
from hitless.images.image import Image
from hitless.spec.profiles import DEFAULT, PROFILES, Profile

LINGER_S, DEADLINE_S, KEEP_ALIVE_S = 4, 12, 4  # between the first two time for a check that stands still for seconds
_TIMES = {"linger_s": LINGER_S, "deadline_s": DEADLINE_S, "keep_alive_s": KEEP_ALIVE_S}
SCALED = replace(DEFAULT, **_TIMES)  # type: ignore[arg-type]
FREE_PORT = replace(PROFILES["2025-08"], **_TIMES)  # type: ignore[arg-type]
ENCRYPTED = replace(SCALED, protocol="https")
HERE = Path(__file__).parent
LABELS = {"org.opencontainers.image.base.digest": "sha256:" + "0" * 64}
PLACE = "/app/tests/specimens"  # as it is imported here
ENVIRONMENT = {
    "PYTHONPATH": "/app",
    "LINGER": str(LINGER_S),
    "DEADLINE": str(DEADLINE_S),
    "KEEP_ALIVE": str(2 * KEEP_ALIVE_S),
}
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
LENGTH = {"type": "object", "properties": {"length": {"type": "integer"}}, "required": ["length"]}
HEALTH = {
    "check_method": "HTTP", "protocol": "http", "url": "/health", "initial_delay_seconds": "12",
    "timeout_seconds": "4", "period_seconds": "5", "failure_threshold": "12",
}  # fmt: skip
SOON = {**HEALTH, "initial_delay_seconds": "2", "period_seconds": "2", "failure_threshold": "3"}  # 6 + 4 s
SHORTLY = {**HEALTH, "initial_delay_seconds": "10", "period_seconds": "5", "failure_threshold": "3"}  # 20 + 4 s
BARELY = {**HEALTH, "initial_delay_seconds": "12", "period_seconds": "7", "failure_threshold": "3"}  # 26 + 4 s
CONFIG: Mapping[str, Any] = {
    "model_algorithm": "length",
    "model_type": "Image",
    "apis": [
        {
            "url": "/",
            "method": "post",
            "request": {"Content-type": "application/json", "data": TEXT},
            "response": {"Content-type": "application/json", "data": LENGTH},
        }
    ],
    "health": HEALTH,
}
GOLDEN = (b'{"text": "seven"}', '{"length": 5}')
BOOT = "#!/bin/sh\nexec python3 -u {program} {fault}\n"
# The server itself lingers: only so can its answers say `Connection: close` meanwhile.
WRAPPER = """\
#!/bin/sh
server=""
stop() {{
  if [ -n "$server" ]; then
    kill -TERM "$server"
  fi
}}
trap stop TERM
python3 -u {program} {fault} &
server=$!
wait "$server"
status=$?
while kill -0 "$server" 2>/dev/null; do
  wait "$server"
  status=$?
done
exit "$status"
"""


@dataclass(frozen=True)
class Running:
    """`rule`: the one that it fails, empty for none. `boot`: its boot file; `program`: of HERE, what it starts."""

    name: str
    rule: str = ""
    fault: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=lambda: CONFIG)
    files: Mapping[str, Content] = field(default_factory=dict)
    boot: str = BOOT
    program: str = "server.py"
    command: tuple[str, ...] = ("sh", "/home/run.sh")
    user: str = ""
    profile: Profile = SCALED
    purpose: Purpose = Purpose.HITLESS
    has_golden: bool = False

    def image(self, base: Image) -> Image:
        boot = self.boot.format(program=f"{PLACE}/{self.program}", fault=self.fault)
        files = {
            "/home/run.sh": File(boot.encode(), 0o755),
            **{f"{PLACE}/{name}": (HERE / name).read_bytes() for name in (self.program, "messages.py")},
            **(_TOOLS if self.purpose is Purpose.BATCH else {}),
            **self.files,
        }
        return specimen(
            files, base=base, command=self.command, config=self.config, user=self.user, labels=LABELS,
            ports=[int(self.config.get("port", 8080))], env={**ENVIRONMENT, **self.environment},
        )  # fmt: skip


# A batch service needs them on the PATH; no specimen runs them.
_TOOLS: Mapping[str, Content] = {f"/usr/bin/{name}": program() for name in ("java", "zip", "unzip")}


def _config(**changes: Any) -> Mapping[str, Any]:
    return {**CONFIG, **changes}


def _bad(rule: str, *faults: str, **more: Any) -> list[Running]:
    """Each of them fails this rule alone."""
    return [Running(fault, rule, fault, **more) for fault in faults]


LOADS = {"LOADING": "2.5"}
BROKEN: tuple[Running, ...] = (
    # The start
    *_bad("HL501", "does-not-start", "needs-a-variable"),
    *_bad("HL501", "ends-before-it-is-ready", environment={"LOADING": "60"}),
    *_bad("HL502", "wrong-port", "listens-nowhere", config=_config(health=SOON)),
    *_bad("HL503", "loopback-only", "loopback-unsaid", config=_config(health=SOON)),
    *_bad("HL504", "never-ready", "cuts-answers", config=_config(health=SOON)),
    Running("ready-too-late", "HL504", environment={"LOADING": "13"}, config=_config(health=SOON)),
    *_bad("HL505", "ends-soon", "dies-of-many-connections"),
    Running("ready-just-in-time", "HL506", environment={"LOADING": "26"}, config=_config(health=BARELY)),
    # Its log
    *_bad("HL510", "logs-to-a-file"),
    *_bad("HL511", "logs-to-stderr"),
    Running("buffers-its-log", "HL512", "buffers-its-log", boot=BOOT.replace(" -u", "")),
    *_bad("HL513", "says-nothing"),
    # With fewer rights
    *_bad("HL521", "needs-root"),
    *_bad("HL521", "reads-what-is-roots", files={"/app/weights.bin": File(b"weights", 0o600)}),
    *_bad("HL522", "writes-beside-its-code", files={"/srv/state": Folder(0o777)}),
    # Its apis
    *_bad("HL601", "other-path", "always-500"),
    Running("wrong-answer", "HL602", "wrong-answer", has_golden=True),
    *_bad("HL603", "wrong-type", "no-type"),
    *_bad("HL604", "wrong-form", "no-json"),
    *_bad("HL605", "answers-everywhere", "takes-every-method"),
    *_bad("HL606", "500-on-unknown-paths", "cuts-unknown-paths", "500-on-other-methods"),
    *_bad("HL607", "500-on-bad-input", "500-on-a-missing-field", "hangs-on-a-missing-field"),
    *_bad("HL608", "takes-bad-input"),
    *_bad("HL609", "dies-of-bad-input", "hangs-after-bad-input", "dies-of-large-bodies"),
    *_bad("HL610", "cuts-large-bodies"),
    *_bad("HL612", "few-at-once", "drops-when-busy"),
    *_bad("HL613", "no-chunks"),
    *_bad("HL614", "no-expect", "no-http-1.0", "impatient"),
    # Its health check
    *_bad("HL651", "no-health", "health-needs-a-login"),
    *_bad("HL651", "health-hangs", "always-sick", config=_config(health=SHORTLY)),
    *_bad("HL652", "health-too-early", environment=LOADS),
    *_bad("HL653", "sick-when-busy", "slow-health"),
    *_bad("HL654", "health-says-true"),
    *_bad("HL655", "healthy-now-and-then", "sick-of-bad-input"),
    # Idle connections
    *_bad("HL701", "closes-idle-early", "resets-idle-early"),
    *_bad("HL702", "keeps-few-connections"),
    *_bad("HL704", "promises-little"),
    *_bad("HL705", "no-keep-alive", "http-1.0"),
    # SIGTERM
    *_bad("HL801", "deaf", "no-handler"),
    *_bad("HL802", "exits-at-once", "finishes-and-exits", "leaves-too-early"),
    *_bad("HL803", "refuses-while-leaving", "ends-new-connections"),
    *_bad("HL804", "ends-pooled-connections"),
    *_bad("HL805", "drops-what-is-open", "503-while-leaving", "forgets-one-while-leaving", "cuts-while-leaving"),
    *_bad("HL806", "drops-the-last"),
    *_bad("HL807", "never-leaves", "leaves-too-late"),
    *_bad("HL808", "wrong-exit-code", "killed-at-the-end"),
    *_bad("HL809", "silent-about-leaving"),
    *_bad("HL811", "leaves-at-the-deadline"),
    *_bad("HL901", "exits-at-once-when-old", environment={"LOADING": "4"}),
    # As a batch service starts it
    Running(
        "counts-on-being-process-1", "HL306", purpose=Purpose.BATCH,
        boot=BOOT.replace("exec", 'if [ "$$" -ne 1 ]; then exit 1; fi\nexec'),
    ),
    Running("starts-once", "HL307", "starts-once", purpose=Purpose.BATCH),
    Running("own-address-only", "HL308", "own-address-only", purpose=Purpose.BATCH),
)  # fmt: skip

_PORT = _config(port=9000)
_TWO = _config(apis=[*CONFIG["apis"], {"url": "/health", "method": "head"}])
GOOD: tuple[Running, ...] = (
    Running("good"),
    Running("good-for-realtime", purpose=Purpose.REALTIME),
    Running("good-for-batch", purpose=Purpose.BATCH),
    Running("good-golden", has_golden=True),
    Running("good-exec-form", command=("python3", "-u", f"{PLACE}/server.py")),
    Running("good-wrapper", boot=WRAPPER),
    Running("good-threads", program="threaded_server.py"),
    Running("good-other-port", environment={"PORT": "9000"}, config=_PORT, profile=FREE_PORT),
    Running("good-large-replies", fault="good-large-replies"),
    Running("good-slow-model", environment={"MODEL": "0.3"}),
    Running("good-loads-for-long", environment={"LOADING": "8"}),
    Running("good-chunked", fault="good-chunked"),
    Running("good-plain-health", fault="good-plain-health"),
    Running("good-both-streams", fault="good-both-streams"),
    Running("good-small-bodies", fault="small-bodies-only"),
    Running("good-user", user="1000:100"),
)


ENCRYPTED_NAME = "good-https"


def encrypted(certificate: bytes) -> Running:
    """The same by https. `certificate`: PEM, with its key."""
    health = {**HEALTH, "protocol": "https"}
    return Running(
        ENCRYPTED_NAME, environment={"CERTIFICATE": "/app/own.pem"}, files={"/app/own.pem": certificate},
        config=_config(protocol="https", health=health), profile=ENCRYPTED,
    )  # fmt: skip
