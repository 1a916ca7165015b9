"""Where definition files are looked up: in a folder, or among the texts that a run recorded."""

from __future__ import annotations

import os.path
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from glasswork.errors import DefinitionError, Problem
from glasswork.library.files import read_bytes, shown

Origin = Literal["project", "user", "shipped", "file", "recorded"]
"""Where a file was found. ``file``: named by its path, not by its name. ``recorded``: in a run's log."""


@dataclass(frozen=True)
class Source:
    """A folder that definitions are looked up in. A *key* is a path below it, with ``/``: ``agents/engineer.yaml``."""

    origin: Origin
    root: Path

    def path(self, key: str) -> Path:
        """Return the path of the file at a key."""
        return self.root / key

    def shown(self, key: str) -> str:
        """Return the file at a key as a person would write it here."""
        return shown(self.path(key))

    def holds(self, key: str) -> bool:
        """Tell whether something lies at a key, be it only a link that leads nowhere."""
        return os.path.lexists(self.path(key))

    def read(self, key: str) -> bytes:
        """Return the bytes of the file at a key.

        Raises:
            DefinitionError: it is no regular file, larger than 1 MiB, or lies outside the folder.
        """
        return read_bytes(self.path(key), within=self.root)

    def keys(self, folder: str, suffix: str, *, deep: bool) -> Iterator[str]:
        """Yield the keys of the files with a suffix in a folder, sorted; with ``deep`` also one folder further down."""
        top = self.root / folder
        if top.is_dir():
            found = (*top.glob(f"*{suffix}"), *(top.glob(f"*/*{suffix}") if deep else ()))
            yield from (path.relative_to(self.root).as_posix() for path in sorted(found))


@dataclass(frozen=True)
class Named(Source):
    """The folder around a file that was named by its path, which may lead anywhere its user wants."""

    origin: Origin = "file"
    root: Path = Path()

    def read(self, key: str) -> bytes:
        """Return the bytes of the file at a key; a link is followed.

        Raises:
            DefinitionError: it is no regular file, or larger than 1 MiB.
        """
        return read_bytes(self.path(key))


@dataclass(frozen=True)
class Recorded(Source):
    """Texts by key, as a run recorded them. No file is read."""

    origin: Origin = "recorded"
    root: Path = Path()
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    def shown(self, key: str) -> str:
        """Return how problems name the text at a key: not as the file that may be there today."""
        return f"{key} (recorded)"

    def holds(self, key: str) -> bool:
        """Tell whether a text was recorded under a key."""
        return key in self.texts

    def read(self, key: str) -> bytes:
        """Return the text at a key, encoded.

        Raises:
            DefinitionError: none was recorded under it.
        """
        if key not in self.texts:
            raise DefinitionError([Problem(self.shown(key), 0, 0, "the run recorded no such file")])
        return self.texts[key].encode("utf-8", "surrogatepass")

    def keys(self, folder: str, suffix: str, *, deep: bool) -> Iterator[str]:
        """Yield the keys with a suffix below a folder, as of files."""
        depths = {2, 3} if deep else {2}
        for key in sorted(self.texts):
            parts = PurePosixPath(key).parts
            if parts[:1] == (folder,) and len(parts) in depths and key.endswith(suffix):
                yield key


def beside(key: str, path: str) -> str | None:
    """Return the key of what the file at a key calls ``path``; None where that leads out of the source."""
    found = posixpath.normpath(posixpath.join(posixpath.dirname(key), path))
    return None if found.startswith(("../", "/")) or found in {"..", "."} else found
