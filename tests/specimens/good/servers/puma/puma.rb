bind "tcp://0.0.0.0:8080"
threads 8, 32
persistent_timeout {idle}
first_data_timeout {idle}
force_shutdown_after {patience}
raise_exception_on_sigterm false
log_requests true
