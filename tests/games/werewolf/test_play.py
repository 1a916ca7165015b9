"""Games played by script: each rule, one small table."""

from __future__ import annotations

import pytest

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
from glasswork.games.werewolf import NOBODY, deal, play, seen, strategies, table

NAMES = ("Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus")
SILENT = TalkDef(order="silent")


class Script:
    """Answers as its plan says for a day and kind of ask, or for the kind on any day; else passes, or takes the first."""

    def __init__(self, name, plan, asked):
        self.name, self.plan, self.asked = name, plan, asked

    def answer(self, ask, _seen, _rng):
        self.asked.append(ask)
        for key in ((self.name, ask.kind, ask.day, ask.round), (self.name, ask.kind, ask.day), (self.name, ask.kind)):
            if key in self.plan:
                return self.plan[key]
        return "" if not ask.options else NOBODY if NOBODY in ask.options else ask.options[0]


def game(cards, plan=(), **rules):
    """Play a game by plan; return what happened and what was asked."""
    held = dict(zip(NAMES, cards.split(), strict=False))
    counts = {card: list(held.values()).count(card) for card in held.values()}
    made = WerewolfRules.model_validate({"roles": counts, "talk": SILENT, "days": 3, **rules})
    asked = []
    told = play(made, [Script(name, dict(plan), asked) for name in held], 7, cards=held)
    return told, asked


def whats(told, *kinds, day=None):
    return [(one.by, one.to) for one in told.happenings if one.what in kinds and day in {None, one.day}]


def texts(told, what):
    return [one.text for one in told.happenings if one.what == what]


SMALL = "werewolf villager villager villager villager"
PASS = VoteDef(may_pass=True)


def test_an_attack_kills_in_the_morning():
    told, _ = game(SMALL, {("Ann", "kill", 1): "Cy"}, vote=PASS)
    assert whats(told, "died", day=1) == [("", "Cy")]
    assert whats(told, "revealed", day=1) == [("", "Cy")]


def test_who_is_protected_lives_and_stays_at_the_table():
    told, asked = game(
        "werewolf doctor villager villager", {("Ann", "kill"): "Cy", ("Bo", "protect"): "Cy"}, vote=PASS, days=2
    )
    assert [one.what for one in told.happenings].count("quiet") == 2
    assert "Cy" in told.outcome.alive
    assert all("Cy" in ask.options for ask in asked if ask.kind == "vote" and ask.player != "Cy")
    assert [ask.player for ask in asked if ask.kind == "vote" and ask.day == 2].count("Cy") == 1


def test_a_doctor_may_be_barred_from_themselves_and_from_the_same_again():
    plan = {("Ann", "kill"): "Di", ("Bo", "protect", 1): "Di", ("Bo", "protect", 3): "Di"}
    _, asked = game(
        "werewolf doctor villager villager villager villager",
        plan,
        vote=PASS,
        doctor=ProtectDef(oneself=False, twice=False),
    )
    offered = {ask.day: ask.options for ask in asked if ask.kind == "protect"}
    assert offered[1] == ("Ann", "Cy", "Di", "Ed", "Flo")
    assert offered[2] == ("Ann", "Cy", "Ed", "Flo")


def test_a_night_without_a_legal_protection_does_not_bar_anybody():
    plan = {("Bo", "protect", 1): "Di", ("Bo", "protect", 2): "Di", ("Ann", "kill"): NOBODY}
    told, asked = game(
        "werewolf doctor villager villager villager",
        plan,
        vote=PASS,
        kill=KillDef(may_pass=True),
        doctor=ProtectDef(twice=False),
    )
    assert [(one.day, one.text) for one in told.happenings if one.what == "illegal"] == [(2, "Di")]
    assert ["Di" in ask.options for ask in asked if ask.kind == "protect"] == [True, False, True]


@pytest.mark.parametrize(("fate", "dead"), [("lives", []), ("dies", [("", "Cy")])])
def test_protected_and_saved_in_one_night(fate, dead):
    plan = {("Ann", "kill"): "Cy", ("Bo", "protect"): "Cy", ("Di", "save"): "save"}
    told, _ = game("werewolf guard villager witch villager", plan, vote=PASS, days=1, guarded_and_saved=fate)
    assert whats(told, "died") == dead


