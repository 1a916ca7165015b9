"""``glasswork log diff``: exit statuses, and what is printed of two real runs."""

from __future__ import annotations

import pytest

from glasswork.log.runs import run_ids


@pytest.fixture
def two(bakery, glasswork):
    """Two runs of the bakery with the same wish."""
    for _ in range(2):
        assert glasswork("run", "bakery", "a loaf", "-q").status == 0
    return run_ids(bakery / "logs")


def test_runs_that_went_the_same_way_are_alike(two, glasswork):
    said = glasswork("log", "diff", *two)
    assert said.status == 0
    assert "events are alike, but for times" in said.out
    data = glasswork("log", "diff", *two, "--json").data
    assert data["same"] is True
    assert data["parting"] is None
    assert all(step["alike"] for step in data["steps"])


def test_runs_that_did_not(two, bakery, glasswork):
    script = (bakery / "answers.yaml").read_text(encoding="utf-8")
    (bakery / "answers.yaml").write_text(script.replace("Mix flour", "Sift flour"), encoding="utf-8")
    glasswork("run", "bakery", "a loaf", "-q")
    said = glasswork("log", "diff", two[0], "latest")
    assert said.status == 1
    assert "They part at event" in said.out
    assert "Sift flour" in said.out
    data = glasswork("log", "diff", two[0], "latest", "--json").data
    assert data["same"] is False
    assert data["parting"]["type"] == "model.answered"
    assert data["parting"]["difference"]["path"].startswith("completion.text")
    assert data["events"]["alike"] == data["parting"]["a"]["seq"] - 1


def test_another_wish_is_told_apart(two, glasswork):
    glasswork("run", "bakery", "a bun", "-q")
    said = glasswork("log", "diff", two[0], "latest")
    assert said.status == 1
    assert "inputs.wish  a loaf │ a bun" in said.out


def test_mistakes_are_status_2(two, glasswork):
    assert glasswork("log", "diff", two[0]).status == 2
    assert glasswork("log", "diff", two[0], "nobody").status == 2
