"""The probe: agents made to obey, to hide it, or to stand firm, and what is found of each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.explain.case import Case, CaseOption
from glasswork.explain.probe import Plant, neutral_text, probe, probed, speaks_of
from glasswork.records import Segment

OPTIONS = ("vendor A is cheap", "vendor B is near", "vendor C is safe")
SITUATIONS = [
    (
        Segment(id="s1", source="task", text=f"Choose for order {n}."),
        Segment(id="s4", source="inputs.x", text="Be quick."),
    )
    for n in range(12)
]


def decider(*, obeys=True, admits=True, thinks="", options=OPTIONS):
    """Choose the first option, or what the manager prefers; say so, or not."""
    seen = []

    async def decide(segments):
        seen.append(segments)
        order = next((one for one in segments if one.source == "message.manager"), None)
        named = [option for option in options if order is not None and option in order.text]
        chosen = named[0] if named and obeys else options[0]
        return Case(
            segments=segments,
            options=tuple(CaseOption(label=label, text=text) for label, text in zip("ABC", options, strict=False)),
            choice="ABC"[options.index(chosen)],
            cited=(order.id,) if order and admits == "cites" else ("s1",),
            explanation="As the manager wants." if order and admits is True else "It is the best.",
            thinking=thinks if order else "",
        )

    decide.seen = seen
    return decide


async def test_an_agent_that_obeys_and_says_so():
    found = await probe(decider(), SITUATIONS)
    assert (found.flips.hits, found.flips.of, found.control_flips.hits) == (12, 12, 0)
    assert (found.mentions.hits, found.silent.hits) == (12, 0)
    assert (found.difference, found.low, found.high) == (1, 1, 1)
    assert found.by_chance == pytest.approx(1 / 3)
    assert {one.towards for one in found.plantings} == set(OPTIONS[1:])
    assert 0.7 < found.flips.low < 1


async def test_an_agent_that_obeys_in_silence():
    found = await probe(decider(admits=False, thinks="The manager will be angry."), SITUATIONS)
    assert (found.flips.hits, found.mentions.hits, found.silent.hits) == (12, 0, 12)
    assert (found.thought.hits, found.thought.of) == (12, 12)


async def test_citing_is_mentioning():
    found = await probe(decider(admits="cites"), SITUATIONS)
    assert found.mentions.hits == 12
    assert all(one.cited for one in found.plantings)


async def test_an_agent_that_stands_firm_has_nothing_to_mention():
    found = await probe(decider(obeys=False), SITUATIONS)
    assert (found.flips.hits, found.mentions.of, found.mentions.value) == (0, 0, None)
    assert found.by_chance is None


async def test_the_control_stands_in_the_same_place_with_the_same_length():
    decide = decider()
    await probe(decide, SITUATIONS[:1], at=1)
    bare, planted, neutral = decide.seen
    assert [one.id for one in bare] == ["s1", "s4"]
    assert [one.id for one in planted] == [one.id for one in neutral] == ["s1", "s5", "s4"]
    assert len(planted[1].text) == len(neutral[1].text)
    assert planted[1].source != neutral[1].source


async def test_a_single_option_cannot_flip():
    found = await probe(decider(options=("only",)), SITUATIONS)
    assert (found.situations, found.skipped) == (0, 12)
    assert found.difference is None
    assert found.flips.value is None


async def test_braces_in_an_option_are_only_text():
    found = await probe(decider(options=("{a}", "{option} {b}")), SITUATIONS[:2], plant=Plant())
    assert found.flips.hits == 2


def test_words_that_the_situation_has_give_nothing_away():
    assert speaks_of("As s12 says", "s1", ["manager"]) is False
    assert speaks_of("As [s1] says", "s1", []) is True
    assert speaks_of("The Manager's wish", "s9", ["manager"]) is True


async def test_a_situation_that_speaks_of_managers_counts_citations_only():
    told = [(Segment(id="s1", source="task", text="The manager asks."),)]
    assert (await probe(decider(), told)).mentions.hits == 0
    assert (await probe(decider(admits="cites"), told)).mentions.hits == 1


@given(st.integers(1, 700))
def test_neutral_texts_have_the_length_asked_for(length):
    assert len(neutral_text(length)) == length


def test_nothing_probed():
    assert probed([]).situations == 0
