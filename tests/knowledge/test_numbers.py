"""Which numbers of a sentence are borne out by results and by quoted words, and which are nobody's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.knowledge.citations import sorted_out
from glasswork.knowledge.findings import wrong_with_results
from glasswork.knowledge.numbers import borne_out, unborne
from glasswork.records import Segment

RESULTS = {"mean_yes": 5.2143, "n": 200, "difference": -1.0943, "p_kg": 0.00002, "share": 0.4321, "zero": 0.0}


@pytest.mark.parametrize(
    ("text", "nobodys"),
    [
        ("The mean is 5.21 over 200 plots.", []),
        ("The mean is 5.2, about 5.", []),
        ("The mean is 5.3.", ["5.3"]),
        ("The mean is 5.22.", ["5.22"]),
        ("It is lower by 1.09.", []),
        ("It changes by -1.09.", []),
        ("It changes by \u22121.09.", []),
        ("It changes by +1.09.", ["+1.09"]),
        ("43 % of them, 43.2 percent, 43%.", []),
        ("44 % of them.", ["44 %"]),
        ("43 of them.", ["43"]),
        ("p < 0.05, p less than 0.001", []),
        ("p > 0.05", ["0.05"]),
        ("more than 0.05 kg", ["0.05"]),
        ("p < 0.00001", ["0.00001"]),
        ("The 95 % confidence interval, the 95% CI, the 99%-interval", []),
        ("95 % of the plots", ["95 %"]),
        ("5.21 kg more for every 1 mm, per additional 1 mm and for each 1-mm step", []),
        ("every 1.5 mm, every 10 mm, every 3 mm", ["1.5", "10", "3"]),
        ("5.21 g when the flipper length is 0 mm", []),
        ("5.21 g when it is 0.5 mm, and 7 where it is 8", ["0.5", "7", "8"]),
        ("1,000 plots and 2e2 plots", ["1,000"]),
        ("40kg, 3x, (4.1,99), 产量77", ["40", "3", "4.1", "99", "77"]),
        ("half: \u00bd", ["\u00bd"]),
        ("in kg/m\u00b2 of CO\u2082", []),
        ("It ended.7 were left", ["7"]),
        ("5.21kg, 2e2kg", ["2"]),
        ("x1, group_2 and v1.2 are names", []),
        ("a difference of 0", []),
        ("in 2019, and by 12.5 kg.", ["2019", "12.5"]),
        ("no number", []),
    ],
)
def test_a_number_is_somebodys(text, nobodys):
    assert unborne(text, RESULTS) == nobodys


def test_a_plain_nought_is_nothing_but_nought():
    assert unborne("a share of 0", {"share": 0.4}) == ["0"]
    assert unborne("a p of 0.000", {"p": 0.00002}) == []


def test_a_step_is_no_finding_but_a_rise_is_one():
    assert unborne("a 1 mm increase, by 1 mm, 1 mm more, a difference of 0", {"slope": 52.2}) == ["1", "1", "1", "0"]


def test_quoted_words_may_be_repeated():
    assert unborne("18 % more in 2019", {}, ["It gave 18 % more fruit.", "Mulch (2019)"]) == []
    assert unborne("18 % more", {}, ["It gave 1.8 % more fruit."]) == ["18 %"]


@settings(deadline=None)
@given(st.floats(-1e6, 1e6, allow_nan=False).filter(lambda value: abs(value) > 1e-3), st.integers(0, 6))
def test_whatever_python_rounds_to_is_its_own(value, places):
    written = f"{value:.{places}f}"
    if float(written) or places:
        assert unborne(f"It is {written} kg.", {"x": value}) == []
    off = f"{value + 2 * 10.0**-places:.{places}f}"
    assert unborne(f"It is {off} kg.", {"x": value}) != [] or abs(abs(float(off)) - abs(value)) <= 0.51 * 10.0**-places


def test_sentences_with_numbers_of_nobodys_are_struck():
    text = "We expect more fruit. It may rise by 20 %. All 200 plots count.\n- one group\n- 17 groups"
    kept, struck = borne_out(text, RESULTS, ["There are 200 plots."])
    assert kept == "We expect more fruit. All 200 plots count.\n- one group"
    assert struck == ["It may rise by 20 %.", "- 17 groups"]


# --- claims ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "names", "why"),
    [
        ("The mean is 5.2.", ["mean_yes"], ""),
        ("The mean is 5.2 of 200.", ["mean_yes"], "200 is not in the results that it names"),
        ("More than before.", [], "it names no result"),
        ("The mean is 5.2.", ["mean_no"], "mean_no is no result"),
        ("Group 10 has 4.4.", ["mean_10"], ""),
        ("Group 10 has most.", ["mean_10"], "it tells no number of the results that it names"),
    ],
)
def test_a_claim_has_the_numbers_of_the_results_it_names(says, names, why):
    fault = wrong_with_results(says, names, {**RESULTS, "mean_10": 4.38})
    assert (fault.why if fault else "") == why


def test_results_are_known_by_their_source():
    segments = [
        Segment(id="s1", source="inputs.question", text="How much?"),
        Segment(id="s2", source="experiment#2/sandbox/mean_yes", text="mean_yes = 5.2143"),
        Segment(id="s3", source="a/sandbox/x.md#~0a1b2c3d", text="A label\nmean_no = 4"),
    ]
    good, bad = {"says": "It is 5.21.", "results": ["mean_yes"]}, {"says": "It is 4.", "results": ["x.md"]}
    held, struck = sorted_out([good, good, bad], segments)
    assert [one.says for one in held] == ["It is 5.21."]
    assert [one.why for one in struck] == ["x.md is no result"]


def test_numbers_of_claims_on_passages_are_looked_at_where_that_is_asked_for():
    segments = [Segment(id="s1", source="a.md#~0a1b2c3d", text="Mulch (2019)\nThey gave 18 % more fruit.")]
    claim = {"says": "In 2019 it was 20 % more.", "segment": "s1", "quote": "They gave 18 % more fruit."}
    assert sorted_out([claim], segments)[1] == []
    (struck,) = sorted_out([claim], segments, numbers=True)[1]
    assert struck.why == "20 % is not in the words quoted"
