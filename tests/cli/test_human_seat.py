"""A person plays, from end to end: at the terminal, later, from another process, and without a look at the others' cards."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import sys
import time
from pathlib import Path

import pytest

from glasswork.log.reader import read
from glasswork.log.runs import find_run

GLASSWORK = [sys.executable, "-m", "glasswork"]
DUEL = """\
version: 1
name: duel
steps:
  match:
    game: prisoners_dilemma
    rounds: 3
    players:
      me: human
      other: {OTHER}
outputs: {standings: steps.match.text}
"""
pytestmark = pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")


@pytest.fixture
def duel(bakery):
    """Write a game of a person against somebody."""

    def write(other="strategy: grudger"):
        text = DUEL.replace("OTHER", other)
        (bakery / "workflows" / "duel.yaml").write_text(text, encoding="utf-8")
        return bakery

    return write


def at_the_terminal(
    *words: str, typed: list[str], seconds: float = 30, kind: str = "xterm", patience: float = 0
) -> tuple[int, str]:
    """Run on a pseudo-terminal, typing the next line whenever a move is asked for; return the status and all output."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = kind
        os.execv(GLASSWORK[0], [*GLASSWORK, *words])
    shown, answered, deadline = "", 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            shown += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # the other end has closed
            break
        if answered < len(typed) and shown.count("or later? ") > answered:
            time.sleep(patience)
            os.write(terminal, f"{typed[answered]}\n".encode())
            answered += 1
    else:
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown


def events(folder: Path, kind: str):
    return [event for event in read(find_run(folder / "logs", "latest")).events if event.type == kind]


def moves(folder: Path):
    return [each.moves for each in events(folder, "round.played")]


def test_a_match_at_the_terminal(duel):
    folder = duel()
    status, shown = at_the_terminal("run", "duel", typed=["coperate", "c", "2", "defect"])
    assert status == 0, shown
    assert "did you mean 'cooperate'?" in shown
    assert re.search(r"1 cooperate\r?\n +2 defect", shown)
    assert "In round 1, you chose cooperate and the other player chose cooperate." in shown
    assert moves(folder) == [("cooperate", "cooperate"), ("defect", "cooperate"), ("defect", "defect")]


def test_moves_given_beforehand(duel, glasswork):
    folder = duel()
    assert glasswork("run", "duel", "-q", "--answer", "match=coop", "--answer", "match#2.1=defect").status == 0
    assert [mine for mine, _ in moves(folder)] == ["cooperate", "defect", "cooperate"]


def test_one_move_of_one_match_of_a_tournament(duel, glasswork):
    """The pairs, by name, are me v other, me v third, other v third."""
    folder = duel()
    path = folder / "workflows" / "duel.yaml"
    more = "      third: {strategy: cooperator}\n    tournament: {}\nout"
    path.write_text(path.read_text(encoding="utf-8").replace("out", more, 1), encoding="utf-8")
    words = ("run", "duel", "-q", "--answer", "match=cooperate", "--answer", "match#2:2.1=defect")
    assert glasswork(*words).status == 0
    played = {(each.match, each.number): each.moves[0] for each in events(folder, "round.played")}
    mine = {place: move for place, move in played.items() if place[0] in {1, 2}}
    assert {place for place, move in mine.items() if move == "defect"} == {(2, 2)}
    assert [each.players for each in events(folder, "match.started")][:2] == [("me", "other"), ("me", "third")]


@pytest.mark.parametrize(
    ("answer", "why"),
    [("match=", "the answer is a move"), ("mach=defect", "no step 'mach' asks a person; did you mean 'match'?")],
)
def test_what_cannot_be_given_beforehand(duel, glasswork, answer, why):
    duel()
    said = glasswork("run", "duel", "-q", "--answer", answer)
    assert (said.status, why in said.err) == (2, True)


def test_games_of_strategies_ask_nobody(duel, glasswork):
    folder = duel()
    path = folder / "workflows" / "duel.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("me: human", "me: {strategy: joss}"), encoding="utf-8")
    assert "no step 'match' asks a person" in glasswork("run", "duel", "--answer", "match=defect").err


def test_later_from_another_process(duel, glasswork):
    folder = duel()
    status, shown = at_the_terminal("run", "duel", typed=["c", "later"])
    assert status == 4, shown
    assert re.search(r"glasswork approve \S+ match#2\.1 --choose cooperate", shown)
    assert glasswork("approve", "latest", "match", "--yes").status == 2
    assert glasswork("approve", "latest", "match", "--choose", "defect").status == 0
    said = glasswork("resume", "latest", "-q")
    assert said.status == 4, said.err
    assert "match#3.1 --choose cooperate" in said.out
    assert glasswork("resume", "latest", "-q", "--answer", "match=cooperate").status == 0
    assert [mine for mine, _ in moves(folder)] == ["cooperate", "defect", "cooperate"]
    assert [each.choice for each in events(folder, "human.answered")] == ["cooperate", "defect", "cooperate"]
    assert glasswork("replay", "latest").status == 0


def test_a_wrong_move_given_beforehand_fails_the_step_and_says_so(duel, glasswork):
    duel()
    said = glasswork("run", "duel", "-q", "--answer", "match=defekt")
    assert said.status == 1
    assert "the answer given for match#1.1: not one of cooperate, defect: 'defekt'; did you mean 'defect'?" in said.out


def test_two_open_moves_of_one_step(duel, glasswork):
    folder = duel("human: true")
    assert glasswork("run", "duel", "-q").status == 4
    assert (
        "fits several questions: match#1.1, match#1.2" in glasswork("approve", "latest", "match", "--choose", "c").err
    )
    glasswork("approve", "latest", "match#1.2", "--choose", "defect")
    assert glasswork("resume", "latest", "-q").status == 4
    glasswork("approve", "latest", "match#1.1", "--choose", "cooperate")
    assert glasswork("resume", "latest", "-q").status == 4
    assert moves(folder) == [("cooperate", "defect")]


@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
def test_an_agents_move_is_shown_when_the_round_is_over(duel, glasswork, terminal):
    """The agent has long decided when the person answers; neither the live view nor the story at the end tells."""
    folder = duel("agent: player, model: random")
    status, shown = at_the_terminal("run", "duel", typed=["later"], kind=terminal, patience=2)
    assert status == 4, shown
    assert events(folder, "decision.planned"), "it has decided already"
    assert glasswork("log", "why", "match#1.2").status == 0, "who asks is told"
    assert "match#1.2" not in shown
    assert "match#1.1" in shown
