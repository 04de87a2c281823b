#!/bin/bash
gunicorn_pid=""

handle_sigterm() {
  echo "Received SIGTERM, send SIGTERM to $gunicorn_pid"
  if [ $gunicorn_pid != "" ]; then
    sleep 60
    kill -15 $gunicorn_pid  # transmit SIGTERM to the gunicorn process
    wait $gunicorn_pid      # wait until the gunicorn process is completely terminated
  fi
}

trap handle_sigterm TERM
