"""Chances: against the reference's tables, against counting every case, and against the engine."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product

import pytest

from glasswork.definitions import WerewolfRules
from glasswork.games.werewolf import PRESETS, play, strategies
from glasswork.games.werewolf.ballots import Leading, leading, leading_weighted
from glasswork.games.werewolf.chances import baseline, exact, simulated, uncovered
from glasswork.games.werewolf.lumped import moved, number, opening
from glasswork.games.werewolf.lumped_day import Poll, fall, inherited
from glasswork.games.werewolf.lumped_night import night


def rules(**said):
    return WerewolfRules.model_validate(said)


def plain(players, wolves, **said):
    return rules(roles={"werewolf": wolves, "villager": players - wolves}, vote={"tie": "random"}, **said)


MIGDAL = """
3 2/3 1 -
4 3/8 3/4 1
5 8/15 13/15 1
6 5/16 5/8 7/8
7 16/35 27/35 33/35
8 35/128 35/64 25/32
9 128/315 221/315 31/35
10 63/256 63/128 91/128
11 256/693 449/693 193/231
12 231/1024 231/512 21/32
13 1024/3003 1817/3003 61/77
14 429/2048 429/1024 627/1024
15 2048/6435 3667/6435 1619/2145
"""
MIGDAL_CELLS = [
    (int(line.split()[0]), wolves, Fraction(cell))
    for line in MIGDAL.strip().splitlines()
    for wolves, cell in enumerate(line.split()[1:], start=1)
    if cell != "-" and wolves < int(line.split()[0])
]


@pytest.mark.parametrize(("players", "wolves", "chance"), MIGDAL_CELLS)
def test_day_first_to_extinction_is_the_table_of_migdal(players, wolves, chance):
    assert exact(plain(players, wolves, opens="day", win="extinction")).werewolves == chance


PARITY = """
5 1 3/4 8/15
6 1 8/15 5/8
6 2 13/15 11/12
7 1 5/8 16/35
7 2 11/12 27/35
8 2 27/35 27/32
9 2 27/32 221/315
9 3 31/32 31/35
10 2 221/315 251/320
12 3 193/231 229/256
12 4 653/693 31/32
15 3 771/896 1619/2145
"""


@pytest.mark.parametrize("line", PARITY.strip().splitlines())
def test_parity_without_powers(line):
    players, wolves, night_first, day_first = line.split()
    for opens, chance in (("night", night_first), ("day", day_first)):
        found = exact(plain(int(players), int(wolves), opens=opens))
        assert found.werewolves == Fraction(chance)
        assert found.nobody == 0


def doctored(villagers, *, oneself=True, **vote):
    roles = {"werewolf": 2, "seer": 1, "doctor": 1, "villager": villagers}
    return rules(roles=roles, kill={"by": "one"}, doctor={"oneself": oneself}, vote=vote)


@pytest.mark.parametrize(
    ("table", "village"),
    [
        (doctored(4, majority="strict"), 0.036723),
        (doctored(4, tie="random"), 0.221459),
        (doctored(4, oneself=False, tie="random"), 0.220080),
        (doctored(3, tie="random"), 0.129674),
    ],
)
def test_with_a_random_doctor(table, village):
    found = exact(table)
    assert round(float(found.village), 6) == village
    assert round(float(found.werewolves), 6) == round(1 - village, 6)
    assert found.village + found.werewolves + found.nobody == 1


def test_with_a_doctor_as_solved_with_loops():
    """The equations of the reference notes, without a last day: N = (A + s B) / (1 - s t)."""
    for oneself in (True, False):
        found = exact(doctored(4, oneself=oneself, majority="strict").model_copy(update={"days": 100}))
        assert float(found.village) == pytest.approx(float(1 - _night(8, 2, True, oneself)), abs=1e-15)


def _night(n, m, doctor, oneself):
    """Return the wolves' chance at nightfall."""
    v = n - m
    if m == 0 or m >= v:
        return Fraction(int(m > 0))
    s = (Fraction(1, n) if oneself else Fraction(v - 1, v * (n - 1))) if doctor else Fraction(0)
    q = _majority(n)
    over = _after_night(n, m, doctor, s, oneself)
    back = q * m * _then(n - 1, m - 1, doctor, oneself)
    back += q * (v - doctor) * _then(n - 1, m, doctor, oneself)
    back += q * doctor * _then(n - 1, m, False, oneself)
    # A night in which somebody is saved is followed by the same day, and a day without exile by the same night.
    return (over + s * back) / (1 - s * (1 - n * q))


