"""Reading margins: surgery on the request, orders, censoring, controls, and recordings."""

from __future__ import annotations

import asyncio
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.errors import InvalidOutput, UserError
from glasswork.explain.attribution import attribute
from glasswork.explain.case import Ablation, Case, CaseOption
from glasswork.explain.reading import CUTS, UNCHANGED, live_reader, recorded_reader
from glasswork.explain.surgery import prompt_of
from glasswork.models.choice import label_request
from glasswork.models.pieces import pieces
from glasswork.records import Completion, Message, Segment

TEXTS = ("It rains outside.", "The oven is hot.", "Grandmother visits today.")
OPTIONS = ("bake", "walk", "sleep")
ROLE = "You are a friendly household planner who thinks about the weather, the kitchen and the family all day long."


def segments(texts=TEXTS):
    return tuple(Segment(id=f"s{n}", source="note", text=text) for n, text in enumerate(texts, 1))


def case(texts=TEXTS, options=OPTIONS, choice="A", **fields):
    block = f"Before you:\n\n{pieces(segments(texts))}\n\nDecide what to do with this long and quiet afternoon."
    messages = (Message(role="system", content=ROLE), Message(role="user", content=block))
    request = label_request(messages, "What now?", options)
    given = tuple(CaseOption(label=label, text=text) for label, text in zip("ABCDEF", options, strict=False))
    return Case(
        id="run/day#1", segments=segments(texts), options=given, choice=choice, request=request, question="What now?"
    ).model_copy(update=fields)


def options_of(request):
    return re.findall(r"^[A-Z]\. (.*)$", request.messages[-1].content, re.MULTILINE)


def whole(request):
    return "\n\n".join(message.content for message in request.messages)


class Household:
    """Logit of an option: what the texts in the prompt add to it, and what its position adds."""

    def __init__(self, worth, by_position=(0.0,) * 6, *, censor=()):
        self.worth, self.by_position, self.censor, self.asked = worth, by_position, censor, []
        self.under_way = self.most = 0

    async def __call__(self, place, request):
        self.asked.append((place, request))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        said = whole(request)
        logits = {
            label: sum(w for (text, option), w in self.worth.items() if option == name and text in said)
            + self.by_position[position]
            for position, (label, name) in enumerate(zip(request.labels, options_of(request), strict=True))
        }
        norm = math.log(sum(math.exp(value) for value in logits.values()))
        names = dict(zip(request.labels, options_of(request), strict=True))
        logprobs = {label: None if names[label] in self.censor else v - norm for label, v in logits.items()}
        return Completion(text="A", logprobs=logprobs, logprob_floor=-9.0)


WORTH = {(TEXTS[0], "bake"): 1.0, (TEXTS[1], "bake"): 2.5, (TEXTS[2], "walk"): 1.5}
EVERYTHING = frozenset({"s1", "s2", "s3"})


def expected(kept):
    logit = {
        name: sum(w for (text, option), w in WORTH.items() if option == name and f"s{TEXTS.index(text) + 1}" in kept)
        for name in OPTIONS
    }
    return logit["bake"] - math.log(math.exp(logit["walk"]) + math.exp(logit["sleep"]))


async def test_margins_are_log_odds_in_every_order():
    sets = [EVERYTHING, EVERYTHING - {"s2"}, frozenset()]
    readings = await live_reader(case(), Household(WORTH))(sets)
    assert [reading.kept for reading in readings] == sets
    for reading in readings:
        assert reading.margins == pytest.approx((expected(reading.kept),) * 3)
        assert not reading.censored
    assert [reading.first for reading in readings] == [True, False, True], "without s2, walking is more probable"


async def test_removed_pieces_are_gone_and_all_else_stays():
    model = Household(WORTH)
    await live_reader(case(), model, orders=1)([EVERYTHING - {"s2"}])
    assert whole(model.asked[0][1]) == whole(case().request).replace("[s2] note\nThe oven is hot.\n\n", "")


async def test_the_full_set_in_the_first_order_is_the_recorded_request():
    model = Household(WORTH)
    await live_reader(case(), model)([EVERYTHING])
    assert model.asked[0][1] == case().request
    assert [options_of(request) for _, request in model.asked] == [
        ["bake", "walk", "sleep"],
        ["walk", "sleep", "bake"],
        ["sleep", "bake", "walk"],
    ]


async def test_nothing_is_asked_twice_and_only_so_many_at_once():
    model = Household(WORTH)
    read = live_reader(case(), model, orders=2, parallel=3)
    sets = [EVERYTHING - {one} for one in EVERYTHING]
    await read([EVERYTHING, *sets])
    await read([*sets, EVERYTHING])
    assert len(model.asked) == read.calls == 8
    assert model.most == 3


