"""``resume``, ``approve``, ``fork`` and ``replay`` from end to end, on a scripted model."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glasswork.log.reader import read, verify
from glasswork.log.runs import find_run, list_runs

GLASSWORK = [sys.executable, "-m", "glasswork"]


def latest(folder):
    return read(find_run(folder / "logs", "latest"))


def whole(folder):
    verdict = verify(find_run(folder / "logs", "latest"))
    return verdict.ok and verdict.complete


# --- resume -----------------------------------------------------------------------------------------------------------


def test_a_spent_budget_is_a_state_and_a_larger_one_goes_on(bakery, glasswork):
    said = glasswork("run", "bakery", "a loaf", "--budget", "calls=5")
    assert said.status == 3
    assert "glasswork resume" in said.out
    said = glasswork("resume", "--budget", "calls=50", "--json")
    assert (said.status, said.data["state"], said.data["calls"]) == (0, "done", 9)
    places = [event.place for event in latest(bakery).events if event.type == "model.answered"]
    assert len(places) == len(set(places)) == 9
    assert whole(bakery)


def test_a_steps_budget_on_the_command_line(bakery, glasswork):
    said = glasswork("run", "bakery", "a loaf", "--budget", "taste.calls=1", "-q")
    assert said.status == 3
    assert "taste: the budget of 1 calls" in said.out
    assert glasswork("resume", "-q").status == 3, "the limit stays until another is given"
    assert glasswork("resume", "-q", "--budget", "taste.calls=20").status == 0


def test_a_run_that_is_done_has_nothing_to_go_on_with(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "-q")
    before = latest(bakery).events
    said = glasswork("resume")
    assert said.status == 2
    assert "is done" in said.err
    assert latest(bakery).events == before


def test_a_resumed_run_keeps_the_definitions_it_began_with(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "--budget", "calls=5", "-q")
    (bakery / "roles" / "taster.md").write_text("---\nname: taster\ntitle: Taster\n---\nYou hate everything.\n")
    said = glasswork("resume", "--budget", "calls=50")
    assert said.status == 0
    assert "roles/taster.md has changed since" in said.err
    last = [event for event in latest(bakery).events if event.type == "model.answered"][-1]
    assert "hate" not in last.request.messages[0].content


def test_a_run_whose_project_is_gone_goes_on_with_another_model(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "--budget", "calls=5", "-q")
    for name in ("roles", "agents", "workflows"):
        (bakery / name).rename(bakery / f"old-{name}")
    said = glasswork("resume", "--budget", "calls=50", "--model", "dice", "--json")
    assert said.status == 0, said.err
    events = latest(bakery).events
    assert {event.completion.model for event in events if event.type == "model.answered"} == {"script", "dice"}


def test_a_killed_run_goes_on(bakery, glasswork):
    (bakery / "answers.yaml").write_text(
        (bakery / "answers.yaml")
        .read_text()
        .replace("- place: taste#*/choose*", "- place: taste#*/choose*\n    delay: 0.6")
    )
    child = subprocess.Popen(
        [*GLASSWORK, "run", "bakery", "a loaf", "-q"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = list_runs(bakery / "logs")
        if found and found[0].events > 9:
            break
        time.sleep(0.02)
    child.kill()
    child.communicate()
    assert list_runs(bakery / "logs")[0].state == "cut off"
    assert glasswork("resume", "-q").status == 0
    assert [event.was for event in latest(bakery).events if event.type == "run.resumed"] == ["cut off"]
    assert whole(bakery)
    assert glasswork("replay").status == 0


def test_a_run_that_somebody_works_on_is_left_alone(bakery, glasswork):
    (bakery / "answers.yaml").write_text(
        (bakery / "answers.yaml").read_text().replace("- place: bake#*/act", "- place: bake#*/act\n    delay: 20")
    )
    child = subprocess.Popen(
        [*GLASSWORK, "run", "bakery", "a loaf", "-q"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not any(run.events > 3 for run in list_runs(bakery / "logs")):
            time.sleep(0.05)
        said = glasswork("resume")
        assert said.status == 1
        assert str(child.pid) in said.err
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()


# --- approve ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_terminal(monkeypatch):
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield


@pytest.mark.usefixtures("no_terminal")
def test_a_run_waits_for_a_person_and_goes_on_with_the_answer(bakery, glasswork):
    said = glasswork("run", "bakery_approved", "a loaf")
    assert said.status == 4
    assert re.search(r"glasswork approve \S+ sell --yes", said.out)
    assert list_runs(bakery / "logs")[0].state == "waiting"
    assert glasswork("resume", "-q").status == 4, "nobody has answered yet"
    said = glasswork("approve", "latest", "sell", "--yes", "--note", "but slowly")
    assert said.status == 0
    said = glasswork("resume", "--json")
    assert said.data["outputs"] == {"sold": True, "note": "but slowly"}
    (answer,) = [event for event in latest(bakery).events if event.type == "human.answered"]
    assert (answer.approved, answer.note) == (True, "but slowly")
    assert answer.by
    assert whole(bakery)
    assert glasswork("replay").status == 0


@pytest.mark.usefixtures("no_terminal")
def test_what_cannot_be_approved_says_so(bakery, glasswork):
    glasswork("run", "bakery_approved", "a loaf", "-q")
    before = latest(bakery).events
    said = glasswork("approve", "latest", "sel", "--yes")
    assert (said.status, "did you mean 'sell'" in said.err) == (2, True)
    said = glasswork("approve", "latest", "sell")
    assert (said.status, "Sell it?" in said.err) == (2, True)
    assert latest(bakery).events == before
    glasswork("approve", "latest", "sell", "--no")
    said = glasswork("approve", "latest", "sell", "--yes")
    assert (said.status, "waits for no answer" in said.err) == (2, True)


# --- fork -------------------------------------------------------------------------------------------------------------


def test_a_fork_keeps_the_exact_prefix_and_changes_the_choice(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "-q")
    parent = latest(bakery)
    said = glasswork("fork", parent.about.run, "--at", "bake", "--choose", "a sweet bun", "--json")
    assert said.status == 0, said.err
    child = latest(bakery)
    assert child.about.run != parent.about.run
    assert child.about.parent.run == parent.about.run
    upto = child.about.parent.event
    assert [(e.time, e.event) for e in child.entries[1:upto]] == [(e.time, e.event) for e in parent.entries[1:upto]]
    forked = child.events[upto]
    assert (forked.type, forked.parent, forked.to) == ("run.forked", parent.about.run, "B")
    planned = next(event for event in child.events if event.type == "decision.planned")
    assert (planned.choice, planned.forced) == ("B", True)
    act = next(event for event in child.events if event.type == "model.answered" and event.place == "bake#1/act")
    assert "a sweet bun" in act.request.messages[-1].content
    assert whole(bakery)
    assert glasswork("replay").status == 0
    assert latest(bakery).about.run == child.about.run
    assert parent.events == read(find_run(bakery / "logs", parent.about.run)).events


def test_a_fork_hands_on_what_a_person_wrote(bakery, glasswork, tmp_path):
    glasswork("run", "bakery", "a loaf", "-q")
    (tmp_path / "own.txt").write_text("Buy one.")
    said = glasswork("fork", "latest", "--at", "bake#1", "--edit", str(tmp_path / "own.txt"), "--json")
    assert said.data["outputs"]["recipe"] == "Buy one."
    log = latest(bakery)
    acted = next(event for event in log.events if event.type == "decision.acted")
    assert (acted.text, acted.edited) == ("Buy one.", True)
    assert (find_run(bakery / "logs", "latest") / "files" / "recipe.txt").read_text() == "Buy one."


def test_a_fork_refuses_an_act_of_the_wrong_kind(bakery, glasswork, tmp_path):
    glasswork("run", "bakery", "a loaf", "-q")
    (tmp_path / "own.yaml").write_text("good: perhaps\nremark: none\n")
    said = glasswork("fork", "latest", "--at", "taste", "--edit", str(tmp_path / "own.yaml"))
    assert said.status == 2
    assert "expected boolean" in said.err
    assert len(list_runs(bakery / "logs")) == 1
    (tmp_path / "own.yaml").write_text("good: false\nremark: too dry\n")
    said = glasswork("fork", "latest", "--at", "taste", "--edit", str(tmp_path / "own.yaml"), "--json")
    assert said.data["outputs"]["good"] is False


def test_a_fork_asks_another_model_from_there_on(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "-q")
    said = glasswork("fork", "latest", "--at", "taste", "--model", "dice", "-q")
    assert said.status == 0, said.err
    asked = {e.place.partition("#")[0]: e.completion.model for e in latest(bakery).events if e.type == "model.answered"}
    assert asked == {"bake": "script", "taste": "dice"}


def test_a_fork_of_a_fork_keeps_both_changes(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "-q")
    glasswork("fork", "latest", "--at", "bake", "--choose", "B", "-q")
    said = glasswork("fork", "latest", "--at", "taste", "--choose", "send it back", "-q")
    assert said.status == 0, said.err
    planned = {e.decision: (e.choice, e.forced) for e in latest(bakery).events if e.type == "decision.planned"}
    assert planned == {"bake#1": ("B", True), "taste#1": ("B", True)}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--at", "bake"], "exactly one"),
        (["--at", "bake", "--choose", "B", "--model", "dice"], "exactly one"),
        (["--at", "bakery", "--choose", "B"], "did you mean"),
        (["--at", "bake", "--choose", "Z"], "its options: A (a plain loaf), B (a sweet bun)"),
        (["--at", "bake", "--choose", "A"], "chose A anyway"),
        (["--at", "bake", "--edit", "nowhere.txt"], "nowhere.txt"),
    ],
)
def test_forks_that_cannot_be(bakery, glasswork, words, says):
    glasswork("run", "bakery", "a loaf", "-q")
    said = glasswork("fork", "latest", *words)
    assert said.status == 2
    assert says.replace("exactly one", "give one of") in said.err
    assert len(list_runs(bakery / "logs")) == 1


# --- replay -----------------------------------------------------------------------------------------------------------


def test_a_replay_asks_nobody_and_finds_every_event(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "-q")
    count = len(latest(bakery).events)
    (bakery / "answers.yaml").unlink()
    said = glasswork("replay", "--json")
    assert (said.status, said.data["events"], said.data["whole"]) == (0, count, True)


def test_a_replay_reports_a_changed_prompt_at_the_first_event(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "-q")
    role = bakery / "roles" / "taster.md"
    role.write_text(role.read_text() + "\nBe strict.\n")
    said = glasswork("replay")
    assert said.status == 1
    assert "roles/taster.md has changed since" in said.err
    assert re.search(r"event \d+, model.answered at taste#1/choose/0: .*request\.messages\[0\]\.content", said.err)
    assert glasswork("replay", "--recorded").status == 0


def test_a_replay_of_an_unfinished_run_goes_as_far_as_the_log(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "--budget", "calls=6", "-q")
    said = glasswork("replay")
    assert said.status == 0, said.err
    assert "the log ends there (budget)" in said.out


def test_secrets_are_gone_before_they_are_used_so_that_a_resumed_run_sees_the_same(bakery, glasswork, monkeypatch):
    monkeypatch.setenv("BAKERY_TOKEN", "squirrel-nutmeg-77")
    said = glasswork("run", "bakery", "a loaf with squirrel-nutmeg-77", "--budget", "calls=5", "-q")
    assert said.status == 3
    assert glasswork("resume", "--budget", "calls=50", "-q").status == 0
    assert glasswork("replay").status == 0
    folder = find_run(bakery / "logs", "latest")
    assert not any(b"squirrel-nutmeg" in path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("limit", [4_000, 9_000, 14_000])
def test_a_run_on_a_full_disk_stops_with_a_whole_log_and_goes_on_when_there_is_room(bakery, glasswork, limit):
    def full():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    words = [*GLASSWORK, "run", "bakery", "a loaf", "-q"]
    ended = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, preexec_fn=full
    )
    assert ended.returncode == 1
    assert "no space" in ended.stderr
    assert "Traceback" not in ended.stderr
    folder = find_run(bakery / "logs", "latest")
    assert verify(folder).ok
    said = glasswork("resume", "--json")
    assert said.status == 0, said.err
    assert said.data["outputs"]["good"] is True
    asked = [event.place for event in latest(bakery).events if event.type == "model.answered"]
    assert len(asked) == len(set(asked)) == 9
    assert whole(bakery)


def test_a_shipped_workflow_goes_on_with_the_models_of_the_project_it_was_run_in(bakery, glasswork):
    (bakery / "models.yaml").write_text("version: 1\nmodels:\n  mine: {kind: random, seed: 3}\n")
    said = glasswork("run", "software_team", "x", "--model", "mine", "--budget", "calls=3", "--sandbox", "jail", "-q")
    assert said.status == 3, said.err
    said = glasswork("resume", "--budget", "calls=6", "-q")
    assert said.status == 3, said.err
    assert "no model named" not in said.err
