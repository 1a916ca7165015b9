"""Semantic Scholar, by the package ``semanticscholar`` (MIT). Without a key it lets few questions through."""

from __future__ import annotations

from collections.abc import Iterator

from glasswork.knowledge.papers import PUBLIC, SECONDS, Paper, terms

_FIELDS = ["title", "abstract", "year", "authors", "externalIds", "url"]


def find(server: str, query: str, top: int) -> Iterator[Paper]:
    """Yield the papers that Semantic Scholar finds, the most relevant first."""
    from semanticscholar import SemanticScholar

    address = None if server == PUBLIC else server
    client = SemanticScholar(timeout=int(SECONDS), api_url=address, retry=False)
    found = client.search_paper(" ".join(terms(query)), fields=_FIELDS, limit=top)
    if found.offset < 0:  # the library takes any status that it does not know for an empty page
        raise ValueError("it gave no page of results")
    for paper in found.items[:top]:
        doi = (paper.externalIds or {}).get("DOI")
        authors = tuple(author.name for author in paper.authors or ())
        url = f"https://doi.org/{doi}" if doi else str(paper.url or "")
        yield Paper(url, str(paper.title or ""), authors, paper.year, str(paper.abstract or ""))
