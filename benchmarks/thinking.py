"""What the benches of reasoning share: arms over cases, each within a budget, rows that are kept, a table at the end.

An *arm* is a way to answer. A control is an arm that is given what another arm spent on the same case, and asks as long
as any of it is left: it spends no fewer tokens, and at most one question more. Rows are written as they are done;
started again with the same file, those that are there are not made again. Shares have Wilson's interval, means the
bootstrap's, differences between arms on the same cases Newcombe's or the bootstrap's, 95 %.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from glasswork.definitions import ModelsDef, RetryDef
from glasswork.errors import ModelError, ModelServerError, ModelUnreachable, UserError
from glasswork.library import Library
from glasswork.models.pool import Models
from glasswork.models.wrap import asking
from glasswork.reasoning.purse import Purse
from glasswork.records import Ask, Completion, Event, Message, Request
from glasswork.statistics import bootstrap, mean, newcombe_paired, share

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
MOST = 1000
"""Samples of a control at most."""
C = TypeVar("C")
_ROLES: tuple[Literal["user", "assistant"], ...] = ("user", "assistant")


@dataclass(frozen=True)
class Outcome:
    """What an arm came to on one case. Scores are 1 or 0 where an answer is right or wrong, else counts of errors."""

    top: float
    """Of the answer that is handed back."""
    best: float
    """Of the best among all answers: what somebody who can check them would hand back."""
    answers: tuple[str, ...] = ()
    ended: str = ""


Run = Callable[[C, Purse], Awaitable[Outcome]]


@dataclass(frozen=True)
class Arm(Generic[C]):
    """A way to answer. ``spends``: the arm whose tokens it is given, where it is a control."""

    name: str
    run: Run[C]
    spends: str = ""


@dataclass
class Row:
    """One case, answered one way."""

    arm: str
    case: str
    top: float | None = None
    best: float | None = None
    answers: list[str] = field(default_factory=list)
    ended: str = ""
    error: str = ""
    budget: int | None = None
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0


class Bench(Generic[C]):
    """Arms over cases, on one model."""

    def __init__(self, arms: Sequence[Arm[C]], ask: Ask, out: Path, *, worst: float, parallel: int = 1) -> None:
        """``worst``: the score of no answer at all."""
        self.arms = arms
        self.rows: dict[tuple[str, str], Row] = {(one.arm, one.case): one for one in _rows(out)}
        self._ask = ask
        self._out = out
        self._worst = worst
        self._parallel = parallel

    async def run(self, cases: Sequence[tuple[str, C]]) -> list[Row]:
        """Return a row for each arm and case; those in the file are not made again."""
        for name, case in cases:
            for arm in self.arms:
                if (arm.name, name) not in self.rows:
                    self._keep(await self.row(arm, name, case))
        names = {name for name, _ in cases}
        arms = {arm.name for arm in self.arms}
        return [row for row in self.rows.values() if row.case in names and row.arm in arms]

    async def row(self, arm: Arm[C], name: str, case: C) -> Row:
        """Answer one case one way.

        Raises:
            ModelUnreachable, ModelServerError: the server is gone or broke, which says nothing of the arm: there is no
                row to keep.
        """
        budget = self.rows[arm.spends, name].tokens if arm.spends else None
        row, began = Row(arm.name, name, budget=budget), time.monotonic()
        purse = Purse(self._ask, budget, self._parallel, to_the_end=True)
        try:
            outcome = await arm.run(case, purse)
        except (ModelUnreachable, ModelServerError):
            raise
        except (ModelError, UserError) as error:
            row.error, row.top, row.best = error.message[:300], self._worst, self._worst
        else:
            row.top, row.best = outcome.top, outcome.best
            row.answers, row.ended = [*outcome.answers], outcome.ended
        row.calls, row.tokens, row.seconds = purse.calls, purse.spent, round(time.monotonic() - began, 2)
        return row

    def _keep(self, row: Row) -> None:
        self.rows[row.arm, row.case] = row
        with self._out.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
        told = f"{row.top:g}, best {row.best:g}" + (f"; {row.error}" if row.error else "")
        print(f"  {row.case:16} {row.arm:20} {told} ({row.calls} calls, {row.tokens} tokens)", flush=True)


def _rows(path: Path) -> Iterator[Row]:
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield Row(**json.loads(line))


# --- asking -----------------------------------------------------------------------------------------------------------


def written(
    prompt: str,
    *,
    seed: int,
    most: int,
    temperature: float = 0.7,
    stop: tuple[str, ...] = (),
    shots: Sequence[tuple[str, str]] = (),
) -> Request:
    """Return a question for a free text; ``shots`` are questions that were answered before it.

    They are turns of the conversation, not part of the text: a small model hands an example that stands in its question
    back as the answer.
    """
    turns = [Message(role=role, content=text) for shot in shots for role, text in zip(_ROLES, shot, strict=True)]
    return Request(
        messages=(*turns, Message(role="user", content=prompt)),
        max_tokens=most,
        temperature=temperature,
        stop=stop,
        seed=seed,
    )


async def samples(purse: Purse, place: str, ask: Callable[[int], Request], count: int = MOST) -> list[str]:
    """Return ``count`` texts, or as many as the purse holds; ``ask`` makes the question of a seed."""
    answers = await purse.all([(f"{place}/{seed}", ask(seed)) for seed in range(1, count + 1)])
    return [answer.text for answer in answers if isinstance(answer, Completion)]


def most_common(answers: Sequence[str]) -> str:
    """Return the answer that came most often; of equals the first. Empty where there is none."""
    often = Counter(answer for answer in answers if answer)
    return max(often, key=lambda answer: often[answer], default="")


# --- the table --------------------------------------------------------------------------------------------------------


def table(rows: Sequence[Row], arms: Sequence[Arm[Any]], *, rates: bool) -> Iterator[str]:
    """Yield the lines of the result. ``rates``: scores are right or wrong; else they are errors."""
    what = "right" if rates else "errors"
    yield f"{'':26} {'n':>4}  {'answer: ' + what:>22}  {'best of all: ' + what:>22}  {'tokens':>22} {'calls':>6}"
    by = {arm.name: {row.case: row for row in rows if row.arm == arm.name} for arm in arms}
    for arm in arms:
        found = [*by[arm.name].values()]
        if found:
            top, best = (_told([getattr(row, part) for row in found], rates=rates) for part in ("top", "best"))
            tokens = _told([row.tokens for row in found], rates=False, digits=0)
            calls = mean([row.calls for row in found])
            yield f"{arm.name:26} {len(found):>4}  {top:>22}  {best:>22}  {tokens:>22} {calls:>6.1f}"
    for arm in arms:
        if arm.spends and by[arm.name] and by[arm.spends]:
            answer, best = (_difference(by[arm.spends], by[arm.name], part, rates=rates) for part in ("top", "best"))
            yield f"{arm.spends} - {arm.name}: {answer}; best of all: {best}"
    failed = sum(bool(row.error) for row in rows)
    yield f"without an answer: {failed} of {len(rows)} rows"


def _told(values: Sequence[float], *, rates: bool, digits: int = 2) -> str:
    if rates and {*values} <= {0, 1}:
        found = share(int(sum(values)), len(values))
        return f"{found.value:.0%} [{found.low:.0%}, {found.high:.0%}]"
    low, high = bootstrap(values, mean, seed=1)
    return f"{mean(values):.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _difference(ours: dict[str, Row], control: dict[str, Row], part: str, *, rates: bool) -> str:
    cases = [case for case in ours if case in control]
    both = [(getattr(ours[case], part) or 0.0, getattr(control[case], part) or 0.0) for case in cases]
    if rates and {value for pair in both for value in pair} <= {0, 1}:
        low, high = newcombe_paired([(bool(one), bool(other)) for one, other in both])
        return f"{mean([one - other for one, other in both]):+.0%} [{low:+.0%}, {high:+.0%}], n={len(both)}"
    differences = [one - other for one, other in both]
    low, high = bootstrap(differences, mean, seed=1)
    return f"{mean(differences):+.2f} [{low:+.2f}, {high:+.2f}], n={len(both)}"


# --- the program ------------------------------------------------------------------------------------------------------


def parser(doc: str | None, name: str) -> argparse.ArgumentParser:
    """Return the options that all benches have."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--model", default="default", help="as after 'glasswork run --model'")
    made.add_argument("--limit", type=int, default=20, help="cases; 0: all")
    made.add_argument("--seed", type=int, default=1, help="of the sample of cases")
    made.add_argument("--arms", default="", help="names, with commas; default: all")
    made.add_argument("--parallel", type=int, default=1, help="questions under way at once")
    made.add_argument("--out", type=Path, help=f"rows, one a line; default: {name}-MODEL.jsonl")
    made.set_defaults(bench=name)
    return made


