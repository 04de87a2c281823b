"""The conclusion as a badge: one small SVG, in words and in colour."""

from __future__ import annotations

from html import escape

from hitless.checking.report import Conclusion, Report

COLOURS = {Conclusion.CONFORMS: "#1a7f37", Conclusion.DOES_NOT: "#cf222e", Conclusion.UNDECIDED: "#7d4e00"}
_CHARACTER = 6.6  # pixels, of Verdana at 11
_PADDING = 6.0
_HEIGHT = 20


def render(report: Report) -> str:
    left, right = f"checked for {report.purpose}", str(report.conclusion)
    first, second = (len(text) * _CHARACTER + 2 * _PADDING for text in (left, right))
    title = escape(f"{left}: {right}")
    text = '<text x="{x:.1f}" y="14" textLength="{length:.1f}">{text}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{first + second:.1f}" height="{_HEIGHT}" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
        f'<rect width="{first:.1f}" height="{_HEIGHT}" fill="#424a53"/>'
        f'<rect x="{first:.1f}" width="{second:.1f}" height="{_HEIGHT}" fill="{COLOURS[report.conclusion]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        + text.format(x=_PADDING, length=len(left) * _CHARACTER, text=escape(left))
        + text.format(x=first + _PADDING, length=len(right) * _CHARACTER, text=escape(right))
        + "</g></svg>\n"
    )
