"""CRAG's rules, against an oracle that says them the long way; strips that are kept; thresholds that are fitted."""

import asyncio
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.errors import UserError
from glasswork.knowledge.calibrate import (
    Pair,
    by_features,
    fit_with_model,
    fit_without_model,
    fits_path,
    fitted,
    grouped,
    labelled,
    read_fits,
    read_pairs,
    thresholds,
    write_fit,
)
from glasswork.knowledge.correct import refine
from glasswork.knowledge.evaluate import FEATURES, Fit, features, logistic
from glasswork.knowledge.index import build
from glasswork.knowledge.ingest import ingest
from glasswork.knowledge.passages import Passage
from glasswork.knowledge.shipped import shipped
from glasswork.knowledge.strips import LEFT_OUT

SCORE = st.floats(-1, 1)


def fit(**more):
    made = Fit(
        evaluator="features",
        features=FEATURES,
        mean=(0.0,) * 5,
        scale=(1.0,) * 5,
        weights=(1.0,) * 5,
        bias=0.0,
        upper=0.5,
        lower=-0.5,
        strip=0.0,
        sure={"correct": 0.9, "ambiguous": 0.5, "incorrect": 0.8},
        rule="",
        source="test",
        questions=(1, 1, 1),
        pairs=3,
    )
    return made.model_copy(update=more)


@settings(deadline=None)
@given(st.lists(SCORE, max_size=6), SCORE, SCORE)
def test_the_three_actions(scores, one, other):
    lower, upper = sorted([one, other])
    if any(score >= upper for score in scores):
        expected = "correct"
    elif any(score >= lower for score in scores):
        expected = "ambiguous"
    else:
        expected = "incorrect"
    if scores:
        assert fit(upper=upper, lower=lower).action(scores) == expected
    assert fit(upper=1.0, lower=-0.9).action([]) == "incorrect"


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(-5, 5), min_size=5, max_size=5), max_size=4))
def test_scores_are_twice_the_probability_less_one(rows):
    found = fit(bias=0.3).scores(np.array(rows).reshape(-1, 5))
    assert found == pytest.approx([2 / (1 + math.exp(-(sum(row) + 0.3))) - 1 for row in rows], abs=1e-5)
    assert all(-1 <= score <= 1 for score in found)


# --- strips ---------------------------------------------------------------------------------------------------------

SENTENCES = ["The first sentence says this.", "The second one says that.", "A third one adds much more."]


def passages(*counts):
    return [
        Passage(id=f"d#{n}~x", document="d", title="T", section="", text=" ".join(SENTENCES[:count]))
        for n, count in enumerate(counts)
    ]


@settings(deadline=None)
@given(
    st.lists(st.lists(SCORE, min_size=1, max_size=3), min_size=1, max_size=4),
    SCORE,
    st.integers(1, 5),
    st.integers(0, 1),
)
def test_strips_worth_reading_are_kept(scores, threshold, most, least):
    found = passages(*map(len, scores))
    done = refine(found, scores, threshold, most, least)
    ranked = sorted((s for row in scores for s in row), reverse=True)
    kept = [one for one in done.strips if one.kept]
    good = [score for score in ranked if score >= threshold]
    assert sorted((one.score for one in kept), reverse=True) == (good[:most] or ranked[:least])
    assert [(one.text, one.score) for one in done.strips] == [
        (SENTENCES[place], score) for row in scores for place, score in enumerate(row)
    ]
    for passage in done.passages:
        whole = next(one.text for one in found if one.id == passage.id)
        assert all(piece.strip() in whole for piece in passage.text.split(LEFT_OUT))
    assert [one.id for one in done.passages] == [
        one.id for one in found if any(strip.passage == one.id for strip in kept)
    ]


def test_what_is_left_out_shows():
    done = refine(passages(3), [[0.9, -0.9, 0.8]], 0.0, 10)
    assert done.passages[0].text == f"{SENTENCES[0]} {LEFT_OUT} {SENTENCES[2]}"


# --- fitting --------------------------------------------------------------------------------------------------------

CASES = st.lists(st.tuples(st.sampled_from([x / 10 for x in range(-9, 10)]), st.booleans()), min_size=2, max_size=40)


@settings(deadline=None)
@given(CASES, st.floats(0.5, 0.95))
def test_thresholds_are_right_as_often_as_is_demanded(cases, sure):
    if len({right for _, right in cases}) < 2:
        with pytest.raises(UserError, match="too few"):
            thresholds(cases, sure)
        return
    upper, lower = thresholds(cases, sure)
    assert -1 <= lower <= upper <= 1
    said = [right for score, right in cases if score >= upper]
    denied = [not right for score, right in cases if score < lower]
    if lower < upper:
        assert not said or (sum(said) + 1) / (len(said) + 2) >= sure
        assert not denied or (sum(denied) + 1) / (len(denied) + 2) >= sure


