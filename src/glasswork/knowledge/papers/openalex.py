"""OpenAlex, by the package ``pyalex`` (MIT). Its abstracts come as an index of words, which is turned round."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from glasswork.knowledge.papers import PUBLIC, SECONDS, Paper, terms

_PUBLIC = "https://api.openalex.org"


def find(server: str, query: str, top: int) -> Iterator[Paper]:
    """Yield the works that OpenAlex finds and has abstracts of, the most relevant first."""
    import pyalex
    from pyalex import api

    address = _PUBLIC if server == PUBLIC else server

    class Works(pyalex.Works):  # type: ignore[misc]  # the library is untyped
        """The works of one server: the library writes the public address into every question."""

        @property
        def url(self) -> str:
            return str(super().url).replace(_PUBLIC, address, 1)

    session = api._get_requests_session()  # noqa: SLF001 - it takes a session, and has no other way to make its own
    session.get = partial(session.get, timeout=SECONDS)
    works: Any = Works().search(" OR ".join(terms(query))).filter(has_abstract=True)
    works._add_params("per-page", top)  # noqa: SLF001 - as its own 'get' does, which takes no session
    for work in works._get_from_url(works.url, session):  # noqa: SLF001
        authors = tuple(one["author"]["display_name"] for one in work.get("authorships") or ())
        title = str(work.get("display_name") or "")
        yield Paper(
            str(work.get("doi") or work["id"]), title, authors, work.get("publication_year"), work["abstract"] or ""
        )
