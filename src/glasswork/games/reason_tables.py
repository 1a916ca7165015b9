"""Tables over the decisions of games, by player: stated reasons and moves, predictions, replies, confidence, checks.

Every share has its count and a Wilson interval, which takes decisions for independent; those of one match hardly are,
so such an interval is rather too narrow. Means are resampled by match.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from glasswork.games.reasons import KINDS, Kind, Reasoned, brier
from glasswork.records import Record
from glasswork.statistics import Share, bootstrap, mean, newcombe, share, spearman

ILLEGAL = "(illegal)"
"""What stands for every answer that was no legal move."""


class Mean(Record):
    """A mean over decisions, with its 95 % interval from resampling whole matches; None of a single match."""

    value: float
    low: float | None
    high: float | None
    of: int
    """Decisions."""
    matches: int


class Tilt(Record):
    """How often one move was made where something is cited, and where it is not."""

    move: str
    citing: Share
    rest: Share
    """Of the explained decisions that do not cite it."""
    base: Share
    """Of all explained decisions."""
    low: float
    high: float
    """The 95 % interval of ``citing`` less ``rest`` (Newcombe 1998)."""


class Stated(Record):
    """One kind of thing that is cited, and the moves that go with it."""

    what: str
    """``payoffs``, ``last round``, …; ``last round: defect`` where the other did that in it; ``nothing``."""
    cited: Share
    """Of the explained decisions. One decision may cite several kinds."""
    moves: tuple[Tilt, ...]


class Predictions(Record):
    """What was expected of the other, against what it did. Baselines are of the same decisions."""

    right: Share
    brier: Mean
    base_right: Share
    """What always expecting the other's most frequent move scores, known only afterwards."""
    base_brier: float
    """What expecting each move as often as it came scores, known only afterwards."""
    again_right: Share
    """What expecting the other's last move again scores, where there was one; its Brier score is 1 less this share."""
    right_where_again: Share
    """The player's own share over those decisions."""
    brier_where_again: float | None


class Replies(Record):
    """Whether moves were best replies to what was expected, in one round."""

    to_likeliest: Share
    to_all: Share
    by_chance: float
    """What moves at random would score against the same expectations."""


class Sure(Record):
    """Stated confidence beside the measured probability of what was answered."""

    stated: Mean
    measured: Mean
    gap: Mean
    """Stated less measured."""
    correlation: float | None
    """Spearman's; None where one side does not vary."""


class KindHeld(Record):
    """Of one kind of segment: how its citations held, and how often its influence was named."""

    kind: Kind
    cited_causal: Share
    """Of its citations in checked decisions, those of a causal segment."""
    causal_cited: Share
    """Of its causal segments, those that are cited."""
    strongest: int
    """In how many decisions it was the strongest driver, and causal."""


class Checks(Record):
    """What checks found of the stated reasons."""

    decisions: int
    cited_causal: Share
    causal_cited: Share
    driver_cited: Share
    """Of the decisions with a causal driver, those that cite the strongest."""
    kinds: tuple[KindHeld, ...]


class PlayerReasons(Record):
    """All tables of one player. None where there is nothing to count."""

    player: str
    decisions: int
    matches: int
    explained: int
    moves: tuple[tuple[str, Share], ...]
    """What it answered, of all decisions with an answer."""
    follows: Share
    """Answers that are what the plan chose."""
    steady: Share
    """Choices that came first in every order of the options; others lean on the order in which these were asked."""
    sampled: Share
    """Choices that were drawn."""
    stated: tuple[Stated, ...]
    predictions: Predictions | None
    replies: Replies | None
    sure: Sure | None
    checks: Checks | None


def reason_tables(rows: Iterable[Reasoned], *, seed: int = 0) -> tuple[PlayerReasons, ...]:
    """Return the tables of each player that took decisions, by name; whatever the order of rows."""
    ordered = sorted(rows, key=lambda row: (row.step, row.match, row.round, row.seat))
    names = sorted({row.player for row in ordered})
    return tuple(_player(name, [row for row in ordered if row.player == name], seed) for name in names)


def _player(name: str, rows: Sequence[Reasoned], seed: int) -> PlayerReasons:
    answered = [row for row in rows if row.said is not None]
    explained = [row for row in answered if row.explained]
    moves = [_move(row) for row in answered]
    return PlayerReasons(
        player=name,
        decisions=len(rows),
        matches=len(_by_match(rows)),
        explained=len(explained),
        moves=tuple((move, share(moves.count(move), len(moves))) for move in _moves(answered)),
        follows=_part(answered, lambda row: bool(row.follows)),
        steady=_part([row for row in rows if row.order_consistency is not None], _is_steady),
        sampled=_part(rows, lambda row: row.sampled),
        stated=tuple(_stated(explained)),
        predictions=_predictions([row for row in rows if row.brier is not None], seed),
        replies=_replies([row for row in rows if row.replies is not None]),
        sure=_sure([row for row in rows if row.confidence is not None and row.probability is not None], seed),
        checks=_checks([row for row in rows if row.held is not None]),
    )


def _is_steady(row: Reasoned) -> bool:
    return row.order_consistency == 1


# --- stated reasons against moves -----------------------------------------------------------------------------------


def _stated(explained: Sequence[Reasoned]) -> Iterator[Stated]:
    moves = _moves(explained)
    about = {id(row): {*_about(row)} for row in explained}
    for what in sorted(set().union(*about.values()), key=_place):
        citing = [row for row in explained if what in about[id(row)]]
        rest = [row for row in explained if what not in about[id(row)]]
        tilts = tuple(_tilt(move, citing, rest) for move in moves)
        yield Stated(what=what, cited=share(len(citing), len(explained)), moves=tilts)


