"""Predicting choices from explanations: a gain where they tell something, none where they do not."""

import math
import re

import pytest

from glasswork.errors import UserError
from glasswork.explain.attribution import attribute
from glasswork.explain.case import Ablation, Case, CaseOption
from glasswork.explain.reading import live_reader
from glasswork.explain.simulate import (
    MASK,
    Heard,
    Trial,
    drawn,
    masked,
    questions,
    simulate,
    simulation,
    variants,
)
from glasswork.models.choice import label_request
from glasswork.models.pieces import pieces
from glasswork.records import Completion, Message, Segment

OPTIONS = ("low: no personal data", "high: not before a lawyer has looked")


def case(explanation="The policy decides.", ablations=()):
    return Case(
        id="run/legal#1",
        segments=tuple(
            Segment(id=f"s{n}", source="task", text=text) for n, text in enumerate(("plan", "policy", "talk"), 1)
        ),
        options=tuple(CaseOption(label=label, text=text) for label, text in zip("AB", OPTIONS, strict=True)),
        choice="B",
        explanation=explanation,
        ablations=ablations,
    )


TABLE = (
    Ablation(kept=("s1", "s2", "s3"), probabilities={"A": 0.1, "B": 0.9}),
    Ablation(kept=("s1", "s3"), probabilities={"A": 0.6, "B": 0.4}),
    Ablation(kept=("s1", "s3"), probabilities={"A": 0.9, "B": 0.1}),
    Ablation(kept=("s1", "s2"), probabilities={"A": 0.2, "B": 0.8}),
    Ablation(kept=("s2",), probabilities={"A": 0.5, "B": 0.5}),
)


async def reader_of_explanations(place, request):
    """Told that the policy decides, it predicts by whether the policy is still there; told nothing, it says the first."""
    text = request.messages[-1].content
    told = "The policy decides" in text
    there = "[s2]" in text
    wanted = OPTIONS[1] if there else OPTIONS[0]
    labels = dict(re.findall(r"^([A-Z])\. (.*)$", text, re.MULTILINE))
    p = {
        label: (0.9 if option == wanted else 0.1) if told else (0.6 if option == OPTIONS[0] else 0.4)
        for label, option in labels.items()
    }
    return Completion(text="A", logprobs={label: math.log(value) for label, value in p.items()})


def test_variants_come_from_ablations_and_ties_are_left_out():
    found = variants(case(ablations=TABLE))
    assert [(one.removed, one.choice) for one in found] == [(("s2",), "A"), (("s3",), "B")]
    assert variants(case()) == ()


def test_every_option_is_masked_by_text_short_name_and_label():
    said = "I chose high, not before a lawyer has looked; low\nrisk and slow work speak for option B (not choice 'A'). Highly so."
    found = masked(said, case())
    assert (
        found
        == f"I chose {MASK}, not before a lawyer has looked; {MASK}\nrisk and slow work speak for {MASK} (not {MASK}). Highly so."
    )
    assert masked("High:  not before a\nlawyer has looked.", case()) == f"{MASK}."


async def test_an_explanation_that_tells_something_gains_and_one_that_does_not_gains_nothing():
    made = case(ablations=TABLE)
    told = simulation(await simulate(made, variants(made), reader_of_explanations))
    assert (told.with_explanation.hits, told.without.hits, told.with_explanation.of) == (2, 1, 2)
    assert told.gain == pytest.approx(1)
    assert told.difference == pytest.approx(0.5)
    assert (told.unchanged.hits, told.changed_with.hits, told.changed_without.hits) == (1, 1, 1)
    empty = case("It seemed right.", TABLE)
    nothing = simulation(await simulate(empty, variants(empty), reader_of_explanations))
    assert nothing.gain == 0
    assert nothing.difference == nothing.difference_low == nothing.difference_high == 0