def _after_night(n, m, doctor, s, oneself):
    """Return what becomes of a night in which somebody dies."""
    v = n - m
    to_doctor = (1 - s) * Fraction(1, v) if doctor else Fraction(0)
    if doctor and not oneself:
        # Who cannot protect himself is killed as often as he is attacked; the others are saved now and then.
        to_doctor = Fraction(1, v)
    return to_doctor * _day(n - 1, m, False, oneself) + (1 - s - to_doctor) * _day(n - 1, m, doctor, oneself)


def _day(n, m, doctor, oneself):
    v = n - m
    if m == 0 or m >= v:
        return Fraction(int(m > 0))
    q = _majority(n)
    out = q * m * _then(n - 1, m - 1, doctor, oneself) + q * (v - doctor) * _then(n - 1, m, doctor, oneself)
    out += q * doctor * _then(n - 1, m, False, oneself)
    return out + (1 - n * q) * _night(n, m, doctor, oneself)


def _then(n, m, doctor, oneself):
    return _night(n, m, doctor, oneself)


def _majority(n):
    """P[Bin(n - 1, 1 / (n - 1)) > n / 2]."""
    from math import comb

    p = Fraction(1, n - 1)
    return sum(comb(n - 1, k) * p**k * (1 - p) ** (n - 1 - k) for k in range(n // 2 + 1, n))


STRICT = {3: (0.25, 0.75), 4: (0.03704, 0.14815), 5: (0.05078, 0.25391), 6: (0.00672, 0.04032), 7: (0.0087, 0.06091)}


@pytest.mark.parametrize("players", [*STRICT, 8])
def test_strict_majorities(players):
    one, anybody = {**STRICT, 8: (0.00097, 0.00776)}[players]
    found = float(sum(part for outcome, part in leading(players, players).items() if outcome.over_half))
    assert round(found / players, 5) == one
    assert round(found, 5) == anybody
    assert found == pytest.approx(float(players * _majority(players)))


BALLOTS = [
    (4, 4, True, Fraction(2), "no"),
    (5, 5, True, Fraction(3, 2), "no"),
    (5, 3, False, Fraction(2), "free"),
    (4, 4, True, Fraction(1), "counts"),
    (5, 5, True, Fraction(3), "counts"),
    (6, 2, False, Fraction(3, 2), "no"),
    (4, 1, False, Fraction(2), "counts"),
    (5, 4, True, Fraction(1), "free"),
]


@pytest.mark.parametrize("ballot", BALLOTS, ids=str)
def test_votes_are_counted_as_going_through_all_of_them_counts(ballot):
    voters, candidates, stands, weight, passing = ballot
    counted = leading_weighted(voters, candidates, stands, weight, passing)
    assert counted == _gone_through(voters, candidates, stands, weight, passing)
    if weight == 1:
        without: Counter[Leading] = Counter()
        for outcome, part in counted.items():
            without[outcome._replace(mayor=False)] += part
        assert leading(voters, candidates, passing=passing) == without


def _gone_through(voters, candidates, stands, weight, passing):
    """Voter 0 is the mayor."""
    standing = range(candidates) if stands else range(1, candidates + 1)
    options = [[one for one in standing if one != by] + [None] * (passing != "no") for by in range(voters)]
    found: Counter[Leading] = Counter()
    every = 0
    for votes in product(*options):
        counts: Counter[int | None] = Counter()
        # A voter may have fewer options than another: each way is as probable as the options make it.
        part = Fraction(1)
        for by, to in enumerate(votes):
            part /= len(options[by])
            counts[to] += weight if by == 0 else 1
        if passing != "counts":
            counts.pop(None, None)
        top = max(counts.values(), default=0)
        first = [one for one in counts if counts[one] == top]
        tied = sum(one is not None for one in first)
        found[Leading(tied, 0 in first, 2 * top > voters - 1 + weight, None in first)] += part
        every += part
    assert every == 1
    return dict(found)


VARIED = {
    "day first, outnumber": rules(roles={"werewolf": 2, "villager": 5}, opens="day", win="outnumber"),
    "no first kill": rules(kill={"first_night": False, "by": "consensus", "undecided": "nobody"}),
    "wolves pass": rules(roles={"werewolf": 3, "villager": 5, "doctor": 1}, kill={"may_pass": True, "rounds": 2}),
    "wolves eat wolves": rules(roles={"werewolf": 3, "villager": 5}, kill={"own": True, "undecided": "nobody"}),
    "guard not twice": rules(
        roles={"werewolf": 2, "guard": 1, "villager": 4}, guard={"twice": False, "oneself": False}, win="extinction"
    ),
    "two doctors": rules(roles={"werewolf": 2, "doctor": 2, "villager": 4}, doctor={"oneself": False, "twice": False}),
    "witch": rules(
        roles={"werewolf": 2, "witch": 1, "doctor": 1, "villager": 4},
        witch={"both": True, "saves": 2, "oneself": "first_night"},
        guarded_and_saved="dies",
    ),
    "two witches": rules(roles={"werewolf": 2, "witch": 2, "villager": 4}, witch={"oneself": "never"}),
    "hunters": rules(
        roles={"werewolf": 2, "hunter": 2, "witch": 1, "villager": 3},
        hunter={"when": ("killed", "poisoned", "exiled"), "may_pass": False},
        win="side_kill",
    ),
    "hunter exiled": rules(roles={"werewolf": 2, "hunter": 1, "villager": 4}, hunter={"when": ("exiled",)}),
    "possessed": rules(
        roles={"werewolf": 1, "possessed": 1, "seer": 1, "medium": 1, "villager": 2}, win="all_villagers"
    ),
    "revote": rules(vote={"tie": "revote", "revotes": 2, "still_tied": "random"}),
    "revote, passing counts": rules(vote={"tie": "revote", "may_pass": True, "passes_count": True, "order": "in_turn"}),
    "passing, random": rules(vote={"tie": "random", "may_pass": True, "passes_count": True}),
    "passing, free": rules(vote={"tie": "nobody", "may_pass": True}),
    "strict, heavy mayor": rules(vote={"majority": "strict"}, mayor={"weight": 3}),
    "mayor, no heir": rules(vote={"tie": "nobody"}, mayor={"weight": 1.5, "heir": False}, opens="day"),
    "mayor, revote": rules(
        vote={"tie": "revote", "may_pass": True, "passes_count": True}, mayor={"weight": 2, "breaks_ties": False}
    ),
    "three days": rules(roles={"werewolf": 2, "doctor": 1, "villager": 6}, vote={"majority": "strict"}, days=3),
    "ten": rules(roles={"werewolf": 3, "doctor": 1, "seer": 1, "villager": 5}, vote={"tie": "random"}),
}


def _agree(table, games):
    """The engine's games of random players lie where they are calculated, less than 4.5 standard errors away."""
    found, measured = exact(table), simulated(table, games, seed=7)
    for team in ("village", "werewolves", "nobody"):
        expected, share = float(found.of(team)), float(measured.of(team))
        assert abs(share - expected) <= 4.5 * (expected * (1 - expected) / games) ** 0.5 + 1e-12, team
    for day, expected in enumerate(map(float, found.days)):
        if expected * games >= 5:
            share = float(measured.days[day]) if day < len(measured.days) else 0.0
            assert abs(share - expected) <= 4.5 * (expected * (1 - expected) / games) ** 0.5 + 1e-12, f"day {day + 1}"


@pytest.mark.parametrize("name", VARIED)
def test_the_engine_agrees(name):
    _agree(VARIED[name], 300)


@pytest.mark.parametrize("name", PRESETS)
def test_the_engine_agrees_on_presets(name):
    _agree(PRESETS[name], 100)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*VARIED, *PRESETS])
