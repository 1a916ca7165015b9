"""Reading a decision: how strongly the chosen option is preferred when only some of the segments are there.

The *margin* of the chosen option a* is ``log p(a*) - log(1 - p(a*))``, where p is the softmax over the labels of their
log-probabilities: it is what the segments push up and down, in nats. It is read once for each order of the options
that is asked, and always in the same orders, so that a segment's effect is a difference within an order.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from glasswork.errors import InvalidOutput, UserError
from glasswork.explain.case import Ablation, Case
from glasswork.explain.surgery import Prompt, case_name, prompt_of
from glasswork.records import Ask, Completion, Request, Usage

UNCHANGED, CUTS = 2, 6
"""How often a reading is repeated as it was, and with a span cut elsewhere, to learn what nothing looks like."""
_SEEDS = 1 << 31

Kept = frozenset[str]
"""Ids of the segments that are left in place."""


@dataclass(frozen=True)
class Reading:
    """What was read with one set of segments in place."""

    kept: Kept
    margins: tuple[float, ...]
    """Of the chosen option, in nats, one for each order that was asked."""
    censored: bool = False
    """Whether a label's probability was known only as an upper bound."""
    first: bool = True
    """Whether the chosen option was the most probable one, averaged over the orders."""
    control: Literal["", "unchanged", "cut"] = ""
    """Where nothing under test was taken away: read once more, or with words cut from the rest of the prompt."""
    error: float | None = None
    """Standard error of the margin, where it was counted from sampled answers."""

    @property
    def margin(self) -> float:
        """The mean over the orders."""
        return math.fsum(self.margins) / len(self.margins)


class Read(Protocol):
    """Whoever can read margins."""

    async def __call__(self, sets: Sequence[Kept]) -> Sequence[Reading]:
        """Read each set, in the orders that this reader asks; the answers stand in the order of the questions."""
        ...

    async def controls(self, lengths: Sequence[int], seed: int) -> Sequence[Reading]:
        """Read the full set where nothing under test is gone: as it was, and less as many words as ``lengths`` say.

        Empty where nobody can be asked, as of a recording that holds each set once.
        """
        ...


# --- a model that can be asked --------------------------------------------------------------------------------------


class LiveReader:
    """Asks a model, each question once: what was read before is not asked again."""

    def __init__(self, case: Case, ask: Ask, *, orders: int | None = None, parallel: int = 8) -> None:
        """Prepare the surgery on the case's request. Arguments and errors are those of :func:`live_reader`."""
        _weighed(case)
        self.orders = min(orders or len(case.options), len(case.options))
        self.usage = Usage()
        self.calls = 0
        self._case = case
        self._ask = ask
        self._name = case.id.rpartition("/")[2] or "case"
        self._prompt = prompt_of(case)
        self._free = asyncio.Semaphore(parallel)
        self._numbers = itertools.count()
        self._known: dict[Kept, Reading] = {}

    async def __call__(self, sets: Sequence[Kept]) -> Sequence[Reading]:
        """Read each set; those that share a longer beginning are asked next to each other."""
        new = sorted({*sets} - self._known.keys(), key=self._beginning, reverse=True)
        if new:
            # Asked alone, the first leaves in the server's cache what all others begin with.
            self._known[new[0]] = await self._read(new[0], self._prompt)
            readings = await asyncio.gather(*(self._read(kept, self._prompt) for kept in new[1:]))
            self._known.update({reading.kept: reading for reading in readings})
        return [self._known[kept] for kept in sets]

    async def controls(self, lengths: Sequence[int], seed: int) -> Sequence[Reading]:
        """Ask again under other seeds, and with spans of these lengths cut where no segment and no option stands."""
        everything = frozenset(segment.id for segment in self._case.segments)
        generator = random.Random(f"{seed} {self._name}")  # noqa: S311 - a draw that can be repeated
        again = [self._prompt.reseeded(generator.randrange(1, _SEEDS)) for _ in range(UNCHANGED)]
        cuts = [cut for words in lengths if (cut := self._prompt.cut(words, generator)) is not None]
        unchanged = [self._read(everything, prompt, "unchanged") for prompt in again]
        return await asyncio.gather(*unchanged, *(self._read(everything, prompt, "cut") for prompt in cuts))

    def _beginning(self, kept: Kept) -> tuple[bool, ...]:
        return tuple(segment.id in kept for segment in self._case.segments)

    async def _read(self, kept: Kept, prompt: Prompt, control: Literal["", "unchanged", "cut"] = "") -> Reading:
        place = f"{self._name}/check/{next(self._numbers)}"
        requests = [prompt.request(kept, shift) for shift in range(self.orders)]
        answers = await asyncio.gather(
            *(self._answer(f"{place}/{shift}", request) for shift, request in enumerate(requests))
        )
        weighed = [_by_option(prompt.recorded.labels, answer, shift) for shift, answer in enumerate(answers)]
        return _reading(self._case, kept, weighed, control)

    async def _answer(self, place: str, request: Request) -> Completion:
        async with self._free:
            answer = await self._ask(place, request)
        self.calls += 1
        self.usage += answer.usage
        return answer


