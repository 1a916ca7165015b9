"""How a game of werewolf ends by chance: where everybody draws uniformly among what he is offered.

Every measured win rate stands beside this. It is calculated exactly, by a Markov chain over how many live of each kind
(:mod:`glasswork.games.werewolf.lumped`), from the rules alone and without the engine, so that each checks the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from math import gcd, lcm, prod
from typing import Literal

from glasswork.definitions.werewolf import WerewolfRules
from glasswork.games.rules import generator
from glasswork.games.werewolf.lumped import PROTECTORS, Chain, State, opening, spread, winner
from glasswork.games.werewolf.lumped_day import counts, day, elected, inherited
from glasswork.games.werewolf.lumped_night import night
from glasswork.games.werewolf.play import play
from glasswork.games.werewolf.strategies import strategies
from glasswork.records import Record

Winner = Literal["village", "werewolves", "nobody"]
NEGLIGIBLE = Fraction(1, 10**18)
"""A probability below this is not followed."""
PLAYERS = 16
"""Beyond, the fractions of votes become too long."""
MOST = 5000
"""States, by a rough count from above, that are still gone through."""
TEAMS: tuple[Winner, ...] = ("village", "werewolves", "nobody")


class Chances(Record):
    """How probable each end is where everybody plays at random."""

    village: Fraction
    werewolves: Fraction
    nobody: Fraction
    """The last day is over, and nobody has won."""
    how: Literal["exact", "simulated"] = "exact"
    games: int = 0
    """How many were simulated."""
    days: tuple[Fraction, ...] = ()
    """How probable it is that the game ends on day 1, 2, …"""

    def of(self, team: str) -> Fraction:
        """Return one team's."""
        return {"village": self.village, "werewolves": self.werewolves, "nobody": self.nobody}[team]

    def __str__(self) -> str:
        told = ", ".join(f"{team} {float(self.of(team)):.1%}" for team in TEAMS if self.of(team))
        return f"{told} ({self.how}{f', {self.games} games' if self.games else ''})"


def exact(rules: WerewolfRules) -> Chances | None:
    """Return how games by these rules end by chance, exactly; None where :func:`uncovered` names a rule.

    What follows a state is calculated once; then the days are gone through, up to the last that the rules allow, or
    until :data:`NEGLIGIBLE` games still go on: those count as won by nobody, and show in no number that is told.
    """
    return (
        None if uncovered(rules) else _exact(rules.model_copy(update={"name": "any", "source": ""}).model_dump_json())
    )


@cache
def _exact(written: str) -> Chances:
    rules = WerewolfRules.model_validate_json(written)
    walk = _Walk(rules)
    for number in range(1, rules.days + 1):
        if number > 1 or rules.opens == "night":
            walk.through("night 1" if walk.nights == 0 else "night")
        if number == 1 and counts(rules):
            walk.through("election")
        walk.through("day")
        walk.ends_day()
        if walk.rest < NEGLIGIBLE:
            break
    return walk.chances()


def uncovered(rules: WerewolfRules) -> str:
    """Return what of these rules :func:`exact` does not cover, in words; "" where it covers all.

    Every rule is covered; what takes too long is a table where much has to be remembered of many.
    """
    if rules.players > PLAYERS:
        return f"more than {PLAYERS} players"
    now = opening(rules)
    remembered = [
        "doctor" if kind.card == "doctor" else "guard"
        for kind, _ in now
        if kind.card in PROTECTORS and not (rules.doctor if kind.card == "doctor" else rules.guard).twice
    ] + ["mayor"] * counts(rules)
    # A witch is dead, or has so many potions left; of the others so many live.
    potions = (rules.witch.saves + 1) * (rules.witch.poisons + 1) + 1
    sizes = [potions if kind.card == "witch" else count + 1 for kind, count in now]
    if prod(sizes) * len(now) ** len(remembered) <= MOST:
        return ""
    also = ", ".join(dict.fromkeys(sorted(remembered)))
    return "too many different states" + (f": what there is to remember of {also}" if also else "")


