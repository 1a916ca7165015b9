"""``glasswork calibrate``: fits an evaluator of what an index finds to labelled pairs."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import open_models, settings_here
from glasswork.cli.options import AsJson

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from glasswork.knowledge.calibrate import Measure, Question
    from glasswork.knowledge.evaluate import Fit
    from glasswork.knowledge.index import Index
    from glasswork.models.base import Model

_ASKING = 600.0
"""Seconds for one question to a model, at most."""


def calibrate(
    name: Annotated[str, typer.Argument(help="An index.", metavar="NAME")],
    *,
    pairs: Annotated[Path, typer.Option(help="Labelled pairs, a JSON object a line.", metavar="FILE")],
    model: Annotated[
        str | None, typer.Option(help="Have this model judge; without it, words and vectors do.", metavar="NAME")
    ] = None,
    sure: Annotated[
        float, typer.Option(help="How often 'correct' and 'incorrect' must be right.", min=0.5, max=0.99)
    ] = 0.8,
    as_json: AsJson = False,
) -> None:
    """Fit an evaluator of what an index finds to labelled pairs.

    It gives a passage a score in [-1, 1]; the thresholds between correct, ambiguous and incorrect are fitted to
    questions held out, and what is printed is measured on others again. A workflow's 'correct' goes by it. A line of
    pairs is {"question": "…", "passage": "…", "label": true}; a passage is a text or an id. Or {"question": "…",
    "gold": ["…"]}, with ids of all passages that answer it.
    """
    from glasswork.knowledge.calibrate import fit_without_model, grouped, read_fits, read_pairs, write_fit
    from glasswork.knowledge.store import Shelf

    shelf = Shelf(settings_here().indexes)
    index = shelf.get(name)
    found = read_pairs(pairs, index)
    source = pairs.name, hashlib.sha256(pairs.read_bytes()).hexdigest()
    strip = fit_without_model(read_fits(shelf, name), index.language).strip if model else None
    fit = asyncio.run(_fitted(index, grouped(found), source, model, strip=strip, sure=sure))
    path = write_fit(shelf, name, fit)
    if as_json:
        say.json_object({"index": name, "path": str(path), "fit": fit.model_dump(mode="json")})
    else:
        _tell(fit)


async def _fitted(
    index: Index,
    questions: list[Question],
    source: tuple[str, str],
    model: str | None,
    *,
    strip: float | None,
    sure: float,
) -> Fit:
    from glasswork.knowledge.calibrate import by_features, fitted
    from glasswork.knowledge.judging import PROMPT
    from glasswork.library import Library

    where, digest = source
    if model is None:
        return await fitted(index, questions, by_features(index), source=where, digest=digest, sure=sure)
    models = open_models(Library.discover(), override=model, tell=say.note)
    try:
        asked = await models.get(model)
        about = {"source": where, "digest": digest, "model": asked.name, "prompt": PROMPT}
        return await fitted(index, questions, _asking(asked), **about, strip=strip, sure=sure)
    finally:
        await models.aclose()


def _asking(model: Model) -> Measure:
    """Return the measure that asks a model; nothing is recorded, for this is no run."""
    import numpy as np

    from glasswork.definitions import RetryDef
    from glasswork.knowledge.judging import judged
    from glasswork.models.wrap import asking

    ask = asking(model, retry=RetryDef(), timeout=_ASKING, record=lambda _: None)

    async def measure(question: str, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        return np.array([[await judged(ask, "calibrate", question, text)] for text in texts])

    return measure


def _tell(fit: Fit) -> None:
    questions = say.counted(sum(fit.questions), "question")
    say.out(f"evaluator {fit.name}, fitted to {fit.pairs} pairs of {questions} ({fit.source})")
    say.out(f"correct from {fit.upper:+.3f}, incorrect below {fit.lower:+.3f}, strips from {fit.strip:+.3f}")
    say.out(f"measured on {say.counted(fit.questions[2], 'question')} held out, each with and without what answers it:")
    for action in ("correct", "ambiguous", "incorrect"):
        yes, no = (int(fit.measured[f"{action}, {which}"]) for which in ("answerable", "unanswerable"))
        say.out(f"  {action:<10} {yes:>4} answerable, {no:>4} unanswerable")
    area = f"AUROC {fit.measured['auroc']:.3f}, " if "auroc" in fit.measured else ""
    say.out(f"of pairs: {area}Brier {fit.measured['brier']:.3f}")
