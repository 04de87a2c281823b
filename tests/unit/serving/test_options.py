"""Options: every source, their order, every kind of value, and all that is wrong at once."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest

from hitless.errors import InputError, Problem
from hitless.serving.options import QUIET, SPECS, Options, Resolved, add_flags, explain, resolve

BY_NAME = {spec.name: spec for spec in SPECS}


def resolved(
    flags: Mapping[str, Any] = {},
    environ: Mapping[str, str] = {},
    table: Mapping[str, Any] = {},
    defaults: Mapping[str, Any] | None = None,
) -> Resolved:
    return resolve(flags, environ, table, table_file="pkg/hitless.toml", defaults=defaults)


def refused(
    flags: Mapping[str, Any] = {},
    environ: Mapping[str, str] = {},
    table: Mapping[str, Any] = {},
) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        resolved(flags, environ, table)
    assert caught.value.exit_code == 2
    return caught.value.problems


# Where a value comes from


@pytest.mark.parametrize(
    ("flags", "environ", "table", "defaults", "value", "origin"),
    [
        pytest.param({}, {}, {}, None, 1, "default", id="default"),
        pytest.param({}, {}, {}, {"threads": 2}, 2, "hitless serve", id="default-of-the-command"),
        pytest.param({}, {}, {"threads": 3}, {"threads": 2}, 3, "pkg/hitless.toml", id="table"),
        pytest.param({}, {"HITLESS_THREADS": "4"}, {"threads": 3}, None, 4, "environment HITLESS_THREADS", id="env"),
        pytest.param(
            {"threads": "5"}, {"HITLESS_THREADS": "4"}, {"threads": 3}, {"threads": 2}, 5, "flag --threads", id="flag"
        ),
        pytest.param({"threads": "5"}, {}, {"threads": 3}, None, 5, "flag --threads", id="flag-over-table"),
    ],
)
def test_precedence(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    table: Mapping[str, Any],
    defaults: Mapping[str, Any] | None,
    value: int,
    origin: str,
) -> None:
    result = resolved(flags, environ, table, defaults)
    assert result.options.threads == value
    assert result.origins["threads"] == origin


def test_nothing_given_is_the_defaults() -> None:
    result = resolved()
    assert result.options == Options()
    assert set(result.origins) == {field.name for field in fields(Options)}
    assert set(result.origins.values()) == {"default"}


def test_the_environment_of_others_is_left_alone() -> None:
    environ = {"PATH": "x", "HITLESS": "y", "HITLESS_SERVICE_HOST": "10.0.0.1", "HITLESS_SERVICE_PORT": "8080"}
    assert resolved(environ=environ).options == Options()


def test_a_kubernetes_service_named_hitless_sets_no_port() -> None:
    """Kubernetes puts HITLESS_PORT=tcp://… into the environment of every pod beside a Service of that name."""
    result = resolved(environ={"HITLESS_PORT": "tcp://10.0.0.1:8080"}, table={"port": 9000})
    assert result.options.port == 9000
    assert result.origins["port"] == "pkg/hitless.toml"


def test_a_flag_is_never_silently_ignored() -> None:
    assert refused(flags={"port": "tcp://10.0.0.1:8080"})
    assert resolved(flags={"host": "tcp://10.0.0.1"}).options.host == "tcp://10.0.0.1"


@pytest.mark.parametrize("value", [["a"], True, {"a": 1}], ids=["array", "boolean", "table"])
def test_text_in_toml_is_a_string(value: Any) -> None:
    [problem] = refused(table={"host": value})
    assert problem.id == "OPT-1"


# Every option


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_option_has_its_names_and_help(spec: Any) -> None:
    assert spec.flag == f"--{spec.name}"
    assert spec.variable == "HITLESS_" + spec.name.upper().replace("-", "_")
    assert spec.name == spec.name.lower()
    assert not spec.name.endswith(("-s", "-bytes"))
    assert spec.meta["help"]


