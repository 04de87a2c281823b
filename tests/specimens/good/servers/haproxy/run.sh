#!/bin/sh
# On SIGTERM a second process takes the port over, and the first one ends each connection after its next answer.
pid=""
second=""

leave() {
    trap '' TERM
    haproxy -db -f /app/leaving.cfg -sf "$pid" &
    second=$!
    sleep {linger}
    kill -USR1 "$second"
    sleep 1
    kill -TERM "$pid" 2>/dev/null
}

trap leave TERM
haproxy -db -f /app/haproxy.cfg &
pid=$!
wait "$pid"
wait "$second"
exit 0
