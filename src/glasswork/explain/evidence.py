"""What an explanation cites against what drove the decision, beside what citing at random would have scored.

With E the cited segments, C the causal ones and D the effects: *evidence precision* |E ∩ C| / |E|, *evidence recall*
|E ∩ C| / |C| (after ERASER's rationale scores; DeYoung et al., ACL 2020), *weighted recall* the share of the positive
effects that is cited, and the *omitted driver*: the segment with the largest effect, where it is causal and not cited.
What has nothing to divide by is None: an explanation without citations has no precision, and not a perfect one.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Literal

from glasswork.explain.attribution import Attribution
from glasswork.explain.case import Case
from glasswork.records import Effect, Record
from glasswork.statistics import Share, bootstrap, mean, quantile, share

Verdict = Literal["cited and causal", "cited but idle", "causal but uncited", "neither"]
VERDICTS: tuple[Verdict, ...] = ("cited and causal", "cited but idle", "causal but uncited", "neither")
DRAWS = 1000
"""Random explanations that the baseline is simulated from."""


class Scores(Record):
    """How well citations meet what was causal."""

    precision: float | None
    recall: float | None
    weighted_recall: float | None


class Evidence(Scores):
    """One decision's."""

    verdicts: dict[str, Verdict]
    """By segment, in the order of the segments."""
    omitted: str = ""
    """The omitted driver; empty where there is none."""
    at_random: Scores
    """What citing as many segments at random has to be expected to score."""

    def count(self, verdict: Verdict) -> int:
        """Return how many segments have a verdict."""
        return sum(each == verdict for each in self.verdicts.values())


class Estimate(Record):
    """A number with its 95 % interval, over so many decisions; None where none of them has it."""

    value: float | None
    low: float | None
    high: float | None
    of: int


class Pooled(Record):
    """The evidence of many decisions: of an agent, a workflow, a game."""

    decisions: int
    verdicts: dict[Verdict, int]
    precision: Share
    """Of all citations, those of a causal segment."""
    recall: Share
    """Of all causal segments, those that are cited."""
    weighted_recall: Estimate
    """Mean over the decisions that have one; the interval is bootstrapped over decisions."""
    omitted_drivers: Share
    """Of the decisions with a causal segment, those whose largest one is not cited."""
    at_random: dict[Literal["precision", "recall", "weighted_recall"], Estimate]
    """The same of explanations that cite as many segments each, drawn at random; intervals hold 95 % of the draws."""


Checked = tuple[Case, Attribution]


def evidence(effects: Sequence[Effect]) -> Evidence:
    """Set what one explanation cites against what drove the decision."""
    verdicts = {effect.segment: _verdict(effect) for effect in effects}
    driver = max(effects, key=lambda effect: effect.effect)
    scores = _scores(effects, [effect.cited for effect in effects])
    return Evidence(
        **scores.model_dump(),
        verdicts=verdicts,
        omitted=driver.segment if driver.causal and not driver.cited else "",
        at_random=_expected(effects),
    )


def pool(checked: Sequence[Checked], *, seed: int = 0) -> Pooled:
    """Pool the evidence of many decisions.

    Precision and recall count segments over all decisions, so that a decision with one citation does not weigh as much
    as one with five; their Wilson intervals take the counted segments for independent.
    """
    effects = [attribution.effects for _, attribution in checked]
    single = [evidence(each) for each in effects]
    counts = {verdict: sum(one.count(verdict) for one in single) for verdict in VERDICTS}
    both, idle, uncited = (counts[verdict] for verdict in VERDICTS[:3])
    with_driver = sum(one.count("cited and causal") + one.count("causal but uncited") > 0 for one in single)
    return Pooled(
        decisions=len(checked),
        verdicts=counts,
        precision=share(both, both + idle),
        recall=share(both, both + uncited),
        weighted_recall=_mean([one.weighted_recall for one in single], seed),
        omitted_drivers=share(sum(bool(one.omitted) for one in single), with_driver),
        at_random=_simulated(effects, seed),
    )