def test_a_witch_saves_once_and_is_then_told_no_more():
    plan = {("Ann", "kill", 1): "Cy", ("Ann", "kill", 2): "Di", ("Bo", "save"): "save"}
    told, asked = game("werewolf witch villager villager villager villager", plan, vote=PASS, days=2)
    assert whats(told, "victim") == [("", "Cy")]
    assert whats(told, "died") == [("", "Di")]
    assert [ask.day for ask in asked if ask.kind == "save"] == [1]


@pytest.mark.parametrize(("both", "asked_to_poison"), [(False, []), (True, [1])])
def test_both_potions_in_one_night(both, asked_to_poison):
    plan = {("Ann", "kill"): "Cy", ("Bo", "save"): "save"}
    _, asked = game("werewolf witch villager villager villager", plan, vote=PASS, days=1, witch=WitchDef(both=both))
    assert [ask.day for ask in asked if ask.kind == "poison"] == asked_to_poison


@pytest.mark.parametrize(("oneself", "days"), [("always", [1, 2]), ("first_night", [1]), ("never", [])])
def test_when_a_witch_may_save_herself(oneself, days):
    plan = {("Ann", "kill"): "Bo", ("Bo", "save", 1): NOBODY, ("Di", "protect"): "Bo"}
    told, asked = game(
        "werewolf witch villager doctor villager", plan, vote=PASS, days=2, witch=WitchDef(oneself=oneself)
    )
    assert [ask.day for ask in asked if ask.kind == "save"] == days
    assert whats(told, "victim") == [("", "Bo"), ("", "Bo")]


def test_against_poison_nothing_helps_and_it_is_told_like_any_death():
    plan = {("Ann", "kill"): "Ed", ("Bo", "poison"): "Cy", ("Di", "protect"): "Cy"}
    told, _ = game("werewolf witch villager guard villager villager", plan, vote=PASS, days=1)
    assert whats(told, "died") == [("", "Cy"), ("", "Ed")]


def test_a_seer_learns_whether_somebody_is_a_werewolf_and_is_not_asked_when_all_are_known():
    plan = {("Ann", "kill"): NOBODY, ("Bo", "inspect", 1): "Ann", ("Bo", "inspect", 2): "Cy"}
    told, asked = game("werewolf seer villager", plan, vote=PASS, days=4, kill=KillDef(may_pass=True))
    assert [one.card for one in told.happenings if one.what == "inspected"] == ["werewolf", "not a werewolf"]
    assert [ask.options for ask in asked if ask.kind == "inspect"] == [("Ann", "Cy"), ("Cy",)]


def test_a_seer_may_learn_the_card_and_look_again():
    plan = {("Ann", "kill"): NOBODY, ("Bo", "inspect"): "Cy"}
    told, _ = game(
        "werewolf seer possessed villager",
        plan,
        vote=PASS,
        days=2,
        kill=KillDef(may_pass=True),
        seer=InspectDef(tells="role", again=True),
    )
    assert [one.card for one in told.happenings if one.what == "inspected"] == ["possessed", "possessed"]


@pytest.mark.parametrize(("tells", "card"), [("team", "not a werewolf"), ("role", "villager")])
def test_a_medium_learns_of_who_was_exiled(tells, card):
    votes = {(name, "vote", 1): "Cy" for name in NAMES}
    told, _ = game("werewolf medium villager villager villager", votes, opens="day", medium=MediumDef(tells=tells))
    learned = [one for one in told.happenings if one.what == "learned"]
    assert [(one.to, one.card, one.seen_by, one.day) for one in learned] == [("Cy", card, ("Bo",), 2)]


HUNT = "werewolf hunter villager villager villager"


def test_a_hunter_who_is_killed_shoots():
    told, _ = game(HUNT, {("Ann", "kill"): "Bo", ("Bo", "shoot"): "Ann"})
    assert whats(told, "shot") == [("Bo", "Ann")]
    assert told.outcome.winner == "village"


def test_a_hunter_who_is_exiled_shoots_and_may_hold_fire():
    told, asked = game(HUNT, {(name, "vote", 1): "Bo" for name in NAMES} | {("Ann", "kill"): "Cy"}, days=1)
    assert whats(told, "exiled") == [("", "Bo")]
    assert [one.text for one in told.happenings if one.what == "held"] == ["shoot"]
    assert next(ask for ask in asked if ask.kind == "shoot").options == ("Ann", "Di", "Ed", NOBODY)


