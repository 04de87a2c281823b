"""What may be wrong with the text of a config.json, before its meaning: the kinds, and one function for each fault."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from hitless.spec.kinds import Kind, Weight
from hitless.spec.quoting import printable

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One fault of a text, `offset` characters from its beginning.

    Of the faults of one `group` only the first is kept, with the number of the others: somebody who writes single
    quotes writes them all over the file.
    """

    kind: Kind
    offset: int
    message: str
    remedy: str
    path: Path = ()
    group: str = ""


FILE_UNREADABLE = Kind(
    "CFG-101",
    Weight.REFUSED,
    "the file cannot be read",
    "There is no such file, it is a folder, or you lack the permission to read it.",
)
FILE_TOO_LARGE = Kind(
    "CFG-102",
    Weight.REFUSED,
    "the file is too large",
    "A config.json has a few kilobytes. What has more than a mebibyte is another file: weights, data, an archive.",
)
NOT_UTF8 = Kind(
    "CFG-103",
    Weight.REFUSED,
    "the file is not UTF-8",
    "JSON is exchanged in UTF-8 (RFC 8259, section 8.1). Editors on Windows also save UTF-16, GBK or a code page; "
    "choose UTF-8 when saving.",
)
BYTE_ORDER_MARK = Kind(
    "CFG-104",
    Weight.FORGIVEN,
    "the file begins with a byte order mark",
    "RFC 8259, section 8.1, forbids it, and many readers stop at it. Save as “UTF-8”, not as “UTF-8 with BOM”.",
)
NOT_JSON = Kind(
    "CFG-105",
    Weight.REFUSED,
    "not JSON",
    "The text breaks the grammar of JSON (RFC 8259): something is missing, left open, or does not belong there.",
    '{"apis": [{"url": "/"}',
    '{"apis": [{"url": "/"}]}',
)
COMMA = Kind(
    "CFG-106",
    Weight.REFUSED,
    "a comma is missing or too many",
    "JSON has one comma between two values, and none after the last.",
    '{"apis": [{"url": "/", "method": "post",}]}',
    '{"apis": [{"url": "/", "method": "post"}]}',
)
COMMENT = Kind(
    "CFG-107",
    Weight.REFUSED,
    "a comment",
    "JSON has no comments. Remarks about a package belong into its README.",
    '{"port": 8080 // as declared on the console\n}',
    '{"port": 8080}',
)
NOT_A_WORD = Kind(
    "CFG-108",
    Weight.REFUSED,
    "a word that JSON does not have",
    "Outside of quotes JSON knows true, false and null only: not True, None, NaN or Infinity.",
    '{"tunable": True}',
    '{"tunable": true}',
)
QUOTES = Kind(
    "CFG-109",
    Weight.REFUSED,
    "the wrong quotes, or none",
    'Keys and texts stand in straight double quotes: "url". Word processors and input methods put other ones.',
    "{'port': 8080}",
    '{"port": 8080}',
)
STRING = Kind(
    "CFG-110",
    Weight.REFUSED,
    "a character or an escape that a string cannot hold",
    "In a string a backslash begins an escape (\\\\ is the backslash itself), and control characters, "
    "tabs among them, are written as escapes. Half of a character (a lone surrogate) cannot be stored in UTF-8.",
    '{"algorithm": "C:\\models"}',
    '{"algorithm": "C:\\\\models"}',
)
NUMBER = Kind(
    "CFG-111",
    Weight.REFUSED,
    "a malformed number, or one without bounds",
    "Numbers are written like 12, -0.5 or 1e-3: no leading zero or plus, digits on both sides of the point, "
    "and small enough for a 64-bit float.",
    '{"port": 08080}',
    '{"port": 8080}',
)
DUPLICATE_KEY = Kind(
    "CFG-112",
    Weight.REFUSED,
    "a key twice in one object",
    "Readers keep the last one, the first one, or refuse the file; so it is open which value the platform takes.",
    '{"port": 8080, "port": 9090}',
    '{"port": 8080}',
)
TOO_DEEP = Kind(
    "CFG-113",
    Weight.REFUSED,
    "nested too deeply",
    "A config.json nests some ten levels. This limit keeps a broken or hostile file from exhausting the reader.",
)
CHARACTER = Kind(
    "CFG-115",
    Weight.REFUSED,
    "a character that looks right and is not",
    "Text copied from web pages brings other blanks (U+00A0), and input methods type wide signs (，：). "
    "JSON has the ASCII ones only.",
    '{"port"： 8080}',
    '{"port": 8080}',
)


def too_large(limit: int) -> Fault:
    return Fault(
        FILE_TOO_LARGE,
        0,
        f"the file is larger than {limit // 1024} KiB",
        "Is this the config.json? Weights and data are files of their own in the package.",
    )


def comment(at: int) -> Fault:
    return Fault(COMMENT, at, "JSON has no comments", "Delete it.", group="comment")


def _name(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, 'without a name')}"


