"""Does an explanation let somebody else predict what its author would do in another situation?

A second model, the *predictor*, is shown the situation with some segments gone, and says what is chosen there: once
with the explanation that was given for the whole situation, once without. What the explanation adds is its
*simulatability gain*: (accuracy with - accuracy without) / (1 - accuracy without).

Sources: counterfactual simulatability, Chen et al. 2024 (arXiv 2307.08678), here with situations made by removal
instead of by a model; a gain normalised by what was left to gain, after Mayne et al. 2026 (arXiv 2602.02639), whose
own formula we have not seen; the action masked in the explanation, as it leaks the answer otherwise (LAS: Hase et al.
2020, arXiv 2010.04119). The mask takes out the options' texts, short names and labels; it cannot take out a paraphrase.
"""

from __future__ import annotations

import asyncio
import math
import random
import re
from collections import Counter
from collections.abc import Sequence

from glasswork.errors import UserError
from glasswork.explain.case import Ablation, Case
from glasswork.explain.mistakes import head
from glasswork.explain.reading import Reading
from glasswork.explain.surgery import Prompt, prompt_of
from glasswork.models.choice import choose
from glasswork.models.pieces import pieces
from glasswork.records import Ask, Completion, Message, Record, Request
from glasswork.statistics import Share, bootstrap, mean, share

SITUATIONS = 12
"""Changed situations that are predicted of one decision at most; of more, so many are drawn."""
MASK = "[one of the options]"
_TIED = 1e-9


class Variant(Record):
    """A changed situation, and what was chosen there."""

    removed: tuple[str, ...]
    choice: str
    """The label that the explained agent itself chooses there."""


class Trial(Record):
    """What the predictor said of one changed situation. Labels are the case's own."""

    case: str
    removed: tuple[str, ...]
    options: tuple[str, ...]
    """The texts, in the order of their labels."""
    before: str
    """What was chosen in the whole situation."""
    truth: str
    with_explanation: str
    without: str


class Simulation(Record):
    """How well choices are predicted with an explanation and without. Compare with the two baselines."""

    cases: int
    with_explanation: Share
    without: Share
    gain: float | None
    """(with - without) / (1 - without); None where nothing was left to gain."""
    gain_low: float | None
    gain_high: float | None
    """95 % bootstrap interval over cases; resamples that leave nothing to gain are left out."""
    difference: float
    """with - without."""
    difference_low: float
    difference_high: float
    unchanged: Share
    """Baseline: whoever says that the choice stays what it was."""
    majority: Share
    """Baseline: whoever says what is chosen most often in the *other* trials with the same options; a trial that has
    no such others counts as wrong."""
    changed_with: Share
    """Accuracy with the explanation where the choice did change: what no baseline of standing still gets right."""
    changed_without: Share


class Heard:
    """Asks for somebody, and remembers: what was read to find drivers also says what is chosen without them.

    A :class:`~glasswork.explain.reading.Reading` keeps the margin of one option only.
    """

    def __init__(self, ask: Ask) -> None:
        """Stand between ``ask`` and whoever reads."""
        self._ask = ask
        self._answers: dict[str, Completion] = {}

    async def __call__(self, place: str, request: Request) -> Completion:
        """Ask, and remember the answer."""
        answer = await self._ask(place, request)
        self._answers[request.digest()] = answer
        return answer

    def ablations(self, case: Case, readings: Sequence[Reading]) -> tuple[Ablation, ...]:
        """Return what was read as ablations, one for each order; controls are left out."""
        prompt = prompt_of(case)
        sets = {reading.kept: len(reading.margins) for reading in readings if not reading.control}
        return tuple(self._ablation(prompt, kept, shift) for kept, orders in sets.items() for shift in range(orders))

    def _ablation(self, prompt: Prompt, kept: frozenset[str], shift: int) -> Ablation:
        answer, options = self._answers[prompt.request(kept, shift).digest()], prompt.case.options
        turned = [*options[shift:], *options[:shift]]
        read = {
            option.label: (answer.logprobs or {}).get(label)
            for label, option in zip(prompt.recorded.labels, turned, strict=True)
        }
        # A censored label counts with its bound, as it does for whoever read this.
        bound = answer.logprob_floor or 0.0
        logs = {label: bound if value is None else value for label, value in read.items()}
        weights = {label: math.exp(value - max(logs.values())) for label, value in logs.items()}
        return Ablation(
            kept=tuple(segment.id for segment in prompt.case.segments if segment.id in kept),
            probabilities={label: weight / math.fsum(weights.values()) for label, weight in weights.items()},
            censored=tuple(label for label, value in read.items() if value is None),
        )


