"""A report on games as a list of sections, before it is Markdown or HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from glasswork.games.match import View
from glasswork.games.recorded import finished
from glasswork.games.rules import MatrixGame
from glasswork.games.study import Study
from glasswork.games.words import rules_in_words
from glasswork.view.clean import one_line
from glasswork.view.game_match import goods_in_words, key_of, letters, rules_in_short
from glasswork.view.game_reasons import reason_sheets
from glasswork.view.game_tables import Sheet, players_sheet, sheets

Figure = Literal["payoffs", "standings", "meetings", "cooperation"]
"""What there are pictures of: the game's payoffs, scores, what each got from each, cooperation by round."""
ALT: dict[Figure, str] = {
    "payoffs": "What each pair of moves pays",
    "standings": "Payoff per round with 95 % intervals, and what a random player gets in the same place",
    "meetings": "What each player got per round from each",
    "cooperation": "Cooperation by round with 95 % intervals",
}
OF_SHEET: dict[str, Figure] = {
    "Standings": "standings",
    "What each got from each": "meetings",
    "Cooperation by round": "cooperation",
}
"""Below which table a picture stands."""
STRIPS = 60
"""Matches that are shown move by move."""


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Lines:
    """Lines that stand as they are, letter under letter."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """Where a picture stands."""

    study: int
    """Which of the report's studies it is of, from 0."""
    figure: Figure


Part = str | Points | Lines | Sheet | Picture


@dataclass(frozen=True)
class Section:
    """A heading, and what stands below it."""

    title: str
    parts: tuple[Part, ...]


Facts = Sequence[tuple[str, str]]
"""Names and values: a run's name, its models, when it was played."""


def document(studies: Sequence[Study], facts: Facts = (), *, others: bool = False) -> Iterator[Section]:
    """Yield a report's sections; where a run had several games, each game's after another.

    ``others``: whether it tells of games of other kinds besides, so that none of these is nothing to mention.
    """
    if facts:
        yield Section("The run", (Sheet("", ("setting", "value"), tuple((name, value) for name, value in facts)),))
    if not studies and not others:
        yield Section("No games", ("This run has no match.",))
    for number, study in enumerate(studies):
        prefix = f"{one_line(study.result.step)}: " if len(studies) > 1 else ""
        for section in _study(number, study):
            yield Section(prefix + section.title if prefix else section.title, section.parts)


def figures(study: Study) -> Iterator[Figure]:
    """Yield what there is to draw of a study."""
    if isinstance(study.result.rules.game, MatrixGame):
        yield "payoffs"
    yield from (OF_SHEET[sheet.title] for sheet in sheets(study.result) if sheet.title in OF_SHEET)


def _study(number: int, study: Study) -> Iterator[Section]:
    result = study.result
    yield _played(number, study)
    if not result.players:
        yield Section("No results", ("No match is over yet.",))
        return
    yield Section("Who played", (_untitled(players_sheet(result)),))
    for sheet in sheets(result):
        figure = OF_SHEET.get(sheet.title)
        parts: list[Part] = [_untitled(sheet), *([Picture(number, figure)] if figure else [])]
        yield Section(sheet.title, tuple(parts))
    for sheet in reason_sheets(study.tables):
        yield Section(sheet.title, (_untitled(sheet),))
    yield _matches(study)
    yield Section("What this can and cannot show", (Points(tuple(limits(study))),))


def _untitled(sheet: Sheet) -> Sheet:
    return Sheet("", sheet.columns, sheet.rows, sheet.note, sheet.compact)


def _played(number: int, study: Study) -> Section:
    result, rules = study.result, study.result.rules
    rows = [
        ("game", one_line(rules.game.name)),
        ("source", one_line(rules.game.source) or "none told"),
        ("rules", rules_in_short(rules)),
        ("matches", str(result.matches) + (f", and {result.unfinished} not over" if result.unfinished else "")),
        ("repetitions", str(result.repetitions)),
        ("rounds", f"{result.rounds}, {result.void} of them void"),
        ("decisions of agents", str(len(study.reasons))),
        ("seeds of matches", _some(result.seeds)),
        ("seed of intervals and simulations", str(result.seed)),
    ]
    parts: list[Part] = [Sheet("", ("what", "value"), tuple(rows))]
    if isinstance(rules.game, MatrixGame):
        parts += [_payoffs(rules.game), Picture(number, "payoffs")]
    else:
        parts.append(goods_in_words(rules.game))
    told = dict.fromkeys(rules_in_words(View(rules, (), seat)) for seat in range(rules.game.players))
    for seat, sentences in enumerate(told, start=1):
        whom = f"What the player in seat {seat} is told of the rules:" if len(told) > 1 else "As players are told:"
        parts += [whom, Points(sentences)]
    return Section("What was played", tuple(parts))


