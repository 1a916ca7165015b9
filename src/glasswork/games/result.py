"""Everything that a report on a tournament, or on one match, says of behaviour: one record, made from its matches.

The matches' order does not matter: they are put in an order of their own before anything is drawn.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from glasswork.games.chance import best_reply, uniform
from glasswork.games.dynamics import Population, population
from glasswork.games.in_place import InPlace, Places, strategy_named, vector_of
from glasswork.games.likeness import Likeness, likenesses
from glasswork.games.match import Match
from glasswork.games.measures import (
    Conduct,
    Estimate,
    Fingerprint,
    PayoffTable,
    conduct,
    cooperation_by_round,
    fingerprint,
    giving_by_round,
    payoff_table,
    seats,
    standings,
)
from glasswork.games.ratios import score_ratio, share_of_maximum
from glasswork.games.recorded import Recorded
from glasswork.games.rules import MatrixGame, Rules
from glasswork.records import Record
from glasswork.statistics import Share

NEAREST = 3
"""So many of the nearest strategies are told."""
COMPARED = 10_000
"""Moves of all players together that strategies are asked about: each takes the whole history every time."""
_LEAST, _MOST, _ROUNDS = 100, 2000, 500
"""Of one player's moves, at least and at most so many; and of one match so many rounds."""


class Exploit(Record):
    """What somebody could make of a player's fingerprint in the long run, per round."""

    answers: tuple[int, int, int, int]
    """The best reply's move after CC, CD, DC, DD, its own first: 0 for C."""
    gains: float
    leaves: float
    """What it leaves to the player."""
    seen: int
    """How often the outcome that was seen least was seen; for one never seen, what it did on the whole is taken."""


class PlayerResult(Record):
    """What one player came to."""

    name: str
    kind: str
    matches: int
    won: int
    """Matches against others in which it got more than any of them."""
    drawn: int
    """Those in which the best other got as much."""
    lost: int
    score: Estimate | None
    """Per round that was played."""
    random: InPlace | None
    """What a random player gets in its place."""
    of_maximum: Estimate | None
    """The score as a part of the most that the game ever pays; None where payoffs are below zero."""
    of_best_answers: Estimate | None
    """The score as a part of what the best answers to the others' moves, held as they were, would have got."""
    cooperation: Share
    illegal: Share
    by_round: tuple[Share, ...]
    """How often it meant its first action in each round."""
    giving: tuple[float | None, ...]
    """The mean cooperation in each round; in public goods the part of the endowment."""
    fingerprint: Fingerprint | None
    """Of games of two players with two actions each; so are those below."""
    conduct: Conduct | None
    exploit: Exploit | None
    nearest: tuple[Likeness, ...]
    """The strategies that it is most like; not told of who is a strategy of ours anyway."""


class Result(Record):
    """A tournament, or a match, measured."""

    step: str
    rules: Rules
    matches: int
    unfinished: int
    """Matches that were begun, and are not over: nothing below counts them."""
    repetitions: int
    rounds: int
    void: int
    """Rounds that an illegal answer made void."""
    seeds: tuple[int, ...]
    """Of the matches."""
    players: tuple[PlayerResult, ...]
    """The best mean score first."""
    table: PayoffTable
    uniform: tuple[float, ...]
    """What each seat gets per round where all move at random."""
    population: Population | None
    no_population: str
    """Why there is none."""
    seed: int
    """Of what was drawn for intervals and simulations."""

    def player(self, name: str) -> PlayerResult:
        """Return a player's part. Raises KeyError where nobody is called so."""
        return {each.name: each for each in self.players}[name]


