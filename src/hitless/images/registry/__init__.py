"""Registries (OCI distribution-spec): `source.RegistrySource` reads images, `push.push` sends them."""

import sys

# httpx loads its own command line, with rich and click, and does without where it is not there: 20 ms of every push.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