def test_a_hunter_may_have_to_shoot():
    _, asked = game(HUNT, {("Ann", "kill"): "Bo"}, hunter=HunterDef(may_pass=False), days=1)
    assert NOBODY not in next(ask for ask in asked if ask.kind == "shoot").options


@pytest.mark.parametrize(("when", "shots"), [(("killed", "exiled"), 0), (("poisoned",), 1)])
def test_who_is_attacked_and_poisoned_counts_as_poisoned(when, shots):
    plan = {("Ann", "kill"): "Bo", ("Cy", "poison"): "Bo", ("Bo", "shoot"): "Di"}
    told, _ = game("werewolf hunter witch villager villager villager", plan, hunter=HunterDef(when=when), days=1)
    assert len(whats(told, "shot")) == shots
    assert whats(told, "died") == [("", "Bo")]


def test_who_is_shot_does_not_shoot():
    plan = {("Ann", "kill"): "Bo", ("Bo", "shoot"): "Cy", ("Cy", "shoot"): "Ann"}
    told, _ = game("werewolf hunter hunter villager villager villager", plan, vote=PASS, days=1)
    assert whats(told, "shot") == [("Bo", "Cy")]


PACK = "werewolf werewolf villager villager villager villager villager"


def test_werewolves_name_unseen_and_the_most_named_is_attacked():
    told, asked = game(
        "werewolf werewolf werewolf villager villager villager villager",
        {("Ann", "kill"): "Ed", ("Bo", "kill"): "Flo", ("Cy", "kill"): "Flo"},
        days=1,
    )
    assert whats(told, "attacked") == [("", "Flo")]
    assert {ask.round for ask in asked if ask.kind == "kill"} == {1}
    assert all(one.seen_by == ("Ann", "Bo", "Cy") for one in told.happenings if one.what == "proposed")


@pytest.mark.parametrize(("undecided", "attacked"), [("nobody", {""}), ("random", {"Cy", "Di"})])
def test_a_tie_among_werewolves(undecided, attacked):
    told, _ = game(PACK, {("Ann", "kill"): "Cy", ("Bo", "kill"): "Di"}, kill=KillDef(undecided=undecided), days=1)
    assert {to for _, to in whats(told, "attacked")} <= attacked


def test_werewolves_who_have_to_agree_name_again_until_they_do():
    plan = {("Ann", "kill"): "Cy", ("Bo", "kill", 1, 1): "Di", ("Bo", "kill", 1, 2): "Cy"}
    told, asked = game(PACK, plan, kill=KillDef(by="consensus", rounds=3), days=1)
    assert [ask.round for ask in asked if ask.kind == "kill"] == [1, 1, 2, 2]
    assert whats(told, "attacked") == [("", "Cy")]


def test_werewolves_who_do_not_agree_attack_nobody_where_the_rules_say_so():
    plan = {("Ann", "kill"): "Cy", ("Bo", "kill"): "Di"}
    told, asked = game(PACK, plan, kill=KillDef(by="consensus", rounds=2, undecided="nobody"), days=1)
    assert len([ask for ask in asked if ask.kind == "kill"]) == 4
    assert whats(told, "attacked") == [("", "")]


def test_one_werewolf_decides_where_the_rules_say_so():
    told, asked = game(PACK, kill=KillDef(by="one"), vote=PASS, days=2)
    assert [len([ask for ask in asked if ask.kind == "kill" and ask.day == day]) for day in (1, 2)] == [1, 1]
    assert all(one.seen_by == ("Ann", "Bo") for one in told.happenings if one.what == "attacked")


def test_werewolves_whisper_in_turn_before_they_name():
    plan = {("Ann", "whisper"): "Cy?", ("Bo", "whisper"): ""}
    told, asked = game(PACK, plan, kill=KillDef(talk=2), days=1)
    assert [ask.player for ask in asked if ask.kind == "whisper"] == ["Ann", "Bo", "Ann", "Bo"]
    assert texts(told, "whispered") == ["Cy?", "Cy?"]
    assert [one.seen_by for one in told.happenings if one.what == "kept_silent"] == [("Ann", "Bo")] * 2


def test_nobody_is_attacked_in_a_first_night_without_attack():
    told, asked = game(PACK, kill=KillDef(first_night=False, talk=1), vote=PASS, days=2)
    assert {ask.day for ask in asked if ask.kind in {"kill", "whisper"}} == {2}
    assert whats(told, "died", day=1) == []


