#!/bin/sh
# On SIGTERM: say that it leaves, go on for the linger, ask the server to end, wait for its last answer.
pid=""

leave() {
    trap '' TERM
    touch /tmp/leaving
    sleep {linger}
    kill -WINCH "$pid"
}

rm -f /tmp/leaving
trap leave TERM
apache2 -f /app/apache.conf -DFOREGROUND &
pid=$!
wait "$pid"
wait "$pid"
exit 0
