"""What a contract derives from its fields."""

from __future__ import annotations

from hitless.spec.contract import Contract
from hitless.spec.health import Probe


def test_probes_and_health_urls_of_a_contract() -> None:
    contract = Contract(
        "a",
        "Image",
        health=Probe(url="/health"),
        readiness_health=Probe(url="/ready"),
        startup_health=Probe("EXEC", url=None, command="true"),
        liveness_health=Probe(url="/health"),
    )
    assert list(contract.probes) == ["health", "readiness_health", "startup_health", "liveness_health"]
    assert contract.health_urls == ("/health", "/ready")
    assert Contract("a", "Image").probes == {}
    assert Contract("a", "Image").health_urls == ()
