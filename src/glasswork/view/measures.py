"""Measures beside influence: a line for each on a decision's page, and rows for many decisions together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table

from glasswork.explain.calibration import Calibration, Confidence
from glasswork.explain.coupling import ActCoupling
from glasswork.explain.measures import Pools
from glasswork.explain.simulate import Simulation
from glasswork.explain.thought import ThoughtReport
from glasswork.records import DecisionChecked
from glasswork.statistics import Share
from glasswork.view import theme
from glasswork.view.theme import Glyphs, number, said, seconds, styled

ELSEWHERE = frozenset({"influence", "evidence"})
"""Measures that are drawn as tables of their own."""
POOLED = ("agent", "decisions", "measure", "value [95 % interval]", "what to hold it against")
BINS = ("confidence", "decisions", "mean", "share right [95 % interval]")
CURVE = ("unharmed", "the same choice [95 % interval]")


class Line(NamedTuple):
    """One measure of one decision."""

    name: str
    value: str
    words: str


# --- one decision ---------------------------------------------------------------------------------------------------


def lines(checks: Mapping[str, DecisionChecked]) -> Iterator[Line]:
    """Yield what was measured of a decision beside influence, a line each."""
    for name, event in checks.items():
        if name not in ELSEWHERE:
            yield Line(name, *_TOLD.get(name.partition(".")[0], _any)(event))


def measure_lines(checks: Mapping[str, DecisionChecked]) -> RenderableType | None:
    """Draw the lines of a decision; None where there are none."""
    table = Table.grid(padding=(0, 1, 0, 0))
    for name, value, words in lines(checks):
        table.add_row(said(name, theme.MUTED), said(value), said(words))
    return table if table.row_count else None


def not_measured(unmeasured: Mapping[str, str]) -> Iterator[str]:
    """Say what could not be measured, and why: each reason once."""
    about: dict[str, list[str]] = {}
    for name, reason in unmeasured.items():
        about.setdefault(reason, []).append(name)
    for reason, names in about.items():
        yield f"not measured: {', '.join(names)}: {reason}"


def cost(event: DecisionChecked) -> str:
    """Say what a measure took, behind a semicolon; nothing where nobody was asked."""
    return f"; {number(event.calls)} questions, {seconds(event.seconds)}" if event.calls else ""


def score(value: float | None) -> str:
    """Write a share; what has nothing to divide by is undefined."""
    return "undefined" if value is None else f"{value:.2f}"


def _any(event: DecisionChecked) -> tuple[str, str]:
    return score(event.value), event.method + cost(event)


def _act(event: DecisionChecked) -> tuple[str, str]:
    value = "undecidable" if event.value is None else "yes" if event.value else "no"
    does = event.detail.get("does") if event.value == 0 else ""
    return value, f"chosen was {event.detail.get('chosen')}, done is {does}: {_why(event)}" if does else _why(event)


def _why(event: DecisionChecked) -> str:
    return str(event.detail.get("why", ""))


def _thought(event: DecisionChecked) -> tuple[str, str]:
    found = event.detail
    if not found.get("aloud"):
        return "undefined", "nothing was thought aloud before the choice"
    cited = len(found["cited"])
    ends = found["ends_at_choice"]
    named = "no option" if ends is None else "the choice last" if ends else f"option {found['named_last']} last"
    return score(event.value), "; ".join(
        (
            f"overlap at random {score(event.floor)}",
            f"{found['both']} of {cited} cited thought of" if cited else "nothing is cited",
            f"names {named}",
        )
    )


def _confidence(event: DecisionChecked) -> tuple[str, str]:
    stated, measured, right = (event.detail.get(key) for key in ("stated", "measured", "correct"))
    value = "undefined" if event.value is None else f"{event.value:+.2f}"
    known = "" if right is None else "; it was right" if right else "; it was wrong"
    return value, f"stated {score(stated)}, measured {_known(measured)}{known}"


def _known(value: float | None) -> str:
    return "not at all" if value is None else f"{value:.2f}"


def _carry(event: DecisionChecked) -> tuple[str, str]:
    same, count = event.detail["resampled"], event.detail["sentences"]
    floor = f"floor {score(event.floor)} ({same['hits']} of {same['of']} repeats the same)"
    return score(event.value), f"{count} sentence{'' if count == 1 else 's'}; {floor}{cost(event)}"


def _simulation(event: DecisionChecked) -> tuple[str, str]:
    found = event.detail
    told, untold, same = found["with_explanation"], found["without"], found["unchanged"]
    value = "undefined" if event.value is None else f"{event.value:+.2f}"
    words = f"{told['hits']} of {told['of']} foretold with it, {untold['hits']} without, {same['hits']} by 'no change'"
    by = f"; by {found['predictor']}" if found["predictor"] != event.model else ""
    return value, f"{words}{by}{cost(event)}"


def _judged(event: DecisionChecked) -> tuple[str, str]:
    """Return a judge's vote, of ``judge.safety`` and the like. One that does not count has no value."""
    said, counted = event.detail.get("said", ""), event.detail.get("counted")
    lean = f" ({event.value:+.2f})" if event.value is not None else ""
    mark = "counted" if counted else "uncounted"
    who = f"judge {event.detail.get('judge', '')}{f' on {event.model}' if event.model else ''}"
    return f"{said}{lean}", f"{mark}: {who} {event.detail.get('why', '')}{cost(event)}"


