"""PDF: a section for each page, by pypdf (BSD, pure Python). It reads text, not pictures of text."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import PurePath
from typing import IO, TYPE_CHECKING

from glasswork.errors import MissingExtra, UserError
from glasswork.knowledge.passages import Read, Section

if TYPE_CHECKING:
    from pypdf import PdfReader

_BROKEN = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, NotImplementedError, OSError),
    *(RecursionError, TypeError, ValueError, struct.error, zlib.error),
)
"""What pypdf raises on a broken document besides its own errors: it takes the document's word for what things are."""


_LOCKED = (
    "the document is encrypted, and opens with a password alone; save a copy that needs none (for instance: qpdf "
    "--decrypt --password=… IN OUT), and give that in its place"
)


def read_pdf(data: bytes, name: str) -> Read:
    """Read a PDF; its title is the one it gives itself, else the file's name.

    Raises:
        MissingExtra: pypdf is not installed.
        UserError: it is no PDF, or it is encrypted and needs a password.
    """
    if find_spec("pypdf") is None:
        raise MissingExtra("pypdf, which reads PDF,", "knowledge")
    try:
        reader = opened(io.BytesIO(data))
        with _in_words():
            said = reader.metadata.title if reader.metadata else None
        sections = tuple(_sections(reader))
    except ValueError as error:
        raise UserError(f"{name}: {error}") from None
    return Read(" ".join(str(said or "").split()) or PurePath(name).stem, sections)


def opened(file: IO[bytes]) -> PdfReader:
    """Return a PDF that can be read, one that is encrypted with an empty password too.

    Raises ValueError, in words, where it cannot.
    """
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    with _in_words():
        reader = PdfReader(file)
        locked = reader.is_encrypted and not reader.decrypt("")
        _ = locked or len(reader.pages)
    if locked:
        raise ValueError(_LOCKED)
    return reader


def page_text(reader: PdfReader, number: int) -> str:
    """Return the text of a page, from 0. Raises ValueError where it cannot be read."""
    with _in_words(f"page {number + 1}"):
        return str(reader.pages[number].extract_text()).strip()


@contextmanager
def _in_words(what: str = "the document") -> Iterator[None]:
    """Raise ValueError, in words, for whatever a broken document makes pypdf raise."""
    from pypdf.errors import DependencyError, PyPdfError

    try:
        yield
    except DependencyError as error:
        how = f"what reads it is missing: {error}; pip install 'glasswork[knowledge]'"
        raise ValueError(f"{what} is encrypted, and {how}") from None
    except (PyPdfError, *_BROKEN) as error:
        raise ValueError(f"{what} cannot be read: {error or type(error).__name__}") from None


def _sections(reader: PdfReader) -> Iterator[Section]:
    for number in range(len(reader.pages)):
        text = page_text(reader, number)
        if text:
            yield Section((f"page {number + 1}",), text, f"p{number + 1}")
