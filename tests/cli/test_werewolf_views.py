"""Werewolf on the command line: who sees what of a run, while it goes on and after."""

from __future__ import annotations

import io
import json
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout

import pytest
from tests.cli.conftest import PROJECT, Said

from glasswork.cli.main import main
from glasswork.log.reader import read
from glasswork.log.runs import find_run

TABLE = """\
version: 1
name: table
defaults: {model: dice}
steps:
  table:
    werewolf: {preset: kaggle_7}
    players:
      Ada: {agent: townsperson}
      Bo: BO
      Cleo: {strategy: honest}
      Dan: {agent: townsperson}
      Eva: {agent: townsperson}
      Finn: {strategy: random}
      Gus: {strategy: random}
    cards: {Ada: seer, Bo: doctor, Cleo: werewolf, Dan: villager, Eva: werewolf, Finn: villager, Gus: villager}
    on_error: continue
"""
AGENT = "{agent: townsperson}"
PRIVATE = ("thinks:", "because:", "believes:", "wants to kill", "Ada looks at")
PLAYERS = ["Ada", "Bo", "Cleo", "Dan", "Eva", "Finn", "Gus"]


def write_table(project, bo):
    (project / "workflows" / "table.yaml").write_text(TABLE.replace("BO", bo), encoding="utf-8")


