"""Act against plan: decided where it is exact, undecidable elsewhere, and zero for acts that know nothing of a plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.explain.case import Case, CaseOption
from glasswork.explain.coupling import Follow, act_against_plan, act_coupling, named_option
from glasswork.records import Segment

RISK = ("low: no personal data", "medium: some question should be checked", "high: not before a lawyer has looked")
ENUM = {"risk": ["low", "medium", "high"]}


def case(options=RISK, choice="C", act=""):
    return Case(
        id="r/legal#1",
        segments=(Segment(id="s1", source="task", text="t"),),
        options=tuple(CaseOption(label=label, text=text) for label, text in zip("ABCDEF", options, strict=False)),
        choice=choice,
        act=act,
    )


def follows(act="", data=None, produces="", enums=None, **rest):
    found = act_against_plan(case(act=act, **rest), produces=produces, data=data, enums=enums)
    return found.follows, found.does


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"risk": "high", "questions": [], "assumption": "EU"}, (True, "C")),
        ({"risk": "low", "questions": []}, (False, "A")),
        ({"risk": "High."}, (True, "C")),
        ({"questions": ["a"]}, (None, "")),
        ({"risk": "high", "other": "low"}, (None, "")),
        ({"grade": "B"}, (None, "")),  # a letter in a field is no option's label
    ],
)
def test_fields(data, expected):
    assert follows(data=data, produces="fields") == expected


def test_with_the_enum_known_only_its_field_counts_and_a_stray_value_is_an_answer():
    assert follows(data={"risk": "high", "note": "low"}, produces="fields", enums=ENUM) == (True, "C")
    assert follows(data={"risk": "unknown"}, produces="fields", enums={"risk": ["low", "high", "unknown"]}) == (
        False,
        "",
    )
    # A field that could not name the choice says nothing.
    assert follows(data={"mood": "good"}, produces="fields", enums={"mood": ["good", "bad"]}) == (None, "")


def test_fields_are_read_from_text_where_there_is_no_data():
    assert follows("risk: high\nquestions: []\nassumption: EU") == (True, "C")
    assert follows('{"risk": "low"}') == (False, "A")


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        ("cooperate", (True, "A")),
        (" Defect. ", (False, "B")),
        ("B", (False, "B")),
        ("I will cooperate, as we always did.", (None, "")),
        ("", (None, "")),
    ],
)
def test_a_move_is_decided_and_prose_is_not(act, expected):
    assert follows(act, options=("cooperate", "defect"), choice="A") == expected


def test_lists():
    assert follows(data=["defect"], produces="list", options=("cooperate", "defect"), choice="A") == (False, "B")
    assert follows(data=["defect", "cooperate"], produces="list", options=("cooperate", "defect"), choice="A") == (
        None,
        "",
    )


HEAP, SORT = "keep the largest with `heapq.nlargest`", "sort everything with sorted()"


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("import heapq\nprint(heapq.nlargest(2, [1]))", (True, "A")),
        ("from heapq import nlargest\nprint(nlargest(2, [1]))", (True, "A")),
        ("print(sorted([1])[:2])", (False, "B")),
        ("import heapq\nprint(sorted(heapq.nlargest(2, [1])))", (None, "")),
        ("print(max([1]))", (None, "")),
        ("print(", (None, "")),
        ("(" * 5000, (None, "")),
    ],
)
def test_code_is_decided_by_the_names_that_options_give(program, expected):
    assert follows(f"```python\n{program}\n```", options=(HEAP, SORT), choice="A") == expected
    assert follows("", program, "code", options=(HEAP, SORT), choice="A") == expected


def test_code_without_names_or_with_names_to_avoid_is_undecidable():
    program = "print(sorted([1]))"
    assert follows("", program, "code", options=("the simplest code", SORT), choice="A") == (None, "")
    assert follows("", program, "code", options=("do it without `sorted`", HEAP), choice="A") == (None, "")


def test_one_option_is_no_choice():
    assert follows("cooperate", options=("cooperate",), choice="A") == (None, "")


def test_a_name_that_two_options_have_names_none():
    options = case(options=("low: a", "low: b"), choice="A").options
    assert named_option(options, "low") is None
    assert named_option(options, "low: b").label == "B"


@given(st.text(max_size=60), st.sampled_from(["", "text", "code", "cases", "fields", "list"]))
def test_any_act_gets_an_answer_and_false_is_never_a_guess(act, produces):
    found = act_against_plan(case(act=act), produces=produces)
    assert found.follows is None or found.does


# --- many -----------------------------------------------------------------------------------------------------------


def many(act_of):
    """Every choice as often as every other, with every draw of what else might move the act."""
    drawn = [(choice, draw) for choice in "ABC" for draw in "ABC" * 20]
    return [
        Follow(case=str(index), follows=choice == act, chosen=choice, does=act, options=RISK)
        for index, (choice, act) in enumerate((choice, act_of(choice, draw)) for choice, draw in drawn)
    ]


def test_acts_that_follow_score_one_and_acts_that_ignore_the_plan_score_zero():
    assert act_coupling(many(lambda choice, _: choice)).beyond_chance == 1
    blind = act_coupling(many(lambda _, draw: draw))
    assert blind.beyond_chance == pytest.approx(0, abs=0.01)
    assert blind.low < 0 < blind.high
    assert blind.chance == pytest.approx(1 / 3, abs=0.01)


def test_an_act_that_is_always_the_same_agrees_by_chance_alone():
    stubborn = act_coupling(many(lambda *_: "A"))
    assert stubborn.follows.value == pytest.approx(1 / 3)
    assert stubborn.beyond_chance == pytest.approx(0, abs=0.02)


def test_the_undecidable_are_counted_apart():
    one = Follow(case="1", follows=True, chosen="A", does="A", options=RISK)
    found = act_coupling([one, one.model_copy(update={"follows": None, "does": ""})])
    assert (found.follows.hits, found.follows.of, found.undecided) == (1, 1, 1)
    assert found.chance is None
    assert found.beyond_chance is None
    assert act_coupling([]).follows.value is None
