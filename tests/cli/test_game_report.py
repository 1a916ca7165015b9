"""A report's files: what is written, what is told of the run, and what is said where it cannot be written."""

from __future__ import annotations

import json

import pytest

from glasswork.cli.game_report import write_report
from glasswork.errors import UserError
from glasswork.games.result import Result
from glasswork.records import RoundPlayed
from glasswork.view import game_pictures


@pytest.fixture(scope="module")
def events(game):
    return game.run(game.tournament(["tit_for_tat", "joss"], agents=("joss",), self_play=True))


def test_everything_is_written(events, tmp_path):
    pytest.importorskip("matplotlib")
    paths = write_report(tmp_path / "deep" / "report", events, facts=(("models", "one"),))
    names = [path.relative_to(tmp_path / "deep" / "report").as_posix() for path in paths]
    assert names[:3] == ["report.md", "report.html", "results.json"]
    assert "pictures/standings.svg" in names
    assert all(path.stat().st_size for path in paths)
    text = paths[0].read_text(encoding="utf-8")
    assert text.startswith("# prisoners\\_dilemma\n")
    assert "| models | one |" in text
    assert "](pictures/cooperation.svg)" in text
    assert "k3f9" in paths[1].read_text(encoding="utf-8")
    (found,) = json.loads(paths[2].read_text(encoding="utf-8"))
    assert Result.model_validate(found["result"]).matches == 3
    assert len(found["decisions"]) == 15


def test_the_same_run_gives_the_same_report(events, tmp_path):
    for name in ("a", "b"):
        write_report(tmp_path / name, events)
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_without_matplotlib_there_is_a_report_without_files_of_pictures(events, tmp_path, monkeypatch):
    monkeypatch.setattr(game_pictures, "drawable", lambda: False)
    paths = write_report(tmp_path, events, title="T")
    assert [path.name for path in paths] == ["report.md", "report.html", "results.json"]
    assert "![" not in paths[0].read_text(encoding="utf-8")
    assert "<svg" in paths[1].read_text(encoding="utf-8")


def test_a_log_that_contradicts_its_rules_has_no_report(events, tmp_path):
    false = [e.model_copy(update={"payoffs": (9.0, 9.0)}) if isinstance(e, RoundPlayed) else e for e in events]
    with pytest.raises(UserError, match="cannot be measured: match match 1, round 1: payoffs"):
        write_report(tmp_path / "none", false)
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_made(events, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        write_report(tmp_path / "file", events)
