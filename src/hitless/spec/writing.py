"""Contract → the JSON of its config.json, in the order of the specification. Nothing is judged here."""

from __future__ import annotations

from typing import Any

from hitless.spec.contract import Api, Contract, Dependency, Package, Payload
from hitless.spec.health import Probe

LINE = 100


def layout(value: Any, indent: str = "") -> str:
    """JSON text: what fits into a line of 100 characters is on one. Raises ValueError for NaN and infinity."""
    import json  # not at the top: servers read contracts and never write one

    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if len(indent) + len(line) <= LINE or not isinstance(value, dict | list) or not value:
        return line
    deeper = indent + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {layout(part, deeper)}" for key, part in value.items()]
    else:
        parts = [layout(part, deeper) for part in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{indent}{closing}"


def to_json(contract: Contract) -> dict[str, Any]:
    """What the contract does not state is left out; port and protocol are always written, they are what was decided."""
    return {
        "model_algorithm": contract.model_algorithm,
        "model_type": contract.model_type,
        **_given(runtime=contract.runtime, swr_location=contract.swr_location),
        "protocol": contract.protocol,
        "port": contract.port,
        **({"metrics": dict(contract.metrics)} if contract.metrics else {}),
        **({"apis": [_api(api) for api in contract.apis]} if contract.apis else {}),
        **({"dependencies": [_dependency(entry) for entry in contract.dependencies]} if contract.dependencies else {}),
        **{key: _probe(probe) for key, probe in contract.probes.items()},
        **contract.extra,
    }


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _api(api: Api) -> dict[str, Any]:
    return {
        **_given(protocol=api.protocol),
        "url": api.url,
        "method": api.method.lower(),
        **({} if api.request is None else {"request": _payload(api.request)}),
        **({} if api.response is None else {"response": _payload(api.response)}),
        **api.extra,
    }


def _payload(payload: Payload) -> dict[str, Any]:
    schema = {} if payload.schema is None else {"data": dict(payload.schema)}
    return {"Content-type": payload.content_type, **schema, **payload.extra}


def _dependency(entry: Dependency) -> dict[str, Any]:
    return {
        "installer": entry.installer,
        "packages": [_package(package) for package in entry.packages],
        **entry.extra,
    }


def _package(package: Package) -> dict[str, Any]:
    return {
        "package_name": package.name,
        **_given(package_version=package.version, restraint=package.restraint),
        **package.extra,
    }


def _probe(probe: Probe) -> dict[str, Any]:
    """The numbers as texts, as all editions but the newest print them."""
    return {
        "check_method": probe.check_method,
        "protocol": probe.protocol,
        **_given(url=probe.url, command=probe.command),
        "initial_delay_seconds": str(probe.initial_delay_s),
        "timeout_seconds": str(probe.timeout_s),
        "period_seconds": str(probe.period_s),
        "failure_threshold": str(probe.failure_threshold),
        **probe.extra,
    }
