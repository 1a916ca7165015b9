"""Sentences join to what they were cut from; mistakes change one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.explain.mistakes import head, mistaken, sentences


def test_sentences():
    text = 'It is 3.5 m. "Is it?" Yes!\n\n1. First.\n2. Second point\nlast'
    assert sentences(text) == ["It is 3.5 m. ", '"Is it?" ', "Yes!\n\n", "1. First.\n", "2. Second point\n", "last"]


@given(st.text(alphabet=st.sampled_from("ab .!?\n\"')1é"), max_size=80))
def test_sentences_join_to_the_text(text):
    assert "".join(sentences(text)) == text


@pytest.mark.parametrize(
    ("sentence", "text", "how"),
    [
        ("Vendor 3 asks for 20, not 30.", "Vendor 20 asks for 3, not 30.", "numbers swapped"),
        ("It costs 12 euros.", "It costs 25 euros.", "number changed"),
        ("It costs 1.5 euros.", "It costs 4 euros.", "number changed"),
        ("It is not safe.", "It is safe.", "denial removed"),
        ("It is not safe and not cheap.", "It is safe and not cheap.", "denial removed"),
        ("It can't wait.", "It can wait.", "denial removed"),
        ("They won't pay.", "They will pay.", "denial removed"),
        ("It is the most urgent.", "It is the least urgent.", "opposite"),
        ("The list is sorted.", "The list is not sorted.", "denied"),
        ("  Lists sort well.", "  It is not true that Lists sort well.", "denied"),
        ("So vendor a it is.", "So vendor b it is.", "options swapped"),
    ],
)
def test_one_mistake_of_each_kind(sentence, text, how):
    assert mistaken(sentence, ["vendor a: cheap", "vendor b: near"]) == (text, how)


@given(st.text(min_size=1, max_size=60), st.lists(st.text(max_size=10), max_size=3, unique=True))
def test_a_mistake_always_changes_the_sentence(sentence, options):
    made = mistaken(sentence, options)
    assert made.text != sentence
    assert made.text.strip()
    assert mistaken(sentence, options) == made


def test_heads():
    assert head("low: no personal data") == "low"
    assert head("wait - it is late") == "wait"
    assert head("well-known") == "well-known"