async def test_the_first_set_is_asked_before_the_others_and_keeps_most():
    model = Household(WORTH)
    await live_reader(case(), model, orders=1)([EVERYTHING - {"s1"}, EVERYTHING - {"s3"}, EVERYTHING])
    kept = [re.findall(r"^\[(s\d)\]", whole(request), re.MULTILINE) for _, request in model.asked]
    assert kept == [["s1", "s2", "s3"], ["s1", "s2"], ["s2", "s3"]]


async def test_a_segment_that_quotes_another_is_taken_out_alone():
    quoting = (TEXTS[0], f"Yesterday you saw:\n\n{pieces(segments()[:1])}", TEXTS[2])
    model = Household(WORTH)
    await live_reader(case(quoting), model, orders=1)([frozenset({"s2", "s3"})])
    assert whole(model.asked[0][1]).count("[s1] note") == 1


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text.replace("The oven is hot.", "The oven is cold."), "'[s2] note' with its text is not in"),
        (lambda text: text + text, "2 times"),
        (lambda text: text.replace("\n\n[s2]", "\n\nand\n\n[s2]"), "do not follow each other"),
        (lambda text: text.replace("A. bake", "A) bake"), "does not end with its options"),
    ],
)
def test_a_request_that_cannot_be_cut_is_an_error(damage, words):
    request = case().request
    last = request.messages[-1]
    messages = (*request.messages[:-1], last.model_copy(update={"content": damage(last.content)}))
    with pytest.raises(UserError, match=re.escape(words)):
        prompt_of(case(request=request.model_copy(update={"messages": messages})))


def test_without_a_request_or_a_second_option_there_is_nothing_to_ask():
    with pytest.raises(UserError, match="how the choice was asked"):
        live_reader(case(request=None), Household(WORTH))
    with pytest.raises(UserError, match="one option only"):
        live_reader(case(options=("bake",)), Household(WORTH))


async def test_a_censored_label_counts_with_its_bound_and_is_told():
    readings = await live_reader(case(), Household(WORTH, censor={"sleep"}), orders=1)([EVERYTHING])
    assert readings[0].censored
    logits = [3.5, 1.5, 0.0]
    norm = math.log(sum(map(math.exp, logits)))
    assert readings[0].margin == pytest.approx((3.5 - norm) - math.log(math.exp(1.5 - norm) + math.exp(-9.0)), abs=1e-9)


async def test_an_answer_without_any_probability_is_refused():
    async def mute(place, request):
        return Completion(text="A")

    with pytest.raises(InvalidOutput):
        await live_reader(case(), mute)([EVERYTHING])


async def test_censoring_reaches_the_effects():
    found = await attribute(live_reader(case(), Household(WORTH, censor={"sleep"})), case())
    assert all(effect.censored for effect in found.effects)


async def test_controls_leave_every_segment_and_option_in_place():
    model = Household(WORTH)
    read = live_reader(case(), model, orders=1)
    readings = await read.controls([3] * CUTS, seed=1)
    assert [reading.control for reading in readings] == ["unchanged"] * UNCHANGED + ["cut"] * CUTS
    recorded = whole(case().request)
    for _, request in model.asked[:UNCHANGED]:
        assert whole(request) == recorded
        assert request.seed != 0
    for _, request in model.asked[UNCHANGED:]:
        assert len(recorded.split()) - len(whole(request).split()) in {1, 2, 3}
        assert pieces(segments()) in whole(request)
        assert "What now?\n\nA. bake\nB. walk\nC. sleep\n\nAnswer with one letter" in whole(request)
    assert all(reading.margin == pytest.approx(expected(EVERYTHING)) for reading in readings)


async def test_what_the_model_thought_is_not_cut():
    thinking = Message(role="assistant", content="I have thought about all of this for a very long time indeed.")
    messages = (*case().request.messages[:1], Message(role="user", content=pieces(segments())), thinking)
    model = Household(WORTH)
    asked = case(request=label_request(messages, "What now?", OPTIONS))
    await live_reader(asked, model, orders=1).controls([4] * CUTS, seed=0)
    assert all(thinking in request.messages for _, request in model.asked)
    assert all(whole(request) != whole(asked.request) for _, request in model.asked[UNCHANGED:])


def test_cuts_are_the_same_for_the_same_seed():
    async def asked(seed):
        model = Household(WORTH)
        await live_reader(case(), model, orders=1).controls([5] * CUTS, seed=seed)
        return [whole(request) for _, request in model.asked]

    assert asyncio.run(asked(3)) == asyncio.run(asked(3)) != asyncio.run(asked(4))


# --- recordings -----------------------------------------------------------------------------------------------------