def test_the_engine_agrees_over_many_games(name):
    _agree({**VARIED, **PRESETS}[name], 5_000)


def test_a_wrong_rule_would_be_noticed():
    with pytest.raises(AssertionError, match="village"):
        _off()


def _off():
    found = exact(VARIED["hunters"].model_copy(update={"hunter": VARIED["hunter exiled"].hunter}))
    games = 600
    share = float(simulated(VARIED["hunters"], games, seed=7).village)
    expected = float(found.village)
    assert abs(share - expected) <= 4.5 * (expected * (1 - expected) / games) ** 0.5, "village"


def test_days_add_up():
    for table in VARIED.values():
        found = exact(table)
        assert found.village + found.werewolves + found.nobody == 1
        assert sum(found.days) == 1


def test_what_is_not_covered_is_named_and_simulated():
    big = rules(
        roles={"werewolf": 4, "guard": 1, "witch": 1, "hunter": 1, "villager": 8},
        guard={"twice": False},
        mayor={"weight": 2},
    )
    assert "guard, mayor" in uncovered(big)
    assert exact(big) is None
    assert uncovered(plain(17, 3)) == "more than 16 players"
    assert uncovered(plain(16, 3)) == ""
    found = baseline(big, games=5, seed=1)
    assert found.how == "simulated"
    assert found.games == 5
    assert found == baseline(big, games=5, seed=1)
    assert baseline(VARIED["ten"]).how == "exact"