def test_a_first_night_after_a_first_day_is_the_first_night():
    told, asked = game(PACK, opens="day", kill=KillDef(first_night=False), vote=PASS, days=3)
    assert {ask.day for ask in asked if ask.kind == "kill"} == {3}
    assert [one.day for one in told.happenings if one.what == "night"] == [2, 3]


def votes(*pairs):
    return {(by, "vote"): to for by, to in pairs}


TIE = votes(("Ann", "Cy"), ("Bo", "Cy"), ("Cy", "Di"), ("Di", "Ed"), ("Ed", "Di"))
DAY = {"opens": "day", "days": 1}


@pytest.mark.parametrize(("vote", "exiled"), [(VoteDef(), set()), (VoteDef(tie="random"), {"Cy", "Di"})])
def test_a_tie_exiles_nobody_or_one_who_is_drawn(vote, exiled):
    told, _ = game(SMALL, TIE, vote=vote, **DAY)
    assert {to for _, to in whats(told, "exiled")} <= exiled
    assert len(whats(told, "exiled")) == len(exiled) / 2
    assert next(one.names for one in told.happenings if one.what == "tied") == ("Cy", "Di")


def test_a_tie_is_voted_on_again_among_those_tied():
    told, asked = game(SMALL, TIE | {("Ed", "vote", 1, 2): "Cy"}, vote=VoteDef(tie="revote"), **DAY)
    second = {ask.player: ask.options for ask in asked if ask.round == 2}
    assert second == {"Ann": ("Cy", "Di"), "Bo": ("Cy", "Di"), "Cy": ("Di",), "Di": ("Cy",), "Ed": ("Cy", "Di")}
    assert [(one.by, one.text) for one in told.happenings if one.what == "illegal"] == [("Di", "Ed")]
    assert whats(told, "exiled") == [("", "Cy")]


def test_a_tie_that_stays_one_ends_as_the_rules_say():
    still = votes(("Ann", "Cy"), ("Bo", "Di"), ("Cy", "Di"), ("Di", "Cy"), ("Ed", NOBODY))
    for rule, number in (("nobody", 0), ("random", 1)):
        told, asked = game(SMALL, still, vote=VoteDef(tie="revote", still_tied=rule, may_pass=True, revotes=2), **DAY)
        assert len(whats(told, "exiled")) == number
        assert {ask.round for ask in asked if ask.kind == "vote"} == {1, 2, 3}


@pytest.mark.parametrize(("cast", "exiled"), [("Cy Cy Di Cy Di", ["Cy"]), ("Cy Cy Di Ann Di", [])])
def test_a_strict_majority_is_more_than_half(cast, exiled):
    told, _ = game(SMALL, votes(*zip(NAMES, cast.split(), strict=False)), vote=VoteDef(majority="strict"), **DAY)
    assert [to for _, to in whats(told, "exiled")] == exiled


def test_half_of_the_votes_is_not_more_than_half():
    cast = votes(("Ann", "Bo"), ("Bo", "Ann"), ("Cy", "Bo"), ("Di", "Ann"))
    told, _ = game("werewolf villager villager villager", cast, vote=VoteDef(majority="strict"), **DAY)
    assert whats(told, "exiled") == []


def test_votes_together_are_told_after_all_are_given_and_in_turn_at_once():
    for order, sizes in (("together", [5]), ("in_turn", [1] * 5)):
        rules = WerewolfRules(
            roles={"werewolf": 1, "villager": 4}, opens="day", days=1, talk=SILENT, vote=VoteDef(order=order)
        )
        flow = table(rules, NAMES[:5], 1)
        new, asks = next(flow)
        batches = []
        while asks and asks[0].kind == "vote":
            batches.append(len(asks))
            new, asks = flow.send([ask.options[0] for ask in asks])
        assert batches == sizes
        assert new


@pytest.mark.parametrize(
    ("vote", "voted", "counted"),
    [
        (VoteDef(shown="who"), None, None),
        (VoteDef(shown="counts"), "by", None),
        (VoteDef(shown="nothing"), "by", ()),
        (VoteDef(shown="nothing", order="in_turn"), None, None),
    ],
)
def test_what_is_shown_of_votes(vote, voted, counted):
    told, _ = game(SMALL, TIE, vote=vote, **DAY)
    for one in told.happenings:
        if one.what == "voted":
            assert one.seen_by == ((one.by,) if voted == "by" else None)
        if one.what == "counted":
            assert one.seen_by == counted
        if one.what == "tied":
            assert one.seen_by == counted


