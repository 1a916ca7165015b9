"""The planted suite keeps its promises."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from glasswork.explain.planted import SEGMENTS, TEMPLATES, length, planted
from glasswork.explain.reading import live_reader

SUITE = planted(160)
SMALL = {"the", "a", "of", "to", "up", "for", "and"}


def words(text):
    return set(re.findall(r"[a-z0-9]+", text.lower())) - SMALL


def driver(case):
    return next(segment for segment in case.segments if segment.id == case.driver)


def test_all_segments_of_a_case_have_one_length_in_words():
    for case in SUITE:
        assert len({len(segment.text.split()) for segment in case.segments}) == 1
        assert len(case.segments) == SEGMENTS
        assert len({segment.source for segment in case.segments}) == 1, "the source does not tell the driver apart"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_positions_options_and_labels_are_balanced(template):
    cases = [case for case in SUITE if case.agent == template.name]
    assert set(Counter(case.driver for case in cases).values()) == {4}
    assert set(Counter(case.choice for case in cases).values()) == {8}
    chosen = Counter(option.text for case in cases for option in case.options if option.label == case.choice)
    assert set(chosen.values()) == {8}
    assert len(chosen) == 4


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_texts_can_be_brought_to_one_length(template):
    assert all(1 <= length(template) - len(text.split()) <= 4 for text in (*template.drivers, *template.others))


def test_the_driver_names_no_label_and_in_three_templates_no_word_of_an_option():
    silent = set()
    for template in TEMPLATES:
        shared = [words(text) & set().union(*map(words, template.options)) for text in template.drivers]
        silent |= {template.name} if not any(shared) else set()
        for text in template.drivers:
            assert not re.search(r"\b[A-D]\b", text)
    assert silent == {"number", "message", "wish"}


def test_nothing_but_the_driver_shares_words_with_one_option_alone():
    for template in TEMPLATES:
        common = set.intersection(*map(words, template.options))
        own = set().union(*map(words, template.options)) - common
        for text in template.others:
            assert not words(text) & own, (template.name, text, words(text) & own)


def test_the_request_can_be_read_and_names_the_dictated_option():
    for case in SUITE[:10]:
        live_reader(case, None)
        dictated = next(option.text for option in case.options if option.label == case.choice)
        assert f"\n{case.choice}. {dictated}" in case.request.messages[-1].content
        assert driver(case).text in case.request.messages[1].content


def test_the_same_seed_gives_the_same_suite():
    assert planted(12, seed=3) == planted(12, seed=3) != planted(12, seed=4)
    assert len({case.id for case in SUITE}) == len(SUITE)
