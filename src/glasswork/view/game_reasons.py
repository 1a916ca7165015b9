"""The tables of reasons: what was stated, expected and found, player by player, as sheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from glasswork.games.reason_tables import PlayerReasons
from glasswork.games.reasons import Kind
from glasswork.view.game_tables import Sheet, Value

ABOUT: dict[Kind, str] = {
    "story": "the story",
    "rules": "the rules",
    "payoffs": "the payoffs",
    "last round": "last round",
    "older round": "older round",
    "earlier": "the summary",
    "now": "the question",
    "other": "something else",
}
SHORT_OF = 10
"""Below so many decisions on one side a difference is not called one."""


def reason_sheets(players: Iterable[PlayerReasons]) -> Iterator[Sheet]:
    """Yield all tables of reasons; those with nothing in them are left out."""
    every = [*players]
    for make in _SHEETS:
        sheet = make(every)
        if sheet.rows:
            yield sheet


def moves_sheet(players: Iterable[PlayerReasons]) -> Sheet:
    """What was answered, and whether it was what the plan chose."""
    rows: list[tuple[Value, ...]] = []
    for each in players:
        rows += [(each.player if not n else "", f"answered {move}", part) for n, (move, part) in enumerate(each.moves)]
        rows += [
            ("", "answered what the plan chose", each.follows),
            ("", "chose alike in every order", each.steady),
            ("", "drew its choice", each.sampled),
        ]
    note = (
        "Options are asked in several orders. Where a choice does not come first in every one, it leans on the order; "
        "where it is drawn by its probability, it is not always the likeliest."
    )
    return Sheet("What was decided", ("player", "decision", "share"), tuple(rows), note)


def stated_sheet(players: Iterable[PlayerReasons]) -> Sheet:
    """Stated reasons against moves."""
    rows: list[tuple[Value, ...]] = []
    for each in players:
        for stated in each.stated:
            # of two moves the second says nothing that the first does not
            for tilt in stated.moves[: 1 if len(stated.moves) == 2 else None]:
                if tilt.citing.of:
                    clear = min(tilt.citing.of, tilt.rest.of) >= SHORT_OF and (tilt.low > 0 or tilt.high < 0)
                    difference = f"{tilt.low:+.2f} to {tilt.high:+.2f}{' *' if clear else ''}"
                    rows.append(
                        (
                            each.player,
                            about(stated.what),
                            tilt.move,
                            tilt.citing,
                            tilt.base.value,
                            difference if tilt.rest.of else None,
                        )
                    )
    note = (
        "How often a move was made in decisions that cite something, and in all that were explained; then the 95 % "
        "interval of the difference between decisions that cite it and those that do not (Newcombe 1998). 'Last round: "
        "defect' is a last round in which the other did that. One decision may cite several things. "
        "A star: the interval leaves out zero, with ten decisions or more on either side; of 20 such rows one has a "
        "star by chance. What goes together need not be cause and effect."
    )
    return Sheet(
        "Stated reasons against moves",
        ("player", "cites", "move", "where cited", "in all", "difference"),
        tuple(rows),
        note,
        compact=True,
    )


def about(what: str) -> str:
    """Say what a kind of citation is about."""
    kind, _, theirs = what.partition(": ")
    words = next((words for known, words in ABOUT.items() if known == kind), kind)
    return f"{words}: {theirs}" if theirs else words


def predictions_sheet(players: Iterable[PlayerReasons]) -> Sheet:
    """What was expected of the other against what it did."""
    rows: list[tuple[Value, ...]] = []
    for each in players:
        if (found := each.predictions) is None:
            continue
        again = found.again_right.value
        rows += [
            (each.player, "expectation", found.right, found.brier),
            ("", "always its most frequent move", found.base_right, found.base_brier),
            ("", "the same as last time", found.again_right, None if again is None else 1 - again),
            ("", "expectation, from the second on", found.right_where_again, found.brier_where_again),
        ]
    note = (
        "Of what the other did: how often the likeliest expectation came true, and the Brier score of the expected "
        "probabilities (half the sum of squares: 0 at best, 1 at worst). The most frequent move is known only "
        "afterwards: that baseline is hard to beat. Predictors that know no model stand below the player's own."
    )
    return Sheet("Expectations", ("player", "by", "right", "Brier"), tuple(rows), note)


def replies_sheet(players: Iterable[PlayerReasons]) -> Sheet:
    """Whether moves were best replies to what was expected."""
    rows = tuple(
        (each.player, found.to_likeliest, found.to_all, found.by_chance)
        for each in players
        if (found := each.replies) is not None
    )
    note = (
        "Moves that pay most in one round, against the likeliest expected move and against all by their probabilities. "
        "What a move may bring in later rounds is not counted: to cooperate in a dilemma is none, and no fault."
    )
    return Sheet(
        "Best replies to one's own expectation", ("player", "to the likeliest", "to all", "by chance"), rows, note
    )


def confidence_sheet(players: Iterable[PlayerReasons]) -> Sheet:
    """Stated confidence beside measured probability."""
    rows = tuple(
        (each.player, found.stated, found.measured, found.gap, found.correlation)
        for each in players
        if (found := each.sure) is not None
    )
    note = (
        "Stated confidence, the measured probability of what was answered, the difference, and Spearman's correlation."
    )
    return Sheet("Confidence", ("player", "stated", "measured", "difference", "correlation"), rows, note)


def checks_sheet(players: Iterable[PlayerReasons]) -> Sheet:
    """What checks found of the stated reasons."""
    rows = tuple(
        (each.player, found.decisions, found.cited_causal, found.causal_cited, found.driver_cited)
        for each in players
        if (found := each.checks) is not None
    )
    note = (
        "Of the decisions that were checked ('glasswork check'): citations of a segment that drove the choice, causal "
        "segments that are cited, and strongest drivers that are cited."
    )
    columns = ("player", "checked", "cited that drove", "drivers cited", "strongest cited")
    return Sheet("Whether the stated reasons hold", columns, rows, note)


def kinds_sheet(players: Iterable[PlayerReasons]) -> Sheet:
    """The same by what the segments are about."""
    rows = tuple(
        (each.player, ABOUT[one.kind], one.cited_causal, one.causal_cited, one.strongest)
        for each in players
        if each.checks is not None
        for one in each.checks.kinds
    )
    columns = ("player", "about", "cited that drove", "drivers cited", "strongest in")
    return Sheet("The same, by what they are about", columns, rows)


_SHEETS = (moves_sheet, stated_sheet, predictions_sheet, replies_sheet, confidence_sheet, checks_sheet, kinds_sheet)