@pytest.mark.parametrize(("count", "exiled"), [(False, ["Cy"]), (True, [])])
def test_votes_for_nobody_count_where_the_rules_say_so(count, exiled):
    cast = votes(("Ann", NOBODY), ("Bo", "Cy"), ("Cy", NOBODY), ("Di", NOBODY), ("Ed", NOBODY))
    told, _ = game(SMALL, cast, vote=VoteDef(may_pass=True, passes_count=count), **DAY)
    assert [to for _, to in whats(told, "exiled")] == exiled
    assert (NOBODY in next(one.counts for one in told.happenings if one.what == "counted")) == count


def test_an_illegal_vote_is_no_vote_and_is_told_to_whoever_gave_it_alone():
    told, _ = game(SMALL, votes(("Ann", "Ann"), ("Bo", "Cy"), ("Cy", "cy"), ("Di", ""), ("Ed", "Ed.")), **DAY)
    illegal = [one for one in told.happenings if one.what == "illegal"]
    assert [(one.by, one.text, one.seen_by) for one in illegal] == [
        ("Ann", "Ann", ("Ann",)),
        ("Cy", "cy", ("Cy",)),
        ("Di", "", ("Di",)),
        ("Ed", "Ed.", ("Ed",)),
    ]
    assert whats(told, "voted") == [("Bo", "Cy")]
    assert whats(told, "exiled") == [("", "Cy")]


ELECT = {(name, "elect"): "Bo" for name in NAMES} | {("Bo", "elect"): "Cy"}


def test_a_mayor_is_elected_on_the_first_day_and_may_weigh_more():
    cast = votes(("Ann", "Cy"), ("Bo", "Di"), ("Cy", "Di"), ("Di", "Cy"), ("Ed", "Ann"))
    told, asked = game(SMALL, ELECT | cast, mayor=MayorDef(weight=1.5), **DAY)
    assert whats(told, "elected") == [("", "Bo")]
    assert [ask.player for ask in asked if ask.kind == "elect"] == list(NAMES[:5])
    assert next(one.counts for one in told.happenings if one.what == "counted") == {"Ann": 1, "Cy": 2, "Di": 2.5}
    assert whats(told, "exiled") == [("", "Di")]


def test_more_than_half_is_of_all_votes_that_there_are():
    cast = votes(("Ann", "Cy"), ("Bo", "Di"), ("Cy", "Ann"), ("Di", "Cy"), ("Ed", "Cy"))
    told, _ = game(SMALL, ELECT | cast, mayor=MayorDef(weight=3), vote=VoteDef(majority="strict"), **DAY)
    assert whats(told, "exiled") == []


def test_a_mayor_chooses_among_those_tied():
    told, asked = game(SMALL, ELECT | TIE | {("Bo", "tie"): "Di"}, mayor=MayorDef(), **DAY)
    assert next(ask.options for ask in asked if ask.kind == "tie") == ("Cy", "Di")
    assert whats(told, "decided") == [("Bo", "Di")]
    assert whats(told, "exiled") == [("", "Di")]


def test_a_mayor_who_does_not_choose_leaves_it_to_the_rule_for_ties():
    told, _ = game(SMALL, ELECT | TIE | {("Bo", "tie"): "Ann"}, mayor=MayorDef(), **DAY)
    assert whats(told, "exiled") == []


@pytest.mark.parametrize(("heir", "handed"), [("Di", [("Bo", "Di")]), (NOBODY, [("Bo", "")]), ("Zed", [("Bo", "")])])
def test_a_dying_mayor_names_the_next(heir, handed):
    plan = ELECT | {("Ann", "kill", 2): "Bo", ("Bo", "heir"): heir, ("Ann", "kill", 1): "Ed"}
    told, asked = game(
        "werewolf villager villager villager villager villager", plan, mayor=MayorDef(), vote=PASS, days=2
    )
    assert whats(told, "handed_on") == handed
    assert next(ask.options for ask in asked if ask.kind == "heir") == ("Ann", "Cy", "Di", "Flo", NOBODY)