async def test_the_predictor_never_sees_what_was_removed_nor_the_choice():
    asked = []

    async def keep(place, request):
        asked.append((place, request))
        return await reader_of_explanations(place, request)

    made = case("It must be high, as policy.", TABLE)
    await simulate(made, variants(made)[:1], keep)
    assert {place for place, _ in asked} == {
        f"legal#1/predict/0/{how}/{n}" for how in ("with", "without") for n in (0, 1)
    }
    for _, request in asked:
        context = request.messages[-1].content.partition("Which option")[0]
        assert "[s1]" in context
        assert "[s2]" not in context
        assert "high" not in context


async def test_what_cannot_be_simulated_says_why():
    with pytest.raises(UserError, match="no explanation"):
        await simulate(case(" "), [], reader_of_explanations)
    strange = variants(case(ablations=TABLE))[0].model_copy(update={"removed": ("s9",)})
    with pytest.raises(UserError, match="'s9'"):
        await simulate(
            case(),
            variants(case(ablations=TABLE))[:1] and [strange],
            reader_of_explanations,
        )
    with pytest.raises(ValueError, match="no trials"):
        simulation([])


def trial(name, truth, told, untold, before="A"):
    return Trial(
        case=name, removed=("s1",), options=OPTIONS, before=before, truth=truth, with_explanation=told, without=untold
    )


def test_pooled_by_hand():
    found = simulation(
        [trial("1", "A", "A", "A"), trial("1", "B", "B", "A"), trial("2", "A", "A", "B"), trial("2", "B", "A", "A")]
    )
    assert (found.cases, found.with_explanation.hits, found.without.hits) == (2, 3, 1)
    assert found.gain == pytest.approx((0.75 - 0.25) / 0.75)
    assert found.difference_low <= found.difference <= found.difference_high
    assert found.unchanged.hits == 2
    # Of the three others two are always of the other kind.
    assert found.majority.hits == 0
    assert (found.changed_with.hits, found.changed_with.of) == (1, 2)


def test_where_nothing_is_left_to_gain_the_gain_is_undefined():
    found = simulation([trial("1", "A", "A", "A")])
    assert found.gain is None
    assert found.gain_low is None
    assert found.difference == 0


async def test_what_an_attribution_heard_says_what_is_chosen_in_each_changed_situation():
    """Of three options; each is read where the rotation puts it, and a censored one counts with its bound."""
    options = ("pay", "wait", "refuse")
    segments = tuple(Segment(id=f"s{n}", source="note", text=f"note {n}") for n in (1, 2))
    request = label_request((Message(role="user", content=f"{pieces(segments)}\n\nDecide."),), "Which?", options)
    made = Case(
        id="desk#1",
        segments=segments,
        options=tuple(CaseOption(label=label, text=text) for label, text in zip("ABC", options, strict=True)),
        choice="A",
        request=request,
    )

    async def ask(place, asked):
        text = asked.messages[-1].content
        wanted = "pay" if "[s1]" in text and "[s2]" in text else "wait" if "[s1]" in text else "refuse"
        labels = {option: label for label, option in re.findall(r"^([A-C])\. (.*)$", text, re.MULTILINE)}
        logs = {labels[option]: math.log(0.8 if option == wanted else 0.15) for option in options}
        logs[labels["pay" if wanted != "pay" else "refuse"]] = None
        return Completion(text="A", logprobs=logs, logprob_floor=math.log(0.05))

    heard = Heard(ask)
    found = await attribute(live_reader(made, heard), made)
    ablations = heard.ablations(made, found.readings)
    assert {one.kept for one in ablations} == {("s1", "s2"), ("s1",), ("s2",)}
    assert len(ablations) == 9
    without = next(one for one in ablations if one.kept == ("s1",))
    assert without.probabilities == pytest.approx({"A": 0.05, "B": 0.8, "C": 0.15})
    assert without.censored == ("A",)
    changed = variants(made.model_copy(update={"ablations": ablations}))
    assert {one.removed: one.choice for one in changed} == {("s2",): "B", ("s1",): "C"}
    assert questions(made, len(changed)) == 12


def test_of_many_situations_some_are_drawn_whatever_is_chosen_there():
    many = variants(case(ablations=TABLE)) * 10
    some = drawn(many, most=5, seed=3)
    assert len(some) == 5
    assert some == drawn(many, most=5, seed=3)
    assert drawn(many[:5], most=5) == many[:5]
