"""Commands that show a failure again."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.checking.rules.dynamic_records import OPENED_LINE

from hitless.checking import again
from hitless.checking.facts.configs import assumed
from hitless.checking.record import Record
from hitless.checking.rule import Purpose, Seen
from hitless.spec.profiles import DEFAULT

CURL = "curl -i http://{address}/health"


def seen(subject: str, kind: str, *, is_file: bool = False) -> Seen:
    opened = msgspec.structs.replace(OPENED_LINE, subject=subject, kind=kind, is_file=is_file)
    return Seen(Record(opened, (opened, assumed())), DEFAULT, Purpose.HITLESS)


def test_of_an_image_by_docker() -> None:
    image = seen("registry.example/it's:v1", "image")
    assert again.started(image, "--user 1000:100", command="sh -c true") == (
        """docker run --rm --name subject -p 8080:8080 --user 1000:100 'registry.example/it'"'"'s:v1' sh -c true"""
    )
    assert again.asked(seen("app:v1", "image"), CURL).splitlines() == [
        "docker run -d --name subject -p 8080:8080 app:v1",
        "curl -i http://127.0.0.1:8080/health",
    ]
    assert "docker kill --signal TERM subject" in again.stopped(seen("app:v1", "image"), CURL)


def test_of_a_package_by_hitless_serve() -> None:
    package = seen("examples/mnist", "package")
    assert again.asked(package, CURL) == "hitless serve examples/mnist &\ncurl -i http://127.0.0.1:8080/health"
    assert "kill -TERM %1" in again.stopped(package, CURL)


def test_a_running_service_is_asked_where_it_runs() -> None:
    service = seen("http://10.0.0.2:9000/", "service")
    assert again.asked(service, CURL) == "curl -i http://10.0.0.2:9000/health"
    assert again.stopped(service, CURL).startswith("# asked where it listens:\nwhile sleep 0.1; do")


@pytest.mark.parametrize("subject", [seen("out", "image", is_file=True), seen("rootfs", "root file system")])
def test_of_others_no_single_command_does(subject: Seen) -> None:
    assert (again.started(subject), again.asked(subject, CURL), again.stopped(subject, CURL)) == ("", "", "")


def test_a_service_without_a_port_is_at_the_usual_one() -> None:
    assert again.address(seen("http://model.example/", "service")) == "model.example:80"
