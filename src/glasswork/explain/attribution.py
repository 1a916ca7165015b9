"""What drove a decision: by how much the margin of the chosen option falls when a segment is taken away.

Three ways, by the number of segments. *Leave-one-out* takes each away by itself; it finds a sole driver and is blind to
two that say the same. *Lasso* fits a sparse sum to random halves of the segments. *Hierarchical* leaves out blocks, and
goes on within those that matter. All three compare within an order of the options, carry 95 % intervals and a noise
floor (:mod:`glasswork.explain.floor`), and give the same numbers for the same seed and the same answers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from glasswork.explain import lasso
from glasswork.explain.case import Case
from glasswork.explain.floor import Floor, Spread, lenth, noise_floor, t_quantile
from glasswork.explain.reading import CUTS, UNCHANGED, Kept, Read, Reading, RecordedReader, counted, recorded_reader
from glasswork.records import Effect, Segment

Method = Literal["auto", "leave-one-out", "lasso", "hierarchical"]
FEW, MANY = 12, 60
"""Up to so many segments each is left out by itself; up to so many a surrogate is fitted."""
_Z = 1.96
_COUNTED = 200
"""Degrees of freedom of a standard error that counting has: as good as known."""
_ENOUGH = 20
"""Effects of other decisions from which on their spread is better than that of a decision's own."""


@dataclass(frozen=True)
class Attribution:
    """What each segment did to a decision."""

    effects: tuple[Effect, ...]
    """In the order of the segments."""
    margin: float
    """Of the chosen option with every segment in place, in nats."""
    floor: Floor
    method: Method
    readings: tuple[Reading, ...]
    """Everything that was read, controls included."""
    seed: int

    @property
    def causal(self) -> tuple[str, ...]:
        """Ids of the segments that drove the decision, in their order."""
        return tuple(effect.segment for effect in self.effects if effect.causal)

    @property
    def scores(self) -> dict[str, float]:
        """Effect by segment."""
        return {effect.segment: effect.effect for effect in self.effects}


def method_for(case: Case, method: Method = "auto") -> Method:
    """Return what ``auto`` means for a case."""
    if method != "auto":
        return method
    size = len(case.segments)
    return "leave-one-out" if size <= FEW else "lasso" if size <= MANY else "hierarchical"


def questions(case: Case, method: Method = "auto", *, orders: int | None = None, masks: int = lasso.MASKS) -> int:
    """Return how many questions an attribution asks; of a hierarchical one, the most it may ask."""
    size = len(case.segments)
    controls = UNCHANGED + CUTS
    sets = {"leave-one-out": size + 1 + controls, "lasso": masks + 1 + controls}.get(method_for(case, method), 0)
    if not sets:
        sets, level = 1, min(size, FEW)
        while level:
            sets += level + controls
            level = 0 if level == size else min(size, level * FEW)
    return sets * min(orders or len(case.options), len(case.options))


async def attribute(
    read: Read,
    case: Case,
    *,
    method: Method = "auto",
    seed: int = 0,
    masks: int = lasso.MASKS,
    spread: Spread | None = None,
) -> Attribution:
    """Find out what drove a decision.

    Args:
        read: who reads margins. For a recording, ``auto`` leaves one out where that is recorded, else fits.
        case: the decision.
        method: see :func:`method_for`.
        seed: of masks, cuts and resamples.
        masks: how many random halves a Lasso reads.
        spread: of null effects, for a recording without controls (:func:`spread_of`).

    Raises:
        UserError: a recording lacks what is needed; the message says what.
        ModelError: a question got no usable answer.
    """
    if isinstance(read, RecordedReader) and method != "leave-one-out":
        given = _recorded_masks(read, case)
        if given:
            return await _surrogate(read, case, seed, given, spread)
    match method_for(case, method):
        case "leave-one-out":
            return await _leave_one_out(read, case, seed, spread)
        case "lasso":
            drawn = lasso.masks(len(case.segments), masks, seed)
            sets = [
                _kept(segment.id for segment, there in zip(case.segments, row, strict=True) if there) for row in drawn
            ]
            return await _surrogate(read, case, seed, sets, spread)
        case _:
            return await _hierarchical(read, case, seed, spread)


# --- leaving out ----------------------------------------------------------------------------------------------------

