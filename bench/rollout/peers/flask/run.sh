# The specification's recipe with its faults repaired: on SIGTERM go on for a while, then let Gunicorn leave.
gunicorn_pid=""

leave() {
    trap '' TERM
    sleep "$LINGER"
    if [ -n "$gunicorn_pid" ]; then
        kill -TERM "$gunicorn_pid"
        wait "$gunicorn_pid"
    fi
    exit 0
}

trap leave TERM
$GUNICORN &
gunicorn_pid=$!
wait "$gunicorn_pid"