def test_an_evaluator_that_tells_nothing_calls_all_ambiguous():
    cases = [(score / 50, right) for score in range(-20, 20) for right in (True, False)]
    assert thresholds(cases, 0.8) == (1.0, -1.0)


def test_one_that_tells_all_leaves_nothing_between():
    cases = [(0.5 + n / 100, True) for n in range(20)] + [(-0.5 - n / 100, False) for n in range(20)]
    upper, lower = thresholds(cases, 0.8)
    assert upper == lower
    assert all((score >= upper) == right for score, right in cases)


def test_logistic_regression_finds_what_made_the_labels():
    random = np.random.default_rng(0)
    rows = random.normal(size=(4000, 3))
    rows[:, 2] = 7.0
    p = 1 / (1 + np.exp(-(2 * rows[:, 0] - rows[:, 1] + 0.5)))
    mean, scale, weights, bias = logistic(rows, list(random.random(4000) < p))
    plain = weights / scale
    assert plain[:2] == pytest.approx([2, -1], abs=0.15)
    assert plain[2] == 0
    assert bias - float(mean[:2] @ plain[:2]) == pytest.approx(0.5, abs=0.15)


def little(count=80):
    """An index of one passage a topic, and a question for each: half of its words are the passage's."""
    made = [
        Passage(
            id=f"d#{n}~x",
            document="d",
            title="Law",
            section=f"{n}.",
            text=f"Topic{n} rule{n} grants right{n}. All else stays.",
        )
        for n in range(count)
    ]
    return build([], made, language="en", longest=1500, embed=None)


def golden(index):
    return {f"what does topic{n} say of rule{n}": [f"d#{n}"] for n in range(len(index.passages))}


def test_features_tell_fitting_texts_from_others():
    index = little()
    rows = features(index, "what does topic3 say of rule3", [index.passages[3].text, index.passages[4].text])
    named = dict(zip(FEATURES, rows.T, strict=True))
    assert named["coverage"][0] > named["coverage"][1] == 0
    assert (
        list(named["rarest"]) == [1.0 if "say" not in index.passages[3].text else 0.0, 0.0] or named["rarest"][1] == 0
    )
    assert named["density"][0] == pytest.approx(2 / len(index.words(index.passages[3].text)))
    assert list(named["meaning"]) == [0.0, 0.0]
    assert features(index, "", ["", "x"]).tolist() == [[0.0] * 5, [0.0] * 5]


def fitted_to(index, pairs, **more):
    return asyncio.run(fitted(index, grouped(pairs), by_features(index), source="here", **more))


def test_an_evaluator_is_fitted_and_measured():
    index = little()
    pairs = labelled(index, golden(index), top=3)
    pairs += [
        Pair(question=one.question, text=index.passages[0].text, relevant=False)
        for one in pairs
        if "topic0" not in one.question
    ]
    found = fitted_to(index, pairs)
    assert sum(found.questions) == 80
    assert all(part > 5 for part in found.questions)
    assert found.measured["auroc"] == 1.0
    assert found.measured["correct, unanswerable"] == found.measured["incorrect, answerable"] == 0
    assert found.measured["correct, answerable"] == found.questions[2]
    assert found.sure["correct"] == pytest.approx((found.questions[2] + 1) / (found.questions[2] + 2), abs=1e-4)
    scores = found.scores(
        features(index, "what does topic3 say of rule3", [index.passages[3].text, index.passages[4].text])
    )
    assert found.action(scores[:1]) == "correct"
    assert found.action(scores[1:]) == "incorrect"
    assert found.source == "here"
    assert "80%" in found.rule


def test_a_question_is_in_one_part_whatever_else_there_is():
    index = little()
    pairs = labelled(index, golden(index), top=2)
    pairs += [Pair(question=one.question, text="Nothing of it.", relevant=False) for one in pairs]
    one, other = fitted_to(index, pairs), fitted_to(index, pairs[::-1])
    assert one.questions == other.questions
    assert one.weights == pytest.approx(other.weights)


def test_too_little_is_refused():
    index = little(30)
    few = [Pair(question=f"q{n}", text="a", relevant=True) for n in range(10)]
    with pytest.raises(UserError, match="questions with a text that answers them: 10; 24 are the fewest"):
        fitted_to(index, few)
    alike = [Pair(question=f"q{n}", text="a", relevant=True) for n in range(40)]
    with pytest.raises(UserError, match="some texts must answer none"):
        fitted_to(index, alike)


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def index(shelf, corpus):
    ingest(shelf, "law", [corpus], embed=None)
    return shelf.get("law")