def _about(row: Reasoned) -> Iterator[str]:
    if not row.because:
        yield "nothing"
    for cited in row.because:
        yield cited.kind
        if cited.theirs:
            yield f"{cited.kind}: {cited.theirs}"


def _place(what: str) -> tuple[int, str]:
    kind = what.partition(":")[0]
    return next((place for place, known in enumerate(KINDS) if known == kind), len(KINDS)), what


def _tilt(move: str, citing: Sequence[Reasoned], rest: Sequence[Reasoned]) -> Tilt:
    here, there = (_part(rows, lambda row: _move(row) == move) for rows in (citing, rest))
    low, high = newcombe(here.hits, here.of, there.hits, there.of)
    return Tilt(
        move=move, citing=here, rest=there, base=share(here.hits + there.hits, here.of + there.of), low=low, high=high
    )


def _move(row: Reasoned) -> str:
    return row.said if row.legal and row.said is not None else ILLEGAL


def _moves(rows: Iterable[Reasoned]) -> list[str]:
    return sorted({_move(row) for row in rows}, key=lambda move: (move == ILLEGAL, move))


# --- predictions, replies, confidence -------------------------------------------------------------------------------


def _predictions(rows: Sequence[Reasoned], seed: int) -> Predictions | None:
    if not rows:
        return None
    base_hits, base_briers = _base(rows)
    again = [row for row in rows if row.before is not None]
    return Predictions(
        right=_part(rows, lambda row: bool(row.came_true)),
        brier=_mean(rows, lambda row: row.brier or 0.0, seed),
        base_right=share(base_hits, len(rows)),
        base_brier=mean(base_briers),
        again_right=_part(again, lambda row: row.before == row.theirs),
        right_where_again=_part(again, lambda row: bool(row.came_true)),
        brier_where_again=mean([row.brier or 0.0 for row in again]) if again else None,
    )


def _base(rows: Sequence[Reasoned]) -> tuple[int, list[float]]:
    """Return how many moves were the most frequent, and the Brier scores of expecting each as often as it came.

    By what the other could do: where a player sat in both seats of a game, two sets of actions are told apart.
    """
    hits, briers = 0, []
    for actions in sorted({row.their_actions for row in rows}):
        came = [row.theirs or "" for row in rows if row.their_actions == actions]
        counts = Counter(came)
        hits += max(counts.values())
        rates = {action: count / len(came) for action, count in counts.items()}
        briers += [brier(rates, each, actions) for each in came]
    return hits, briers


def _replies(rows: Sequence[Reasoned]) -> Replies | None:
    if not rows:
        return None
    return Replies(
        to_likeliest=_part(rows, lambda row: bool(row.replies)),
        to_all=_part(rows, lambda row: bool(row.replies_to_all)),
        by_chance=mean([row.replies_by_chance or 0.0 for row in rows]),
    )


def _sure(rows: Sequence[Reasoned], seed: int) -> Sure | None:
    if not rows:
        return None
    return Sure(
        stated=_mean(rows, _confidence, seed),
        measured=_mean(rows, _probability, seed),
        gap=_mean(rows, lambda row: _confidence(row) - _probability(row), seed),
        correlation=spearman([_confidence(row) for row in rows], [_probability(row) for row in rows]),
    )


def _confidence(row: Reasoned) -> float:
    return row.confidence or 0.0


def _probability(row: Reasoned) -> float:
    return row.probability or 0.0


# --- checks ---------------------------------------------------------------------------------------------------------


def _checks(rows: Sequence[Reasoned]) -> Checks | None:
    held = [row.held for row in rows if row.held is not None]
    if not held:
        return None
    both, idle = sum(each.cited_causal for each in held), sum(each.cited_idle for each in held)
    uncited = sum(each.uncited_causal for each in held)
    driven = [each for each in held if each.driver_causal]
    return Checks(
        decisions=len(held),
        cited_causal=share(both, both + idle),
        causal_cited=share(both, both + uncited),
        driver_cited=share(sum(each.driver_cited for each in driven), len(driven)),
        kinds=tuple(_kinds(rows)),
    )


def _kinds(rows: Sequence[Reasoned]) -> Iterator[KindHeld]:
    for kind in KINDS:
        citations = [
            bool(causal)
            for row in rows
            # a segment may be cited twice, and is one segment
            for causal in {one.segment: one.causal for one in row.because if one.kind == kind}.values()
            if causal is not None
        ]
        causal = [named for row in rows if row.held for of, named in row.held.causal_kinds if of == kind]
        strongest = sum(row.held.driver_kind == kind and row.held.driver_causal for row in rows if row.held)
        if citations or causal:
            yield KindHeld(
                kind=kind,
                cited_causal=share(sum(citations), len(citations)),
                causal_cited=share(sum(causal), len(causal)),
                strongest=strongest,
            )


# --- counting -------------------------------------------------------------------------------------------------------


def _part(rows: Sequence[Reasoned], holds: Callable[[Reasoned], bool]) -> Share:
    return share(sum(holds(row) for row in rows), len(rows))


def _by_match(rows: Iterable[Reasoned]) -> list[list[Reasoned]]:
    found: dict[tuple[str, int], list[Reasoned]] = {}
    for row in rows:
        found.setdefault((row.step, row.match), []).append(row)
    return [*found.values()]


def _mean(rows: Sequence[Reasoned], value: Callable[[Reasoned], float], seed: int) -> Mean:
    matches = [[value(row) for row in one] for one in _by_match(rows)]
    low, high = None, None
    if len(matches) > 1:
        low, high = bootstrap(matches, lambda drawn: mean([each for one in drawn for each in one]), seed=seed)
    return Mean(value=mean([value(row) for row in rows]), low=low, high=high, of=len(rows), matches=len(matches))
