"""The text of a PDF: pypdf (BSD), pure Python. It reads text, not pictures of text: for a scan there is ``ocr``."""

from __future__ import annotations

import re

from glasswork.errors import BadArguments, ToolFailed
from glasswork.knowledge.readers.pdf import opened, page_text
from glasswork.tools.base import Blob
from glasswork.tools.callables import builtin

_MAX = 190_000
"""Characters that are handed on."""


@builtin("pdf_text", extra="documents", needs=("pypdf",), memory_mb=2048)
def pdf_text(document: Blob, pages: str = "") -> str:
    """Return the text of a PDF, page by page. ``pages``: which, such as ``1-3, 7``; default: all."""
    if document.media_type != "application/pdf":
        raise BadArguments("pdf_text", [f"'document' must be a PDF, and is {document.media_type}"])
    try:
        with document.path.open("rb") as file:
            reader = opened(file)
            texts = [page_text(reader, number) for number in chosen(pages, len(reader.pages))]
    except ValueError as error:
        raise ToolFailed(str(error)) from None
    whole = "\n\n".join(texts).strip()
    if not whole:
        raise ToolFailed("there is no text in these pages; they may be pictures of text, which ocr can read")
    return whole if len(whole) <= _MAX else f"{whole[:_MAX]}… (cut: {len(whole)} characters in all)"


def chosen(pages: str, count: int) -> list[int]:
    """Return the numbers, from 0, of the pages that a text such as ``1-3, 7`` names; all for an empty one.

    Raises:
        BadArguments: it is written otherwise, or names pages that are not there.
    """
    if not pages.strip():
        return list(range(count))
    numbers: list[int] = []
    for part in pages.split(","):
        found = re.fullmatch(r"\s*(\d{1,6})(?:\s*-\s*(\d{1,6}))?\s*", part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last <= count:
            raise BadArguments("pdf_text", [f"'pages': {part.strip()[:40]!r} names no page of 1 to {count}"])
        numbers += range(first - 1, last)
    return numbers