def recorded(given, *, times=1, sets=None):
    """Ablations with the probabilities that a household has."""
    removed = sets if sets is not None else [EVERYTHING, *(EVERYTHING - {one} for one in sorted(EVERYTHING))]
    records = []
    for kept in removed:
        logits = {
            label: sum(w for (text, o), w in WORTH.items() if o == name and f"s{TEXTS.index(text) + 1}" in kept)
            for label, name in zip("ABC", OPTIONS, strict=True)
        }
        total = sum(map(math.exp, logits.values()))
        shares = {label: math.exp(value) / total for label, value in logits.items()}
        records += [Ablation(kept=tuple(sorted(kept)), probabilities=shares)] * times
    return given.model_copy(update={"ablations": tuple(records)})


async def test_a_recording_reads_as_the_model_does():
    live = await attribute(live_reader(case(), Household(WORTH)), case())
    again = await attribute(recorded_reader(recorded(case())), recorded(case()))
    assert again.method == live.method == "leave-one-out"
    assert again.margin == pytest.approx(live.margin)
    assert [e.effect for e in again.effects] == pytest.approx([e.effect for e in live.effects])


async def test_a_missing_set_is_named():
    read = recorded_reader(recorded(case(), sets=[EVERYTHING, EVERYTHING - {"s1"}]))
    with pytest.raises(UserError, match="without s2; the decision without s1, s3"):
        await read([EVERYTHING, frozenset({"s1", "s3"}), frozenset({"s2"})])


async def test_more_of_the_full_set_are_its_repeats():
    given = recorded(case())
    given = given.model_copy(update={"ablations": (*given.ablations, given.ablations[0], given.ablations[0])})
    assert [reading.control for reading in await recorded_reader(given).controls([1], 0)] == ["unchanged"] * 2


async def test_probabilities_of_nought_and_one_are_bounds():
    sure = Ablation(kept=("s1",), probabilities={"A": 1.0, "B": 0.0, "C": 0.0})
    never = Ablation(kept=("s2",), probabilities={"A": 0.0, "B": 1.0})
    between = Ablation(kept=("s3",), probabilities={"A": 0.4, "B": 0.6})
    readings = await recorded_reader(case(ablations=(sure, never, between)))([frozenset({"s1"}), frozenset({"s2"})])
    assert [reading.censored for reading in readings] == [True, True]
    assert readings[0].margin == pytest.approx(math.log(1 / 0.002))
    assert readings[1].margin == pytest.approx(math.log(0.001 / 1.001))


async def test_answers_are_counted():
    """41 of 50 chose A: half an answer is added to either side; single answers of a set are one count."""
    shares = Ablation(kept=("s1",), probabilities={"A": 0.82, "B": 0.18}, answers=50)
    single = tuple(Ablation(kept=("s1",), probabilities={"AB"[n >= 41]: 1.0}) for n in range(50))
    for ablations in ((shares,), single, (shares.model_copy(update={"answers": 25}),) * 2):
        (reading,) = await recorded_reader(case(ablations=ablations))([frozenset({"s1"})])
        assert reading.margin == pytest.approx(math.log(41.5 / 9.5))
        assert reading.error == pytest.approx(math.sqrt(1 / 41.5 + 1 / 9.5))
        assert reading.first
        assert not reading.censored


async def test_a_count_of_all_is_a_bound():
    (reading,) = await recorded_reader(case(ablations=(Ablation(kept=("s1",), probabilities={"A": 1.0}),)))(
        [frozenset({"s1"})]
    )
    assert reading.censored
    assert reading.margin == pytest.approx(math.log(3))


def test_counted_and_read_probabilities_do_not_mix():
    ablations = [{"kept": ["s1"], "probabilities": {"A": 0.5}, "answers": n} for n in (10, None)]
    with pytest.raises(ValueError, match="either all ablations"):
        Case.model_validate(case().model_dump() | {"ablations": ablations})


def test_a_case_without_ablations_has_no_recording():
    with pytest.raises(UserError, match="no ablations"):
        recorded_reader(case())


@settings(max_examples=50, deadline=None)
@given(st.permutations(OPTIONS), st.sampled_from("ABC"), st.lists(st.floats(-5, 5), min_size=3, max_size=3))
def test_every_order_reads_the_same_where_positions_do_not_matter(options, choice, worth):
    values = {(TEXTS[n], option): w for n, (option, w) in enumerate(zip(OPTIONS, worth, strict=True))}
    given = case(options=tuple(options), choice=choice)
    (reading,) = asyncio.run(live_reader(given, Household(values))([EVERYTHING]))
    assert max(reading.margins) - min(reading.margins) < 1e-9
