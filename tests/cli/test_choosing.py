"""A person chooses a move: in words, beforehand, at the terminal, from another process; and is not shown too much."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from datetime import UTC, datetime

import pytest

from glasswork.cli.choosing import chosen
from glasswork.cli.discreet import Discreet, without_open_rounds
from glasswork.cli.people import People
from glasswork.errors import UserError, Waiting
from glasswork.log.about import RunAbout
from glasswork.log.past import Past
from glasswork.log.questions import open_questions
from glasswork.log.reader import Entry, Log, read
from glasswork.log.writer import LogWriter
from glasswork.records import (
    HumanAnswered,
    HumanAsked,
    MatchStarted,
    Option,
    Planned,
    RoundPlayed,
    StageEntered,
    StepStarted,
    TextArrived,
)

DILEMMA = ("cooperate", "defect")


@pytest.mark.parametrize(
    ("said", "options", "meant"),
    [
        ("defect", DILEMMA, "defect"),
        (" Defect ", DILEMMA, "defect"),
        ("d", DILEMMA, "defect"),
        ("2", DILEMMA, "defect"),
        ("c", ("C", "c"), "c"),
        ("stag", ("stag", "stagger"), "stag"),
        ("5", ("20", "15", "10", "5", "0"), "5"),
        ("2", ("1", "2", "3"), "2"),
    ],
)
def test_what_is_meant(said, options, meant):
    assert chosen(said, options) == meant


@pytest.mark.parametrize(
    ("said", "options", "why"),
    [
        ("defct", DILEMMA, "not one of cooperate, defect: 'defct'; did you mean 'defect'?"),
        ("3", DILEMMA, "not one of cooperate, defect: '3'"),
        ("0", DILEMMA, "not one of"),
        ("", DILEMMA, "not one of"),
        ("s", ("straight", "swerve"), "'s' fits several: straight, swerve"),
        ("2", ("20", "15"), "not one of 20, 15: '2'"),
        ("²", DILEMMA, "not one of"),
    ],
)
def test_what_is_not(said, options, why):
    with pytest.raises(UserError, match=why.replace("?", r"\?")):
        chosen(said, options)


@pytest.mark.parametrize(
    ("answers", "decision", "choice"),
    [
        ({"match": "defect"}, "match#3.1", "defect"),
        ({"match": "2"}, "match#7:4.2", "defect"),
        ({"match": "coop", "match#3.1": "defect"}, "match#3.1", "defect"),
        ({"match": "coop", "match#3.1": "defect"}, "match#4.1", "cooperate"),
        ({"check.match": "defect"}, "check#2:3.match#1.1", "defect"),
    ],
)
async def test_moves_given_beforehand(answers, decision, choice):
    assert (await People(answers).choose(decision, "?", DILEMMA)).choice == choice


async def test_a_move_given_beforehand_must_be_one():
    with pytest.raises(UserError, match=r"the answer given for match#1\.1: not one of .* did you mean 'defect'"):
        await People({"match": "defekt"}).choose("match#1.1", "?", DILEMMA)


async def test_where_nobody_is_there_a_move_waits(monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    with pytest.raises(Waiting, match=r"match#1\.1 waits for a choice of cooperate, defect"):
        await People({"ship": (True, "")}).choose("match#1.1", "?", DILEMMA)


# --- at a terminal --------------------------------------------------------------------------------------------------

SCRIPT = """
import asyncio, sys
from glasswork.cli.people import People
from glasswork.errors import GlassworkError

async def main(decisions, options):
    people = People({})
    asked = [people.choose(one, f"What now, {one}?", tuple(options)) for one in decisions]
    for each in await asyncio.gather(*asked, return_exceptions=True):
        print("took", each.choice if not isinstance(each, GlassworkError) else f"nothing: {each.message}")

asyncio.run(main(sys.argv[1].split(","), sys.argv[2].split(",")))
"""


def typing(decisions, options, typed, *, seconds=20):
    """Choose on a pseudo-terminal; type each answer when its prompt has come once more, None: close the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", SCRIPT, decisions, options])
    shown, answered, deadline = "", 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            shown += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # the other end has closed
            break
        if answered < len(typed) and shown.count("later? ") > answered:
            os.write(terminal, typed[answered].encode())
            answered += 1
    else:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    assert status == 0, shown
    return shown


pytestmark = pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")


def test_options_are_numbered_and_a_wrong_word_asks_again():
    shown = typing("match#1.1", "cooperate,defect", ["defct\n", "\n", "2\n"])
    assert "What now, match#1.1?" in shown
    assert "1 cooperate" in shown
    assert "2 defect" in shown
    assert "did you mean 'defect'?" in shown
    assert "took defect" in shown


def test_labels_that_are_numbers_are_not_numbered():
    shown = typing("give#1.1", "20,10,0", ["2\n", "10\n"])
    assert "20, 10, 0" in shown
    assert "took 10" in shown


@pytest.mark.parametrize("end", ["later\n", "\x04"], ids=["later", "closed"])
def test_a_move_is_left_for_later(end):
    assert "took nothing: match#1.1 waits for a choice" in typing("match#1.1", "cooperate,defect", [end])


def test_an_option_comes_before_later():
    assert "took left" in typing("match#1.1", "left,right", ["l\n"])


def test_two_people_at_one_keyboard_do_not_see_each_others_moves():
    shown = typing("match#1.1,match#1.2", "stag,hare", ["sta\n", "har\n"])
    assert shown.count("nobody sees what you type") == 2
    assert "sta\r\n" not in shown
    assert [line.split()[1] for line in shown.splitlines() if line.startswith("took")] == ["stag", "hare"]