def result(recorded: Iterable[Recorded], *, seed: int = 0) -> Result:
    """Measure the matches of one step.

    Args:
        recorded: They may come in any order; those that are not over are counted, and left out.
        seed: Of intervals and simulations.

    Raises:
        ValueError: no match at all, or matches by different rules.
    """
    every = sorted(recorded, key=lambda each: (each.step, each.players, each.repetition, each.number, each.seed))
    if not every:
        raise ValueError("no match was begun")
    rules = every[0].rules
    if any(each.rules != rules for each in every):
        raise ValueError("these matches were played by different rules: measure each kind by itself")
    matches = [match for match in (each.match for each in every) if match is not None]
    kinds = {name: kind for each in reversed(every) for name, kind in zip(each.players, each.kinds, strict=True)}
    found, why = population(payoff_table(matches), seed)
    return Result(
        step=every[0].step,
        rules=rules,
        matches=len(matches),
        unfinished=len(every) - len(matches),
        repetitions=max(each.repetition for each in every),
        rounds=sum(len(match.rounds) for match in matches),
        void=sum(len(match.rounds) - len(match.played) for match in matches),
        seeds=tuple(match.seed for match in matches),
        players=tuple(_players(matches, kinds, seed)),
        table=payoff_table(matches),
        uniform=uniform(rules.game),
        population=found,
        no_population=why,
        seed=seed,
    )


def _players(matches: Sequence[Match], kinds: dict[str, str], seed: int) -> Iterable[PlayerResult]:
    known = {name: strategy_named(kind) for name, kind in kinds.items()}
    places = Places(matches, known.get, seed)
    for standing in standings(matches, seed):
        name = standing.name
        own = [match for match in matches if name in match.players]
        ahead = [_ahead(match, name) for match in own if {*match.players} != {name}]
        two = _two_by_two(own)
        yield PlayerResult(
            name=name,
            kind=kinds[name],
            matches=len(own),
            won=sum(each > 0 for each in ahead),
            drawn=sum(each == 0 for each in ahead),
            lost=sum(each < 0 for each in ahead),
            score=standing.score,
            random=places.of(name),
            of_maximum=share_of_maximum(own, name, seed),
            of_best_answers=score_ratio(own, name, seed),
            cooperation=standing.cooperation,
            illegal=standing.illegal,
            by_round=cooperation_by_round(own, name),
            giving=giving_by_round(own, name),
            fingerprint=fingerprint(own, name) if two else None,
            conduct=conduct(own, name) if two else None,
            exploit=_exploit(own, name) if two else None,
            nearest=() if known[name] else likenesses(_some(own, len(kinds)), name)[:NEAREST],
        )


def _some(matches: Sequence[Match], players: int) -> list[Match]:
    """Return matches enough to compare a player with strategies: all of them where that is quickly done."""
    begun = [match.model_copy(update={"rounds": match.rounds[:_ROUNDS]}) for match in matches]
    most = max(_LEAST, min(_MOST, COMPARED // players))
    return begun[:: math.ceil(max(1, sum(len(match.rounds) for match in begun)) / most)]


def _two_by_two(matches: Sequence[Match]) -> bool:
    game = matches[0].rules.game
    return isinstance(game, MatrixGame) and {len(actions) for actions in game.actions} == {2}


def _ahead(match: Match, name: str) -> float:
    """Return by how much a player got more than the best other."""
    scores = [*zip(match.players, match.scores, strict=True)]
    return round(max(got for who, got in scores if who == name) - max(got for who, got in scores if who != name), 9)


def _exploit(matches: Sequence[Match], name: str) -> Exploit | None:
    """Face the player in the seat that it had most often."""
    rules, found = matches[0].rules, fingerprint(matches, name)
    ((seat, _),) = Counter(each.number for each in seats(matches, name)).most_common(1)
    game = rules.game
    assert isinstance(game, MatrixGame), "only games of two by two come here"
    reply = best_reply(game.exchanged() if seat else game, vector_of(matches, name), rules.noise)
    seen = min(each.of for each in (found.cc, found.cd, found.dc, found.dd))
    return Exploit(answers=reply.answers, gains=reply.gains, leaves=reply.leaves, seen=seen)