def test_the_names_are_distinct() -> None:
    assert len(BY_NAME) == len(SPECS) == len(fields(Options))
    assert len({spec.variable for spec in SPECS}) == len(SPECS)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_option_takes_its_own_default_from_every_source(spec: Any) -> None:
    text = str(spec.default)
    for result in (
        resolved(flags={spec.attribute: text}),
        resolved(environ={spec.variable: text}),
        resolved(table={spec.name: spec.default}),
    ):
        assert result.options == Options()
        assert result.origins[spec.attribute] != "default"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        pytest.param("linger", "0", 0.0, id="seconds-zero"),
        pytest.param("linger", " 1.5 ", 1.5, id="seconds-fraction"),
        pytest.param("linger", "1e1", 10.0, id="seconds-exponent"),
        pytest.param("linger", "quiet", QUIET, id="a-word-for-a-number"),
        pytest.param("max-body", "12000000", 12_000_000, id="bytes"),
        pytest.param("max-body", "12MB", 12_000_000, id="megabytes"),
        pytest.param("max-body", "8 MiB", 8 * 2**20, id="mebibytes"),
        pytest.param("max-body", "8m", 8_000_000, id="m"),
        pytest.param("max-body", "64k", 64_000, id="k"),
        pytest.param("max-body", "1GiB", 2**30, id="gibibytes"),
        pytest.param("max-body", "0", 0, id="no-bodies"),
        pytest.param("port", "-1", -1, id="port-of-the-contract"),
        pytest.param("port", "65535", 65535, id="highest-port"),
        pytest.param("workers", "8", 8, id="whole-number"),
        pytest.param("metrics", "off", False, id="off"),
        pytest.param("metrics", "NO", False, id="no"),
        pytest.param("metrics", "0", False, id="zero"),
        pytest.param("reload", "True", True, id="true"),
        pytest.param("reload", "yes", True, id="yes"),
        pytest.param("reload", "1", True, id="one"),
        pytest.param("placement", "thread", "thread", id="choice"),
        pytest.param("host", "::1", "::1", id="text"),
    ],
)
def test_values(name: str, text: str, value: Any) -> None:
    spec = BY_NAME[name]
    got = getattr(resolved(environ={spec.variable: text}).options, spec.attribute)
    assert got == value
    assert type(got) is type(spec.default)


@pytest.mark.parametrize(
    ("name", "text", "remedy"),
    [
        pytest.param("port", "http", "write a whole number", id="port-is-no-number"),
        pytest.param("port", "8080.5", "write a whole number", id="port-is-a-fraction"),
        pytest.param("port", "65536", "at least -1, at most 65535", id="port-is-too-high"),
        pytest.param("port", "-2", "at least -1, at most 65535", id="port-is-too-low"),
        pytest.param("workers", "-1", "at least 0, at most 1024", id="fewer-than-no-workers"),
        pytest.param("threads", "0", "at least 1, at most 256", id="no-threads"),
        pytest.param("linger", "soon", "write a number", id="no-number"),
        pytest.param("linger", "", "write a number", id="empty"),
        pytest.param("linger", "-1", "at least 0", id="negative-time"),
        pytest.param("quiet", "quiet", "write a number", id="the-word-of-another"),
        pytest.param("linger", "nan", "at least 0", id="nan"),
        pytest.param("linger", "inf", "at least 0", id="infinite"),
        pytest.param("deadline", "0", "at least 0.1", id="no-time-at-all"),
        pytest.param("max-body", "1.5MB", "write a size such as", id="fraction-of-a-size"),
        pytest.param("max-body", "-1", "write a size such as", id="negative-size"),
        pytest.param("max-body", "12 apples", "write a size such as", id="unknown-unit"),
        pytest.param("max-line", "10", "at least 64", id="line-too-short"),
        pytest.param("metrics", "maybe", "write true or false", id="no-boolean"),
        pytest.param("metrics", "", "write true or false", id="empty-boolean"),
        pytest.param("log-format", "xml", "write one of auto, text, json", id="no-choice"),
        pytest.param("log-level", "INFO", "write one of debug, info", id="choices-are-lower-case"),
        pytest.param("lingering-health", "true", "write one of fail, pass", id="no-choice-either"),
    ],
)
def test_bad_values(name: str, text: str, remedy: str) -> None:
    spec = BY_NAME[name]
    [of_flag] = refused(flags={spec.attribute: text})
    [of_environment] = refused(environ={spec.variable: text})
    [of_table] = refused(table={spec.name: text})
    for problem in (of_flag, of_environment, of_table):
        assert problem.id == "OPT-1"
        assert remedy in problem.remedy
        assert repr(text) in problem.message
    assert f"flag {spec.flag}" in of_flag.message
    assert f"environment {spec.variable}" in of_environment.message
    assert of_table.path == f"serve.{name}"
    assert "pkg/hitless.toml" in of_table.message


