#!/bin/sh
# On SIGTERM: say that it leaves, go on for the linger, hand the signal on, wait for the last answer.
pid=""

leave() {
    trap '' TERM
    touch /tmp/leaving
    sleep {linger}
    kill -TERM "$pid"
}

rm -f /tmp/leaving
trap leave TERM
gunicorn --bind 0.0.0.0:8080 --keep-alive {idle} --graceful-timeout {patience} -k gthread --threads 32 app:app &
pid=$!
wait "$pid"
wait "$pid"
exit 0
