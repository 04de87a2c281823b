#!/bin/sh
gunicorn_pid=""

handle_sigterm() {
  trap '' TERM
  if [ -n "$gunicorn_pid" ]; then
    sleep 60
    kill -TERM "$gunicorn_pid"
  fi
}

trap handle_sigterm TERM

gunicorn --bind 0.0.0.0:8080 --keep-alive 210 --graceful-timeout 20 -k gevent --access-logfile - app:app &
gunicorn_pid=$!
wait "$gunicorn_pid"  # ends early when SIGTERM comes; then the trap has run
wait "$gunicorn_pid"
