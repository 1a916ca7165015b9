"""Files that are on disk when the call returns. All raise OSError, and leave no half of anything behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def write_whole(fd: int, raw: bytes) -> None:
    """Write in one call, all or an error; a short write means that there is no space."""
    written = os.write(fd, raw)
    if written < len(raw):
        raise OSError(errno.ENOSPC, f"only {written} of {len(raw)} bytes were written")


def write_new(path: Path, raw: bytes) -> None:
    """Write a file that was not there before. Its name is durable once its folder is synced."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        write_whole(fd, raw)
        os.fsync(fd)
    except OSError:
        path.unlink()
        raise
    finally:
        os.close(fd)


def replace(path: Path, raw: bytes) -> None:
    """Put a whole file in place of the one that is there: whoever reads it finds the old one or the new one.

    Which of the two is there after a loss of power is certain once the folder is synced.
    """
    new = beside(path)
    new.unlink(missing_ok=True)
    write_new(new, raw)
    try:
        new.replace(path)
    except OSError:
        new.unlink()
        raise


def beside(path: Path) -> Path:
    """Return where the replacement of ``path`` is written; what a killed process left there is rubbish."""
    return path.with_name(f".new-{path.name}")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
