"""Makes text that a model, a program or a user wrote harmless to a terminal."""

from __future__ import annotations

import re

_SEQUENCES = re.compile(
    # CSI: colours, cursor movements; then OSC, DCS and their like: titles, links, the clipboard
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\\\|\x9c)"
)


def clean(text: str) -> str:
    r"""Strip terminal control sequences; spell out whatever else does not print (``\x1b``, ``\u202e``).

    Newlines and tabs stay, other spaces become plain ones. What is left is printable in Unicode's sense, so neither
    C1 controls nor bidirectional overrides pass.
    """
    if text.isprintable():
        return text
    text = _SEQUENCES.sub("", text.replace("\r\n", "\n"))
    return "".join(char if char.isprintable() or char in "\n\t" else _spelled(char) for char in text)


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


def _spelled(char: str) -> str:
    code = ord(char)
    if char.isspace() and code > 0x9F and char not in "\u2028\u2029":
        return " "
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