def simulated(rules: WerewolfRules, games: int, seed: int = 0) -> Chances:
    """Return how so many games came out between players that answer at random.

    Raises:
        ValueError: no games.
    """
    if games < 1:
        raise ValueError("no games to simulate")
    rule = strategies.get("random")
    players = [rule(f"P{seat}") for seat in range(1, rules.players + 1)]
    outcomes = [
        play(rules, players, generator(seed, "chances", number).getrandbits(32)).outcome for number in range(games)
    ]
    won, ended = Counter(each.winner for each in outcomes), Counter(each.day for each in outcomes)
    return Chances(
        **{team: Fraction(won[team], games) for team in TEAMS},
        how="simulated",
        games=games,
        days=tuple(Fraction(ended[number], games) for number in range(1, max(ended) + 1)),
    )


def baseline(rules: WerewolfRules, *, games: int = 2000, seed: int = 0) -> Chances:
    """Return the exact chances, or where these are not covered so many simulated games; ``how`` says which."""
    return exact(rules) or simulated(rules, games, seed)


class _Walk:
    """Where games are on a day, all at once; weights are whole numbers over a common denominator."""

    def __init__(self, rules: WerewolfRules) -> None:
        self.rules = rules
        self.weights: dict[State, int] = {opening(rules): 1}
        self.of = 1
        self.won: dict[str, Fraction] = dict.fromkeys(TEAMS, Fraction(0))
        self.days: list[Fraction] = []
        self.nights = 0
        self._known: dict[tuple[str, State], Chain] = {}

    def through(self, phase: str) -> None:
        """Let a phase pass."""
        self.nights += phase.startswith("night")
        chains = {now: self._next(phase, now) for now in self.weights}
        common = lcm(*(part.denominator for chain in chains.values() for part in chain.values()))
        found: dict[State, int] = {}
        for now, weight in self.weights.items():
            for then, part in chains[now].items():
                found[then] = found.get(then, 0) + weight * part.numerator * (common // part.denominator)
        self.weights, self.of = found, self.of * common
        self._settle(phase)
        self._shorten()

    @property
    def rest(self) -> Fraction:
        """How probable it is that the game still goes on."""
        return Fraction(sum(self.weights.values()), self.of)

    def ends_day(self) -> None:
        """Note how probable it was that games ended up to now."""
        self.days.append(sum(self.won.values(), Fraction(0)) - sum(self.days, Fraction(0)))

    def chances(self) -> Chances:
        """Return how games ended, those that still go on won by nobody."""
        won = {**self.won, "nobody": self.rest}
        if won["nobody"]:
            self.days[-1] += won["nobody"]
        return Chances(**won, days=tuple(self.days))

    def _next(self, phase: str, now: State) -> Chain:
        key = (phase, now)
        if key not in self._known:
            self._known[key] = self._after(phase, now)
        return self._known[key]

    def _after(self, phase: str, now: State) -> Chain:
        if phase == "election":
            return elected(now)
        chain = day(self.rules, now) if phase == "day" else night(self.rules, now, first=phase == "night 1")
        return spread(chain, lambda then: self._inherited(now, then))

    def _inherited(self, before: State, now: State) -> Iterable[tuple[State, Fraction]]:
        over = winner(self.rules, now) is not None
        return [(now, Fraction(1))] if over else inherited(self.rules, before, now).items()

    def _settle(self, phase: str) -> None:
        """Take out the games that are over; who is elected ends none."""
        for now in [*self.weights] if phase != "election" else ():
            team = winner(self.rules, now)
            if team is not None:
                self.won[team] += Fraction(self.weights.pop(now), self.of)

    def _shorten(self) -> None:
        common = gcd(self.of, *self.weights.values())
        self.of //= common
        self.weights = {now: weight // common for now, weight in self.weights.items()}
