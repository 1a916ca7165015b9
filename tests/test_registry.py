from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from glasswork import registry
from glasswork.errors import NotFound, UserError
from glasswork.registry import Registry


@pytest.fixture
def tools() -> Registry[object]:
    found: Registry[object] = Registry("tool", "glasswork.tests")
    found.register("hammer")("a hammer")
    return found


@pytest.fixture
def offered(monkeypatch):
    """Have packages offer entry points."""

    def offer(**values: str) -> None:
        entries = [EntryPoint(name, value, "glasswork.tests") for name, value in values.items()]
        monkeypatch.setattr(registry, "entry_points", lambda group: entries if group == "glasswork.tests" else [])

    return offer


def test_register_hands_back_what_it_enters(tools):
    def saw() -> None: ...

    assert tools.register("saw")(saw) is saw
    assert tools.get("saw") is saw
    assert tools.names() == ("hammer", "saw")


def test_a_name_is_taken_once(tools):
    with pytest.raises(ValueError, match="registered twice"):
        tools.register("hammer")("another hammer")
    tools.register("hammer")(tools.get("hammer"))


def test_a_missing_name_suggests_the_nearest(tools):
    with pytest.raises(NotFound, match="no tool named 'hamer'; did you mean 'hammer'"):
        tools.get("hamer")


def test_an_entry_point_loads_when_asked_for_and_once(tools, offered):
    offered(dumps="json:dumps", broken="no_such_package:thing")
    import json

    assert tools.names() == ("broken", "dumps", "hammer")
    assert tools.get("dumps") is json.dumps
    offered()
    assert tools.get("dumps") is json.dumps


def test_an_entry_point_does_not_replace_what_is_registered(tools, offered):
    offered(hammer="json:dumps")
    assert tools.get("hammer") == "a hammer"


def test_a_broken_entry_point_is_the_users_to_repair(tools, offered):
    offered(broken="no_such_package:thing")
    with pytest.raises(UserError, match="cannot be loaded: No module named 'no_such_package'") as told:
        tools.get("broken")
    assert "pip install" in told.value.hint


def test_packages_are_read_once_and_again_where_the_path_changes(tools, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(registry, "entry_points", lambda group: asked.append(group) or [])
    for _ in range(3):
        assert tools.names() == ("hammer",)
    assert asked == ["glasswork.tests"]
    monkeypatch.syspath_prepend(str(tmp_path))
    tools.names()
    assert len(asked) == 2
