"""The work of ``glasswork judge``: who judges, and the cases of a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from glasswork.cli import say
from glasswork.cli.load import open_models, settings_here
from glasswork.definitions import RetryDef
from glasswork.errors import NotFound, UserError
from glasswork.evals import DIMENSIONS, Case, Dimension, Gate, Judge, Verdict, Vote, gated, judges, vote
from glasswork.evals.bench import Bench, Paper, Told
from glasswork.evals.gate import must_fit
from glasswork.evals.kept import Kept
from glasswork.evals.rows import labelled, read_rows
from glasswork.evals.votes import read_gates, write_gate
from glasswork.records import Event, ModelAnswered, Request

if TYPE_CHECKING:
    from glasswork.models.pool import Models
    from glasswork.records import Completion

TIMEOUT = 600.0
"""Seconds for one question to a model, all attempts together."""
AT_ONCE = 16
"""Cases under way at a server that does not say how many requests it serves at once."""


@dataclass(frozen=True)
class Wish:
    """Who is to judge."""

    judge: str
    model: str | None = None
    parallel: int | None = None


@dataclass(frozen=True)
class Sitting:
    """A judge at work, and what its model has answered so far."""

    bench: Bench
    answered: list[ModelAnswered] = field(default_factory=list)
    """Nothing else keeps it, for this is no run."""


class Subject(NamedTuple):
    """A case by name, and everything that it is to be judged by."""

    name: str
    case: Case
    wanted: tuple[Dimension, ...]


class Judged(NamedTuple):
    """A case with the votes on it, by dimension."""

    name: str
    case: Case
    votes: dict[str, Vote]


class Ballot(NamedTuple):
    """Everything that was judged, and by whom."""

    judge: str
    model: str
    judged: list[Judged]


Keep = Callable[[Sitting, int, Judged], None]
"""Is given what was judged of a subject, by its index, as soon as it is done."""


def dimensions(names: Sequence[str] | None) -> list[Dimension]:
    """Return dimensions by name; all where none is named. Raises NotFound."""
    for name in names or ():
        if name not in DIMENSIONS:
            raise NotFound("dimension", name, DIMENSIONS)
    return [DIMENSIONS[name] for name in dict.fromkeys(names or DIMENSIONS)]


def gate(path: Path, dimension: Dimension, wish: Wish, seed: int) -> tuple[Gate, Path]:
    """Hold a judge against labelled cases; return the result, and where it lies.

    Verdicts are kept as they are given, until all are there: started again, it goes on from them.

    Raises:
        UserError: the cases cannot be used; told before a model is asked, which takes long.
        GlassworkError: the model cannot be opened, or did not answer.
    """
    judge, rows, folder = judges.get(wish.judge), labelled(path, dimension.name), settings_here().gates
    must_fit(rows, path.name)
    cases = _clean([row.case for row in rows])

    async def work() -> tuple[Gate, Kept]:
        async with sitting(wish, judge) as one:
            standing = one.bench.standing(dimension, rows[0].case.form)
            kept = Kept(folder, standing)
            await _judged(one.bench, dimension, cases, kept)
        verdicts = [kept[case] for case in cases]
        return gated(standing, rows, verdicts, source=path.name, seed=seed), kept

    found, kept = asyncio.run(work())
    lies = write_gate(folder, found)
    kept.delete()
    return found, lies


async def _judged(bench: Bench, dimension: Dimension, cases: Sequence[Case], kept: Kept) -> None:
    """Have those cases judged that have no verdict yet, and keep each verdict as it comes."""
    left = [at for at, case in enumerate(cases) if case not in kept]
    if len(left) < len(cases):
        say.note(f"{len(cases) - len(left)} of {len(cases)} verdicts are taken over from a gate that was interrupted")
    count = _counting(bench, len(left))

    def told(turn: int, verdict: Verdict | None) -> None:
        kept.add(cases[left[turn]], verdict)
        count(turn, verdict)

    try:
        await bench.verdicts([Paper(f"gate/{at + 1}", dimension, cases[at]) for at in left], told)
    except BaseException:
        if len(kept):
            kept_so_far = say.counted(len(kept), "verdict")
            say.note(f"{kept_so_far} so far, kept in {say.shown(kept.path)}: the same command goes on from there")
        raise


def ballot_of_file(path: Path, wanted: Sequence[Dimension], wish: Wish) -> Ballot:
    """Judge the answers of a file; one that names a dimension is judged by that alone.

    Raises:
        UserError: the file cannot be used, or nothing in it is about what is wanted.
        GlassworkError: the model cannot be opened, or did not answer.
    """
    rows = read_rows(path)
    subjects = [
        Subject(row.name, case, about)
        for row, case in zip(rows, _clean([row.case for row in rows]), strict=True)
        if (about := tuple(one for one in wanted if row.dimension in {"", one.name}))
    ]
    if not subjects:
        raise UserError(f"{path} holds nothing about {' or '.join(one.name for one in wanted)}")
    return ballot(subjects, wish)


def ballot(subjects: Sequence[Subject], wish: Wish, keep: Keep | None = None) -> Ballot:
    """Judge subjects. Raises UserError where a gate's result is damaged, GlassworkError where the model fails."""
    return asyncio.run(_ballot(subjects, wish, judges.get(wish.judge), keep))