Unit = tuple[Segment, ...]
"""What is left out together."""


@dataclass(frozen=True)
class _Left:
    """What leaving units out came to: effect, half of the interval's width and censoring of each, and the floor."""

    base: float
    effects: list[float]
    halves: list[float]
    censored: list[bool]
    floor: Floor
    readings: list[Reading]

    def causal(self, index: int) -> bool:
        """Whether a unit drove the decision."""
        return self.effects[index] > self.floor.value and self.effects[index] - self.halves[index] > 0


async def _leave_out(read: Read, case: Case, units: Sequence[Unit], seed: int, spread: Spread | None) -> _Left:
    """Read the decision without each unit, and the controls; pair by order."""
    everything = _all(case)
    sets = [everything, *(everything - {segment.id for segment in unit} for unit in units)]
    full, *without = await read(sets)
    controls = list(await read.controls(_lengths(units, seed), seed))
    same = [full, *(reading for reading in controls if reading.control == "unchanged")]
    base = [_mean(column) for column in zip(*(reading.margins for reading in same), strict=True)]
    paired = [[b - m for b, m in zip(base, reading.margins, strict=True)] for reading in without]
    effects = [_mean(differences) for differences in paired]
    errors = [math.hypot(full.error or 0.0, reading.error or 0.0) for reading in without]
    by_counting = Spread(math.sqrt(_mean([error**2 for error in errors])), _COUNTED) if any(errors) else None
    floor = noise_floor(_mean(base), controls, effects, by_counting or spread)
    half = _half_width(paired, effects, floor)
    return _Left(
        base=_mean(base),
        effects=effects,
        halves=[_Z * error if by_counting else half for error in errors],
        censored=[full.censored or reading.censored for reading in without],
        floor=floor,
        readings=[full, *without, *controls],
    )


def _half_width(paired: Sequence[Sequence[float]], effects: Sequence[float], floor: Floor) -> float:
    """Return half of the 95 % interval of an effect.

    How much an effect differs from order to order is pooled over all units: a decision between two options has two
    orders, too few for an interval of each effect's own. With one order, the spread of null effects takes its place.
    """
    orders = len(paired[0])
    if orders < 2:
        return floor.scale * t_quantile(0.975, floor.freedom)
    freedom = len(paired) * (orders - 1)
    squares = math.fsum((d - effect) ** 2 for row, effect in zip(paired, effects, strict=True) for d in row)
    return t_quantile(0.975, freedom) * math.sqrt(squares / freedom / orders)


def _lengths(units: Sequence[Unit], seed: int) -> list[int]:
    """Draw the lengths in words for what is cut elsewhere from those of the units."""
    sizes = [sum(len(segment.text.split()) for segment in unit) for unit in units]
    return random.Random(f"{seed} lengths").choices(sizes, k=CUTS)  # noqa: S311 - a draw that can be repeated


async def _leave_one_out(read: Read, case: Case, seed: int, spread: Spread | None) -> Attribution:
    left = await _leave_out(read, case, [(segment,) for segment in case.segments], seed, spread)
    effects = [_effect(case, segment, left, index) for index, segment in enumerate(case.segments)]
    return Attribution(tuple(effects), left.base, left.floor, "leave-one-out", tuple(left.readings), seed)


def _effect(case: Case, segment: Segment, left: _Left, index: int, share: float = 1.0) -> Effect:
    value, half = left.effects[index] * share, left.halves[index]
    return Effect(
        segment=segment.id,
        effect=value,
        low=value - half,
        high=value + half,
        causal=share == 1.0 and left.causal(index),
        cited=segment.id in case.cited,
        censored=left.censored[index],
    )


async def _hierarchical(read: Read, case: Case, seed: int, spread: Spread | None) -> Attribution:
    """Leave out blocks, then parts of the blocks that matter, down to segments.

    A segment of a block that did nothing carries an even share of the block's effect, with an interval as wide as the
    block's.
    """
    found: dict[str, Effect] = {}
    units = _split(case.segments)
    first = left = await _leave_out(read, case, units, seed, spread)
    readings = list(first.readings)
    while True:
        deeper: list[Unit] = []
        for index, unit in enumerate(units):
            if len(unit) > 1 and left.causal(index):
                deeper += _split(unit)
            else:
                found |= {each.id: _effect(case, each, left, index, 1 / len(unit)) for each in unit}
        if not deeper:
            break
        units, left = deeper, await _leave_out(read, case, deeper, seed, spread)
        readings += left.readings
    effects = tuple(found[segment.id] for segment in case.segments)
    return Attribution(effects, first.base, first.floor, "hierarchical", tuple(readings), seed)


