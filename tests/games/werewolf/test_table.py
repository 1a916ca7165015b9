"""What holds in every game: random rule sets, random players, some of them unruly."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from glasswork.definitions import (
    HunterDef,
    InspectDef,
    KillDef,
    MayorDef,
    ProtectDef,
    TalkDef,
    VoteDef,
    WerewolfRules,
    WitchDef,
)
from glasswork.definitions.werewolf import MediumDef
from glasswork.games.werewolf import NOBODY, Seen, deal, fold, play, seen, strategies, table
from glasswork.games.werewolf.night import most

NAMES = ("Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ivy", "Jo", "Kim", "Lou")
SHOWN = st.sampled_from(["nothing", "team", "role"])
SEEDS = st.integers(0, 2**32)


def subset(*of):
    return st.lists(st.sampled_from(of), unique=True).map(tuple)


def of(part, **given):
    """Return a strategy of a part of the rules, every field of it drawn."""
    fields = {name: st.from_type(field.annotation) for name, field in part.model_fields.items()} | given
    return st.fixed_dictionaries(fields).map(part.model_validate)


ROLES = st.fixed_dictionaries(
    {
        "werewolf": st.integers(1, 3),
        "villager": st.integers(0, 4),
        "seer": st.integers(0, 2),
        "doctor": st.integers(0, 2),
        "guard": st.integers(0, 1),
        "witch": st.integers(0, 2),
        "hunter": st.integers(0, 2),
        "medium": st.integers(0, 1),
        "possessed": st.integers(0, 1),
    }
).filter(lambda roles: 3 <= sum(roles.values()) <= len(NAMES))
MAYORS = st.none() | of(MayorDef, weight=st.sampled_from([1.0, 1.5, 3.0]))
PARTS = st.fixed_dictionaries(
    {
        "roles": ROLES,
        "opens": st.sampled_from(["night", "day"]),
        "night": st.permutations(["werewolf", "doctor", "guard", "seer", "medium"]).map(
            lambda order: (*order, "witch")
        ),
        "kill": of(KillDef, rounds=st.integers(1, 3), talk=st.integers(0, 2)),
        "doctor": of(ProtectDef),
        "guard": of(ProtectDef),
        "seer": of(InspectDef),
        "medium": of(MediumDef),
        "witch": of(WitchDef, saves=st.integers(0, 2), poisons=st.integers(0, 2)),
        "guarded_and_saved": st.sampled_from(["lives", "dies"]),
        "hunter": of(HunterDef, when=subset("killed", "poisoned", "exiled")),
        "mayor": MAYORS,
        "talk": of(TalkDef, rounds=st.integers(1, 2), turns=st.integers(1, 4)),
        "vote": of(VoteDef, revotes=st.integers(1, 2)),
        "reveal_night": SHOWN,
        "reveal_day": SHOWN,
        "last_words": subset("first_night", "night", "exile"),
        "win": st.sampled_from(["parity", "outnumber", "extinction", "all_villagers", "side_kill"]),
        "days": st.integers(1, 12),
    }
)


def playable(parts):
    try:
        return WerewolfRules.model_validate(parts)
    except ValidationError:
        return None


RULES = PARTS.map(playable).filter(lambda rules: rules is not None)


class Unruly:
    """Mostly answers with an option; now and then with something else, or with words that name somebody."""

    def __init__(self, name, wild=0.1):
        self.name, self.wild = name, wild

    def answer(self, ask, seen, rng):
        if not ask.options:
            return rng.choice(["", "  ", f"{rng.choice(NAMES)} is a werewolf.", "CANARY " + self.name])
        return rng.choice(["", "Bo.", "xyz", *NAMES]) if rng.random() < self.wild else rng.choice(ask.options)


def played(rules, seed, wild=0.1):
    return play(rules, [Unruly(name, wild) for name in NAMES[: rules.players]], seed)


def steps(rules, seed, wild=0.1, **changes):
    """Yield what a table yields, with its floor, and answer it."""
    names = NAMES[: rules.players]
    rngs = {name: random.Random(f"{seed}/{name}") for name in names}
    flow = table(rules, names, seed, **changes)
    told = []
    new, asks = next(flow)
    while True:
        told += new
        yield told, asks, flow.gi_frame.f_locals["floor"]
        try:
            new, asks = flow.send([Unruly(ask.player, wild).answer(ask, (), rngs[ask.player]) for ask in asks])
        except StopIteration:
            return


ACTS = {
    "proposed",
    "whispered",
    "protected",
    "inspected",
    "saved",
    "poisoned",
    "bid",
    "spoke",
    "backed",
    "voted",
    "decided",
}
FATES = {"died", "exiled", "shot"}
AFTER_DEATH = {"shoot", "heir", "last_words"}


def dies(rules, told):
    """Return who has to die of a night, from what happened in it: written anew, not taken from the engine."""
    by = {
        what: {one.to for one in told if one.what == what and one.to}
        for what in ("attacked", "protected", "saved", "poisoned")
    }
    dead = set(by["poisoned"])
    for victim in by["attacked"]:
        shields = (victim in by["protected"]) + (victim in by["saved"])
        if not shields or (shields == 2 and rules.guarded_and_saved == "dies"):
            dead.add(victim)
    return dead


def over(rules, cards):
    """Say who has won, from the cards of the living."""
    wolves = sum(card == "werewolf" for card in cards)
    others = len(cards) - wolves
    plain = sum(card == "villager" for card in cards)
    powers = others - plain - sum(card == "possessed" for card in cards)
    reached = {
        "parity": wolves >= others,
        "outnumber": wolves > others,
        "extinction": others == 0,
        "all_villagers": plain == 0,
        "side_kill": plain == 0 or powers == 0,
    }
    return "village" if not wolves else "werewolves" if reached[rules.win] else None


def as_shown(card, shown):
    return card if shown == "role" or card == "werewolf" else "not a werewolf"


def recount(game):
    """Check that votes are counted as they were given, the mayor's with its weight."""
    mayor, votes = "", []
    for one in game.happenings:
        if one.what in {"elected", "handed_on"}:
            mayor = one.to
        elif one.what in FATES and one.to == mayor:
            mayor = ""
        elif one.what == "voted":
            votes.append(one)
        elif one.what == "counted":
            expected = {}
            for vote in votes:
                if vote.to or game.rules.vote.passes_count:
                    weight = game.rules.mayor.weight if mayor and vote.by == mayor else 1
                    expected[vote.to or NOBODY] = expected.get(vote.to or NOBODY, 0) + weight
            assert one.counts == expected
            votes = []