def drawn(changed: Sequence[Variant], *, most: int = SITUATIONS, seed: int = 0) -> tuple[Variant, ...]:
    """Return at most so many situations, in their order, drawn at random: not by what is chosen there."""
    if len(changed) <= most:
        return tuple(changed)
    picked = random.Random(f"{seed} situations").sample(range(len(changed)), most)  # noqa: S311 - can be repeated
    return tuple(changed[index] for index in sorted(picked))


def questions(case: Case, situations: int) -> int:
    """Return how many questions :func:`simulate` asks: each situation twice, in every order of the options."""
    return 2 * situations * len(case.options)


def variants(case: Case) -> tuple[Variant, ...]:
    """Return the changed situations that a case's ablations tell of.

    Several records of one set are averaged; sets whose most probable label is tied are left out, and so is the whole.
    """
    sums: dict[tuple[str, ...], Counter[str]] = {}
    for ablation in case.ablations:
        removed = tuple(segment.id for segment in case.segments if segment.id not in ablation.kept)
        sums.setdefault(removed, Counter()).update(ablation.probabilities)
    found = []
    for removed, weights in sums.items():
        ordered = weights.most_common(2)
        tied = len(ordered) > 1 and ordered[0][1] - ordered[1][1] < _TIED
        if removed and ordered and not tied:
            found.append(Variant(removed=removed, choice=ordered[0][0]))
    return tuple(found)


async def simulate(
    case: Case, changed: Sequence[Variant], ask: Ask, *, seed: int = 0, parallel: int = 8
) -> tuple[Trial, ...]:
    """Have a predictor say what is chosen in each changed situation, with the explanation and without.

    Each prediction asks every rotation of the options, at ``ID/predict/n/with/shift`` and ``…/without/shift``.

    Args:
        case: needs an ``explanation``.
        changed: from :func:`variants`, or read by whoever can.
        ask: asks the predictor.
        seed: settles ties.
        parallel: how many predictions are under way at once.

    Raises:
        UserError: there is no explanation, one option only, or a variant names what the case does not hold.
    """
    name = case.id or "the decision"
    if not case.explanation.strip():
        raise UserError(f"{name} holds no explanation that a prediction could rest on")
    if len(case.options) < 2:
        raise UserError(f"{name} has one option only: there is nothing to predict")
    labels, ids = {option.label for option in case.options}, {segment.id for segment in case.segments}
    strange = {one for variant in changed for one in ({variant.choice} - labels) | ({*variant.removed} - ids)}
    if strange:
        raise UserError(f"{name} holds no option or segment {min(strange)!r}")
    free = asyncio.Semaphore(parallel)

    async def predict(number: int, variant: Variant, told: str) -> str:
        place = f"{case.id.rpartition('/')[2] or 'case'}/predict/{number}/{'with' if told else 'without'}"
        texts = [option.text for option in case.options]
        question = "Which option is chosen now?"
        async with free:
            messages = _messages(case, variant, told)
            choice = await choose(ask, place, messages, texts, question=question, seed=seed)
        return case.options[choice.chosen].label

    async def trial(number: int, variant: Variant) -> Trial:
        told, untold = await asyncio.gather(
            predict(number, variant, masked(case.explanation, case)), predict(number, variant, "")
        )
        return Trial(
            case=case.id,
            removed=variant.removed,
            options=tuple(option.text for option in case.options),
            before=case.choice,
            truth=variant.choice,
            with_explanation=told,
            without=untold,
        )

    return tuple(await asyncio.gather(*(trial(number, variant) for number, variant in enumerate(changed))))