def test_without_heirs_the_office_ends():
    plan = ELECT | {("Ann", "kill", 2): "Bo", ("Ann", "kill", 1): "Ed"}
    told, asked = game(
        "werewolf villager villager villager villager villager", plan, mayor=MayorDef(heir=False), vote=PASS, days=3
    )
    assert not [ask for ask in asked if ask.kind == "heir"]
    assert len(whats(told, "elected")) == 1


def test_last_words_where_the_rules_give_them():
    plan = {
        ("Ann", "kill", 1): "Cy",
        ("Ann", "kill", 2): "Di",
        ("Cy", "last_words"): "Ann!",
        ("Di", "last_words"): "Bo!",
    }
    six = "werewolf villager villager villager villager villager"
    for when, said in ((("first_night",), ["Ann!"]), (("night",), ["Ann!", "Bo!"]), ((), [])):
        told, _ = game(six, plan, last_words=when, vote=PASS, days=2)
        assert texts(told, "last_words") == said


def test_who_is_exiled_has_last_words_unless_the_game_is_over():
    cast = {(name, "vote"): "Bo" for name in NAMES} | {("Bo", "vote"): "Ann", ("Bo", "last_words"): "Ann!"}
    told, _ = game(SMALL, cast, last_words=("exile",), **DAY)
    assert texts(told, "last_words") == ["Ann!"]
    over = {(name, "vote"): "Ann" for name in NAMES} | {("Ann", "last_words"): "Me!"}
    told, asked = game(SMALL, over, last_words=("exile",), **DAY)
    assert told.outcome.winner == "village"
    assert not [ask for ask in asked if ask.kind == "last_words"]


def spoken(order, **changes):
    _, asked = game(
        SMALL,
        {(name, "speak"): "Hm." for name in NAMES},
        talk=TalkDef(order=order, rounds=2),
        opens="day",
        days=3,
        vote=PASS,
        kill=KillDef(may_pass=True),
        **changes,
    )
    return [[ask.player for ask in asked if ask.kind == "speak" and ask.day == day] for day in (1, 2, 3)]


def test_who_speaks_when():
    seats = list(NAMES[:5])
    assert spoken("fixed") == [seats * 2] * 3
    assert spoken("rotating") == [(seats[day:] + seats[:day]) * 2 for day in range(3)]
    for day in spoken("round_robin"):
        first = seats.index(day[0])
        assert day == (seats[first:] + seats[:first]) * 2
    assert all(sorted(day[:5]) == sorted(day[5:]) == seats for day in spoken("random"))
    assert len({tuple(half) for day in spoken("random") for half in (day[:5], day[5:])}) > 1
    assert spoken("silent") == [[], [], []]


def test_a_mayor_may_speak_last():
    _, asked = game(SMALL, ELECT, talk=TalkDef(), mayor=MayorDef(speaks_last=True), **DAY)
    assert [ask.player for ask in asked if ask.kind == "speak"] == ["Ann", "Cy", "Di", "Ed", "Bo"]


def bids(values, turn):
    return {(name, "bid", 1, turn): value for name, value in zip(NAMES, values, strict=False)}


def test_who_bids_highest_speaks_and_does_not_bid_next():
    plan = bids("01234", 1) | bids("0120", 2) | {("Ed", "speak"): "Hello."}
    told, asked = game(SMALL, plan, talk=TalkDef(order="bidding", turns=2), **DAY)
    assert [ask.player for ask in asked if ask.kind == "speak"] == ["Ed", "Cy"]
    assert [ask.player for ask in asked if ask.kind == "bid" and ask.round == 2] == ["Ann", "Bo", "Cy", "Di"]
    assert all(one.seen_by == () for one in told.happenings if one.what == "bid")


@pytest.mark.parametrize("named", ["Bo", "Di"])
def test_ties_of_bids_go_to_whom_the_last_statement_named(named):
    plan = bids("40000", 1) | {("Ann", "speak"): f"What do you say, {named.upper()}? Boring."}
    plan |= {(name, "bid", 1, 2): "3" for name in ("Bo", "Cy", "Di")}
    _, asked = game(SMALL, plan, talk=TalkDef(order="bidding", turns=2, bids_shown=True), **DAY)
    assert [ask.player for ask in asked if ask.kind == "speak"] == ["Ann", named]