_TOLD: dict[str, Callable[[DecisionChecked], tuple[str, str]]] = {
    "act-follows-plan": _act,
    "thought-and-stated": _thought,
    "confidence": _confidence,
    "early-answering": _carry,
    "mistakes": _carry,
    "simulatability": _simulation,
    "judge": _judged,
}


# --- many decisions -------------------------------------------------------------------------------------------------


def pooled_measures(pooled: Mapping[str, Pools]) -> RenderableType | None:
    """Draw the measures beside influence, agent by agent; None where there are none."""
    rows = list(pooled_rows(pooled))
    if not rows:
        return None
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row(*(styled(name, theme.MUTED) for name in POOLED))
    for row in rows:
        table.add_row(*(said(cell) for cell in row))
    return table


def pooled_rows(pooled: Mapping[str, Pools]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of :func:`pooled_measures`, under :data:`POOLED`."""
    for agent, one in pooled.items():
        heads = iter([(agent or "(unnamed)", str(one.decisions))])
        for row in _rows(one):
            yield *next(heads, ("", "")), *row


Row = tuple[str, str, str]
"""A measure, its value with the interval, and a baseline or floor."""


def _rows(one: Pools) -> Iterator[Row]:
    yield from _acts(one.act_follows_plan) if one.act_follows_plan else ()
    yield from _thoughts(one.thought_and_stated) if one.thought_and_stated else ()
    yield from _sure(one.confidence) if one.confidence else ()
    for name, found in (("early-answering", one.early_answering), ("mistakes", one.mistakes)):
        if found is not None:
            value = _interval(found.aoc, found.low, found.high, found.decisions)
            same = f"{found.resampled.hits} of {found.resampled.of} repeats the same"
            yield name, value, f"floor {found.floor:.2f} ({same})"
    yield from _simulated(one.simulatability) if one.simulatability else ()


def _acts(found: ActCoupling) -> Iterator[Row]:
    undecided = f"; {found.undecided} undecidable" if found.undecided else ""
    chance = "no two with the same options" if found.chance is None else f"{found.chance:.2f} by chance"
    yield "act-follows-plan", of_share(found.follows), f"{chance}{undecided}"
    if found.beyond_chance is not None:
        of = found.follows.of
        yield "  beyond chance", _interval(found.beyond_chance, found.low, found.high, of), "0 by chance, 1 always"


def _thoughts(found: ThoughtReport) -> Iterator[Row]:
    silent = found.aloud.of - found.aloud.hits
    unheard = f"; {silent} thought nothing aloud" if silent else ""
    overlap = found.overlap
    value = _interval(overlap.value, overlap.low, overlap.high, overlap.of)
    against = f"overlap; {_at_random(found.overlap_at_random)}{unheard}" if found.aloud.hits else unheard[2:]
    yield "thought-and-stated", value, against
    if found.of_cited.of:
        yield "  cited was thought of", of_share(found.of_cited), _at_random(found.of_cited_at_random)
    if found.ends_at_choice.of:
        ends = _at_random(found.ends_at_choice_at_random)
        yield "  names the choice last", of_share(found.ends_at_choice), ends


def _at_random(value: float | None) -> str:
    return "nothing to compare" if value is None else f"{value:.2f} at random"


def _sure(found: Confidence) -> Iterator[Row]:
    if (both := found.agreement) is not None:
        dealt = f", dealt out anew {both.distance_floor:.2f} (p = {both.p_value:.3f})" if both.n > 1 else ""
        yield (
            "confidence",
            _interval(both.gap, both.gap_low, both.gap_high, both.n, "+"),
            f"distance {both.distance:.2f}{dealt}",
        )
    else:
        yield "confidence", "undefined", "no decision tells both what is stated and what was measured"
    for kind, one in (("stated", found.stated), ("measured", found.measured)):
        if one is not None:
            base = f"{one.brier_baseline:.2f} for always stating {score(one.right.value)}"
            yield f"  {kind}: Brier", _interval(one.brier, one.brier_low, one.brier_high, one.n), base
            yield f"  {kind}: ECE", f"{one.ece:.2f} of {one.n}", f"noise alone up to {one.ece_floor:.2f}"


def _simulated(found: Simulation) -> Iterator[Row]:
    gain = _interval(found.gain, found.gain_low, found.gain_high, found.cases, "+")
    yield "simulatability", gain, "gain: 0 tells nothing, 1 everything"
    untold, same, most = (score(each.value) for each in (found.without, found.unchanged, found.majority))
    baselines = f"without {untold}, 'no change' {same}, most frequent {most}"
    yield "  foretold with it", of_share(found.with_explanation), baselines
    if found.changed_with.of:
        yield "  where it changed", of_share(found.changed_with), f"without {score(found.changed_without.value)}"


# --- curves and reliability -----------------------------------------------------------------------------------------


def drawn_below(pooled: Mapping[str, Pools], glyphs: Glyphs) -> Iterator[tuple[str, RenderableType]]:
    """Yield what all decisions together come to point by point, each table with its title: curves, reliability."""
    for title, names, rows, remark in tables_below(pooled):
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_row(*(styled(name, theme.MUTED) for name in names))
        for cells, share in rows:
            table.add_row(*(said(cell) for cell in cells), glyphs.bar_of(share))
        yield title, Group(table, styled(remark, theme.WARN)) if remark else table


Point = tuple[tuple[str, ...], float]
"""A row, and the share to draw as a bar behind it."""
Below = tuple[str, tuple[str, ...], list[Point], str]
"""A title, the names of the columns, the rows, and what to know before they are quoted."""


def tables_below(pooled: Mapping[str, Pools]) -> Iterator[Below]:
    """Yield the curves and the reliability of all decisions together."""
    whole = [*pooled.values()][-1] if pooled else Pools(decisions=0)
    for name, found in (("early-answering", whole.early_answering), ("mistakes", whole.mistakes)):
        if found is not None:
            curve: list[Point] = [
                ((f"{at.unharmed:.0%}", of_share(at.same)), at.same.value or 0.0) for at in found.curve
            ]
            yield f"The same choice with a part of the thinking unharmed: {name}", CURVE, curve, ""
    for kind, one in calibrations(whole):
        yield f"Reliability of the {kind} confidence", BINS, [*bin_rows(one)], one.warning


def calibrations(whole: Pools) -> Iterator[tuple[str, Calibration]]:
    """Yield what is known of the confidence of decisions: stated, then measured."""
    for kind in ("stated", "measured"):
        one: Calibration | None = getattr(whole.confidence, kind, None)
        if one is not None:
            yield kind, one


def bin_rows(one: Calibration) -> Iterator[Point]:
    """Yield the rows of a reliability table, under :data:`BINS`; bins without a decision are left out."""
    for each in one.bins:
        if each.count:
            span, right = f"{each.low:.1f} to {each.high:.1f}", of_share(each.right)
            yield (span, str(each.count), f"{each.confidence or 0.0:.2f}", right), each.right.value or 0.0


# --- numbers --------------------------------------------------------------------------------------------------------


def of_share(share: Share) -> str:
    """Write a share with its interval and count."""
    return f"{score(share.value)} [{share.low:.2f}, {share.high:.2f}] of {share.of}" if share.of else "undefined"


def _interval(value: float | None, low: float | None, high: float | None, of: int, sign: str = "") -> str:
    """Write a mean with its interval and count. A single decision has no interval to speak of."""
    if value is None:
        return "undefined"
    shown = _rounded(value, sign)
    if of < 2 or low is None or high is None:
        return f"{shown} of {of}"
    return f"{shown} [{_rounded(low, sign)}, {_rounded(high, sign)}] of {of}"


def _rounded(value: float, sign: str) -> str:
    return f"{round(value, 2) + 0.0:{sign}.2f}"