@pytest.fixture
def table(bakery, glasswork):
    """Run a game; of seven agents and strategies, or with a person in Bo's place."""

    def run(*words, bo=AGENT):
        write_table(bakery, bo)
        return glasswork("run", "table", *words)

    return run


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Play a game of agents and strategies, once; return the folder of its log, and what was said."""
    folder = tmp_path_factory.mktemp("played") / "bakery"
    shutil.copytree(PROJECT, folder)
    write_table(folder, AGENT)
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(folder)
        patch.setenv("GLASSWORK_CONFIG", str(folder / "nobody"))
        with pytest.raises(SystemExit) as over:
            main(["run", "table"])
    assert over.value.code == 0, err.getvalue()
    return folder / "logs", Said(0, out.getvalue(), err.getvalue())


@pytest.fixture
def ended(bakery, played):
    logs, said = played
    write_table(bakery, AGENT)
    shutil.copytree(logs, bakery / "logs", dirs_exist_ok=True)
    return said


@pytest.fixture
def waiting(table):
    said = table(bo="human")
    assert said.status == 4, said.err
    return said


def log(bakery):
    return read(find_run(bakery / "logs", "latest"))


# --- agents only ------------------------------------------------------------------------------------------------------


def test_a_run_of_agents_is_told_with_thoughts_beside_words(ended):
    assert "── Night 1" in ended.out
    assert all(word in ended.out for word in ("thinks:", "because:", "believes:", "wants to kill"))
    assert re.search(r"table: over, the (village|werewolves) wins?$", ended.err, re.MULTILINE)
    assert "Ada looks at" in ended.err


def test_a_run_can_be_looked_at_as_the_public(table):
    said = table("--see", "public")
    assert said.status == 0
    for word in PRIVATE:
        assert word not in said.out + said.err
    assert "seen   what is public" in said.out
    assert " is dead: " in said.out


def test_as_whom_is_checked_before_anything_runs(table, bakery):
    said = table("--see", "Clea")
    assert (said.status, said.err.splitlines()[0]) == (
        2,
        "error: no player to see as named 'Clea'; did you mean 'Cleo'?",
    )
    assert not (bakery / "logs").exists()


@pytest.mark.parametrize("see", ["public", "Finn"])
def test_show_and_tail_as_somebody_without_secrets(ended, glasswork, see):
    for words in (
        ("show",),
        ("show", "--verbose"),
        ("show", "--json"),
        ("tail", "-n", "999"),
        ("tail", "-n", "999", "--json"),
    ):
        said = glasswork("log", *words, "--see", see)
        assert said.status == 0
        for secret in ("wants to kill", "inspected", "proposed", "decision.planned", "thinking", "belief", "protects"):
            assert secret not in said.out, words


def test_show_as_a_seer_tells_what_the_seer_found(ended, glasswork):
    said = glasswork("log", "show", "--see", "ada")
    assert "Ada   looks at" in said.out
    assert "wants to kill" not in said.out
    assert "Bo    protects" not in said.out


def test_all_is_what_is_shown_anyway(ended, glasswork):
    assert glasswork("log", "show", "--see", "all").out == glasswork("log", "show").out


@pytest.mark.parametrize("command", ["show", "tail", "game"])
def test_an_unknown_player_is_one_clear_error(ended, glasswork, command):
    said = glasswork("log", command, "--see", "Eve")
    assert said.status == 2
    assert "did you mean 'Eva'?" in said.err
    assert "--see takes all, public, Ada, Bo, Cleo, Dan, Eva, Finn, Gus" in said.err


def test_a_run_without_a_table_has_no_players(bakery, glasswork):
    glasswork("run", "bakery", "a loaf")
    assert glasswork("log", "show", "--see", "Ada").status == 2
    assert glasswork("log", "show", "--see", "public").out == glasswork("log", "show").out


def test_one_decision_is_shown_whole(ended, glasswork):
    said = glasswork("log", "show", "latest", "table#1.1")
    assert "townsperson (table#1.1)" in said.out
    assert "werewolf.rules" in said.out


# --- a person plays ---------------------------------------------------------------------------------------------------


def test_what_is_hidden_from_the_person_is_not_shown_while_it_plays(waiting, glasswork):
    screens = [waiting.out, waiting.err]
    screens += [glasswork("log", *words).out for words in (("show",), ("show", "--json"), ("tail", "-n", "99"))]
    for screen in screens:
        for word in PRIVATE:
            assert word not in screen
        assert "table#1.1" not in screen, "how often others have decided tells what they are"
    assert "seen   what Bo may know, as the game is not over" in waiting.out
    assert "Bo   the doctor  human" in waiting.out
    assert "Whom do you protect tonight?" in waiting.out


def test_more_is_told_to_who_asks_with_a_word_that_this_spoils_the_game(waiting, glasswork):
    said = glasswork("log", "show", "--see", "all")
    assert "this tells more than that person may know" in said.err
    assert "Ada  the seer" in said.out
    assert glasswork("log", "show", "--see", "public").err == ""


def test_why_is_not_told_of_a_hidden_decision(waiting, glasswork):
    said = glasswork("log", "why", "table#1.1")
    assert said.status == 2
    assert "table#1.1 is hidden: this shows what Bo may know" in said.err
    assert "--see all" in said.err
    assert glasswork("log", "why", "table#1.1", "--see", "all").status == 0


def test_when_it_is_over_all_is_told(waiting, glasswork, bakery):
    for _ in range(40):
        asked = [event for event in log(bakery).events if event.type == "human.asked"][-1]
        if any(event.type == "match.finished" for event in log(bakery).events):
            break
        answer = ["--choose", asked.options[0]] if asked.options else ["--say", "I am tired."]
        assert glasswork("approve", "latest", asked.decision, *answer).status == 0
        glasswork("resume", "--quiet")
    said = glasswork("log", "show")
    assert "wins" in said.out
    assert "thinks:" in said.out
    assert "Ada  the seer" in said.out


# --- reports ----------------------------------------------------------------------------------------------------------


def test_a_report_has_a_replay(ended, glasswork, bakery):
    said = glasswork("log", "game", "--report", "rep")
    assert said.status == 0
    assert {"report.md", "report.html", "results.json", "replay.html"} <= {
        path.name for path in (bakery / "rep").iterdir()
    }
    page = (bakery / "rep" / "replay.html").read_text()
    assert all(name in page for name in PLAYERS)
    assert 'id="as"' in page


def test_a_replay_for_the_public_is_all_there_is(ended, glasswork, bakery):
    said = glasswork("log", "game", "--report", "rep", "--see", "public")
    assert said.status == 0
    assert [path.name for path in (bakery / "rep").iterdir()] == ["replay.html"]
    page = (bakery / "rep" / "replay.html").read_text()
    assert "wants to kill" not in page
    assert 'id="as"' not in page


def test_a_replay_of_a_game_that_a_person_still_plays_is_that_persons(waiting, glasswork, bakery):
    said = glasswork("log", "game", "--report", "rep")
    assert "what Bo may know" in said.out
    assert "looks at" not in (bakery / "rep" / "replay.html").read_text()


def test_a_table_as_data(ended, glasswork):
    said = glasswork("log", "game", "--json")
    assert said.status == 0
    assert json.loads(said.out)["run"]