def drawn(cases: Sequence[tuple[str, C]], args: argparse.Namespace) -> list[tuple[str, C]]:
    """Return a seeded sample of cases."""
    return random.Random(args.seed).sample(cases, len(cases))[: args.limit or None]


def wanted(arms: Sequence[Arm[C]], args: argparse.Namespace) -> list[Arm[C]]:
    """Return the arms that are asked for, with those whose tokens they are given, in their order.

    Raises:
        SystemExit: there is no such arm.
    """
    names = [name for name in args.arms.split(",") if name] or [arm.name for arm in arms]
    known = {arm.name: arm for arm in arms}
    for name in names:
        if name not in known:
            raise SystemExit(f"there is no arm {name!r}; there are {', '.join(known)}")
    needed = {*names, *(known[name].spends for name in names)}
    return [arm for arm in arms if arm.name in needed]


def measure(
    args: argparse.Namespace, arms: Sequence[Arm[C]], cases: Sequence[tuple[str, C]], *, rates: bool, worst: float
) -> None:
    """Run what is asked for, and print the table."""
    chosen = wanted(arms, args)
    out = args.out or Path(f"{args.bench}-{args.model.replace('/', '_')}.jsonl")
    try:
        rows = asyncio.run(_measured(args, chosen, cases, out, worst))
    except (ModelUnreachable, ModelServerError) as gone:
        raise SystemExit(f"{gone.message}; the rows that there are stand in {out}") from gone
    print(f"\n{args.bench} on {args.model}\n" + "\n".join(table(rows, chosen, rates=rates)))


async def _measured(
    args: argparse.Namespace, arms: Sequence[Arm[C]], cases: Sequence[tuple[str, C]], out: Path, worst: float
) -> list[Row]:
    found = Library.discover().models()
    models = Models(found.definition if found else ModelsDef(version=1), base_dir=Path.cwd(), override=args.model)
    try:
        ask = asking(await models.get("default"), retry=RetryDef(max=0), timeout=900, record=_unrecorded)
        return await Bench(arms, ask, out, worst=worst, parallel=args.parallel).run(cases)
    finally:
        await models.aclose()


def _unrecorded(_: Event) -> None:
    """Take an event that no log keeps: the rows hold what is measured."""
