"""Which Python runs inside a sandbox that shares the host's files, and what of the host it needs to see."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

_PACKAGES = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class Interpreter:
    """A Python and the folders it lives in. Packages beside the standard library are masked: a program sees none."""

    executable: str
    trees: tuple[str, ...]
    """Folders outside ``/usr`` to show read-only."""
    masks: tuple[str, ...]
    """Folders to show empty."""


def own() -> Interpreter:
    """The interpreter below this process, out of its virtual environment: the same version inside as outside."""
    executable = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    return at(executable, os.path.realpath(sys.base_prefix))


def at(executable: str, prefix: str) -> Interpreter:
    """Describe the interpreter ``executable``, whose standard library is below ``prefix``."""
    home = Path(prefix)
    outside = not home.is_relative_to("/usr")
    trees = [str(home / name) for name in ("bin", "lib", "lib64") if outside and (home / name).is_dir()]
    if home.is_relative_to("/nix/store"):
        trees = ["/nix/store"]  # its libraries live in neighbouring folders
    return Interpreter(executable, tuple(trees), tuple(sorted(_packages(home) | _packages(Path("/usr")))))


def _packages(prefix: Path) -> set[str]:
    """Folders below ``prefix`` that hold packages other than the standard library."""
    places = (prefix, prefix / "local")
    return {
        str(found)
        for place in places
        for name in _PACKAGES
        for found in place.glob(f"lib*/python3*/{name}")
        if found.is_dir()
        and not found.is_symlink()
        and not found.parent.is_symlink()
        and not found.parent.parent.is_symlink()
    }


def for_everybody() -> Interpreter | None:
    """An interpreter that any uid can reach: this process's own, or the system's, or None."""
    mine = own()
    if _reachable(Path(mine.executable)) and all(_reachable(Path(tree)) for tree in mine.trees):
        return mine
    system = Path("/usr/bin/python3")
    return at(os.path.realpath(system), "/usr") if system.exists() else None


def _reachable(path: Path) -> bool:
    """Whether every folder on the way may be searched, and the end read, by others."""
    ways = all(folder.stat().st_mode & 0o001 for folder in path.parents)
    return ways and path.stat().st_mode & 0o005 == 0o005
