"""Second sources: what somebody else's answer holds, in the shapes in which searches answer."""

import json

import pytest

from glasswork.errors import NotFound, UserError
from glasswork.knowledge.sources import passages_in, sources


@pytest.mark.parametrize(
    "value",
    [
        "First text.\n\nSecond text.",
        ["First text.", " ", "Second text."],
        [{"title": "One", "snippet": "First text.", "url": "https://a.example/1"}, {"text": "Second text."}],
        {"query": "q", "results": [{"content": "First text."}, {"content": "Second text."}]},
        {"web": {"results": [{"body": "First text."}, {"body": "Second text.", "title": None}]}},
        '[{"snippet": "First text."}, {"text": "Second text."}]',
        ' {"results": [{"content": "First text."}, {"content": "Second text."}], "images": [], "answer": {}}\n',
        {"items": [{"snippet": "First text."}, {"snippet": "Second text."}], "queries": {"request": [{"title": "q"}]}},
        {"description": "Results for q", "data": [{"text": "First text."}, {"text": "Second text."}]},
        '{"text": "First text."}\n{\n "text": "Second text."\n}',
        {"content": [{"type": "text", "text": '[{"text": "First text."}, {"text": "Second text."}]'}]},
        ['{"snippet": "First text."}', '{"snippet": "Second text."}'],
        {"results": {"items": [{"content": "First text."}, {"content": "Second text."}]}},
    ],
)
def test_passages_are_found_in_what_searches_give(value):
    found = passages_in(value, "web")
    assert [one.text for one in found] == ["First text.", "Second text."]
    assert len({one.id for one in found}) == 2


@pytest.mark.parametrize(
    "given", [lambda it: [it], lambda it: json.dumps([it]), lambda it: json.dumps({"results": [it], "took": 3})]
)
def test_where_they_come_from_is_kept(given):
    (found,) = passages_in(given({"title": "One", "snippet": "Text here.", "link": "https://a.example/1"}), "web")
    assert (found.title, found.document) == ("One", "https://a.example/1")
    assert found.id.startswith("https://a.example/1#~")
    assert found.label == "One"


@pytest.mark.parametrize("value", [{"a": [], "b": []}, {"status": 200}])
def test_what_holds_no_passages_is_refused(value):
    with pytest.raises(UserError, match="'web' gave holds no list of passages"):
        passages_in(value, "web")


@pytest.mark.parametrize("value", [[], "", [3, None], {"text": "Just this."}])
def test_little_is_little(value):
    assert len(passages_in(value, "web")) == (1 if isinstance(value, dict) else 0)


@pytest.mark.parametrize(
    "text", ["[See](https://a.example) the law.", "{not json", "[1, 2] and more", "[" * 100_000, '{"a": 1} tail']
)
def test_a_text_that_only_begins_like_json_is_a_text(text):
    (found,) = passages_in(text, "web")
    assert text.startswith(found.text[:20])


@pytest.mark.parametrize("text", ['{"status": 200}', '{"error": "no quota"}'])
def test_json_without_passages_is_refused(text):
    with pytest.raises(UserError, match="'web' gave holds no list of passages"):
        passages_in(text, "web")


def test_what_is_deep_is_no_trouble():
    deep = {"text": "Just this."}
    for _ in range(5000):
        deep = {"a": deep}
    assert [one.text for one in passages_in(deep, "web")] == ["Just this."]


def test_an_empty_list_is_no_passage():
    assert passages_in('{"results": []}', "web") == passages_in("[]", "web") == []


def test_kinds_are_found_by_name():
    assert {"index", "tool"} <= set(sources.names())
    assert sources.group == "glasswork.sources"
    with pytest.raises(NotFound, match="no kind of source named 'indx'; did you mean 'index'"):
        sources.get("indx")
