"""The text of a text file, as it stands: notes, Markdown, mail, source code, JSON."""

from __future__ import annotations

from glasswork.errors import BadArguments, ToolFailed
from glasswork.tools.base import Blob
from glasswork.tools.callables import builtin

_MAX = 190_000
"""Characters that are handed on."""


@builtin("read_text", memory_mb=1024)
def read_text(document: Blob) -> str:
    """Return what stands in a text file (UTF-8, with or without a mark at its beginning)."""
    if not (document.media_type.startswith("text/") or document.media_type == "application/json"):
        hint = "; pdf_text reads it" if document.media_type == "application/pdf" else ""
        raise BadArguments("read_text", [f"'document' must be a text file, and is {document.media_type}{hint}"])
    try:
        whole = document.path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ToolFailed("the file is no text in UTF-8") from None
    return whole if len(whole) <= _MAX else f"{whole[:_MAX]}… (cut: {len(whole)} characters in all)"
