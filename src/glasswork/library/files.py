"""Reads definition files: regular files of a bounded size, inside the folder they are looked up in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from glasswork.errors import DefinitionError, Problem
from glasswork.library.yaml_reader import MAX_BYTES


def shown(path: Path) -> str:
    """Return a path as a person would write it here: relative where it lies below the working folder."""
    absolute = path.absolute()
    try:
        return str(absolute.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(absolute)


def read_bytes(path: Path, *, within: Path | None = None) -> bytes:
    """Return the bytes of a definition file.

    Args:
        path: the file.
        within: a folder that it may not lead out of by a symbolic link.

    Raises:
        DefinitionError: it is no regular file, larger than 1 MiB, or lies outside ``within``.
    """
    real = path.resolve()
    if within is not None and not real.is_relative_to(within.resolve()):
        raise _refusal(path, "a symbolic link leads out of the folder; copy the file here instead")
    try:
        with open(real, "rb", opener=_open_regular) as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refusal(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    if len(data) > MAX_BYTES:
        raise _refusal(path, "the file is larger than 1 MiB")
    return data


def _open_regular(path: str, flags: int) -> int:
    """Open without following a link and without waiting for a writer, as a FIFO would; refuse all but regular files."""
    handle = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "not a regular file")
    return handle


def decode(data: bytes, file: str) -> str:
    """Return the text of a file; ``file`` is how problems name it.

    Raises:
        DefinitionError: the bytes are not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise DefinitionError([Problem(file, line, column, "the file is not UTF-8 text")]) from None


def _refusal(path: Path, message: str) -> DefinitionError:
    return DefinitionError([Problem(shown(path), 0, 0, message)])
