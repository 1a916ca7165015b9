"""Files that can be taken in: for each kind a reader, which takes a document apart as its own structure has it.

Another package offers one under the entry-point group ``glasswork.readers``, by the ending of file names without the
dot: a function from the file's bytes and its name to :class:`~glasswork.knowledge.passages.Read`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from glasswork.errors import UserError
from glasswork.knowledge.passages import Read
from glasswork.knowledge.readers.html import read_html
from glasswork.knowledge.readers.markdown import read_markdown
from glasswork.knowledge.readers.pdf import read_pdf
from glasswork.knowledge.readers.plain import read_plain
from glasswork.registry import Registry

Reader = Callable[[bytes, str], Read]
"""Reads a file from its bytes; the name is for its title, and for errors. Raises UserError."""

readers: Registry[Reader] = Registry("kind of document", "glasswork.readers")
"""Every reader, by the ending of the names of its files."""

for _ending, _reader in {
    "md": read_markdown,
    "markdown": read_markdown,
    "txt": read_plain,
    "text": read_plain,
    "html": read_html,
    "htm": read_html,
    "pdf": read_pdf,
}.items():
    readers.register(_ending)(_reader)


def ending(name: str) -> str:
    """Return the ending of a file's name, in lower case and without its dot."""
    return PurePath(name).suffix.removeprefix(".").lower()


def readable(name: str) -> bool:
    """Tell whether there is a reader for files of this name."""
    return ending(name) in readers.names()


def read(data: bytes, name: str) -> Read:
    """Return what a file holds.

    Raises:
        UserError: there is no reader for it, or it is no such file, or holds no text.
        MissingExtra: what reads it is not installed.
    """
    if not readable(name):
        known = ", ".join(readers.names())
        raise UserError(f"{name}: files of this kind cannot be read", hint=f"kinds that can: {known}")
    found = readers.get(ending(name))(data, name)
    if not any(section.text.strip() for section in found.sections):
        raise UserError(f"{name}: there is no text in it", hint="of a scan, take in what 'glasswork tool ocr' reads")
    return found
