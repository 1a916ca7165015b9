"""``glasswork search``: passages of an index that fit a question."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import settings_here
from glasswork.cli.options import AsJson

if TYPE_CHECKING:
    from glasswork.knowledge.index import Hit

_SHOWN = 400
"""Characters of a passage that are shown; ``--json`` has all."""


class By(StrEnum):
    """How passages are ranked."""

    FUSED = "fused"
    WORDS = "words"
    MEANING = "meaning"


def search(
    name: Annotated[str, typer.Argument(help="An index; 'glasswork list knowledge' has them.", metavar="NAME")],
    query: Annotated[str, typer.Argument(help="What is asked.", metavar="QUERY")],
    *,
    top: Annotated[int, typer.Option(help="Passages, at most.", min=1, max=100)] = 8,
    by: Annotated[By, typer.Option(help="words: BM25; meaning: static embeddings; fused: both.")] = By.FUSED,
    whole: Annotated[bool, typer.Option("--whole", help="Cut nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the passages of an index that fit a question, with their scores.

    The fused score says nothing by itself. Beside it stands that of the evaluator, in [-1, 1]: the one that was
    calibrated on this index, else the one that comes with Glasswork, fitted to questions on other documents.
    """
    from glasswork.knowledge.calibrate import fit_without_model, read_fits
    from glasswork.knowledge.evaluate import features
    from glasswork.knowledge.index import searchable
    from glasswork.knowledge.store import Shelf

    shelf = Shelf(settings_here().indexes)
    index = shelf.get(name)
    hits = index.search(query, top, by.value)
    fit = fit_without_model(read_fits(shelf, name), index.language)
    texts = [searchable(hit.passage) for hit in hits]
    scores = fit.scores(features(index, query, texts))
    if as_json:
        rows = [{**hit.model_dump(mode="json"), "fits": score} for hit, score in zip(hits, scores, strict=True)]
        about = {"action": fit.action(scores), "calibrated_on": fit.source}
        say.json_object({"index": name, "query": query, **about, "passages": rows})
        return
    if not hits:
        say.note("nothing was found")
    for number, (hit, score) in enumerate(zip(hits, scores, strict=True), start=1):
        say.out(say.paint(f"{number}  {say.shown(hit.passage.id)}", "bold"))
        say.out(f"   {say.shown(hit.passage.label)}")
        say.out(f"   {_numbers(hit, score)}")
        text = " ".join(hit.passage.text.split())
        say.out(f"   {say.shown(text if whole or len(text) <= _SHOWN else text[: _SHOWN - 1] + '…')}\n")
    say.note(f"by the evaluator {fit.name}, fitted to {fit.source}: {fit.action(scores)}")


def _numbers(hit: Hit, score: float) -> str:
    parts = [f"score {hit.score:.4f}", f"words {hit.words:.2f}"]
    parts += [f"meaning {hit.meaning:.2f}"] if hit.meaning is not None else []
    return ", ".join([*parts, f"fits {score:+.2f}"])
