"""While the container is leaving, every answer ends its connection."""

from pathlib import Path

LEAVING = Path("/tmp/leaving")
bind = "0.0.0.0:8080"
keepalive = {idle}
graceful_timeout = {patience}
accesslog = "-"


def pre_request(worker, req):
    if LEAVING.exists():
        req.force_close()
