"""`python -m hitless.serving DIR`: what images start.

A SIGTERM may come at any time (EXIT-1). Until the supervisor has handlers for them, signals are kept, not lost: to
process 1 one without a handler is nothing. So nothing large may be imported before that.
"""

import signal
import sys

if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))

    from hitless.serving.command import main

    sys.exit(main())
