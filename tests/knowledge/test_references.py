"""Which numbers of a claim may stand beside the words that it quotes: those that name places, and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.knowledge.citations import Claim, unquoted, wrong_with
from glasswork.knowledge.references import in_digits, value_of, without_references
from glasswork.records import Segment

ACT = """Rest Act 1997, PART II Minimum Rest > 13. Weekly rest periods.
13.—(1)In this section "daily rest period" means a rest period referred to in *section 11*.
(2)Subject to *subsection (3)*, an employee shall be granted 24 hours in 7 days, as *subsections (4)* and *(6)* have it.
14. Sunday work, within 30 days of 1 May 2004."""
QUOTE = "an employee shall be granted 24 hours in 7 days"
LAW = "个体工商户法, 第五十四条\n第五十四条 自然人从事工商业经营。\n（一）满三十日的；\n依照第一千零二条之一的规定。"  # noqa: RUF001


@pytest.mark.parametrize(
    ("says", "nobodys"),
    [
        ("Under subsection (1) it is 24 hours.", ""),
        ("Section 13(2) of the Rest Act 1997 grants 24 hours in 7 days.", ""),
        ("The 1997 Act grants it in section 13 (2), subject to subsections (3), (4) and (6).", ""),
        ("Sections 11 and 13 apply.", ""),
        ("§ 11 and s. 14 apply.", ""),
        ("Section 12 grants 24 hours.", "12 is"),
        ("Sections 11 to 15 apply.", "15 is"),
        ("Subsection (5) applies.", "5 is"),
        ("Section 13(9) applies.", "9 is"),
        ("Section 13A applies.", "13 is"),
        ("Section 30 grants 24 hours.", "30 is"),
        ("It is 11 hours.", "11 is"),
        ("It is 13 hours under section 13.", "13 is"),
        ("Under section 11, 25 hours are granted.", "25 is"),
        ("It must be done within 30 days.", "30 is"),
        ("It holds since 2004.", "2004 is"),
        ("Article 24.5 applies.", "24.5 is"),
    ],
)
def test_a_place_is_named_and_an_amount_is_quoted(says, nobodys):
    assert unquoted(says, QUOTE, ACT).startswith(nobodys)
    assert bool(unquoted(says, QUOTE, ACT)) == bool(nobodys)


@pytest.mark.parametrize(
    ("says", "nobodys"),
    [
        ("依照第五十四条。", ""),
        ("依照第54条第1项。", ""),
        ("依照第五十四条第(一)项、第1002条之一。", ""),
        ("依照第五十五条。", "55 is"),
        ("依照第五十四条第二项。", "2 is"),
        ("依照第五十四条第一款。", ""),
        ("满54日的。", "54 is"),
    ],
)
def test_chinese_articles_are_compared_in_digits(says, nobodys):
    assert unquoted(says, "自然人从事工商业经营。", LAW).startswith(nobodys)
    assert bool(unquoted(says, "自然人从事工商业经营。", LAW)) == bool(nobodys)


@pytest.mark.parametrize(
    ("number", "value"),
    [("三", 3), ("十", 10), ("十二", 12), ("五十四", 54), ("一百零七", 107), ("一千二百六十", 1260), ("二〇", 20)],
)
def test_chinese_numbers(number, value):
    assert value_of(number) == value
    assert in_digits(f"第{number}条") == f"第{value}条"
    assert in_digits(f"{number}日") == f"{number}日"


@given(
    st.text(alphabet="section 第条(12)一.A,\n", max_size=60), st.text(alphabet="section 第条(12)一.A,\n", max_size=60)
)
def test_it_takes_away_numbers_alone(says, passage):
    left = without_references(says, passage)
    assert [one for one in left if not one.isalnum()] == [one for one in in_digits(says) if not one.isalnum()]
    assert without_references(says, "") == in_digits(says), "what stands nowhere is left"


def test_a_claim_is_struck_for_an_article_that_its_passage_does_not_name():
    segment = Segment(id="s2", source="a.md#13~0a1b2c3d", text=ACT)
    for says, why in (("Subsection (1) grants it.", ""), ("Section 99 grants it.", "99 is not in the words quoted")):
        assert wrong_with(Claim(says=says, segment="s2", quote=QUOTE), {"s2": segment}, numbers=True) == why
