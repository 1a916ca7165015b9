"""Words, BM25 by the formula, fusion by reciprocal ranks, and what an index is read back as."""

import math

import bm25s  # noqa: F401 - its import takes longer than Hypothesis lets a case take
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.errors import MissingExtra
from glasswork.knowledge import words as words_module
from glasswork.knowledge.ranking import Bm25, best, fused, static_embeddings
from glasswork.knowledge.words import segmenter, signs, stem, words

TEXTS = st.lists(st.lists(st.sampled_from("abcde"), max_size=6), min_size=1, max_size=6)
QUERY = st.lists(st.sampled_from("abcdef"), max_size=4)


def test_signs_without_spaces_are_words():
    assert words("读取图片 OCR文字") == ["读", "取", "图", "片", "ocr", "文", "字"]


def test_words_and_endings():
    assert words("Reads the getWeather_for-cities") == ["read", "get", "weather", "city"]
    for one, other in (
        ("reading", "reads"),
        ("prices", "price"),
        ("files", "file"),
        ("queries", "query"),
        ("stopped", "stopp"),
    ):
        assert stem(one) == stem(other)
    assert stem("bus") == "bus"
    assert stem("class") == "class"


def test_chinese_is_segmented_and_each_sign_counts_besides():
    pytest.importorskip("jieba", reason="needs glasswork[knowledge]")
    found = words("个体工商户 register", segmenter())
    assert {"个体", "工商户", "register"} <= set(found)
    assert [found.count(sign) for sign in "个体工商户"] == [1] * 5
    assert signs("个体 ab") == 2


def test_without_a_segmenter_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(words_module, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"jieba.* is not installed") as wrong:
        segmenter.__wrapped__()
    assert "glasswork[knowledge]" in wrong.value.hint


def expected(texts, query):
    """Lucene's BM25, word by word, as Kamphuis et al. (ECIR 2020) write it."""
    mean = sum(map(len, texts)) / len(texts) or 1.0
    for text in texts:
        score = 0.0
        for word in query:
            holding = sum(word in other for other in texts)
            rarity = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
            times = text.count(word)
            score += rarity * times / (times + 1.5 * (1 - 0.75 + 0.75 * len(text) / mean))
        yield score


@settings(deadline=None)
@given(TEXTS, QUERY)
def test_the_formula_is_lucenes(texts, query):
    assert list(Bm25(texts).scores(query)) == pytest.approx(list(expected(texts, query)))


@settings(deadline=None)
@given(TEXTS, QUERY)
def test_rarity_is_the_weight_of_a_word(texts, query):
    index = Bm25(texts)
    for word in query:
        holding = sum(word in text for text in texts)
        assert index.rarity(word) == pytest.approx(math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5)))


@pytest.mark.parametrize("texts", [[], [[]], [["a", "b"], [], ["b"]]])
def test_it_is_read_back_as_it_was(texts, tmp_path):
    index = Bm25(texts)
    index.save(tmp_path)
    again = Bm25.load(tmp_path, len(texts))
    for query in (["a"], ["b", "b"], ["z"], []):
        assert list(again.scores(query)) == pytest.approx(list(index.scores(query)))
        assert len(again.scores(query)) == len(texts)
    assert again.rarity("b") == index.rarity("b")


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), unique=True, max_size=6), max_size=3))
def test_ranks_are_fused(rankings):
    scores = fused(rankings)
    assert set(scores) == {place for ranking in rankings for place in ranking}
    for place, score in scores.items():
        assert score == pytest.approx(sum(1 / (61 + one.index(place)) for one in rankings if place in one))


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), max_size=8), st.integers(0, 8))
def test_the_best_come_first_and_nothing_below_zero(scores, most):
    found = best(np.array(scores), most)
    assert found == [at for at in sorted(range(len(scores)), key=lambda at: (-scores[at], at))[:most] if scores[at] > 0]


def test_static_embeddings_have_length_one():
    embed = static_embeddings()
    if embed is None:
        pytest.skip("needs glasswork[knowledge]")
    vectors = embed(["a dog barks", "the hound is barking", "quarterly tax returns"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-4)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert embed([]).shape == (0, 0)


def test_an_empty_text_is_like_nothing():
    embed = static_embeddings()
    if embed is None:
        pytest.skip("needs glasswork[knowledge]")
    made = embed(["rest", "", "pause"])
    assert made[1].tolist() == [0.0] * made.shape[1]
    assert made[0] @ made[2] > 0
