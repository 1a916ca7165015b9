"""A family of plug-ins by name: registered by decorator, or by a package's entry points, which load when asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from glasswork.errors import NotFound, UserError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names and what they stand for.

    ``kind`` is what error messages call a member (``"reasoning strategy"``); ``group`` is the entry-point group in
    which other packages offer members. What is registered in this process wins over an entry point of the same name,
    so an installed package never changes what Glasswork's own names mean.
    """

    def __init__(self, kind: str, group: str) -> None:
        self.kind = kind
        self.group = group
        self._members: dict[str, T] = {}
        self._entries: dict[str, EntryPoint] = {}
        self._looked: tuple[str, ...] = ()
        """Where packages were looked for when ``_entries`` was made."""

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that enters what it decorates under ``name`` and hands it back unchanged.

        Raises:
            ValueError: the name is taken by something else (a programming error).
        """

        def enter(member: T) -> T:
            if self._members.setdefault(name, member) is not member:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            return member

        return enter

    def get(self, name: str) -> T:
        """Return the member called ``name``, loading it where a package offers it.

        Raises:
            NotFound: nothing has this name; the nearest name is suggested.
            UserError: a package offers the name, but its code cannot be loaded.
        """
        if name in self._members:
            return self._members[name]
        offered = self._offered()
        if name not in offered:
            raise NotFound(self.kind, name, self.names())
        self._members[name] = self._load(offered[name])
        return self._members[name]

    def names(self) -> tuple[str, ...]:
        """Return every name, sorted; nothing is loaded for it."""
        return tuple(sorted({*self._members, *self._offered()}))

    def _offered(self) -> dict[str, EntryPoint]:
        """Return what packages offer. All that are installed are read for it, so it is asked once for each path."""
        if self._looked != (path := tuple(sys.path)):
            self._entries = {entry.name: entry for entry in entry_points(group=self.group)}
            self._looked = path
        return self._entries

    def _load(self, entry: EntryPoint) -> T:
        try:
            return cast("T", entry.load())
        except Exception as error:
            package = entry.dist.name if entry.dist else entry.value
            raise UserError(
                f"{self.kind} {entry.name!r} of the package {package!r} cannot be loaded: {error}",
                hint=f"repair or remove that package: pip install --force-reinstall {package}",
            ) from error
