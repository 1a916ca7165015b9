"""The tables of a tournament as values: a terminal, Markdown and HTML each draw the same sheets.

A cell keeps its number until it is drawn, so that whoever draws it can add a bar, a colour or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from glasswork.games.in_place import InPlace
from glasswork.games.likeness import Likeness
from glasswork.games.measures import Estimate
from glasswork.games.reason_tables import Mean
from glasswork.games.result import PlayerResult, Result
from glasswork.games.rules import MatrixGame
from glasswork.statistics import Share, share

Value = str | int | float | Share | Estimate | Mean | None
"""None: there is nothing to tell."""

POINTS = 10
"""Points in which a long cooperation curve is told in a table."""
MEETINGS = 24
"""Players whose meetings fit a table."""
OUTCOMES = ("CC", "CD", "DC", "DD")


@dataclass(frozen=True)
class Sheet:
    """A table with its title; the first column names the rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""
    """What to know before it is quoted."""
    compact: bool = False
    """Whether a terminal may leave the intervals of shares out: another column has one."""


def shown(value: Value) -> str:
    """Write a cell: shares and means with interval and count."""
    match value:
        case None:
            text = "-"
        case str() | int():
            text = str(value)
        case float():
            text = f"{value:.2f}"
        case Share():
            text = f"{value.hits / value.of:.2f} [{value.low:.2f}, {value.high:.2f}] of {value.of}" if value.of else "-"
        case Estimate():
            span = f" [{value.low:.2f}, {value.high:.2f}]" if value.of > 1 else ""  # one match has no interval
            text = f"{value.mean:.2f}{span}"
        case _:
            span = "" if value.low is None or value.high is None else f" [{value.low:.2f}, {value.high:.2f}]"
            text = f"{value.value:.2f}{span} of {value.of}"
    return text


def brief(value: Value) -> str:
    """Write a cell without the interval of a share."""
    return f"{value.hits / value.of:.2f} of {value.of}" if isinstance(value, Share) and value.of else shown(value)


def portion(value: Value) -> float | None:
    """Return the share that a cell's bar would show, or None."""
    return value.value if isinstance(value, Share) else None


def sheets(result: Result) -> Iterator[Sheet]:
    """Yield all tables of behaviour."""
    if not result.players:
        return
    yield standings_sheet(result)
    if result.matches > 1 and len(result.players) <= MEETINGS and isinstance(result.rules.game, MatrixGame):
        yield payoffs_sheet(result)
    if any(each.of_maximum for each in result.players):
        yield ratios_sheet(result)
    yield behaviour_sheet(result)
    yield curve_sheet(result)
    if any(each.fingerprint for each in result.players):
        yield fingerprint_sheet(result)
        yield exploit_sheet(result)
    if any(each.nearest for each in result.players):
        yield nearest_sheet(result)
    if result.population is not None:
        yield from population_sheets(result)


def players_sheet(result: Result) -> Sheet:
    """Who played."""
    rows = tuple((each.name, each.kind, each.matches) for each in result.players)
    return Sheet("Who played", ("player", "what it is", "matches"), rows)


def standings_sheet(result: Result) -> Sheet:
    """Scores, beside those of a random player."""
    rows = tuple(
        (each.name, each.score, _in_place(each.random), f"{each.won}-{each.drawn}-{each.lost}", each.matches)
        for each in result.players
    )
    everybody = ", ".join(f"{value:.2f}" for value in dict.fromkeys(result.uniform))
    note = (
        "Payoff per round, with the 95 % bootstrap interval over matches. 'Random' is what a player that moves at "
        f"random gets in the same place{_ways(result)}. Where everybody moves at random, each gets {everybody}."
    )
    return Sheet("Standings", ("player", "per round", "random", "won-drawn-lost", "matches"), rows, note)


_WAYS = {
    "exact": "exact",
    "simulated": "simulated",
    "from its fingerprint": "against the fingerprint of who is no strategy of ours",
    "with moves held": "against the others' moves as they were",
}


def _ways(result: Result) -> str:
    ways = sorted({how for each in result.players if each.random for how in each.random.how})
    return f" ({'; '.join(_WAYS[way] for way in ways)})" if ways else ""


def _in_place(random: InPlace | None) -> str | None:
    if random is None:
        return None
    span = f" [{random.low:.2f}, {random.high:.2f}]" if random.high - random.low >= 0.005 else ""
    return f"{random.mean:.2f}{span}"


def payoffs_sheet(result: Result) -> Sheet:
    """What each got from each. Columns are numbered: names would not fit."""
    table, order = result.table, [each.name for each in result.players]
    place = {name: number for number, name in enumerate(table.names)}
    rows = tuple(
        (f"{number} {name}", *(table.cells[place[name]][place[other]] for other in order))
        for number, name in enumerate(order, start=1)
    )
    columns = ("player", *(str(number) for number in range(1, len(order) + 1)))
    return Sheet("What each got from each", columns, rows, "Per round, on average; columns are numbered as the rows.")


def ratios_sheet(result: Result) -> Sheet:
    """Scores as parts of what could be had."""
    rows = tuple((each.name, each.of_maximum, each.of_best_answers) for each in result.players)
    note = (
        "The score as a part of the most that the game ever pays (as Akata et al. 2025 normalise), and of what the "
        "best answer to the others' moves would have got, round by round, those moves held as they were."
    )
    return Sheet("Scores as parts of what there was", ("player", "of the most", "of the best answers"), rows, note)


