"""Boot scripts and the rules that each of them fails, in an image started by `sh /home/run.sh`, for hitless."""

from __future__ import annotations

from dataclasses import dataclass

FRAGMENT = """\
handle_sigterm() {
  echo "Received SIGTERM, send SIGTERM to $gunicorn_pid"
  if [ $gunicorn_pid != "" ]; then
    sleep 60
    kill -15 $gunicorn_pid
    wait $gunicorn_pid
  else
    echo "no gunicorn"
  fi
}
trap handle_sigterm TERM
"""
WITH_BASH_LINE = "#!/bin/bash\n" + FRAGMENT
UNDER_WAIT = 'wait "$pid"\n'
GTHREAD = "gunicorn -b :8080 --threads 4 --keep-alive 200 --graceful-timeout 20 app &\npid=$!\n"
DAEMON = "gunicorn -D -b :80 -k gevent --keep-alive 200 --graceful-timeout 9 a\n"
UNQUOTED = 'stop() { if [ $pid != "" ]; then sleep 60; kill $pid; fi; }\ntrap stop TERM\n'
WAITS_TOO = "trap 'sleep 60; kill $pid; wait $pid' TERM\n"
ENDS_ITSELF = "stop() { sleep 60; kill $pid; wait $pid; exit $?; }\ntrap stop TERM\n"
KILLS_LATE = 'stop() { sleep 60; kill "$pid"; sleep 20; kill -9 "$pid"; }\ntrap stop TERM\n'
COMPLETED = (
    "#!/bin/sh\n"
    + FRAGMENT.replace("$gunicorn_pid !=", '"$gunicorn_pid" !=')
    + """
gunicorn --bind 0.0.0.0:8080 -k gevent --keep-alive 200 --graceful-timeout 25 app:app &
gunicorn_pid=$!
wait "$gunicorn_pid"
status=$?
while kill -0 "$gunicorn_pid" 2>/dev/null; do
  wait "$gunicorn_pid"
  status=$?
done
exit "$status"
"""
)
TRAP = 'stop() { sleep 60; kill -TERM "$pid"; }\ntrap stop TERM\n'
START = "python3 server.py &\npid=$!\n"
AGAIN = 'wait "$pid"\nwait "$pid"\n'
GUNICORN = "exec gunicorn -b 0.0.0.0:8080 -k gevent --keep-alive 200 app\n"
LINGERS = "HL323"  # gunicorn and its like leave at once, if nobody sleeps for them


@dataclass(frozen=True)
class Specimen:
    name: str
    script: str
    fails: tuple[str, ...]


