"""Where else to look: second sources, by kind.

Another package offers a kind under the entry-point group ``glasswork.sources``: a function from the name that stands in
a workflow's file, and what the run has (:class:`Given`), to something that can be searched.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Protocol

from glasswork.errors import UserError
from glasswork.knowledge import papers
from glasswork.knowledge.index import Index
from glasswork.knowledge.papers import arxiv, openalex, semantic_scholar
from glasswork.knowledge.passages import Passage, passage_id
from glasswork.registry import Registry

_MOST = 4000
"""Characters of one passage of somebody else's that are taken."""
_TEXTS = ("text", "snippet", "content", "body", "passage", "abstract", "description")
_LISTS = ("results", "items", "data", "hits", "passages", "documents", "organic", "web", "content")
"""Where an object with several things in it has its list."""
_TITLES = ("title", "name", "label")
_PLACES = ("id", "url", "link", "href", "source")


class Given(Protocol):
    """What a run has for its sources."""

    def index(self, name: str) -> Index:
        """Return an index of the project."""
        ...

    async def call(self, tool: str, query: str) -> Any:
        """Call the tool model that the step names, with a question; return its output."""
        ...


Search = Callable[[str, int], Awaitable[Sequence[Passage]]]
"""Searches with a question; returns so many passages at most, the best first."""
Source = Callable[[str, Given], Search]
"""Returns the search of a source's name. Raises UserError where there is none."""

sources: Registry[Source] = Registry("kind of source", "glasswork.sources")
"""Every kind of second source by name."""


@sources.register("index")
def index_source(name: str, given: Given) -> Search:
    """Search another index of the project."""

    async def search(query: str, top: int) -> Sequence[Passage]:
        return [hit.passage for hit in given.index(name).search(query, top)]

    return search


@sources.register("tool")
def tool_source(name: str, given: Given) -> Search:
    """Search with a tool model: a web search endpoint, a tool of an MCP server."""

    async def search(query: str, top: int) -> Sequence[Passage]:
        return passages_in(await given.call(name, query), name)[:top]

    return search


@sources.register("arxiv")
def arxiv_source(name: str, given: Given) -> Search:  # noqa: ARG001 - as every source
    """Search arXiv; the name is its server's address, or ``public``."""
    return papers.search_of("arXiv", "arxiv", arxiv.find, name)


@sources.register("openalex")
def openalex_source(name: str, given: Given) -> Search:  # noqa: ARG001 - as every source
    """Search OpenAlex; the name is its server's address, or ``public``."""
    return papers.search_of("OpenAlex", "pyalex", openalex.find, name)


@sources.register("semanticscholar")
def semantic_scholar_source(name: str, given: Given) -> Search:  # noqa: ARG001 - as every source
    """Search Semantic Scholar; the name is its server's address, or ``public``."""
    return papers.search_of("Semantic Scholar", "semanticscholar", semantic_scholar.find, name)


def services() -> tuple[str, ...]:
    """Return the kinds of sources that are a place of their own, and can be searched in place of an index."""
    return tuple(name for name in sources.names() if name not in {"index", "tool"})


def passages_in(value: Any, name: str) -> list[Passage]:
    """Return the passages that somebody else's answer holds: texts, or objects with a text and perhaps a title.

    An answer is a list of them, an object that holds such a list, or a text; a text may be any of these as JSON, or one
    object after another.

    Raises:
        UserError: it holds neither.
    """
    return [passage for item in _items(value, name) if (passage := _passage(item, name)) is not None]


def _items(value: Any, name: str) -> Iterator[Any]:
    """Yield what may be a passage."""
    while isinstance(value, dict):
        value = _list_in(value, name)
    if isinstance(value, str):
        held = _json_in(value)
        yield from value.split("\n\n") if held is None else (item for one in held for item in _items(one, name))
    elif isinstance(value, list):
        for one in value:
            held = _json_in(_said(one, _TEXTS) if isinstance(one, dict) else one)
            yield from [one] if held is None else (item for each in held for item in _items(each, name))
    else:
        yield value


def _list_in(value: dict[str, Any], name: str) -> Any:
    """Return the list that an object holds, or what does; itself in a list where it is a passage."""
    for key in _LISTS:
        if isinstance(value.get(key), list | dict):
            return value[key]
    if _said(value, _TEXTS):
        return [value]
    lists = [one for one in value.values() if isinstance(one, list | dict)]
    if len(lists) != 1:
        raise UserError(f"what the source {name!r} gave holds no list of passages, with a text each")
    return lists[0]


def _json_in(text: Any) -> list[Any] | None:
    """Return the lists and objects that a text is, one after another; None where it is anything else."""
    if not isinstance(text, str) or not text.lstrip().startswith(("[", "{")):
        return None
    found, rest, decoder = [], text.strip(), json.JSONDecoder()
    while rest:
        try:
            one, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            return None
        if not isinstance(one, list | dict):
            return None
        found.append(one)
        rest = rest[end:].lstrip()
    return found


def _passage(item: Any, name: str) -> Passage | None:
    text = item if isinstance(item, str) else _said(item, _TEXTS) if isinstance(item, dict) else ""
    text = text.strip()[:_MOST]
    if not text:
        return None
    title = _said(item, _TITLES) if isinstance(item, dict) else ""
    place = _said(item, _PLACES) if isinstance(item, dict) else ""
    document = place or name
    return Passage(id=passage_id(document, "", text), document=document, title=title or document, section="", text=text)


def _said(item: dict[str, Any], keys: Sequence[str]) -> str:
    return next((str(item[key]) for key in keys if isinstance(item.get(key), str) and item[key].strip()), "")