def _split(segments: Sequence[Segment]) -> list[Unit]:
    """Split into as many blocks of neighbours as are left out one by one, of like number."""
    count = min(FEW, len(segments))
    edges = [round(index * len(segments) / count) for index in range(count + 1)]
    return [tuple(segments[low:high]) for low, high in pairwise(edges)]


# --- a surrogate ----------------------------------------------------------------------------------------------------


async def _surrogate(read: Read, case: Case, seed: int, sets: Sequence[Kept], spread: Spread | None) -> Attribution:
    """Fit a sparse sum to the margins of sets; its weights are the effects."""
    everything = _all(case)
    full, *masked = await read([everything, *sets])
    controls = list(await read.controls(_lengths([(segment,) for segment in case.segments], seed), seed))
    rows = [[segment.id in reading.kept for segment in case.segments] for reading in masked]
    target = [reading.margin for reading in masked]
    weights = lasso.fit(rows, target)
    permuted = lasso.permuted(rows, target, seed)
    floor = noise_floor(full.margin, controls, weights, spread) if controls else None
    value = max(permuted, floor.value if floor else 0.0)
    known = floor or Floor(value=value, scale=permuted / 2, freedom=len(rows))
    floor = known.model_copy(update={"value": value, "permuted": lasso.PERMUTATIONS})
    intervals = lasso.bootstrap(rows, target, seed)
    censored = any(reading.censored for reading in masked)
    effects = [
        Effect(
            segment=segment.id,
            effect=weight,
            low=min(low, weight),
            high=max(high, weight),
            causal=weight > value and low > 0,
            cited=segment.id in case.cited,
            censored=censored,
        )
        for segment, weight, (low, high) in zip(case.segments, weights, intervals, strict=True)
    ]
    return Attribution(tuple(effects), full.margin, floor, "lasso", (full, *masked, *controls), seed)


async def spread_of(cases: Sequence[Case]) -> Spread | None:
    """Return how null effects are spread in a recording that has no controls, from all of its decisions together.

    A decision with few segments says little about noise; a hundred of them do. None where they are too few.
    """
    effects: list[float] = []
    for case in cases:
        if len(case.options) < 2 or not case.ablations or counted(case):
            continue
        read, everything = recorded_reader(case), _all(case)
        single = [everything - {segment.id} for segment in case.segments]
        if {everything, *single} <= {*read.sets()}:
            full, *without = await read([everything, *single])
            effects += [full.margin - reading.margin for reading in without]
    return lenth(effects) if len(effects) >= _ENOUGH else None


def lacking(case: Case) -> str:
    """Say which readings a recording lacks for an attribution; empty where it has what is needed."""
    read, everything = recorded_reader(case), _all(case)
    needed = [] if _recorded_masks(read, case) else [everything - {segment.id} for segment in case.segments]
    missing = [kept for kept in (everything, *needed) if kept not in {*read.sets()}]
    return "; ".join(read.words(kept) for kept in missing[:4])


def _recorded_masks(read: RecordedReader, case: Case) -> list[Kept]:
    """Return the recorded sets to fit to, where single removals are not all recorded and there are enough others."""
    recorded, everything = read.sets(), _all(case)
    if {everything - {segment.id} for segment in case.segments} <= set(recorded):
        return []
    return recorded if everything in recorded and len(recorded) > len(case.segments) else []


# --- small things ---------------------------------------------------------------------------------------------------


def top(scores: Mapping[str, float], count: int = 1) -> tuple[str, ...]:
    """Return the segments with the highest scores; of equal ones, the earlier first."""
    return tuple(sorted(scores, key=lambda segment: -scores[segment])[:count])


def _all(case: Case) -> Kept:
    return frozenset(segment.id for segment in case.segments)


def _kept(ids: Iterable[str]) -> Kept:
    return frozenset(ids)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
