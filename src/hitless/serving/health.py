"""Whether the server says that it is healthy (HEALTH-1, HEALTH-2). Pure: counts in, verdict out."""

from __future__ import annotations

from hitless.serving.lifecycle import Phase
from hitless.spec.contract import Contract

HEALTHY_BODY = b'{"health": "true"}'
FAILING_BODY = b'{"health": "false"}'


def urls_of(contract: Contract) -> tuple[str, ...]:
    """Where the server answers for its health: what the contract's probes ask, or /health (HEALTH-2)."""
    return contract.health_urls or ("/health",)


def healthy(phase: Phase, *, serving: int, faulty: int, crash_loop: bool, lingering: str) -> bool:
    """`serving` workers have their model, `faulty` ones lost a part of themselves; `lingering` is "fail" or "pass".

    Not before every worker has been ready once (phase READY), and not while none is or one cannot come up.
    """
    if phase is Phase.READY or (phase is Phase.LINGERING and lingering == "pass"):
        return serving > 0 and faulty == 0 and not crash_loop
    return False