def invisible(at: int, char: str) -> Fault:
    return Fault(
        CHARACTER,
        at,
        f"an invisible character that JSON does not allow: {_name(char)}",
        "Delete it, and use ordinary spaces. It often comes with text copied from a web page.",
        group=char,
    )


def wide(at: int, char: str, ascii_sign: str) -> Fault:
    return Fault(
        CHARACTER,
        at,
        f"{char} ({_name(char)}) where JSON wants {ascii_sign}",
        f"Write {ascii_sign} instead.",
        group=char,
    )


def empty(at: int) -> Fault:
    return Fault(NOT_JSON, at, "the file is empty", 'Write an object: {"model_algorithm": …, "model_type": …}.')


def no_object(at: int) -> Fault:
    remedy = 'Write an object: {"model_algorithm": …, "model_type": …}.'
    return Fault(NOT_JSON, at, "the file does not begin with {, as a config.json does", remedy)


def trailing_text(at: int) -> Fault:
    return Fault(NOT_JSON, at, "text after the end of the object", "Delete it: a config.json holds one object.")


def no_value(at: int, char: str, path: Path) -> Fault:
    found = f"{char} stands here" if char else "the file ends here"
    return Fault(NOT_JSON, at, f"a value is missing: {found}", "Write the value, or delete the key.", path)


def unexpected(at: int, char: str, path: Path) -> Fault:
    return Fault(NOT_JSON, at, f"{char} does not belong here", "Delete it, or put quotes around a text.", path)


def no_colon(at: int, key: str, path: Path) -> Fault:
    return Fault(
        NOT_JSON,
        at,
        f'after the key "{printable(key)}" a colon is missing',
        f'Write "{printable(key)}": and its value.',
        path,
    )


def unclosed(at: int, bracket: str, path: Path) -> Fault:
    closing = "}" if bracket == "{" else "]"
    return Fault(NOT_JSON, at, f"this {bracket} is never closed", f"Add the missing {closing}.", path)


def wrong_bracket(at: int, char: str, wanted: str, line: int, path: Path) -> Fault:
    opening = "{" if wanted == "}" else "["
    message = f"{char} where the {opening} of line {line} wants its {wanted}"
    return Fault(NOT_JSON, at, message, f"Write {wanted} here.", path)


def unclosed_string(at: int, path: Path) -> Fault:
    return Fault(NOT_JSON, at, "this text is not closed on its line", 'Add the missing " at its end.', path)


def broken_string(at: int, path: Path) -> Fault:
    return Fault(
        STRING, at, "this text goes on in the next line", "Write it on one line, with \\n for a line break.", path
    )


def extra_comma(at: int, path: Path) -> Fault:
    return Fault(COMMA, at, "a comma too many", "Delete it.", path)


def missing_comma(at: int, path: Path) -> Fault:
    return Fault(COMMA, at, "a comma is missing", "Put a comma between this value and the next.", path)


def not_a_word(at: int, word: str, remedy: str, path: Path) -> Fault:
    return Fault(NOT_A_WORD, at, f"JSON does not have the word {printable(word)}", printable(remedy), path)


def quotes(at: int, quote: str, path: Path) -> Fault:
    return Fault(QUOTES, at, f"{quote} is no quote of JSON", 'Use straight double quotes: "…".', path, quote)


def unquoted_key(at: int, key: str, path: Path) -> Fault:
    return Fault(QUOTES, at, f"the key {printable(key)} has no quotes", f'Write "{printable(key)}".', path, "key")


def raw_character(at: int, char: str, path: Path) -> Fault:
    if "\ud800" <= char <= "\udfff":
        return half_character(at, path)
    named = "a tab" if char == "\t" else f"the control character {_name(char)}"
    escaped = ESCAPED.get(char, f"\\u{ord(char):04x}")
    return Fault(STRING, at, f"{named} inside a text", f"Write it as {escaped}.", path)


ESCAPED = {"\t": "\\t", "\b": "\\b", "\f": "\\f"}


def escape(at: int, char: str, path: Path) -> Fault:
    return Fault(
        STRING,
        at,
        f"\\{char} is no escape of JSON",
        'Write \\\\ for a backslash; the escapes are \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000.',
        path,
    )


def half_character(at: int, path: Path) -> Fault:
    return Fault(STRING, at, "half of a character (a lone surrogate)", "Write the character itself.", path)


def number(at: int, token: str, path: Path) -> Fault:
    return Fault(NUMBER, at, f"{printable(token)} is no number of JSON", "Write it like 12, -0.5 or 1e-3.", path)


def number_range(at: int, path: Path) -> Fault:
    return Fault(NUMBER, at, "a number beyond the range of a 64-bit float", "Write a smaller one.", path)


def duplicate_key(at: int, key: str, path: Path) -> Fault:
    return Fault(
        DUPLICATE_KEY, at, f'the key "{printable(key)}" is here for the second time', "Delete one of them.", path
    )


def too_deep(at: int, path: Path, limit: int) -> Fault:
    return Fault(TOO_DEEP, at, f"more than {limit} levels of brackets", "Flatten it.", path[:3])