def live_reader(case: Case, ask: Ask, *, orders: int | None = None, parallel: int = 8) -> LiveReader:
    """Return a reader that asks a model the case's own question, with segments taken out of it.

    The pieces of removed segments are cut out of the recorded request exactly as they were put in; the orders are the
    recorded one and its rotations. What was thought before the choice stays where it stands in the request: a segment
    that worked through the thinking alone has no effect of its own here.

    Args:
        case: needs ``request``.
        ask: how to ask.
        orders: how many rotations of the options are asked of each set; all by default.
        parallel: how many questions are under way at once. llama.cpp on few cores is fastest with one; vLLM with many.

    Raises:
        UserError: there is one option only, no request, or the request does not hold the segments and the options.
    """
    return LiveReader(case, ask, orders=orders, parallel=parallel)


# --- readings that were made already --------------------------------------------------------------------------------


class RecordedReader:
    """Serves what ``case.ablations`` hold, and asks nobody.

    Probabilities that were read off a model: the ablations of one set, in the order recorded, count as its orders, as
    far as every set has as many; the full set may have more: those are its unchanged repeats. Probabilities that were
    *counted* from sampled answers: all of a set are one count.
    """

    def __init__(self, case: Case) -> None:
        _weighed(case)
        if not case.ablations:
            raise UserError(f"{case_name(case)} holds no ablations, and there is no model to ask")
        self._case = case
        self._held: dict[Kept, list[Ablation]] = {}
        for ablation in case.ablations:
            self._held.setdefault(frozenset(ablation.kept), []).append(ablation)
        self._full = frozenset(segment.id for segment in case.segments)
        self._counted = counted(case)
        self.orders = 1 if self._counted else min(len(group) for group in self._held.values())
        self._bound = _bound(case.ablations)

    async def __call__(self, sets: Sequence[Kept]) -> Sequence[Reading]:
        """Serve each set.

        Raises:
            UserError: some are not recorded; the message says which.
        """
        missing = [kept for kept in dict.fromkeys(sets) if kept not in self._held]
        if missing:
            needed = "; ".join(self.words(kept) for kept in missing[:8])
            more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
            raise UserError(
                f"{case_name(self._case)}: no ablation is recorded for {needed}{more}",
                hint="Record them, or have a model asked: '--model NAME'.",
            )
        return [self._read(kept, self._held[kept][: self.orders]) for kept in sets]

    async def controls(self, lengths: Sequence[int], seed: int) -> Sequence[Reading]:  # noqa: ARG002 - nobody to ask
        """Serve the repeats of the full set."""
        if self._counted:
            return []
        repeats = self._held.get(self._full, [])[self.orders :]
        groups = [repeats[at : at + self.orders] for at in range(0, len(repeats), self.orders)]
        return [self._read(self._full, group, "unchanged") for group in groups if len(group) == self.orders]

    def _read(self, kept: Kept, ablations: Sequence[Ablation], control: Literal["", "unchanged"] = "") -> Reading:
        if self._counted:
            return _from_counts(self._case, kept, self._held[kept])
        weighed = [_as_logs(self._case, ablation, self._bound) for ablation in ablations]
        return _reading(self._case, kept, weighed, control)

    def words(self, kept: Kept) -> str:
        """Say what a set is, to people."""
        removed = [segment.id for segment in self._case.segments if segment.id not in kept]
        return f"the decision without {', '.join(removed)}" if removed else "the decision as it was"

    def sets(self) -> list[Kept]:
        """Return the sets that are recorded, in their order."""
        return list(self._held)


