"""The one thing every model can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from glasswork.records import Completion, Request

OnText = Callable[[str], None]
"""Is given each new piece of a free text as it arrives."""


@runtime_checkable
class Model(Protocol):
    """A language model.

    ``complete`` answers one request in the form it asks for, or raises a :class:`~glasswork.errors.ModelError`.
    It makes one attempt (plus a bounded repair of a malformed answer); trying again is the business of
    :mod:`glasswork.models.wrap` alone. It is safe to call concurrently.
    """

    name: str
    """What the log calls this model."""
    context: int | None
    """Size of the context in tokens, or None where unknown."""

    async def complete(self, request: Request, *, place: str = "", on_text: OnText | None = None) -> Completion:
        """Answer ``request``.

        ``place`` says where in a run the question stands (``build#1/plan``): servers never see it, doubles answer by
        it.
        ``on_text`` is called only for the form ``text``, where the backend streams.
        """
        ...

    async def aclose(self) -> None:
        """Free what the model holds: a connection, a server, a process. May be called twice."""
        ...