def masked(explanation: str, case: Case) -> str:
    """Take the options out of an explanation: all of them, as one left unnamed would be told by the others."""
    texts = [option.text for option in case.options]
    names = {name.strip(" .") for text in texts for name in (text, head(text))}
    for name in sorted(names, key=len, reverse=True):
        if name:
            words = r"\s+".join(map(re.escape, name.split()))
            explanation = re.sub(rf"(?<!\w){words}(?!\w)", MASK, explanation, flags=re.IGNORECASE)
    labels = "|".join(re.escape(option.label) for option in case.options)
    return re.sub(rf"\b(?i:option|choice|answer)\s+[\"'(]?(?:{labels})\b[\"')]?", MASK, explanation)


def simulation(trials: Sequence[Trial], *, seed: int = 0) -> Simulation:
    """Pool trials, of one case or of many.

    Raises:
        ValueError: no trials.
    """
    if not trials:
        raise ValueError("no trials")
    by_case: dict[str, list[Trial]] = {}
    for trial in trials:
        by_case.setdefault(trial.case, []).append(trial)
    groups = list(by_case.values())
    difference_low, difference_high = bootstrap(groups, _difference, seed=seed)
    gain = _gain(groups)
    gain_low, gain_high = (None, None) if gain is None else bootstrap(groups, _gain, seed=seed)
    moved = [trial for trial in trials if trial.truth != trial.before]
    return Simulation(
        cases=len(groups),
        with_explanation=_right(trials),
        without=_right_without(trials),
        gain=gain,
        gain_low=gain_low,
        gain_high=gain_high,
        difference=_difference(groups),
        difference_low=difference_low,
        difference_high=difference_high,
        unchanged=share(sum(trial.before == trial.truth for trial in trials), len(trials)),
        majority=share(sum(_majority(trial, trials) for trial in trials), len(trials)),
        changed_with=_right(moved),
        changed_without=_right_without(moved),
    )


def _right(trials: Sequence[Trial]) -> Share:
    return share(sum(trial.with_explanation == trial.truth for trial in trials), len(trials))


def _right_without(trials: Sequence[Trial]) -> Share:
    return share(sum(trial.without == trial.truth for trial in trials), len(trials))


def _accuracies(groups: Sequence[Sequence[Trial]]) -> tuple[float, float]:
    trials = [trial for group in groups for trial in group]
    told = mean([float(trial.with_explanation == trial.truth) for trial in trials])
    return told, mean([float(trial.without == trial.truth) for trial in trials])


def _difference(groups: Sequence[Sequence[Trial]]) -> float:
    told, untold = _accuracies(groups)
    return told - untold


def _gain(groups: Sequence[Sequence[Trial]]) -> float | None:
    told, untold = _accuracies(groups)
    return None if untold >= 1 else (told - untold) / (1 - untold)


def _majority(trial: Trial, trials: Sequence[Trial]) -> bool:
    others = Counter(other.truth for other in trials if other is not trial and other.options == trial.options)
    most = max(others.values(), default=0)
    return bool(most) and min(label for label, count in others.items() if count == most) == trial.truth


def _messages(case: Case, variant: Variant, explanation: str) -> tuple[Message, ...]:
    there = [segment for segment in case.segments if segment.id not in variant.removed]
    told = (
        f"Of an earlier situation, in which the pieces {', '.join(variant.removed)} were there too, the agent "
        f"explained its decision so; what it chose is left out:\n\n{explanation}\n\n"
        if explanation
        else ""
    )
    return (
        Message(role="system", content="You predict what another agent decides, from what it has before it."),
        Message(role="user", content=f"{told}What the agent has before it now:\n\n{pieces(there) or '(nothing)'}"),
    )