def walk(game):
    """Check a game's happenings, one after the other, against what must hold."""
    rules, cards = game.rules, game.outcome.cards
    alive, tonight = list(game.names), []
    for number, one in enumerate(game.happenings, start=1):
        assert one.number == number
        if one.what in ACTS:
            assert one.by in alive, one
            assert not one.to or one.to in alive, one
        if one.what in {"inspected", "shot", "backed", "voted", "poisoned"}:
            assert one.by != one.to
        if one.what == "night":
            tonight = []
            assert over(rules, [cards[name] for name in alive]) is None
        if one.what == "morning":
            expected = dies(rules, tonight)
            died = {each.to for each in game.happenings if each.what == "died" and each.day == one.day}
            assert died == expected
            assert died <= {*alive}
        if one.what in FATES:
            alive.remove(one.to)
            shown = rules.reveal_night if one.what == "died" else rules.reveal_day
            after = game.happenings[number]
            assert (after.what == "revealed" and after.to == one.to) == (shown != "nothing")
            assert shown == "nothing" or after.card == as_shown(cards[one.to], shown)
        if one.what == "inspected":
            assert one.card == as_shown(cards[one.to], rules.seer.tells)
        if one.what == "learned":
            assert one.card == as_shown(cards[one.to], rules.medium.tells)
        tonight.append(one)
    assert tuple(alive) == game.outcome.alive
    won = over(rules, [cards[name] for name in alive])
    assert game.outcome.winner == (won or "nobody")
    if won is None:
        assert game.outcome.day == rules.days


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(RULES, SEEDS)
def test_every_game_ends_and_holds_to_the_rules(rules, seed):
    game = played(rules, seed)
    walk(game)
    recount(game)


