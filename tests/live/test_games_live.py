"""A small tournament on real weights, from the command line: played, stopped, gone on with, replayed, reported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from glasswork.log.reader import read
from glasswork.models.catalogue import weights_path

pytestmark = [pytest.mark.live, pytest.mark.embedded]

WORKFLOW = """\
version: 1
name: small
steps:
  match:
    game: prisoners_dilemma
    rounds: 2
    on_error: continue  # an explanation that so small a model cannot finish is missing, and no more
    players:
      agent: {agent: player}
      tit_for_tat: {strategy: tit_for_tat}
      defector: {strategy: defector}
"""


def glasswork(folder: Path, *words: str, status: int = 0) -> str:
    command = [sys.executable, "-m", "glasswork", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == status, (done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("xllamacpp")
    if weights_path("smollm2-135m") is None:
        pytest.skip("needs weights: glasswork models pull smollm2-135m")
    made = tmp_path_factory.mktemp("games")
    (made / "workflows").mkdir()
    (made / "workflows" / "small.yaml").write_text(WORKFLOW)
    return made


def test_a_tournament_on_real_weights(folder: Path) -> None:
    glasswork(folder, "tournament", "small", "--model", "smollm2-135m", "--budget", "calls=8", "--quiet", status=3)
    glasswork(folder, "resume", "--budget", "calls=100", "--quiet")
    (run,) = [path for path in (folder / "logs").iterdir() if path.is_dir()]
    events = read(run).events
    assert len([event for event in events if event.type == "match.finished"]) == 3
    plans = [event for event in events if event.type == "decision.planned"]
    assert len(plans) == 4
    for plan in plans:
        for weighed in (plan.options, plan.expected):
            assert {option.text for option in weighed} == {"cooperate", "defect"}
            assert sum(option.probability for option in weighed) == pytest.approx(1)
            assert min(option.probability for option in weighed) > 0
    assert not [event for event in events if event.type == "round.played" and event.illegal]
    glasswork(folder, "replay")
    glasswork(folder, "log", "verify")


def test_its_report_and_a_check_of_a_move(folder: Path) -> None:
    glasswork(folder, "check", "match#2:1.1", "--orders", "1")
    told = json.loads(glasswork(folder, "log", "game", "--json", "--report", "report"))
    (game,) = told["games"]
    assert len(game["decisions"]) == 4
    assert (folder / "report" / "report.md").is_file()
    assert (folder / "report" / "report.html").read_text().startswith("<!DOCTYPE html>")
