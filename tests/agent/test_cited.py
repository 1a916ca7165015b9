"""Claims that quote passages: what stands, what is struck, what is asked again; nothing that does not exist is cited."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from glasswork.agent.cited import NO_PASSAGE, NOTHING, claims_schema, read_cited
from glasswork.definitions import ActDef
from glasswork.errors import InvalidOutput
from glasswork.knowledge.citations import Claim, body, is_passage, quotable, sorted_out, wrong_with
from glasswork.knowledge.strips import LEFT_OUT
from glasswork.models.schema import closed, problems
from glasswork.records import Segment

REST = "An employee shall be entitled to a rest period of\n\neleven consecutive hours in each day."
SEGMENTS = (
    Segment(id="s1", source="inputs.question", text="How long?"),
    Segment(id="s2", source="acts/rest.md#11~0a1b2c3d", text=f"Rest Act, 11. Daily rest\n{REST}"),
    Segment(id="s3", source="法.txt#第二条~00ffaa11", text="法, 第二条\n第二条 个体工商户可以起字号。"),
)


def claim(says="Eleven hours.", segment="s2", quote="a rest period of eleven consecutive hours"):
    return {"says": says, "segment": segment, "quote": quote}


def read(*claims, own=(), last=True, closing="", **others):
    return read_cited({"claims": list(claims), "own": list(own), **others}, SEGMENTS, closing=closing, last=last)


def test_passages_are_known_by_their_source():
    assert [is_passage(segment) for segment in SEGMENTS] == [False, True, True]
    assert not is_passage(Segment(id="s1", source="steps.find.passages[0]", text="x"))
    assert body(SEGMENTS[1]) == REST


def test_only_passages_that_exist_can_be_named():
    schema = claims_schema(SEGMENTS, 5)
    kinds = schema["claims"]["items"]["anyOf"]
    assert [kind["properties"]["segment"] for kind in kinds] == [{"const": "s2"}, {"const": "s3"}]
    assert [list(kind["properties"]) for kind in kinds] == [["segment", "quote", "says"]] * 2, "evidence comes first"
    assert schema["claims"]["maxItems"] == 5
    none = {"type": "object", "properties": claims_schema(SEGMENTS[:1], 5)}
    assert problems({"claims": [], "own": []}, none) == []
    assert problems({"claims": [claim(segment="none")], "own": []}, none)


def test_a_model_quotes_whole_strips_and_a_person_what_they_like():
    bound = closed(claims_schema(SEGMENTS, 5))
    quotes = [kind["properties"]["quote"]["enum"] for kind in bound["properties"]["claims"]["items"]["anyOf"]]
    assert quotes == [REST.split("\n\n"), ["第二条 个体工商户可以起字号。"]]
    part = {"claims": [claim()], "own": []}
    whole = {"claims": [claim(quote=quotes[0][0])], "own": []}
    assert problems(part, bound)
    assert problems(whole, bound) == []
    assert problems(part, closed(claims_schema(SEGMENTS, 5, by_hand=True))) == []


@settings(deadline=None)
@given(st.text(alphabet="abc de.…[]\n第条。(1)—", max_size=300), st.integers(10, 60))
def test_whatever_can_be_quoted_stands(text, longest):
    passage = Segment(id="s2", source="a.md#1~0a1b2c3d", text=f"A\n{text} […] {text}")
    for quote in quotable(passage, longest):
        assert len(quote) <= longest
        assert LEFT_OUT not in quote
        assert wrong_with(Claim(says="So.", segment="s2", quote=quote), {"s2": passage}) == ""


@pytest.mark.parametrize(
    ("given_", "why"),
    [
        (claim(), ""),
        (claim(quote="  a rest   period of\neleven consecutive hours "), ""),
        (claim(quote="a rest period of eleven hours"), "the words quoted are not in s2"),
        (claim(quote="A rest period of eleven consecutive hours"), "the words quoted are not in s2"),
        (claim(quote="Rest Act, 11. Daily rest"), "the words quoted are not in s2"),
        (claim(quote="rest period"), "it quotes too few words"),
        (claim(segment="s1", quote="How long? How long?"), "s1 is no passage"),
        (claim(segment="s9"), "s9 is no passage"),
        (claim(segment="s3", quote="个体工商户可以起字号。"), ""),
        (claim(segment="s3", quote="个体"), "it quotes too few words"),
    ],
)
def test_a_quotation_is_held_against_the_passage(given_, why):
    held, struck = sorted_out([given_], SEGMENTS)
    assert [one.why for one in struck] == ([why] if why else [])
    assert len(held) == (0 if why else 1)


@settings(deadline=None)
@given(st.integers(0, len(REST)), st.integers(0, len(REST)), st.text(max_size=20))
def test_what_stands_is_in_the_passage_word_for_word(start, end, other):
    known = {"s2": SEGMENTS[1]}
    slice_ = " ".join(REST[start:end].split())
    for quote in (slice_, slice_ + other, other):
        held, _ = sorted_out([claim(quote=quote)], SEGMENTS)
        stands = bool(held)
        assert stands == (len(quote.split()) >= 4 and " ".join(quote.split()) in " ".join(REST.split()))
        assert stands == (not wrong_with(held[0], known) if held else False)


def test_it_is_asked_again_and_then_struck():
    bad = claim(says="Twelve hours.", quote="twelve consecutive hours in each day")
    with pytest.raises(InvalidOutput, match="the words quoted are not in s2: 'twelve consecutive hours in each day'"):
        read(claim(), bad, last=False)
    text, data = read(claim(), bad, last=True)
    assert [one["says"] for one in data["claims"]] == ["Eleven hours."]
    assert [(one["says"], one["why"]) for one in data["struck"]] == [
        ("Twelve hours.", "the words quoted are not in s2")
    ]
    assert "Struck, because it is not borne out:\n- Twelve hours. (the words quoted are not in s2)" in text


def test_what_is_known_besides_stands_apart():
    text, data = read(
        claim(), claim(), own=["Courts differ. ", "Courts differ."], jurisdiction="Ireland", closing="No advice."
    )
    assert data["claims"] == [{**claim(), "passage": "acts/rest.md#11~0a1b2c3d"}]
    assert (data["own"], data["jurisdiction"], data["answered"]) == (["Courts differ."], "Ireland", True)
    assert text.splitlines() == [
        "1. Eleven hours.",
        "   [acts/rest.md#11~0a1b2c3d] \u201ca rest period of eleven consecutive hours\u201d",
        "Not from the passages, and not checked:",
        "- Courts differ.",
        "jurisdiction: Ireland",
        "No advice.",
    ]


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        ("Courts read it strictly.", True),
        ("Eleven consecutive hours are due in all of Europe.", True),
        ("I know that the passage states eleven hours.", False),
        ("s2 says eleven hours.", False),
        ("Eleven hours.", False),
        ("An employee shall be entitled to a rest period of eleven consecutive hours in each day", False),
        ("个体工商户可以起字号。", False),
        ("个体工商户应当登记。", True),
        ("Yes", True),
        (" ", False),
    ],
)
def test_what_repeats_a_claim_or_a_passage_is_not_known_besides(own, kept):
    assert read(claim(), own=[own])[1]["own"] == ([own] if kept else [])


def test_a_number_that_is_not_quoted_is_named_with_what_was_said():
    bad = claim(says="Within 30 days, eleven hours.")
    with pytest.raises(InvalidOutput) as caught:
        read_cited({"claims": [bad], "own": []}, SEGMENTS, closing="", last=False, numbers=True)
    assert caught.value.message == (
        "write no number but those of the words that the claim quotes (30 is not in the words quoted: "
        "'Within 30 days, eleven hours.')"
    )


def test_where_nothing_was_found_it_says_so_and_what_was_searched():
    searched = Segment(id="s4", source="steps.find.searched", text="the index law: nothing")
    asked = {"claims": [], "own": ["I believe eleven."], "risk": "low"}
    text, data = read_cited(asked, [SEGMENTS[0], searched], closing="", last=True, due={"country": ("country",)})
    assert text.splitlines() == [
        NO_PASSAGE, "Searched: the index law: nothing", "Not from the passages, and not checked:",
        "- I believe eleven.", "- risk: low", "country: not stated",
    ]  # fmt: skip
    assert (data["country"], data["answered"]) == ("not stated", False)


def test_where_nothing_stands_it_says_so():
    text, data = read(claim(quote="not at all in there"), own=["I believe eleven."], closing="No advice.")
    assert text.startswith(NOTHING)
    assert text.endswith("No advice.")
    assert data["answered"] is False


@pytest.mark.parametrize(
    ("given_", "wrong"),
    [
        ({"produces": "text", "closing": "x"}, "'closing' is for agents whose act produces 'cited'"),
        ({"produces": "cited", "fields": {"own": {}}}, "has a field 'own' itself"),
        ({"produces": "list", "fields": {"a": {}}}, "'fields' is for agents whose act produces 'fields' or 'cited'"),
        ({"produces": "fields"}, "'fields' must be given where produces is 'fields'"),
    ],
)
def test_what_may_not_stand_together(given_, wrong):
    with pytest.raises(ValidationError, match=wrong):
        ActDef.model_validate(given_)
