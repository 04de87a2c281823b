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
puma -C /app/puma.rb /app/config.ru &
pid=$!
wait "$pid"
wait "$pid"
exit 0
