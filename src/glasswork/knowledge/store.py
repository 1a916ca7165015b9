"""Indexes on disk: one file each, in the project's folder for them.

``NAME.index`` is a zip archive: ``about.json`` (format, language, counts), ``documents.jsonl``, ``passages.jsonl``, the
library's own files of the words, and the vectors. It is written whole beside the old one and put in its place, so
whoever reads finds one or the other. Its checksums are those of the archive.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from glasswork.definitions import NAME
from glasswork.errors import NotFound, UserError
from glasswork.knowledge.index import Index
from glasswork.knowledge.passages import Document, Passage
from glasswork.knowledge.ranking import Bm25
from glasswork.log.files import replace, sync_folder
from glasswork.records import Record

FORMAT = 1
"""Of the file. Another number is refused: the documents are there to be taken in again."""
ENDING = ".index"
_ABOUT, _DOCUMENTS, _PASSAGES, _VECTORS, _WORDS = (
    "about.json",
    "documents.jsonl",
    "passages.jsonl",
    "vectors.npy",
    "words/",
)
_DAMAGED = (OSError, EOFError, KeyError, IndexError, ValueError, TypeError, RuntimeError, NotImplementedError)
"""What reading a file raises that is no index, or no longer one, besides what its own formats have."""
R = TypeVar("R", bound=Record)


class Shelf:
    """The indexes of a project, by name."""

    def __init__(self, folder: Path) -> None:
        """Read nothing yet; the folder is made when something is written."""
        self.folder = folder

    def names(self) -> tuple[str, ...]:
        """Return the names of all indexes, sorted."""
        return tuple(sorted(path.stem for path in self.folder.glob(f"*{ENDING}"))) if self.folder.is_dir() else ()

    def path(self, name: str) -> Path:
        """Return where an index lies, or would. Raises UserError where that is no name."""
        if not re.fullmatch(NAME, name):
            raise UserError(f"{name!r} is no name for an index: lower-case letters, digits and _, a letter first")
        return self.folder / f"{name}{ENDING}"

    def get(self, name: str) -> Index:
        """Return an index.

        Raises:
            NotFound: there is none of this name.
            UserError: its file is damaged, or of another version.
        """
        path = self.path(name)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            raise self._none(name) from None
        return _unpacked(raw, path)

    def about(self, name: str) -> dict[str, Any]:
        """Return what an index's file says of itself, without reading it whole. Raises as :meth:`get` does."""
        path = self.path(name)
        if not path.exists():
            raise self._none(name)
        with _damage(path), zipfile.ZipFile(path) as archive:
            return _about(archive, path)

    def _none(self, name: str) -> NotFound:
        return NotFound("index", name, self.names(), hint=f"make it with: glasswork ingest PATH --into {name}")

    def put(self, name: str, index: Index) -> None:
        """Write an index in place of the one of this name, whole or not at all. Raises OSError."""
        path = self.path(name)
        self.folder.mkdir(parents=True, exist_ok=True)
        replace(path, packed(index))
        sync_folder(self.folder)

    @contextmanager
    def writing(self, name: str) -> Iterator[None]:
        """Keep an index to oneself between reading and writing it. Raises UserError where another process has it."""
        path = self.path(name)
        self.folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(path.with_name(f".{name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise UserError(f"another process is writing the index {name!r}", hint="wait until it ends") from error
        finally:
            os.close(fd)


def packed(index: Index) -> bytes:
    """Return the file of an index: the same bytes for the same index."""
    import numpy as np

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        about = {
            "format": FORMAT,
            "language": index.language,
            "longest": index.longest,
            "documents": len(index.documents),
            "passages": len(index.passages),
            "vectors": index.vectors is not None,
        }
        _add(archive, _ABOUT, json.dumps(about).encode())
        _add(archive, _DOCUMENTS, _lines(index.documents))
        _add(archive, _PASSAGES, _lines(index.passages))
        if index.vectors is not None:
            array = io.BytesIO()
            np.save(array, index.vectors, allow_pickle=False)
            _add(archive, _VECTORS, array.getvalue())
        with tempfile.TemporaryDirectory() as folder:
            index.bm25.save(Path(folder))
            for path in sorted(Path(folder).iterdir()):
                _add(archive, f"{_WORDS}{path.name}", path.read_bytes())
    return held.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    kind = zipfile.ZIP_STORED if name.endswith(".npy") else zipfile.ZIP_DEFLATED
    archive.writestr(zipfile.ZipInfo(name), data, kind)  # a ZipInfo of its own has no time


def _lines(records: tuple[Record, ...]) -> bytes:
    return "".join(f"{record.model_dump_json()}\n" for record in records).encode()


def _unpacked(raw: bytes, path: Path) -> Index:
    import numpy as np

    with _damage(path), zipfile.ZipFile(io.BytesIO(raw)) as archive:
        about = _about(archive, path)
        passages = _read(archive, _PASSAGES, Passage)
        vectors = np.load(io.BytesIO(archive.read(_VECTORS)), allow_pickle=False) if about["vectors"] else None
        if len(passages) != about["passages"] or (vectors is not None and len(vectors) != len(passages)):
            raise ValueError("its parts do not fit together")
        return Index(
            language=about["language"],
            longest=about["longest"],
            documents=_read(archive, _DOCUMENTS, Document),
            passages=passages,
            bm25=_words(archive, len(passages)),
            vectors=vectors,
            digest=hashlib.sha256(raw).hexdigest(),
        )


def _words(archive: zipfile.ZipFile, count: int) -> Bm25:
    with tempfile.TemporaryDirectory() as folder:
        for name in archive.namelist():
            if name.startswith(_WORDS):
                (Path(folder) / Path(name).name).write_bytes(archive.read(name))
        return Bm25.load(Path(folder), count)


def _about(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(archive.read(_ABOUT))
    if about["format"] != FORMAT:
        raise UserError(
            f"{path} is an index of format {about['format']}, and this version reads {FORMAT}",
            hint="delete it, and take its documents in again: glasswork ingest",
        )
    return about


def _read(archive: zipfile.ZipFile, name: str, kind: type[R]) -> tuple[R, ...]:
    return tuple(kind.model_validate_json(line) for line in archive.read(name).splitlines())


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Tell in words what is wrong with a file that cannot be an index."""
    try:
        yield
    except (*_DAMAGED, zipfile.BadZipFile, zlib.error, struct.error) as error:
        raise UserError(
            f"the index {path} is damaged: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
            hint="delete it, and take its documents in again: glasswork ingest",
        ) from error
