"""What comes out of pipes, as lines and as a whole."""

from __future__ import annotations

import os

from hitless.engines.output import Output

LAST_S = 10.0


def test_lines_of_two_streams_from_the_first_on() -> None:
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    output = Output({"stdout": os.fdopen(out, "rb"), "stderr": os.fdopen(err, "rb")})
    early: list[tuple[str, str]] = []
    late: list[tuple[str, str]] = []
    output.follow(lambda stream, line: early.append((stream, line)))
    os.write(out_end, b"one\ntw")
    os.write(err_end, b"err\r\n\n")
    os.write(out_end, b"o\nlast \xff")
    os.close(out_end)
    os.close(err_end)
    output.wait(LAST_S)
    output.follow(lambda stream, line: late.append((stream, line)))
    expected = [("stderr", "err"), ("stderr", ""), ("stdout", "one"), ("stdout", "two"), ("stdout", "last \ufffd")]
    assert sorted(early) == sorted(late) == sorted(expected)
    assert [line for stream, line in early if stream == "stdout"] == ["one", "two", "last \ufffd"]
    assert sorted(output.text()) == sorted("one\ntwo\nlast \ufffderr\r\n\n")


def test_a_line_of_ours_among_them() -> None:
    out, end = os.pipe()
    output = Output({"stdout": os.fdopen(out, "rb")})
    lines: list[tuple[str, str]] = []
    output.follow(lambda stream, line: lines.append((stream, line)))
    output.add("killed: it wrote too much")
    os.close(end)
    output.wait(LAST_S)
    assert lines == [("", "killed: it wrote too much")]
    assert output.text() == "killed: it wrote too much\n"