GOOD = {
    "good": TRAP + START + AGAIN,
    "completed": COMPLETED,
    "exec": "#!/bin/sh\nset -e\nmkdir -p /tmp/x\nexec python3 server.py\n",
    "exec-of-a-choice": 'case "$1" in\n  shell) exec sh;;\nesac\nexec ./server --port 8080\n',
    "in-a-function": "main() {\n  exec node server.js\n}\nmain \"$@\"\n",
    "waits-in-the-trap": ENDS_ITSELF + START + UNDER_WAIT,
    "loop": TRAP + START + 'while kill -0 "$pid"; do wait "$pid"; done\n',
    "loop-of-sleeps": TRAP + START + 'while kill -0 "$pid" 2>/dev/null; do sleep 1; done\n',
    "trap-as-text": "trap 'sleep 60; kill -TERM \"$pid\"' TERM INT\n" + START + AGAIN,
    "trap-with-the-pid-filled-in": START + 'trap "sleep 60; kill -TERM $pid" TERM\n' + AGAIN,
    "group": "trap 'sleep 60; kill -TERM 0; wait' TERM\ntrap '' HUP\n" + START + AGAIN,
    "found-by-name": "trap 'sleep 60; pkill -TERM python3' TERM\n" + START + AGAIN,
    "pid-file": "trap 'sleep 60; kill $(cat /tmp/pid)' TERM\npython3 s.py & echo $! >/tmp/pid\nwait\nwait\n",
    "kills-what-stays": KILLS_LATE + START + AGAIN,
    "two-servers": TRAP + "redis-server &\n" + START + AGAIN,
    "guarded-under-e": "set -e\n" + TRAP + START + 'wait "$pid" || true\nwait "$pid"\n',
    "tee": "trap 'sleep 60; kill $pid' TERM\npython3 server.py > /dev/stdout 2>&1 &\npid=$!\n" + AGAIN,
    "log-shown-by-tail": TRAP + "python3 s.py >s.log 2>&1 &\npid=$!\ntail -f s.log &\n" + AGAIN,
    "nohup": "exec nohup python3 server.py\n",
    "hitless": "exec /opt/venv/bin/python -P -m hitless.serving /opt/package\n",
    "constant-in-a-test": "n=3\nif [ $n -gt 2 ]; then :; fi\nexec python3 server.py\n",
    "counts-in-a-test": '[ $# -gt 0 ] && [ ${1:-x} = x ] && [ $? -eq 0 ]\nexec python3 server.py "$@"\n',
    "behind-nginx": TRAP + "nginx &\ngunicorn -b 127.0.0.1:9 -k gevent --keep-alive 200 --graceful-timeout 20 app &\n"
    "pid=$!\n" + AGAIN,
    "longer-keep-alive": TRAP + "uvicorn --host 0.0.0.0 --timeout-keep-alive 300 a:b &\npid=$!\n" + AGAIN,
    "options-in-variables": 'KEEP=${KEEP:-200}\n' + TRAP
    + 'gunicorn -b "0.0.0.0:${PORT:-8080}" -k gevent --keep-alive "$KEEP" --graceful-timeout=9 app &\npid=$!\n' + AGAIN,
    "nginx": "exec nginx -g 'daemon off;'\n",
    "sourced": ". /opt/start.sh\n",
    "evaluated": 'eval "$COMMAND"\n',
    "from-the-environment": "exec $COMMAND\n",
    "stopped-by-name": "trap 'sleep 60; nginx -s quit' TERM\nnginx -g 'daemon off;' &\n" + AGAIN,
    "gthread": TRAP + GTHREAD + AGAIN,
    "unknown-program": "/opt/tritonserver/bin/tritonserver --model-repository=/models & pid=$!\n" + TRAP + AGAIN,
}  # fmt: skip

