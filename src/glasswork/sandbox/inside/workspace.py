"""The sandbox's own file systems: files go in before a program starts, and come out after everything is dead."""

# It deals in descriptors and links, and pathlib is slow to import:
# ruff: noqa: PTH103, PTH108, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import stat

from .wire import MIB, WORK, safe_parts

SCRATCH, SCRATCH_FILES = (WORK, "/tmp", "/dev/shm"), 4096  # noqa: S108 - these are the sandbox's own, sized and private


def empty(folders: tuple[str, ...]) -> bool:
    """Remove everything in the folders; False where that fails, and the sandbox must not be used again."""
    try:
        for entry in [entry for folder in folders for entry in os.scandir(folder)]:
            if entry.is_dir(follow_symlinks=False):
                import shutil  # slow, and most programs make no folders

                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
    except (OSError, RecursionError):  # a folder without permissions, or too deep
        return False
    return True


def unpack(names: list[str], contents: list[bytes]) -> None:
    """Write the job's files into the (empty) workspace."""
    for name, content in zip(names, contents, strict=True):
        path = os.path.join(WORK, *safe_parts(name))
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "xb") as file:
            file.write(content)


def collect(name: str, limit: int) -> bytes | None:
    """Return a file's bytes; None where it is missing, not regular, too long, or behind a link at any level."""
    *folders, last = safe_parts(name)
    here = os.open(WORK, os.O_PATH | os.O_DIRECTORY)
    try:
        for folder in folders:
            there = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = there
        with open(os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here), "rb") as file:
            found = os.fstat(file.fileno())
            return file.read(limit) if stat.S_ISREG(found.st_mode) and found.st_size <= limit else None
    except OSError:
        return None
    finally:
        os.close(here)


def collect_all(names: list[str], limits: dict[str, int]) -> tuple[dict[str, bytes], list[str]]:
    """Collect the named files, within the limits for each and for all; and name those that are there but refused."""
    found: dict[str, bytes] = {}
    most, left = int(limits["file_mb"]) * MIB, int(limits["workspace_mb"]) * MIB
    for name in names:
        if (content := collect(name, min(most, left))) is not None:
            found[name] = content
            left -= len(content)
    return found, [name for name in names if name not in found and os.path.lexists(os.path.join(WORK, name))]
