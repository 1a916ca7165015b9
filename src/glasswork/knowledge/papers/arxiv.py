"""arXiv, by the package ``arxiv`` (MIT). Its terms ask for one request every three seconds; a search is one request."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from glasswork.knowledge.papers import PUBLIC, SECONDS, Paper, terms


def find(server: str, query: str, top: int) -> Iterator[Paper]:
    """Yield the papers that arXiv finds, the most relevant first."""
    import arxiv

    client = arxiv.Client(page_size=top, num_retries=1)
    if server != PUBLIC:
        client.query_url_format = f"{server}/api/query?{{}}"
    client._session.get = partial(client._session.get, timeout=SECONDS)  # noqa: SLF001 - it has no other place for it
    asked = " OR ".join(f"all:{word}" for word in terms(query))
    for found in client.results(arxiv.Search(query=asked, max_results=top)):
        url = f"https://doi.org/{found.doi}" if found.doi else found.entry_id
        authors = tuple(author.name for author in found.authors)
        yield Paper(url, found.title, authors, found.published.year, found.summary)