_BAD: dict[str, tuple[str, ...]] = {
    "no-fi": ("if true; then\nexec python3 server.py\n", "HL310"),
    "open-quote": ("exec python3 'server.py\n", "HL310"),
    "array": ("args=(a b)\nexec python3 server.py\n", "HL310"),
    "function-word": ("function f {\n:\n}\nexec python3 server.py\n", "HL310"),
    "here-string": ("cat <<< x\nexec python3 server.py\n", "HL310"),
    "double-brackets": ('if [[ -n "$A" ]]; then :; fi\nexec python3 server.py\n', "HL311"),
    "source": ("source /opt/venv/bin/activate\nexec python3 server.py\n", "HL311"),
    "pipefail": ("set -euo pipefail\nexec python3 server.py\n", "HL311"),
    "equals": ('[ "$A" == b ]\nexec python3 server.py\n', "HL311"),
    "sigterm": (TRAP.replace("TERM\n", "SIGTERM\n") + START + AGAIN, "HL311"),
    "kill-sigterm": (TRAP.replace("-TERM", "-SIGTERM") + START + AGAIN, "HL311"),
    "both-streams": ("date &> /dev/null\nexec python3 server.py\n", "HL311"),
    "bash-line": ("#!/bin/bash\nexec python3 server.py\n", "HL312"),
    "env-bash-line": ("#!/usr/bin/env bash\nexec python3 server.py\n", "HL312"),
    "empty": ("", "HL313"),
    "only-prepares": ("mkdir -p /x\ncd /x\necho ready\n", "HL313"),
    "never-called": ("start() { exec python3 server.py; }\n", "HL313"),
    "background": ("python3 server.py &\n", "HL314", "HL318"),
    "daemon": (TRAP.replace('"$pid"', "$(cat p)") + DAEMON, "HL314"),
    "pid-lost": (TRAP + "python3 server.py &\nwait\nwait\n", "HL315"),
    "other-name": (TRAP + "python3 server.py &\nserver=$!\nwait\nwait\n", "HL315"),
    "unquoted": (UNQUOTED + START + AGAIN, "HL316"),
    "unquoted-n": ("if [ -n $DEBUG ]; then set -x; fi\nexec python3 server.py\n", "HL316"),
    "foreground": (TRAP + "python3 server.py\n", "HL317"),
    "foreground-tail": (TRAP + START + "tail -f /dev/null\n", "HL317"),
    "exec-of-tail": (TRAP + START + "exec tail -f /dev/null\n", "HL317"),
    "foreground-sleep": (TRAP + START + "sleep infinity\n", "HL317"),
    "deaf": ("python3 server.py\n", "HL318"),
    "deaf-nginx": ("nginx -g 'daemon off;'\n", "HL318"),
    "deaf-behind-wait": ("python3 server.py &\nwait\n", "HL318"),
    "trap-too-late": ("python3 server.py\n" + TRAP, "HL318"),
    "exec-in-a-pipeline": ("exec python3 server.py | cat\n", "HL318"),
    "one-wait": (TRAP + START + 'wait "$pid"\n', "HL320"),
    "exits-in-the-trap": ("trap 'sleep 60; kill $pid; exit 0' TERM\n" + START + AGAIN, "HL320"),
    "first-status": (WAITS_TOO + START + "wait $pid\n", "HL321"),
    "first-status-handed-on": (WAITS_TOO + START + "wait $pid\nexit $?\n", "HL321"),
    "no-margin": (COMPLETED.replace(" --graceful-timeout 25", ""), "HL322"),
    "too-patient": (COMPLETED.replace("timeout 25", "timeout 120"), "HL322"),
    "sleeps-too-long": (COMPLETED.replace("sleep 60", "sleep 85"), "HL322"),
    "sleeps-too-little": (COMPLETED.replace("sleep 60", "sleep 20"), LINGERS),
    "does-not-sleep": (COMPLETED.replace("sleep 60", ":"), LINGERS),
    "exec-of-gunicorn": (GUNICORN, LINGERS),
    "kills": (TRAP.replace("-TERM \"", "-9 \"") + START + AGAIN, "HL324"),
    "kills-by-name": ("trap 'sleep 60; pkill -KILL python3' TERM\n" + START + AGAIN, "HL324"),
    "trap-for-exit": (TRAP.replace("stop TERM", "stop EXIT") + START + AGAIN, "HL325"),
    "trap-for-0": ("trap 'kill $pid' 0\n" + START + AGAIN, "HL325"),
    "trap-only-leaves": ("trap 'echo bye; exit 0' TERM\n" + START + AGAIN, "HL326"),
    "trap-ignores": ("trap '' TERM\n" + START + AGAIN, "HL326"),
    "e-ends-it": ("set -e\n" + TRAP + START + AGAIN, "HL327"),
    "log-file": ("exec python3 server.py > /var/log/server.log 2>&1\n", "HL328"),
    "dev-null": ("exec python3 server.py >/dev/null\n", "HL328"),
    "log-of-the-script": ("exec >> run.log\nexec python3 server.py\n", "HL328"),
    "log-of-a-group": ("{ python3 server.py; } > x.log\n", "HL318", "HL328"),
    "log-option": (COMPLETED.replace("app:app", "--error-logfile /var/log/g.log app:app"), "HL328"),
    "loopback": (COMPLETED.replace("0.0.0.0", "127.0.0.1"), "HL329"),
    "localhost": (COMPLETED.replace("--bind 0.0.0.0", "-b localhost"), "HL329"),
    "loopback-by-default": (TRAP + "uvicorn --timeout-keep-alive 200 a:b &\npid=$!\n" + AGAIN, "HL329"),
    "flask": ("exec flask run\n", "HL329", LINGERS),
    "sync": (COMPLETED.replace("-k gevent", "-k sync"), "HL330"),
    "sync-by-default": (COMPLETED.replace("-k gevent --keep-alive 200", ""), "HL330"),
    "keep-alive-of-gunicorn": (COMPLETED.replace("--keep-alive 200", ""), "HL331"),
    "keep-alive-too-short": (COMPLETED.replace("--keep-alive 200", "--keep-alive=75"), "HL331"),
    "keep-alive-of-uvicorn": (TRAP + "uvicorn --host 0.0.0.0 a:b &\npid=$!\n" + AGAIN, "HL331"),
    "python-m-uvicorn": (TRAP + "python3 -m uvicorn --host 0.0.0.0 a:b &\npid=$!\n" + AGAIN, "HL331"),
    "pipeline": (TRAP + "python3 server.py | tee server.log &\npid=$!\n" + AGAIN, "HL332"),
}  # fmt: skip

SPECIMENS = [
    *(Specimen(name, script, ()) for name, script in GOOD.items()),
    *(Specimen(name, script, tuple(fails)) for name, (script, *fails) in _BAD.items()),
]