def test_people_in_different_matches_see_what_they_type():
    shown = typing("match#1:1.1,match#1:2.1", "stag,hare", ["sta\n", "har\n"])
    assert "nobody sees" not in shown
    assert "sta\r\n" in shown


# --- questions of a log ---------------------------------------------------------------------------------------------


def asked(decision, question="Your move?"):
    return HumanAsked(step="match", round=1, question=question, options=DILEMMA, decision=decision)


def answered(decision, choice, question="Your move?"):
    return HumanAnswered(
        step="match", round=1, question=question, approved=True, choice=choice, decision=decision, by="lena"
    )


def log_of(*events):
    return [Entry(number, datetime.now(UTC), event) for number, event in enumerate(events, start=1)]


def test_open_questions_of_one_step_are_told_apart():
    events = [asked("match#1:1.1"), asked("match#1:2.1"), answered("match#1:1.1", "defect")]
    assert [one.decision for one in open_questions(events)] == ["match#1:2.1"]


def test_a_resumed_run_serves_each_its_own_answer():
    both = [answered("match#1:1.1", "defect"), answered("match#1:2.1", "cooperate")]
    past = Past(log_of(asked("match#1:1.1"), asked("match#1:2.1"), *both))
    assert past.said("match", 1, "Your move?", "match#1:1.1").choice == "defect"
    assert past.said("match", 1, "Your move?", "match#1:2.1").choice == "cooperate"
    assert past.said("match", 1, "Your move?", "match#1:3.1") is None
    assert [past.take(event) for event in reversed(both)] == [True, True]


@pytest.fixture
def waiting(bakery):
    """A run that waits for the moves of two matches, and for a yes or no."""
    with LogWriter.create(bakery / "logs" / "r-aaaa", RunAbout(run="r-aaaa", workflow="w")) as writer:
        for event in (asked("match#1:1.1"), asked("match#1:2.1"), HumanAsked(step="ship", question="Ship it?")):
            writer.record(event)
    return bakery / "logs" / "r-aaaa"


def test_a_move_is_made_from_another_process(waiting, glasswork):
    said = glasswork("approve", "latest", "match#1:2.1", "--choose", "d", "--note", "why not")
    assert said.status == 0, said.err
    assert "match#1:2.1 was answered with defect" in said.out
    answer = read(waiting).events[-1]
    assert (answer.decision, answer.choice, answer.approved, answer.note) == ("match#1:2.1", "defect", True, "why not")
    assert glasswork("approve", "latest", "match", "--choose", "cooperate").status == 0
    assert [one.step for one in open_questions(read(waiting).events)] == ["ship"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("match", "--choose", "defect"), "'match' fits several questions: match#1:1.1, match#1:2.1"),
        (("match#1:1.1", "--yes"), "match#1:1.1 asks for one of its options"),
        (("match#1:1.1", "--choose", "defct"), "did you mean 'defect'?"),
        (("match#1:1.1", "--choose", "defect", "--no"), "match#1:1.1 asks for one of its options"),
        (("match#1:1.1",), "answer with --choose: cooperate, defect"),
        (("match#1:3.1", "--choose", "defect"), "did you mean 'match#1:2.1'?"),
        (("ship", "--choose", "yes"), "ship asks for yes or no"),
        (("ship",), "answer with --yes or --no"),
    ],
)
def test_an_answer_of_the_wrong_kind(waiting, glasswork, words, why):
    said = glasswork("approve", "latest", *words)
    assert said.status == 2
    assert why in said.err
    assert len(read(waiting).events) == 3


# --- what is not shown yet ------------------------------------------------------------------------------------------


class Shown:
    def __init__(self):
        self.events, self.notices = [], []

    def event(self, event, *, held=False):
        self.events.append(event)

    def notice(self, notice):
        self.notices.append(notice)


def planned(decision):
    options = (Option(label="A", text="defect", probability=1),)
    return Planned(decision=decision, thinking="", options=options, choice="A", order_consistency=1, orders=1)


def started(match, *kinds):
    players = tuple("ab")
    return MatchStarted(step="match", match=match, players=players, kinds=kinds, rules={}, seed=0)


def played(match, number):
    return RoundPlayed(step="match", match=match, number=number, said=DILEMMA, moves=DILEMMA, payoffs=(0, 1))


def test_what_others_do_is_shown_when_the_round_is_over():
    view = Shown()
    discreet = Discreet(view)
    with_a_person, without = started(1, "human", "agent player on m"), started(2, "strategy joss", "agent player on m")
    for event in (with_a_person, without, asked("match#1:1.1"), planned("match#1:1.2"), planned("match#1:2.2")):
        discreet.event(event)
    discreet.notice(TextArrived(place="match#1:1.2/act", text="defect"))
    discreet.notice(StageEntered(decision="match#1:1.2", stage="act"))
    assert view.events == [with_a_person, without, asked("match#1:1.1"), planned("match#1:2.2")]
    assert view.notices == []
    discreet.event(played(1, 1))
    assert view.events[4:] == [planned("match#1:1.2"), played(1, 1)]
    discreet.event(planned("match#1:1.2"))  # an explanation that comes after its round
    discreet.event(planned("match#2:1.2"))
    assert view.events[6:] == [planned("match#1:1.2")]


def test_an_open_round_is_left_out_of_the_story():
    begun = StepStarted(step="match", kind="game")
    events = [begun, asked("match#1.1"), planned("match#1.2")]
    log = Log(about=None, entries=tuple(log_of(*events)))
    assert without_open_rounds(log).events == (begun, asked("match#1.1"))
    log = Log(about=None, entries=tuple(log_of(*events, answered("match#1.1", "defect"))))
    assert without_open_rounds(log) is log
