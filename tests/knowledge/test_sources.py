"""Second sources: what somebody else's answer holds, in the shapes in which searches answer."""

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
    ],
)
def test_passages_are_found_in_what_searches_give(value):
    found = passages_in(value, "web")
    assert [one.text for one in found] == ["First text.", "Second text."]
    assert len({one.id for one in found}) == 2


def test_where_they_come_from_is_kept():
    (found,) = passages_in([{"title": "One", "snippet": "Text here.", "link": "https://a.example/1"}], "web")
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


def test_kinds_are_found_by_name():
    assert {"index", "tool"} <= set(sources.names())
    assert sources.group == "glasswork.sources"
    with pytest.raises(NotFound, match="no kind of source named 'indx'; did you mean 'index'"):
        sources.get("indx")
