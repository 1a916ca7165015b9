"""Files as values: kept by content in one folder, and known by their first bytes, not by what they are called."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import re
import stat
import tempfile
from pathlib import Path

from glasswork.definitions import ToolType
from glasswork.errors import UserError
from glasswork.tools.base import Blob

MAX_BYTES = 64 * 1024 * 1024
"""Of one file."""
_HEAD = 4096
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AIFF", "audio/aiff"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (4, b"ftypM4A", "audio/mp4"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
)
_IN_ZIP = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    b"opendocument.text": "application/vnd.oasis.opendocument.text",
}
_TEXTS = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".md": "text/markdown", ".json": "application/json"}
_SUFFIXES = {"text/plain": ".txt", "audio/wav": ".wav", "image/jpeg": ".jpg", "text/csv": ".csv"}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""What no text holds; white space and escape, which terminals are told colours with, may be there."""
_TABLES = {"text/csv", "text/tab-separated-values", "text/plain"}


class MediaStore:
    """A folder of files named by their SHA-256 and a suffix. What is in it once is not written again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()  # processes that read in it have working folders of their own

    def add(self, data: bytes, name: str) -> Blob:
        """Keep bytes, and return them as a value. ``name`` is made harmless: no folders, nothing unprintable.

        Raises:
            UserError: they are more than 64 MiB, or cannot be written.
        """
        if len(data) > MAX_BYTES:
            raise UserError(f"{clean_name(name)}: a file may have {MAX_BYTES // 2**20} MiB at most")
        digest, media_type = hashlib.sha256(data).hexdigest(), media_type_of(data[:_HEAD], name)
        path = self.folder / f"{digest}{suffix_of(media_type)}"
        if not path.exists():
            self._write(path, data)
        return Blob(name=clean_name(name), media_type=media_type, sha256=digest, size=len(data), path=path)

    def take(self, path: Path, name: str | None = None) -> Blob:
        """Keep a copy of a file, and return it as a value; its name is the file's, where none is given.

        Raises:
            UserError: it is no regular file, larger than 64 MiB, or cannot be read.
        """
        try:
            with open(path, "rb", opener=_open_regular) as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from error
        return self.add(data, name or path.name)

    def _write(self, path: Path, data: bytes) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".new-", delete=False) as stream:
                stream.write(data)
            Path(stream.name).replace(path)
        except OSError as error:
            raise UserError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from error


def media_type_of(head: bytes, name: str) -> str:
    """Return the media type of a file by its first bytes; of text, also by the suffix of its name."""
    found = next((kind for place, mark, kind in _MAGIC if head[place : place + len(mark)] == mark), None)
    if found == "application/zip":
        return next((kind for mark, kind in _IN_ZIP.items() if mark in head), found)
    if found:
        return found
    if not is_text(head):
        return "application/octet-stream"
    suffix = Path(name).suffix.lower()
    guessed = _TEXTS.get(suffix) or mimetypes.guess_type(f"x{suffix}", strict=True)[0] or "text/plain"
    return guessed if guessed.startswith("text/") or guessed == "application/json" else "text/plain"


def is_text(head: bytes) -> bool:
    """Tell whether the beginning of a file is UTF-8 text; a character cut at its end is none the worse for it."""
    if _CONTROL.search(head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end == len(head) and len(head) - error.start < 4 and len(head) >= _HEAD
    return True


def suffix_of(media_type: str) -> str:
    """Return the usual suffix of a media type, or ``.bin``."""
    return _SUFFIXES.get(media_type) or mimetypes.guess_extension(media_type) or ".bin"


def fits(media_type: str, wanted: ToolType) -> bool:
    """Tell whether a file of a media type can be a value of a type."""
    if wanted in {"image", "audio"}:
        return media_type.startswith(f"{wanted}/")
    if wanted == "table":
        return media_type in _TABLES
    if wanted == "document":
        return media_type.startswith(("text/", "application/")) and media_type not in {
            "application/octet-stream",
            "application/gzip",
            "application/zip",
        }
    return wanted == "file"


def clean_name(name: str) -> str:
    """Return a file's name without folders and without what does not print, 100 characters at most."""
    last = re.split(r"[/\\]", name)[-1]
    safe = "".join(letter if letter.isprintable() else "_" for letter in last).strip(". ")
    return safe[-100:] or "file"


def _open_regular(path: str, flags: int) -> int:
    """Open without waiting for a writer, as a FIFO would have us do; refuse all but regular files."""
    handle = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "not a regular file")
    return handle