def _payoffs(game: MatrixGame) -> Sheet:
    rows = tuple(
        (action, *(f"{a:g}, {b:g}" for a, b in row)) for action, row in zip(game.actions[0], game.payoffs, strict=True)
    )
    return Sheet("", ("row player", *game.actions[1]), rows, "The row player's payoff first.")


def _some(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds[:8])) + (f" and {len(seeds) - 8} more, all in the log" if len(seeds) > 8 else "")


def _matches(study: Study) -> Section:
    lines = []
    for match in study.matches[:STRIPS]:
        state = "" if match.ended == "horizon" else ", ended by illegal moves" if match.ended else ", not over"
        lines.append(f"match {match.number}, repetition {match.repetition}, seed {match.seed}{state}")
        width = max(len(one_line(name)) for name in match.players)
        for seat, (name, score) in enumerate(zip(match.players, match.scores, strict=True)):
            moves = letters(match, seat)
            spaced = " ".join(moves[first : first + 5] for first in range(0, len(moves), 5))
            lines.append(f"  {one_line(name):<{width}}  {spaced}  {score:g}")
    left = len(study.matches) - STRIPS
    more = (f"{left} more matches stand in the log.",) if left > 0 else ()
    return Section(
        "Matches", (f"A letter a round: {key_of(study.matches[0])}. Totals behind.", Lines(tuple(lines)), *more)
    )


# --- what it can and cannot show ------------------------------------------------------------------------------------


def limits(study: Study) -> Iterator[str]:
    """Yield what to know before a number is quoted."""
    result = study.result
    yield (
        f"{result.matches} matches and {result.rounds} rounds are all that there is. Intervals of scores come from "
        "resampling matches; those of shares (Wilson) take rounds for independent, which those of one match are not: "
        "they are rather too narrow."
    )
    yield _repeated(study)
    if result.unfinished:
        yield f"{result.unfinished} matches were not over and count for nothing; those that end may differ from them."
    if result.void:
        yield (
            f"{result.void} rounds were void by an illegal answer. They pay nobody and show no behaviour: scores are "
            "per round that counted."
        )
    yield _random(study)
    yield (
        "Cooperation means a player's first action. Where a game knows no cooperation this is a convention; niceness, "
        "retaliation and forgiveness are mere names of patterns."
    )
    yield (
        "A fingerprint forgets all but the last round. A strategy is near only in the histories that were played: "
        "against who always cooperates, tit for tat, the grudger and the cooperator are one and the same."
    )
    if result.no_population:
        yield f"No population was reckoned: {result.no_population}."
    if study.tables:
        yield (
            "Reasons, expectations and confidence are what agents say of themselves. What is said to have mattered "
            "need not have: only a check that takes the evidence away can tell, of the decisions that were checked."
        )
        yield "One wording of the prompt, one order of the rules, and these models: another may behave otherwise."


def _repeated(study: Study) -> str:
    """Say how many matches are the same again: an agent without dice repeats itself, and that is no new evidence."""
    played = Counter(
        (match.players, tuple((each.said, each.moves) for each in match.rounds)) for match in finished(study.matches)
    )
    several = Counter(players for players, _ in played)
    count = sum(played.values())
    pairs = len(several)
    return (
        f"Of {count} matches {len(played)} differ in who played or what was done; {pairs} pairings were played. "
        "Matches that repeat one another to the letter, as players without dice do, are no further evidence, and make "
        "intervals look narrower than they are."
    )


def _random(study: Study) -> str:
    held = any("with moves held" in each.random.how for each in study.result.players if each.random)
    stood = any("from its fingerprint" in each.random.how for each in study.result.players if each.random)
    told = "What a random player gets in a player's place is beside every score: below it, no play is better than dice."
    if stood:
        told += (
            " Against agents it is reckoned from their fingerprints, which are measured, and from few rounds at that."
        )
    if held:
        told += (
            " Where others' moves were held as they were, nobody answers the random player, which real others would."
        )
    return told