@pytest.mark.slow
@settings(deadline=None, max_examples=10_000, suppress_health_check=list(HealthCheck))
@given(RULES, SEEDS)
def test_ten_thousand_games_end_and_hold_to_the_rules(rules, seed):
    game = played(rules, seed)
    walk(game)
    recount(game)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(RULES, SEEDS)
def test_the_state_is_a_fold_over_what_happened(rules, seed):
    for told, _, floor in steps(rules, seed):
        assert floor.state == fold(told)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(RULES, SEEDS)
def test_only_the_living_are_asked_and_only_what_is_legal_is_offered(rules, seed):
    for told, asks, floor in steps(rules, seed):
        state = floor.state
        fallen = {one.to for one in told if one.what in FATES and one.day == state.day}
        assert len({ask.player for ask in asks}) == len(asks)
        for ask in asks:
            assert (ask.player in fallen) if ask.kind in AFTER_DEATH else (ask.player in state.alive)
            assert len({*ask.options}) == len(ask.options)
            assert bool(ask.options) == (ask.kind not in {"whisper", "speak", "last_words"})
            assert ask.kind in {"save", "bid"} or {*ask.options} <= {*state.alive, NOBODY}
            if ask.kind in {"vote", "elect", "inspect", "poison", "shoot"}:
                assert ask.player not in ask.options
            if ask.kind in {"vote", "elect"} and ask.round == 1:
                assert [one for one in ask.options if one != NOBODY] == state.others(ask.player)
            if ask.kind == "kill" and not rules.kill.own:
                assert all(state.cards[name] != "werewolf" for name in ask.options if name != NOBODY)
            if NOBODY in ask.options:
                assert passing(rules, ask.kind)
            held = {"kill": "werewolf", "whisper": "werewolf", "inspect": "seer", "save": "witch", "poison": "witch"}
            assert state.cards[ask.player] == held.get(ask.kind, state.cards[ask.player])


def passing(rules, kind):
    """Say whether the rules let somebody pass."""
    may = {
        "kill": rules.kill.may_pass,
        "vote": rules.vote.may_pass,
        "shoot": rules.hunter.may_pass,
        "tie": rules.vote.may_pass,
    }
    return may.get(kind, kind in {"save", "poison", "heir"})


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(RULES, SEEDS)
def test_the_same_seed_is_the_same_game(rules, seed):
    assert played(rules, seed) == played(rules, seed)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(RULES, SEEDS)
def test_it_does_not_matter_in_which_order_answers_come(rules, seed):
    def game(backwards):
        names = NAMES[: rules.players]
        rngs = {name: random.Random(f"{seed}/{name}") for name in names}
        flow = table(rules, names, seed)
        told, (new, asks) = [], next(flow)
        while True:
            told += new
            answers = {}
            for place in sorted(range(len(asks)), reverse=backwards):
                ask = asks[place]
                answers[place] = Unruly(ask.player).answer(ask, (), rngs[ask.player])
            try:
                new, asks = flow.send([answers[place] for place in range(len(asks))])
            except StopIteration:
                return told

    assert game(backwards=False) == game(backwards=True)


@given(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 3)), st.randoms())
def test_who_has_most_votes_does_not_depend_on_who_voted_first(counts, rng):
    turned = list(counts.items())
    rng.shuffle(turned)
    assert most(counts, list(NAMES)) == most(dict(turned), list(NAMES))


DIGEST = """
import hashlib
from glasswork.definitions import WerewolfRules, TalkDef, VoteDef
from glasswork.games.werewolf import play, strategies
rules = WerewolfRules(talk=TalkDef(order="random"), vote=VoteDef(tie="random"))
names = ["Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus"]
kinds = ["random", "honest", "herd", "quiet_wolf", "impostor", "grudge", "random"]
games = [play(rules, [strategies.get(k)(n) for k, n in zip(kinds, names)], seed) for seed in range(30)]
print(hashlib.sha256(repr([game.happenings for game in games]).encode()).hexdigest())
"""