async def _ballot(subjects: Sequence[Subject], wish: Wish, judge: Judge, keep: Keep | None) -> Ballot:
    gates, votes = read_gates(settings_here().gates), [dict[str, Vote]() for _ in subjects]
    turns = [(at, one) for at, subject in enumerate(subjects) for one in subject.wanted]
    papers = [Paper(place_of(at, one.name), one, subjects[at].case) for at, one in turns]

    def judged(at: int) -> Judged:
        subject = subjects[at]
        return Judged(subject.name, subject.case, {one.name: votes[at][one.name] for one in subject.wanted})

    async with sitting(wish, judge) as one:
        count = _counting(one.bench, len(papers))

        def told(turn: int, verdict: Verdict | None) -> None:
            at, dimension = turns[turn]
            votes[at][dimension.name] = vote(verdict, one.bench.standing(dimension, subjects[at].case.form), gates)
            count(turn, verdict)
            if keep is not None and len(votes[at]) == len(subjects[at].wanted):
                keep(one, at, judged(at))

        await one.bench.verdicts(papers, told)
        return Ballot(one.bench.name, one.bench.model, [judged(at) for at in range(len(subjects))])


def _clean(cases: Sequence[Case]) -> list[Case]:
    """Take the secrets of this environment out of what models will be shown."""
    from glasswork.cli.session import cleaner, redactor_here

    clean = cleaner(redactor_here())
    return [Case.model_validate(clean(case.model_dump(mode="json"))) for case in cases]


def place_of(subject: int, dimension: str) -> str:
    """Return where the questions about a subject stand, by its index."""
    return f"judge/{subject + 1}/{dimension}"


def _counting(bench: Bench, many: int) -> Told:
    """Say what is going to be judged; then, on stderr, how far it is, ten times or so."""
    who = f"judge {bench.name} on {bench.model}" if bench.model else f"judge {bench.name}"
    say.note(f"{who}: {many} verdict{'' if many == 1 else 's'} to give")
    done, step = list[int](), max(1, many // 10)

    def told(turn: int, verdict: Verdict | None) -> None:
        del verdict
        done.append(turn)
        if bench.model and many >= 10 and len(done) % step == 0 and len(done) < many:
            say.note(f"  {len(done)} of {many}")

    return told


# --- the judge --------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def sitting(wish: Wish, judge: Judge) -> AsyncIterator[Sitting]:
    """Open a judge, with its model where it asks one. Raises GlassworkError where that cannot be opened."""
    from glasswork.cli.session import terminable

    with terminable():
        if not judge.asks:
            yield Sitting(Bench(wish.judge, judge, _nobody, parallel=wish.parallel or AT_ONCE))
            return
        name = wish.model or "default"
        models = await _opened(name, wish)
        try:
            yield await _seated(models, name, wish, judge)
        finally:
            await models.aclose()


async def _opened(name: str, wish: Wish) -> Models:
    from glasswork.library import Library

    with say.waiting() as tell:
        models = open_models(Library.discover(), override=wish.model, tell=tell)
        try:
            await models.get(name)
        except BaseException:
            await models.aclose()
            raise
    return models


async def _seated(models: Models, name: str, wish: Wish, judge: Judge) -> Sitting:
    from glasswork.cli.cleaned import CleanModel
    from glasswork.cli.session import cleaner, redactor_here
    from glasswork.models.wrap import asking

    served, answered = await models.get(name), list[ModelAnswered]()

    def note(event: Event) -> None:
        if isinstance(event, ModelAnswered):
            answered.append(event)

    clean = CleanModel(served, cleaner(redactor_here()))
    ask = asking(clean, retry=RetryDef(), timeout=TIMEOUT, record=note)
    takes: int = getattr(models.resolve(name), "parallel", AT_ONCE)
    return Sitting(Bench(wish.judge, judge, ask, served.name, wish.parallel or takes), answered)


async def _nobody(place: str, request: Request) -> Completion:
    raise UserError(f"the judge asks ({request.form}, at {place}), and yet says that it asks no model")