def test_pairs_are_read(index, tmp_path):
    path = tmp_path / "pairs.jsonl"
    rest = next(one for one in index.passages if "#2" in one.id)
    lines = [
        {"question": "a", "passage": "free text", "label": False},
        {"question": "a", "passage": rest.id, "label": True},
        {"question": "hours of rest", "gold": ["docs/rest.md#2"]},
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    found = read_pairs(path, index)
    assert found[0] == Pair(question="a", text="free text", relevant=False)
    assert rest.text in found[1].text
    searched = [one for one in found if one.question == "hours of rest"]
    assert [one.relevant for one in searched if rest.text in one.text] == [True]
    assert any(not one.relevant for one in searched)


def test_gold_of_one_question_on_two_lines_counts_together(index, tmp_path):
    path = tmp_path / "pairs.jsonl"
    two = index.passages[:2]
    question = " ".join(one.text for one in two)
    path.write_text("".join(json.dumps({"question": question, "gold": [one.id]}) + "\n" for one in two))
    assert sum(one.relevant for one in read_pairs(path, index)) == 2


def test_a_text_with_a_number_sign_is_a_text(index, tmp_path):
    path = tmp_path / "pairs.jsonl"
    text = "See #3 of the C# handbook."
    path.write_text(json.dumps({"question": "a", "passage": text, "label": True}))
    assert [one.text for one in read_pairs(path, index)] == [text]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("{", "this is no JSON, from its character 2 on"),
        ("[]", "it must be an object with a text 'question'"),
        ('{"question": "a", "passage": "b"}', "'label' is missing"),
        ('{"question": "a", "passage": "b", "label": 1}', "'label' must be true or false"),
        ('{"question": "a", "passage": 4, "label": true}', "'passage' must be a text, or an id"),
        ('{"question": "a", "gold": "docs/rest.md#2"}', "'gold' must be a list of ids"),
        (
            '{"question": "a", "gold": ["docs/rest.md#9"]}',
            "the index holds no passage 'docs/rest.md#9'; did you mean 'docs/",
        ),
        ('{"question": "a", "passage": "b", "lable": true}', "unknown key 'lable'; did you mean 'label'?"),
        ('{"question": "a", "gold": [], "label": true}', "unknown key 'label'; known: gold, question"),
        ('{"question": " ", "gold": []}', "'question' is empty"),
        (
            '{"question": "a", "passage": "docs/rest.md#2~00000000", "label": true}',
            "the index holds no passage 'docs/rest.md#2~00000000'; did",
        ),
        (
            '{"question": "a", "passage": "docs/rest.md#2", "label": true}',
            "no passage 'docs/rest.md#2'; did you mean 'docs/rest.md#2~",
        ),
        (
            '{"question": "a", "passage": "docs/lore.md#9", "label": true}',
            "the index holds no passage 'docs/lore.md#9'",
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_named(index, tmp_path, line, wrong):
    path = tmp_path / "pairs.jsonl"
    path.write_text(f'{{"question": "a", "passage": "b", "label": true}}\n{line}\n')
    with pytest.raises(UserError, match=r"pairs\.jsonl:2: ") as told:
        read_pairs(path, index)
    assert wrong in told.value.message


def test_fits_are_kept_by_name(shelf, index):
    assert read_fits(shelf, "law") == []
    with pytest.raises(UserError, match="the index 'law' has no evaluator that asks m") as wrong:
        fit_with_model([], "law", "m")
    assert "glasswork calibrate law --pairs FILE --model m" in wrong.value.hint
    write_fit(shelf, "law", fit())
    write_fit(shelf, "law", fit(evaluator="model", model="m"))
    write_fit(shelf, "law", fit(upper=0.7))
    assert {one.name: one.upper for one in read_fits(shelf, "law")} == {"features": 0.7, "model m": 0.5}
    assert fit_with_model(read_fits(shelf, "law"), "law", "m").model == "m"
    assert fit_without_model(read_fits(shelf, "law"), "en").upper == 0.7
    assert shelf.names() == ("law",)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_index_that_nobody_calibrated_has_the_shipped_evaluator(language):
    found = fit_without_model([], language)
    assert found == shipped(language)
    assert (found.evaluator, found.features) == ("features", FEATURES)
    assert -1 <= found.lower < found.upper <= 1, "something is ambiguous"
    none, all_ = found.scores(np.array([[0, 0, 0, 0, 0], [1, 1, 1, 0.5, 1]]))
    assert none < found.lower < all_, "a text with no word of the question is incorrect, and one with all is not"


@pytest.mark.parametrize("text", ["", "{}", '{"version": 9, "fits": []}', '{"version": 1, "fits": [{}]}'])
def test_a_damaged_calibration_says_so(shelf, index, text):
    fits_path(shelf, "law").write_text(text)
    with pytest.raises(UserError, match="cannot be used"):
        read_fits(shelf, "law")


def test_it_does_not_hang_on_vectors_that_are_not_there(index):
    assert replace(index, vectors=None).embedded(["a"]) is None
