#!/bin/sh
# On SIGTERM: say that it leaves, go on for the linger, ask the server to end, wait for its last answer.
pid=""

leave() {
    trap '' TERM
    touch /tmp/leaving
    sleep {linger}
    kill -TERM "$pid"
}

rm -f /tmp/leaving
trap leave TERM
caddy run --config /app/Caddyfile &
pid=$!
wait "$pid"
wait "$pid"
exit 0
