"""The step that finds passages in what was taken in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from glasswork.definitions.base import Definition, ShortText
from glasswork.definitions.steps import BaseStep


def _as_judge(value: object) -> object:
    if isinstance(value, bool):
        return "features" if value else "no"
    return value


def _as_index(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class SecondUse(Definition):
    """Where else to look."""

    kind: Annotated[str, Field(min_length=1, max_length=64)] = "index"
    """``index``: another index of the project. ``tool``: a tool model that searches. Or one of an installed package."""
    name: Annotated[str, Field(min_length=1, max_length=200)]
    """Which one; of ``arxiv``, ``openalex`` and ``semanticscholar`` the server's address, or ``public``."""


class RetrieveUse(Definition):
    """One search."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    index: Annotated[str, Field(alias="from", pattern=r"^(inputs\.)?[a-z][a-z0-9_]{0,63}$")]
    """The index, as ``glasswork ingest --into`` named it; or a service that is searched, ``arxiv``, ``openalex`` or
    ``semanticscholar``; or the input that says which, ``inputs.corpus``."""
    server: Annotated[str, Field(pattern=r"^(inputs\.[a-z][a-z0-9_]{0,63}|public|https?://[^\s]{1,200})$")] = "public"
    """Where a service is: its public address, another one, or the input that says which."""
    query: ShortText
    """A template: what is asked."""
    top: Annotated[int, Field(ge=1, le=50)] = 8
    """Passages at most."""
    by: Literal["fused", "words", "meaning"] = "fused"
    """``words``: BM25. ``meaning``: static embeddings. ``fused``: both."""
    correct: Annotated[
        Literal["no", "features", "model"],
        BeforeValidator(_as_judge, json_schema_input_type=bool | Literal["no", "features", "model"]),
    ] = "no"
    """Whether what is found is judged before it is handed on, and by whom: ``features`` (or true) asks no model."""
    model: str | None = None
    """The model that judges. Default: the run's."""
    second: Annotated[SecondUse, BeforeValidator(_as_index, json_schema_input_type=SecondUse | str)] | None = None
    """Where to look where what is found will not do."""
    strips: Annotated[int, Field(ge=1, le=200)] = 24
    """Sentences or items that are kept, at most, of what is judged."""
    best: Literal["first", "last"] = "first"
    """Where the best passage stands among those that are handed on. A small model rests on what it reads last (Liu et
    al. 2023, Lost in the Middle, arXiv 2307.03172, for where models look)."""


class RetrieveStep(BaseStep):
    """Find passages."""

    retrieve: RetrieveUse