def test_all_that_is_wrong_at_once() -> None:
    problems = refused(
        flags={"threads": "none", "linger_s": "30"},
        environ={"HITLESS_PORT": "99999", "HITLESS_LINGER": "overruled"},
        table={"metrics": "perhaps", "kepalive": 5, "port": "overruled, too"},
    )
    assert sorted(problem.id for problem in problems) == ["OPT-1", "OPT-1", "OPT-1", "OPT-2"]
    text = "\n".join(map(str, problems))
    assert all(word in text for word in ("--threads", "HITLESS_PORT", "metrics", "kepalive"))
    assert "overruled" not in text


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        pytest.param("keepalive", "Did you mean keep-alive?", id="misspelled"),
        pytest.param("linger_s", "Did you mean linger?", id="as-in-python"),
        pytest.param("zzz", "`hitless serve --explain` lists every option.", id="nothing-like-it"),
    ],
)
def test_unknown_keys_of_the_table(key: str, remedy: str) -> None:
    [problem] = refused(table={key: 1})
    assert (problem.id, problem.file, problem.path) == ("OPT-2", "pkg/hitless.toml", f"serve.{key}")
    assert problem.remedy == remedy


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        pytest.param({"linger_s": "90"}, ["OPT-3"], id="linger-up-to-the-deadline"),
        pytest.param({"deadline_s": "30"}, ["OPT-3"], id="deadline-within-the-linger"),
        pytest.param({"linger_s": "0", "deadline_s": "0.1"}, [], id="at-once"),
        pytest.param({"linger_s": "100", "deadline_s": "130"}, [], id="both-longer"),
        pytest.param({"tls_cert": "a.pem"}, ["OPT-4"], id="certificate-without-key"),
        pytest.param({"tls_key": "a.pem"}, ["OPT-4"], id="key-without-certificate"),
        pytest.param({"tls_cert": "a.pem", "tls_key": "b.pem"}, [], id="certificate-and-key"),
        pytest.param({"linger_s": "90", "tls_key": "a.pem"}, ["OPT-3", "OPT-4"], id="two-contradictions"),
    ],
)
def test_contradictions(flags: Mapping[str, str], expected: list[str]) -> None:
    if expected:
        assert [problem.id for problem in refused(flags=flags)] == expected
    else:
        resolved(flags=flags)


# How they are shown


def test_explain_has_a_row_for_every_option() -> None:
    rows = explain(resolved(flags={"port": "9000"}, table={"reload": True}))
    assert [row[0] for row in rows] == [spec.name for spec in SPECS]
    by_name = {row[0]: row[1:] for row in rows}
    assert by_name["port"] == ("9000", "flag --port", BY_NAME["port"].meta["help"])
    assert by_name["reload"][:2] == ("True", "pkg/hitless.toml")
    assert by_name["linger"][:2] == ("60.0", "default")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="x", formatter_class=argparse.RawDescriptionHelpFormatter)
    add_flags(made)
    return made


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        pytest.param([], {}, id="what-is-not-given-is-absent"),
        pytest.param(["--port", "9000"], {"port": "9000"}, id="value"),
        pytest.param(["--port", "-1"], {"port": "-1"}, id="negative-value"),
        pytest.param(["--reload"], {"reload": True}, id="on"),
        pytest.param(["--no-metrics"], {"metrics": False}, id="off"),
        pytest.param(["--max-body", "8MiB", "--log-format", "text"], {"max_body_bytes": "8MiB", "log_format": "text"},
                     id="units-are-for-resolve"),
    ],
)  # fmt: skip
def test_flags(arguments: list[str], given: Mapping[str, Any]) -> None:
    namespace = vars(parser().parse_args(arguments))
    assert namespace == given
    resolved(flags=namespace)


def test_help_shows_every_flag_and_its_help() -> None:
    text = " ".join(parser().format_help().split())
    for spec in SPECS:
        assert spec.flag in text
        assert spec.meta["help"] in text


def test_help_shows_defaults_as_one_writes_them() -> None:
    assert "e+" not in parser().format_help()


@pytest.mark.parametrize(
    ("flags", "longest", "ends_when_quiet"),
    [
        pytest.param({}, 60.0, False, id="default"),
        pytest.param({"linger_s": "0"}, 0.0, False, id="none"),
        pytest.param({"linger_s": "quiet"}, 60.0, True, id="quiet"),
        pytest.param({"linger_s": "quiet", "deadline_s": "30"}, 20.0, True, id="quiet-with-a-deadline"),
    ],
)
def test_the_linger(flags: Mapping[str, str], longest: float, ends_when_quiet: bool) -> None:
    options = resolved(flags=flags).options
    assert (options.longest_linger_s, options.ends_when_quiet) == (longest, ends_when_quiet)


def test_explain_says_words_as_one_writes_them() -> None:
    rows = {name: value for name, value, _, _ in explain(resolved(flags={"linger_s": "quiet"}))}
    assert (rows["linger"], rows["quiet"]) == ("quiet", "5.0")