def test_bids_that_are_none_leave_a_turn_out():
    _, asked = game(SMALL, {(name, "bid"): "five" for name in NAMES}, talk=TalkDef(order="bidding", turns=3), **DAY)
    assert not [ask for ask in asked if ask.kind == "speak"]


def test_empty_words_are_silence():
    told, _ = game(SMALL, {("Ann", "speak"): "  Hello. ", ("Bo", "speak"): " \n"}, talk=TalkDef(), **DAY)
    assert texts(told, "spoke") == ["Hello."]
    assert ("Bo", "") in whats(told, "kept_silent")


def test_after_the_last_day_nobody_has_won():
    told, _ = game(SMALL, {("Ann", "kill"): NOBODY}, vote=PASS, kill=KillDef(may_pass=True), days=2)
    assert told.outcome.winner == "nobody"
    assert told.outcome.day == 2
    assert [one.names for one in told.happenings if one.what == "won"] == [()]


def test_the_possessed_wins_with_the_werewolves_and_is_counted_with_the_others():
    told, _ = game("werewolf possessed villager villager", {("Ann", "kill", 1): "Cy"}, vote=PASS)
    assert next(one.names for one in told.happenings if one.what == "won") == ("Ann", "Bo")
    assert len(told.outcome.alive) == 2


def test_every_card_is_shown_in_the_end_and_not_before():
    told, _ = game(SMALL, {("Ann", "kill"): "Cy"}, vote=PASS, reveal_night="team", reveal_day="nothing")
    assert next(one.card for one in told.happenings if one.what == "revealed") == "not a werewolf"
    assert [one.to for one in told.happenings[-5:]] == list(NAMES[:5])
    assert {one.what for one in told.happenings[-5:]} == {"unmasked"}


# -- the deal


def test_over_as_many_rotations_as_players_each_holds_each_card_once():
    rules = WerewolfRules()
    hands = [deal(rules, NAMES, 3, rotate) for rotate in range(7)]
    for name in NAMES:
        assert sorted(hand[name] for hand in hands) == sorted(rules.deck)
    assert deal(rules, NAMES, 3, 7) == hands[0]
    assert deal(rules, NAMES, 4) != hands[0]


def test_some_cards_may_be_given_and_the_rest_is_dealt():
    told = play(WerewolfRules(), [strategies.get("random")(name) for name in NAMES], 1, cards={"Cy": "seer"})
    assert told.outcome.cards["Cy"] == "seer"
    assert sorted(told.outcome.cards.values()) == sorted(WerewolfRules().deck)


@pytest.mark.parametrize(
    ("names", "cards", "reason"),
    [
        (NAMES[:6], None, "for 7 players, not 6"),
        (("Ann", "ann", *NAMES[2:]), None, "capital"),
        (("Nobody", *NAMES[1:]), None, "nobody can be called"),
        (NAMES, {"Zed": "seer"}, "Zed, who does not play"),
        (NAMES, {"Ann": "seer", "Bo": "seer"}, "more often"),
    ],
)
def test_players_and_cards_have_to_fit_the_rules(names, cards, reason):
    with pytest.raises(ValueError, match=reason):
        next(table(WerewolfRules(), names, 1, cards))


def test_each_ask_needs_its_answer():
    flow = table(WerewolfRules(), NAMES, 1)
    _, asks = next(flow)
    assert len(asks) == 4
    with pytest.raises(ValueError, match="4 were asked"):
        flow.send(["Ann"])


def test_all_of_a_night_who_need_not_wait_are_asked_at_once():
    rules = WerewolfRules(roles={"werewolf": 1, "witch": 1, "seer": 1, "doctor": 1, "guard": 1, "villager": 2})
    flow = table(rules, NAMES, 1, rotate=2)
    _, asks = next(flow)
    assert [ask.kind for ask in asks] == ["kill", "protect", "protect", "inspect"]
    _, asks = flow.send([ask.options[-1] for ask in asks])
    assert [ask.kind for ask in asks] == ["save"]


def test_what_happens_says_which_ask_it_answers():
    told, _ = game("werewolf doctor seer villager villager", {}, days=1)
    places = {one.what: one.asked for one in told.happenings if one.phase == "night"}
    assert places == {"night": -1, "proposed": 0, "attacked": -1, "protected": 1, "inspected": 2}
    assert {one.asked for one in seen(told.happenings, "Ann")} == {-1}
