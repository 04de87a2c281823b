"""While the container is leaving, every answer ends its connection."""

from pathlib import Path

LEAVING = Path("/tmp/leaving")
accesslog = "-"


def pre_request(worker, req):
    if LEAVING.exists():
        req.force_close()
