"""Callables as tool models: shipped, or offered by a package under the entry-point group ``glasswork.tools``.

A callable is plain and synchronous: it takes its inputs by name, and returns text, a number, a boolean, JSON, or
:class:`Media`. It runs in a process of its own (:mod:`glasswork.tools.worker`), which is ended where it takes too long;
it may load what it needs at its first call, and keep it in a module-level cache.

    @builtin("shout")
    def shout(text: str) -> str:
        return text.upper()
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from glasswork.errors import UserError
from glasswork.registry import Registry


@dataclass(frozen=True)
class Media:
    """A file that a callable has made."""

    data: bytes
    name: str
    """As a person would call it: ``speech.wav``."""


@dataclass(frozen=True)
class Builtin:
    """A callable, and what it needs."""

    function: Callable[..., object]
    extra: str = ""
    """The extra of Glasswork that brings what it needs; empty: it needs nothing."""
    needs: tuple[str, ...] = ()
    """Modules that have to be installed."""
    memory_mb: int = 4096
    """Address space that its process may have."""
    environment: tuple[str, ...] = ()
    """Variables that its process is given, besides what Python needs. Secrets go nowhere else."""


builtins: Registry[Builtin | Callable[..., object]] = Registry("builtin tool", "glasswork.tools")
"""Every builtin by name. Another package may offer a plain function."""

F = TypeVar("F", bound=Callable[..., object])


def builtin(name: str, *, extra: str = "", needs: tuple[str, ...] = (), memory_mb: int = 4096) -> Callable[[F], F]:
    """Return a decorator that enters a function under ``name`` and hands it back unchanged."""

    def enter(function: F) -> F:
        builtins.register(name)(Builtin(function, extra, needs, memory_mb))
        return function

    return enter


def find_builtin(name: str) -> Builtin:
    """Return the builtin of a name.

    Raises:
        NotFound: nothing has this name.
        UserError: a package offers it, but it cannot be loaded, or is nothing that can be called.
    """
    import glasswork.tools.shipped  # noqa: F401  they register themselves

    member = builtins.get(name)
    if isinstance(member, Builtin):
        return member
    if not callable(member):
        raise UserError(f"the builtin tool {name!r} is {type(member).__name__}, and no function")
    return Builtin(member)