def recorded_reader(case: Case) -> RecordedReader:
    """Return a reader over the readings that a case brings along.

    A probability of 0 or 1 has no finite margin; it counts as a bound, half the least positive probability of the case
    and 0.001 at most, and the reading is censored.

    Raises:
        UserError: there is one option only, or there are no ablations.
    """
    return RecordedReader(case)


def counted(case: Case) -> bool:
    """Whether a case's ablations were counted from sampled answers, and not read off a model."""
    given = [ablation.probabilities.values() for ablation in case.ablations]
    return any(each.answers for each in case.ablations) or all(p in {0.0, 1.0} for values in given for p in values)


def _from_counts(case: Case, kept: Kept, ablations: Sequence[Ablation]) -> Reading:
    """Return the margin that counts speak for, and its standard error.

    Half an answer is added on either side, so that a choice that was always or never made has a finite margin
    (Haldane 1956; Anscombe 1956); the variance is that of Gart and Zweifel, Biometrika 54 (1967).
    """
    counts = {option.label: 0.0 for option in case.options}
    for ablation in ablations:
        for label, p in ablation.probabilities.items():
            counts[label] += p * (ablation.answers or 1)
    total = float(sum(ablation.answers or 1 for ablation in ablations))
    for_it, against = counts[case.choice] + 0.5, total - counts[case.choice] + 0.5
    return Reading(
        kept=kept,
        margins=(math.log(for_it / against),),
        censored=min(for_it, against) <= 0.5,
        first=counts[case.choice] >= max(counts.values()),
        error=math.sqrt(1 / for_it + 1 / against),
    )


def _bound(ablations: Sequence[Ablation]) -> float:
    positive = [p for ablation in ablations for p in ablation.probabilities.values() if p > 0]
    return min(1e-3, min(positive, default=1.0) / 2)


def _as_logs(case: Case, ablation: Ablation, bound: float) -> _Weighed:
    """Turn one record into log-probabilities by option; what it does not list shares what is left of one."""
    given = ablation.probabilities
    if case.choice not in given:
        raise UserError(f"{case_name(case)}: an ablation does not say how probable the choice {case.choice!r} was")
    unlisted = [option.label for option in case.options if option.label not in given]
    rest = max(0.0, 1 - math.fsum(given.values())) / len(unlisted) if unlisted else 0.0
    values = [given.get(option.label, rest) for option in case.options]
    return [math.log(max(p, bound)) for p in values], bool(ablation.censored) or min(values) <= 0


# --- margins --------------------------------------------------------------------------------------------------------

_Weighed = tuple[list[float], bool]
"""Log-probabilities by the options' own order, and whether one of them is a bound."""


def _by_option(labels: Sequence[str], answer: Completion, shift: int) -> _Weighed:
    """Return one order's log-probabilities, turned back."""
    logprobs: Mapping[str, float | None] = answer.logprobs or {}
    listed = [logprobs.get(labels[(index - shift) % len(labels)]) for index in range(len(labels))]
    censored = None in listed
    if all(value is None for value in listed) or (censored and answer.logprob_floor is None):
        raise InvalidOutput("the answer carries no probability of the labels, or no bound of it", raw=answer.text)
    floor = answer.logprob_floor or 0.0
    return [floor if value is None else value for value in listed], censored


def _reading(
    case: Case, kept: Kept, weighed: Sequence[_Weighed], control: Literal["", "unchanged", "cut"] = ""
) -> Reading:
    chosen = [option.label for option in case.options].index(case.choice)
    shares = [_softmax(logs) for logs, _ in weighed]
    mean = [math.fsum(column) for column in zip(*shares, strict=True)]
    return Reading(
        kept=kept,
        margins=tuple(_margin(logs, chosen) for logs, _ in weighed),
        censored=any(censored for _, censored in weighed),
        first=mean[chosen] >= max(mean),
        control=control,
    )


def _margin(logs: Sequence[float], chosen: int) -> float:
    """Return log p - log(1 - p) without ever forming 1 - p, which may round to zero."""
    others = [*logs[:chosen], *logs[chosen + 1 :]]
    most = max(others)
    return logs[chosen] - most - math.log(math.fsum(math.exp(value - most) for value in others))


def _softmax(logs: Sequence[float]) -> list[float]:
    most = max(logs)
    weights = [math.exp(value - most) for value in logs]
    return [weight / math.fsum(weights) for weight in weights]


def _weighed(case: Case) -> None:
    if len(case.options) < 2:
        raise UserError(f"{case_name(case)} has one option only: there was nothing to weigh")
