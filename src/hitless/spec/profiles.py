"""Editions of the specification as data: every limit that differs between them, each with the page that states it.

A number that an edition does not state is None. Nothing here judges; readers and rules compare with these values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hitless.spec.health import CONSOLE, ProbeDefaults

GB = 1_000_000_000  # no page says GB or GiB: the decimal one is the stricter reading of a limit on images
MIB = 1_048_576  # bodies are the other way round: a server that accepts 12 MiB accepts every reading of 12 MB

PortRule = Literal["must", "expected", "free"]
HealthRule = Literal["required", "hitless", "optional"]


@dataclass(frozen=True)
class Profile:
    """One edition. Sizes in bytes, times in seconds; `sources` cites the page of each field by the field's name.

    `port_rule`: the port must be `port`, is expected to be (the samples use no other), or is free to choose.
    `health_rule`: a health check is required of images, needed for hitless upgrades only, or optional.
    """

    name: str
    title: str
    model_types: tuple[str, ...]
    image_limit_bytes: int
    port_rule: PortRule
    health_rule: HealthRule
    port: int = 8080
    protocol: Literal["http", "https"] = "http"
    body_limit_bytes: int = 12 * MIB
    deploy_timeout_s: int = 1200
    model_file_limit_bytes: int | None = None
    request_limit_s: int | None = None
    keep_alive_s: int | None = None
    linger_s: int | None = None
    deadline_s: int | None = None
    health_url: str | None = None
    boot_command: tuple[str, ...] | None = None
    batch_tools: tuple[str, ...] = ()
    user_id: int | None = None
    group_id: int | None = None
    asynchronous: bool = False
    default_runtime: str | None = None
    probe_defaults: ProbeDefaults = CONSOLE
    sources: Mapping[str, str] = field(default_factory=dict)


LATER_TYPES = ("TensorFlow", "PyTorch", "MindSpore", "Image", "Template")
FIRST_TYPES = (*LATER_TYPES, "MXNet", "Spark_MLlib", "Caffe", "Scikit_Learn", "XGBoost")

IMAGE_PAGE = "custom-image specification, modelarts_23_0219"
CONFIG_PAGE = "model configuration file, inference-modelarts-0056"
BODY = "API gateway error APIG.0201, 12 MB through the API (8 MB on the console page), all V1 editions"
DEPLOY = "console parameters of a real-time service, 20 min (3–120), OTC 2025-08"
TYPES_2023 = "modelarts_23_0092, Chinese 2021-10 and international 2021–2023-09; Template from CreateModel"
TYPES_LATER = f"{CONFIG_PAGE}, international 2024-06 and later; Template from CreateModel"


def _sources(**pages: str) -> Mapping[str, str]:
    return {"body_limit_bytes": BODY, "deploy_timeout_s": DEPLOY, **pages}


PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(
            name="2024-09",
            title="Custom-image specification of 2024-09-14 (the default)",
            model_types=LATER_TYPES,
            image_limit_bytes=50 * GB,
            port_rule="expected",
            health_rule="hitless",
            keep_alive_s=200,
            linger_s=60,
            deadline_s=90,
            boot_command=("sh", "/home/run.sh"),
            batch_tools=("python", "java", "zip"),
            sources=_sources(
                model_types=TYPES_LATER,
                image_limit_bytes=f"SIZE-1; {IMAGE_PAGE}, 2024-09-14",
                port=f"API-2; {IMAGE_PAGE}, 2024-09-14: the samples use 8080, no sentence demands it",
                port_rule=f"API-2; {IMAGE_PAGE}, 2024-09-14",
                health_rule=f"HEALTH-1; {IMAGE_PAGE}, 2024-09-14",
                keep_alive_s=f"KEEP-1; {IMAGE_PAGE}, 2024-09-14",
                linger_s=f"EXIT-2; {IMAGE_PAGE}, 2024-09-14",
                deadline_s=f"EXIT-4; {IMAGE_PAGE}, 2024-09-14",
                boot_command=f"BOOT-1; {IMAGE_PAGE}, 2024-09-14",
                batch_tools=f"DEPS-1; {IMAGE_PAGE}, 2024-09-14",
            ),
        ),
        Profile(
            name="intl-2023",
            title="International edition, 2021 to 2023-09",
            model_types=FIRST_TYPES,
            image_limit_bytes=10 * GB,
            port_rule="must",
            health_rule="required",
            boot_command=("/bin/sh", "/home/run.sh"),
            batch_tools=("python", "java", "zip"),
            default_runtime="python2.7",
            sources=_sources(
                model_types=TYPES_2023,
                image_limit_bytes=f"{IMAGE_PAGE}, international 2021–2023-09",
                port=f"{IMAGE_PAGE}, international 2021–2023-09",
                port_rule=f"{IMAGE_PAGE}, international 2021–2023-09: must be 8080",
                health_rule=f"{IMAGE_PAGE}, international 2021–2023-09: must provide",
                boot_command=f"{IMAGE_PAGE}, international 2021–2023-09",
                batch_tools=f"{IMAGE_PAGE}, international 2021–2023-09",
                default_runtime="modelarts_23_0092, international 2021–2023-09",
            ),
        ),
        Profile(
            name="otc",
            title="Open Telekom Cloud, 2022-03 to 2025-08",
            model_types=LATER_TYPES,
            image_limit_bytes=30 * GB,
            model_file_limit_bytes=20 * GB,
            port_rule="must",
            health_rule="required",
            request_limit_s=40,
            keep_alive_s=200,
            linger_s=60,
            deadline_s=90,
            boot_command=("sh", "/home/run.sh"),
            batch_tools=("python", "java", "zip"),
            default_runtime="python3.6",
            sources=_sources(
                model_types=f"{CONFIG_PAGE}, OTC 2025-08-26; Template from CreateModel",
                image_limit_bytes=f"{IMAGE_PAGE}, OTC 2022-03 to 2025-08",
                model_file_limit_bytes=f"{IMAGE_PAGE}, OTC 2022-03 to 2025-08",
                port=f"{IMAGE_PAGE}, OTC 2022-03 to 2025-08",
                port_rule=f"{IMAGE_PAGE}, OTC 2022-03 to 2025-08: must be 8080 (the FAQ lets a model declare another)",
                health_rule=f"{CONFIG_PAGE}, OTC 2022–2025: mandatory only when model_type is Image",
                request_limit_s="gateway limit, OTC 2022-03 to 2025-08",
                keep_alive_s=f"{IMAGE_PAGE}, OTC 2024-06 and later",
                linger_s=f"{IMAGE_PAGE}, OTC 2024-06 and later",
                deadline_s=f"{IMAGE_PAGE}, OTC 2024-06 and later",
                boot_command=f"{IMAGE_PAGE}, OTC 2024-06 and later",
                batch_tools=f"{IMAGE_PAGE}, OTC 2022-03 to 2025-08",
                default_runtime=f"{CONFIG_PAGE}, OTC 2022-03 and later",
            ),
        ),
        Profile(
            name="2025-08",
            title="International edition of 2025, still in force in 2026",
            model_types=LATER_TYPES,
            image_limit_bytes=50 * GB,
            port_rule="free",
            health_rule="hitless",
            request_limit_s=60,
            keep_alive_s=200,
            linger_s=60,
            deadline_s=90,
            boot_command=("sh", "/home/run.sh"),
            batch_tools=("python", "java", "zip"),
            asynchronous=True,
            sources=_sources(
                model_types=TYPES_LATER,
                image_limit_bytes=f"{IMAGE_PAGE}, international 2025 and Chinese 2026-02",
                port=f"{IMAGE_PAGE}, international 2025 and Chinese 2026-02: configurable, default 8080",
                port_rule=f"{IMAGE_PAGE}, international 2025 and Chinese 2026-02",
                health_rule=f"{IMAGE_PAGE}, international 2025 and Chinese 2026-02",
                request_limit_s=f"{IMAGE_PAGE}, international 2025: slower calls need the asynchronous mode",
                keep_alive_s=f"{IMAGE_PAGE}, international 2025",
                linger_s=f"{IMAGE_PAGE}, international 2025",
                deadline_s=f"{IMAGE_PAGE}, international 2025",
                boot_command=f"{IMAGE_PAGE}, international 2025 (the start command can be overridden)",
                batch_tools=f"{IMAGE_PAGE}, international 2025",
                asynchronous=f"{IMAGE_PAGE}, international 2025",
            ),
        ),
        Profile(
            name="custom-engine",
            title="Model package in object storage with a custom engine image, 2025-11",
            model_types=LATER_TYPES,
            image_limit_bytes=30 * GB,
            port_rule="free",
            protocol="https",
            health_rule="optional",
            health_url="/health",
            user_id=1000,
            group_id=100,
            sources=_sources(
                model_types=TYPES_LATER,
                image_limit_bytes="inference-modelarts-0128, 2025-11: unpacked image and package together, public pool",
                port="inference-modelarts-0128, 2025-11: configurable, default HTTPS 8080",
                port_rule="inference-modelarts-0128, 2025-11",
                protocol="inference-modelarts-0128, 2025-11",
                health_rule="inference-modelarts-0128, 2025-11",
                health_url="inference-modelarts-0128, 2025-11: the url must be /health",
                user_id="inference-modelarts-0128, 2025-11: user ma-user",
                group_id="inference-modelarts-0128, 2025-11: group ma-group",
            ),
        ),
    )
}
DEFAULT = PROFILES["2024-09"]


def profile(name: str) -> Profile:
    """The edition called `name`. Raises KeyError with the names there are."""
    try:
        return PROFILES[name]
    except KeyError:
        raise KeyError(f"no profile is called {name!r}; there are {', '.join(PROFILES)}") from None