def test_games_do_not_depend_on_the_hash_seed():
    told = {
        subprocess.run(
            [sys.executable, "-c", DIGEST], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1")
    }
    assert len(told) == 1
    assert len(next(iter(told)).strip()) == len(hashlib.sha256().hexdigest())


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(RULES, SEEDS, st.randoms())
def test_a_view_does_not_change_with_what_is_hidden(rules, seed, rng):
    game = played(rules, seed)
    for name in game.names:
        changed = []
        for one in game.happenings:
            if one.seen_by is None or name in one.seen_by:
                changed.append(one)
            elif rng.random() < 0.5:
                changed += [
                    one._replace(to=rng.choice(NAMES), text="secret", card="seer", number=rng.randrange(999))
                ] * 2
        changed = [one._replace(number=at, asked=rng.randrange(9)) for at, one in enumerate(changed, start=7)]
        assert seen(changed, name) == seen(game.happenings, name)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(RULES, SEEDS)
def test_private_words_and_cards_reach_nobody_else(rules, seed):
    game = played(rules, seed, wild=0)
    wolves = {name for name, card in game.outcome.cards.items() if card == "werewolf"}
    for name in game.names:
        view = seen(game.happenings, name)
        assert name in wolves or not any(one.what in {"whispered", "proposed", "attacked", "pack"} for one in view)
        assert {one.to for one in view if one.what == "dealt"} == {name}
        mine = {"inspected", "protected", "saved", "poisoned", "held", "illegal"}
        assert all(one.by == name for one in view if one.what in mine)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(RULES, SEEDS)
def test_a_view_that_grows_is_the_view_at_its_end(rules, seed):
    told = []
    growing = {name: Seen(told, name) for name in NAMES[: rules.players]}
    for so_far, _, _ in steps(rules, seed):
        told[:] = so_far
        assert all(tuple(view) == seen(so_far, name) for name, view in growing.items())


class Open:
    """Acts in public by what everybody knows, in private by its own name alone: never by its card."""

    def __init__(self, name, seed):
        self.name, self.seed, self.asked = name, seed, []

    def answer(self, ask, seen, rng):
        self.asked.append((len(seen), ask))
        drawn = random.Random(f"{self.seed}/{self.name}/{ask.kind}/{ask.day}/{ask.round}")
        return drawn.choice(ask.options) if ask.options else f"{ask.day} {ask.kind} {drawn.random()}"


LEGAL = {"died", "quiet", "revealed", "shot", "inspected", "victim", "learned", "won", "unmasked"}
"""How somebody may come to know of another's card: by its effects, or by a power of one's own."""
OF_WOLVES = {"whispered", "proposed", "attacked"}


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(RULES, SEEDS, st.data())
def test_who_cannot_tell_two_cards_apart_sees_the_same_whoever_holds_them(rules, seed, data):
    names = NAMES[: rules.players]
    cards = deal(rules, names, seed)
    me = data.draw(st.sampled_from(names))
    others = [name for name in names if name != me]
    if cards[me] == "werewolf":
        pack = data.draw(st.booleans())
        others = [name for name in others if (cards[name] == "werewolf") == pack]
    if len(others) < 2:
        return
    one, other = data.draw(st.permutations(others))[:2]
    turned = {**cards, one: cards[other], other: cards[one]}
    views, asked = [], []
    for held in (cards, turned):
        players = [Open(name, seed) for name in names]
        views.append(seen(play(rules, players, seed, cards=held).happenings, me))
        asked.append(players[names.index(me)].asked)
    alike = next((at for at, (a, b) in enumerate(zip(*views, strict=False)) if a != b), None)
    if alike is not None:
        a, b = views[0][alike], views[1][alike]
        assert {a.what, b.what} & LEGAL or (cards[me] == "werewolf" and {a.what, b.what} <= OF_WOLVES), (a, b)
    before = [[ask for known, ask in mine if alike is None or known < alike] for mine in asked]
    assert before[0] == before[1]


def test_hidden_draws_do_not_shift_public_ones():
    """The werewolves' draw of whom they attack leaves who speaks first where it was."""
    names = NAMES[:7]
    loud = {"talk": TalkDef(order="random"), "doctor": ProtectDef()}
    orders = set()
    for by in ("one", "vote", "consensus"):
        rules = WerewolfRules(kill=KillDef(by=by, first_night=False), **loud)
        game = play(rules, [strategies.get("random")(name) for name in names], 5)
        orders.add(tuple(one.by for one in game.happenings if one.what == "kept_silent" and one.day == 1))
    assert len(orders) == 1
