"""Makes text that a model, a program or a user wrote harmless: to a terminal, in JSON, in Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_SEQUENCES = re.compile(
    # CSI: colours, cursor movements; then OSC, DCS and their like: titles, links, the clipboard
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\\\|\x9c)"
)

_UNSEEN = re.compile(
    # letters and marks that print as nothing, in which a text can hide another: fillers, joiners, variation selectors
    # (a single one behind a character is how emoji are written)
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0d\U000e0100-\U000e01ef]"
    "|(?<=[\ufe0e\ufe0f])[\ufe0e\ufe0f]"
)

_MARKUP = re.compile(r"[|*_`<>\[\]\\&~$]|\A[-+#=](?=[-+#= ]|\Z)")


def clean(text: str) -> str:
    r"""Strip terminal control sequences; spell out whatever else does not print (``\x1b``, ``\u202e``).

    Newlines and tabs stay, other spaces become plain ones. What is left is printable in Unicode's sense, so neither
    C1 controls nor bidirectional overrides pass; and it is seen, so no letters that take no ink do.
    """
    if text.isprintable():
        return text if text.isascii() else _UNSEEN.sub(_spell, text)
    text = _SEQUENCES.sub("", text.replace("\r\n", "\n"))
    text = "".join(char if char.isprintable() or char in "\n\t" else _spelled(char) for char in text)
    return _UNSEEN.sub(_spell, text)


def json_text(value: Any, *, indent: int | None = None, default: Callable[[Any], Any] | None = None) -> str:
    """Return JSON data as JSON in which whatever does not print is escaped: the same value, harmless to print.

    Raises TypeError for what JSON has no form for and ``default`` does not turn into something else.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=default)
    hidden = {char for char in set(text) if not char.isprintable() and char != "\n"}
    text = text.translate({ord(char): _escaped(char) for char in hidden}) if hidden else text
    return text if text.isascii() else _UNSEEN.sub(lambda match: _escaped(match[0]), text)


def markdown(text: str) -> str:
    """Return the first line of ``text`` that says something, such that it stands in Markdown as it reads.

    It ends no cell of a table, and begins no heading, list, link, image, emphasis, code, formula or HTML.
    """
    return _MARKUP.sub(r"\\\g<0>", one_line(text))


def one_line(text: str) -> str:
    """Return the first line of ``text`` that says something, cleaned, its white space collapsed."""
    for line in clean(text).splitlines():
        if line.strip():
            return " ".join(line.split())
    return ""


def first_lines(text: str, lines: int, width: int = 76) -> tuple[str, int]:
    """Return what of ``text``, cleaned, fits ``lines`` lines of ``width`` characters, and how many lines do not."""
    text = clean(text).strip("\n")
    kept, room = [], lines
    whole = text.split("\n")
    for line in whole:
        need = max(1, -(-len(line) // width))
        if need > room:
            break
        kept.append(line)
        room -= need
    if not kept:
        return text[: lines * width].rsplit(" ", 1)[0] + " …", len(whole) - 1
    return "\n".join(kept), len(whole) - len(kept)


def _escaped(char: str) -> str:
    return json.dumps(char)[1:-1]


def _spell(match: re.Match[str]) -> str:
    return _spelled(match[0])


def _spelled(char: str) -> str:
    code = ord(char)
    if char.isspace() and code > 0x9F and char not in "\u2028\u2029":
        return " "
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