def test_every_preset_is_covered():
    assert {name: uncovered(table) for name, table in PRESETS.items() if uncovered(table)} == {}


def test_no_games_cannot_be_simulated():
    with pytest.raises(ValueError, match="no games"):
        simulated(VARIED["ten"], 0)


def test_names_do_not_matter_to_chances():
    table = VARIED["ten"]
    other = table.model_copy(update={"name": "another", "source": "nowhere"})
    assert exact(other) is exact(table)
    assert str(exact(plain(3, 1))) == "werewolves 100.0% (exact)"


def test_players_at_random_are_the_strategy_of_that_name():
    table = plain(4, 1)
    players = [strategies.get("random")(f"P{seat}") for seat in range(1, 5)]
    assert play(table, players, 3).outcome.winner in {"village", "werewolves"}


@pytest.mark.parametrize(("both", "quiet"), [("lives", Fraction(5, 8)), ("dies", Fraction(1, 2))])
def test_a_night_by_hand(both, quiet):
    """A victim of three; a doctor protects one of four, a witch saves every other time."""
    table = rules(
        roles={"werewolf": 1, "doctor": 1, "witch": 1, "villager": 1}, witch={"poisons": 0}, guarded_and_saved=both
    )
    chain = night(table, opening(table), first=True)
    assert sum(part for then, part in chain.items() if number(then) == 4) == quiet
    assert sum(chain.values()) == 1


@pytest.mark.parametrize(
    ("tie", "passing", "exiled"),
    [
        ("random", "counts", Fraction(1, 2)),
        ("random", "free", Fraction(3, 4)),
        ("nobody", "free", Fraction(1, 2)),
        ("nobody", "counts", Fraction(0)),
    ],
)
def test_a_vote_of_two_by_hand(tie, passing, exiled):
    """Each votes for the other, or for nobody: both, one of them, or neither."""
    how = Poll(False, tie, 1, "nobody", passing, Fraction(1), breaks_ties=False)
    assert fall(how, 2, 2, "none", 0).other == exiled


def test_an_heir_by_hand():
    table = rules(roles={"werewolf": 1, "villager": 3}, mayor={})
    start = opening(table)
    villager = next(kind for kind, _ in start if kind.card != "werewolf")
    before, now = moved(start, villager, villager.marked("mayor")), moved(start, villager)
    chain = inherited(table, before, now)
    # One of three who live, or nobody.
    assert chain[now] == Fraction(1, 4)
    assert sum(chain.values()) == 1
    assert inherited(table.model_copy(update={"mayor": None}), before, now) == {now: 1}
    assert inherited(table, before, before) == {before: 1}
