"""Papers of services that are searched over the network: arXiv, OpenAlex, Semantic Scholar; each by a library.

Each is a kind of source (:mod:`glasswork.knowledge.sources`), and its *name* is the address of its server: ``public``
for the one that everybody knows. An abstract becomes one passage, whose document is the paper's address.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from importlib.util import find_spec
from typing import NamedTuple

from glasswork.errors import MissingExtra, ToolUnreachable, UserError
from glasswork.knowledge.passages import Passage, passage_id

EXTRA = "research"
PUBLIC = "public"
SECONDS = 30.0
"""That a server has to answer."""
_LONGEST = 4000
"""Characters of an abstract that are taken."""
_NAMED, _TERMS = 3, 12
"""Authors that are named; words that a service is asked with, at most."""
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """a an and any are as at be been but by can could did do does for from had has have how if in into is it its
        may more most not of on or our should so than that the their them then there these they this those to too under
        was we were what when where whether which while who why will with would you your""",
    )
)


class Paper(NamedTuple):
    """What a service says of a paper."""

    url: str
    """Where it is: its DOI's address where it has one."""
    title: str
    authors: tuple[str, ...]
    year: int | None
    abstract: str


Find = Callable[[str, str, int], Iterable[Paper]]
"""Asks a server: its address or ``public``, the question, so many papers at most. It blocks; raises what it likes."""


def search_of(
    service: str, package: str, find: Find, server: str
) -> Callable[[str, int], Awaitable[Sequence[Passage]]]:
    """Return the search of a service.

    Args:
        service: how a person calls it.
        package: what has to be installed, by the name it is imported by.
        find: asks it.
        server: its address, or ``public``.

    Raises:
        MissingExtra: the package is not installed.
        UserError: that is no address.
    """
    if find_spec(package) is None:
        raise MissingExtra(f"{package}, which asks {service},", EXTRA)
    if server != PUBLIC and not re.fullmatch(r"https?://\S+", server):
        raise UserError(f"{server!r} is no address of a server", hint=f"write http://HOST:PORT, or {PUBLIC!r}")

    async def search(query: str, top: int) -> Sequence[Passage]:
        try:
            async with asyncio.timeout(2 * SECONDS):
                papers = await asyncio.to_thread(lambda: list(find(server.rstrip("/"), query, top)))
        except Exception as error:  # each library raises what it likes
            why = str(error).partition("\n")[0][:200] or type(error).__name__
            raise ToolUnreachable(f"{service} gave no answer that can be used: {why}") from error
        return [passage for paper in papers[:top] if (passage := passage_of(paper)) is not None]

    return search


def passage_of(paper: Paper) -> Passage | None:
    """Return a paper's abstract as a passage; None where it has none."""
    text = " ".join(paper.abstract.split())[:_LONGEST]
    if not text or not paper.url:
        return None
    names = ", ".join(paper.authors[:_NAMED]) + (" et al." if len(paper.authors) > _NAMED else "")
    facts = "; ".join(filter(None, [names, str(paper.year or ""), paper.url]))
    title = f"{' '.join(paper.title.split())} ({facts})"
    return Passage(id=passage_id(paper.url, "", text), document=paper.url, title=title, section="", text=text)


def terms(query: str) -> list[str]:
    """Return the words of a question that a service is asked with: without those that every question has."""
    words = [word for word in re.findall(r"\w+", query.lower()) if word not in _COMMON]
    return list(dict.fromkeys(words))[:_TERMS]