def behaviour_sheet(result: Result) -> Sheet:
    """How often each cooperated, and its traits."""
    traits = any(each.conduct for each in result.players)
    rows = tuple((each.name, *_behaviour(each, traits=traits)) for each in result.players)
    columns = ("nice", "retaliates", "forgives", "exploited", "exploiting") if traits else ()
    note = (
        f"Cooperation is a player's first action{_first(result)}, as it was meant. Shares with 95 % Wilson intervals."
    )
    return Sheet("Conduct", ("player", "cooperates", "illegal", *columns), rows, note)


def _behaviour(each: PlayerResult, *, traits: bool) -> Iterator[Value]:
    yield from (each.cooperation, each.illegal)
    if traits:
        found = each.conduct
        yield from (
            (found.nice, found.retaliation, found.forgiveness, found.exploited, found.exploiting)
            if found
            else (None,) * 5
        )


def _first(result: Result) -> str:
    game = result.rules.game
    if not isinstance(game, MatrixGame):
        return " (the whole endowment)"
    first = dict.fromkeys(actions[0] for actions in game.actions)
    return f" ({' and '.join(first)})"


def curve_sheet(result: Result) -> Sheet:
    """Cooperation by round, a few rounds to a column where they are many."""
    longest = max(len(each.by_round) for each in result.players)
    spans = spans_of(longest, POINTS)
    rows = []
    for each in result.players:
        matrix = isinstance(result.rules.game, MatrixGame)
        points = pooled(each.by_round, spans) if matrix else _means(each.giving, spans)
        rows.append((each.name, *points))
    columns = ("player", *(str(first) if first == last else f"{first}-{last}" for first, last in spans))
    note = "" if isinstance(result.rules.game, MatrixGame) else "The part of the endowment that was given."
    return Sheet("Cooperation by round", columns, tuple(rows), note)


def spans_of(rounds: int, points: int) -> list[tuple[int, int]]:
    """Divide rounds into at most so many spans of like length: the first and the last round of each."""
    points = max(1, min(rounds, points))
    ends = [round(rounds * number / points) for number in range(points + 1)]
    return [(first + 1, last) for first, last in pairwise(ends) if last > first]


def pooled(by_round: Sequence[Share], spans: Sequence[tuple[int, int]]) -> list[Share]:
    """Return the share over each span of rounds."""
    parts = [by_round[first - 1 : last] for first, last in spans]
    return [share(sum(each.hits for each in part), sum(each.of for each in part)) for part in parts]


def _means(values: Sequence[float | None], spans: Sequence[tuple[int, int]]) -> list[float | None]:
    parts = [[value for value in values[first - 1 : last] if value is not None] for first, last in spans]
    return [sum(part) / len(part) if part else None for part in parts]


def fingerprint_sheet(result: Result) -> Sheet:
    """P(C) at first, and after each outcome."""
    rows = tuple(
        (each.name, found.first, found.cc, found.cd, found.dc, found.dd)
        for each in result.players
        if (found := each.fingerprint)
    )
    note = (
        "How often it cooperated at first, and after each outcome, its own move named first. 'of': how often it came."
    )
    return Sheet("Fingerprints", ("player", "first", *(f"C|{outcome}" for outcome in OUTCOMES)), rows, note)


def exploit_sheet(result: Result) -> Sheet:
    """What could be made of each."""
    rows = tuple(
        (
            each.name,
            "".join("CD"[move] for move in found.answers),
            found.gains,
            found.leaves,
            found.seen,
        )
        for each in result.players
        if (found := each.exploit)
    )
    note = (
        "What the best reply that remembers one round (its moves after CC, CD, DC, DD, its own named first) would get "
        "per round from a player of this fingerprint in the long run, and leave to it. 'Seen': how often the outcome "
        "that came least came; for one that never came, the player's cooperation on the whole is taken."
    )
    return Sheet("Exploitability", ("player", "best reply", "gains", "leaves", "seen"), rows, note)


def nearest_sheet(result: Result) -> Sheet:
    """The strategies that are likest."""
    rows = [
        (each.name if not number else "", _names(likeness), likeness.agreement)
        for each in result.players
        for number, likeness in enumerate(each.nearest)
    ]
    note = (
        "By how often a strategy without dice would have done the same in the same histories, of 2000 moves at most; "
        "ties stand together."
    )
    return Sheet("Nearest strategies", ("player", "strategy", "agreement"), tuple(rows), note)


def _names(likeness: Likeness) -> str:
    names = likeness.names
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def population_sheets(result: Result) -> Iterator[Sheet]:
    """What would become of a population."""
    found = result.population
    assert found is not None, "asked for only where there is one"
    names = [each.name for each in result.players]
    place = {name: number for number, name in enumerate(found.names)}
    rows: tuple[tuple[Value, ...], ...] = tuple((name, *(part[place[name]] for part in found.shares)) for name in names)
    yield Sheet(
        "A population of them: shares by generation",
        ("player", *(str(generation) for generation in found.generations)),
        rows,
        "Replicator dynamics over the measured payoffs, all alike at first (Axelrod 1984; Taylor & Jonker 1978).",
    )
    if not found.takeovers:
        return
    yield Sheet(
        "A population of them: who takes over",
        ("player", "took over"),
        tuple((name, found.takeovers[place[name]]) for name in names),
        f"Moran processes that begin with {found.members} of each; {found.by_chance:.2f} where payoffs make no "
        "difference. Measured payoffs are taken as they are: their intervals are not in these numbers.",
    )