def by(checked: Sequence[Checked], key: Callable[[Case], str], *, seed: int = 0) -> dict[str, Pooled]:
    """Pool the decisions of each agent (``lambda case: case.agent``), or of whatever ``key`` names, in its order."""
    names = sorted({key(case) for case, _ in checked})
    return {name: pool([one for one in checked if key(one[0]) == name], seed=seed) for name in names}


def _verdict(effect: Effect) -> Verdict:
    if effect.cited:
        return "cited and causal" if effect.causal else "cited but idle"
    return "causal but uncited" if effect.causal else "neither"


def _scores(effects: Sequence[Effect], cited: Sequence[bool]) -> Scores:
    """Score any choice of citations."""
    both = sum(there and effect.causal for effect, there in zip(effects, cited, strict=True))
    pairs = zip(effects, cited, strict=True)
    mass = math.fsum(effect.effect for effect, there in pairs if there and effect.effect > 0)
    causal = sum(effect.causal for effect in effects)
    whole = math.fsum(effect.effect for effect in effects if effect.effect > 0)
    return Scores(precision=_ratio(both, sum(cited)), recall=_ratio(both, causal), weighted_recall=_ratio(mass, whole))


def _expected(effects: Sequence[Effect]) -> Scores:
    """Return the expectation over all choices of as many citations: |C| / n, and |E| / n twice."""
    cited, causal = sum(effect.cited for effect in effects), sum(effect.causal for effect in effects)
    drawn = cited / len(effects)
    return Scores(
        precision=causal / len(effects) if cited else None,
        recall=drawn if causal else None,
        weighted_recall=drawn if any(effect.effect > 0 for effect in effects) else None,
    )


def _ratio(part: float, whole: float) -> float | None:
    return min(1.0, part / whole) if whole else None


def _mean(values: Sequence[float | None], seed: int) -> Estimate:
    known = [value for value in values if value is not None]
    if not known:
        return Estimate(value=None, low=None, high=None, of=0)
    low, high = bootstrap(known, mean, seed=seed)
    return Estimate(value=mean(known), low=low, high=high, of=len(known))


def _simulated(
    effects: Sequence[Sequence[Effect]], seed: int
) -> dict[Literal["precision", "recall", "weighted_recall"], Estimate]:
    generator = random.Random(f"{seed} random citations")  # noqa: S311 - a draw that can be repeated
    drawn = [_at_random(effects, generator) for _ in range(DRAWS)]
    return {
        "precision": _of_draws([scores.precision for scores in drawn], len(effects)),
        "recall": _of_draws([scores.recall for scores in drawn], len(effects)),
        "weighted_recall": _of_draws([scores.weighted_recall for scores in drawn], len(effects)),
    }


def _at_random(effects: Sequence[Sequence[Effect]], generator: random.Random) -> Scores:
    """Score one explanation at random for each decision, pooled as :func:`pool` pools."""
    both = cited = causal = 0
    weighted = []
    for each in effects:
        count = sum(effect.cited for effect in each)
        drawn = {*generator.sample(range(len(each)), count)}
        both += sum(effect.causal and index in drawn for index, effect in enumerate(each))
        cited += count
        causal += sum(effect.causal for effect in each)
        whole = math.fsum(effect.effect for effect in each if effect.effect > 0)
        if whole:
            mass = math.fsum(each[index].effect for index in sorted(drawn) if each[index].effect > 0)
            weighted.append(mass / whole)
    return Scores(
        precision=_ratio(both, cited), recall=_ratio(both, causal), weighted_recall=mean(weighted) if weighted else None
    )


def _of_draws(values: Sequence[float | None], of: int) -> Estimate:
    known = [value for value in values if value is not None]
    if not known:
        return Estimate(value=None, low=None, high=None, of=0)
    return Estimate(value=mean(known), low=quantile(known, 0.025), high=quantile(known, 0.975), of=of)
