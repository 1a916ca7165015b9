"""SQL over runs: what the tables hold, that nothing else can be reached, and what happens to bad queries and bad logs."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.log import samples
from tests.log.samples import BAKERY, FORK, KILLED, LONG

from glasswork.errors import MissingExtra, UserError
from glasswork.log.about import RunAbout
from glasswork.log.query import TABLES, ask, database
from glasswork.log.query.gather import RunRows, needed
from glasswork.log.reader import Entry, iter_entries
from glasswork.log.writer import LogWriter
from glasswork.records import EVENT, DecisionStarted, Redacted, RunStarted


@pytest.fixture(scope="module")
def logs(tmp_path_factory) -> Path:
    return samples.write_all(tmp_path_factory.mktemp("logs"))


@pytest.fixture
def rows(logs):
    """Ask all three runs; the rows as dicts."""

    def query(sql: str) -> list[dict[str, Any]]:
        answer = ask(sorted(logs.iterdir()), sql)
        assert answer.skipped == ()
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]

    return query


# --- tables ---


def test_runs(rows):
    found = rows("SELECT run, workflow, model, state, seconds, calls, tokens, events, parent, forked_at FROM runs")
    bakery, fork, killed = found
    assert bakery == {
        "run": BAKERY,
        "workflow": "bakery",
        "model": "small",
        "state": "done",
        "seconds": 120.0,
        "calls": 21,
        "tokens": 2300,
        "events": len(samples.bakery()),
        "parent": None,
        "forked_at": None,
    }
    assert (fork["state"], fork["parent"]) == ("failed", BAKERY)
    assert fork["forked_at"] == samples.fork_point(samples.bakery())
    assert (killed["state"], killed["calls"], killed["tokens"]) == ("cut off", None, None)


def test_a_forks_own_events_can_be_told_from_its_parents(rows):
    own = rows(
        "SELECT e.type FROM events e JOIN runs r USING (run) WHERE r.parent IS NOT NULL AND e.seq > r.forked_at "
        "ORDER BY seq"
    )
    assert own[0]["type"] == "run.forked"


def test_events_hold_everything(rows, logs):
    found = rows(f"SELECT seq, type, data FROM events WHERE run = '{BAKERY}' ORDER BY seq")
    events = [entry.event for entry in iter_entries(logs / BAKERY)]
    assert [EVENT.validate_python({**json.loads(row["data"]), "type": row["type"]}) for row in found] == events
    assert [row["seq"] for row in found] == list(range(1, len(events) + 1))
    (prompt,) = rows(
        f"SELECT data->>'$.request.messages[0].content' AS text FROM events WHERE run = '{BAKERY}' AND place = "
        "'bake#2/plan'"
    )
    assert prompt["text"] == LONG


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ("bake#2/choose/1", ("bake", 2, 0, 0, "choose", "bake#2")),
        ("shop#1:2/plan", ("shop", 1, 2, 0, "plan", "shop#1:2")),
        ("judge#1.talk#1.1/act", ("judge#1.talk", 1, 0, 1, "act", "judge#1.talk#1.1")),
        ("judge#1.talk#1/schedule/1", ("judge#1.talk", 1, 0, 0, "schedule", None)),
        ("bake#1/sandbox", ("bake", 1, 0, 0, "sandbox", "bake#1")),
        ("bake#1/check/0", ("bake", 1, 0, 0, "check", "bake#1")),
    ],
)
def test_places_are_taken_apart(rows, place, where):
    found = rows(
        f"SELECT step, round, item, turn, stage, decision FROM events WHERE place = '{place}' AND run = '{BAKERY}'"
    )
    assert tuple(found[0].values()) == where


def test_decisions(rows):
    (found,) = rows(f"SELECT * FROM decisions WHERE decision = 'bake#1' AND run = '{BAKERY}'")
    expected = {
        "step": "bake",
        "round": 1,
        "reached": "explain",
        "agent": "baker",
        "model": "small",
        "strategy": "direct",
        "segments": 2,
        "options": 2,
        "choice": "A",
        "choice_text": "sourdough, sesame",
        "probability": 0.55,
        "order_consistency": 0.5,
        "forced": False,
        "edited": False,
        "confidence": 0.9,
        "cited": 1,
        "calls": 5,
        "failures": 1,
        "seconds": 2.5,
        "tokens": 5 * 100 + 3 * 20 + 2,
    }
    assert {name: found[name] for name in expected} == expected
    assert json.loads(found["data"]) == ["knead", "sesame"]


def test_a_forced_choice_is_what_the_fork_chose(rows):
    (found,) = rows("SELECT run, choice, probability FROM decisions WHERE forced")
    assert found == {"run": FORK, "choice": "B", "probability": 0.45}


def test_an_unfinished_decision_says_how_far_it_came(rows):
    (found,) = rows(f"SELECT reached, choice, act, confidence, calls, failures FROM decisions WHERE run = '{KILLED}'")
    assert found == {"reached": "plan", "choice": "A", "act": None, "confidence": None, "calls": 3, "failures": 1}


def test_options_segments_and_reasons_belong_to_their_decision(rows):
    where = f"WHERE run = '{BAKERY}' AND decision = 'shop#1:1'"
    options = rows(f"SELECT label, probability, censored, chosen FROM options {where} ORDER BY label")
    assert [tuple(row.values()) for row in options] == [("A", 0.8, False, True), ("B", 0.2, True, False)]
    segments = rows(f"SELECT segment, source, text, cited FROM segments {where} ORDER BY segment")
    assert [(row["segment"], row["cited"]) for row in segments] == [("s1", True), ("s2", False)]
    assert segments[1]["text"] == LONG
    assert rows(f"SELECT number, segment FROM reasons {where}") == [{"number": 1, "segment": "s1"}]
    forced = rows(f"SELECT label FROM options WHERE run = '{FORK}' AND decision = 'bake#1' AND chosen")
    assert forced == [{"label": "B"}]


def test_steps_end_as_they_last_ended(rows):
    found = rows(f"SELECT step, round, item, kind, items, state, output FROM steps WHERE run = '{BAKERY}'")
    states = {(row["step"], row["round"], row["item"]): row["state"] for row in found}
    assert states["ship", 1, 0] == "done", "it was cancelled before the run was resumed"
    assert states["shop", 1, 2] == "failed"
    assert states["decorate", 1, 0] == "skipped"
    assert {round_ for step, round_, _ in states if step == "bake"} == {1, 2}
    (team,) = [row for row in found if row["step"] == "judge#1.talk"]
    assert (team["kind"], json.loads(team["output"])) == ("team", {"text": "sesame"})
    assert rows(f"SELECT DISTINCT state FROM steps WHERE run = '{KILLED}'") == [{"state": "running"}]


def test_calls_and_failures(rows):
    (call,) = rows(f"SELECT * FROM calls WHERE run = '{BAKERY}' AND place = 'bake#1/act'")
    expected = {"attempt": 2, "stage": "act", "decision": "bake#1", "model": "small-q4", "text": LONG, "form": "text"}
    assert {name: call[name] for name in expected} == expected
    assert (call["prompt_tokens"], call["cached_tokens"], call["finish_reason"]) == (100, 60, "stop")
    codes = rows(f"SELECT code, will_retry FROM failures WHERE run = '{BAKERY}' AND step = 'shop' ORDER BY attempt")
    assert [tuple(row.values()) for row in codes] == [("timeout", True), ("invalid_output", False)]


def test_programs_that_nobody_knows_the_end_of(rows):
    ran = rows(f"SELECT place, passed, decision, failures, limits_enforced FROM sandbox WHERE run = '{BAKERY}'")
    assert [(row["place"], row["passed"], row["decision"]) for row in ran] == [
        ("bake#1/sandbox", False, "bake#1"),
        ("bake#2/sandbox", True, "bake#2"),
    ]
    assert ran[0]["failures"] == ["too salty, sesame"]
    (began,) = rows(f"SELECT place, argv, backend, passed FROM sandbox WHERE run = '{KILLED}'")
    assert began == {"place": "test#1/sandbox", "argv": ["tests", "t.py"], "backend": None, "passed": None}


def test_calls_of_tool_models(rows):
    found = rows("SELECT task, tool, attempt, value, error, seconds, cost, decision FROM tool_calls ORDER BY seq")
    assert [tuple(row.values()) for row in found] == [
        ("t1", "ocr", 1, json.dumps(f"a sign, {samples.SECRET}"), None, 2.0, 0.5, None),
        ("t2", "language", 1, None, "timeout", 9.0, 0.0, None),
        ("t2", "language", 2, None, None, None, None, None),
    ]
    (first,) = rows("SELECT step, place, arguments->>'$.image.name' AS file FROM tool_calls WHERE task = 't1'")
    assert first == {"step": "ask", "place": "ask#1/t1/ocr", "file": "photo.png"}


def test_people_are_asked_and_answer(rows):
    answered, waiting = rows("SELECT run, approved, answered_by, asked, answered FROM people ORDER BY run")
    assert (answered["approved"], answered["answered_by"]) == (True, "ada")
    assert answered["asked"] <= answered["answered"]
    assert (waiting["run"], waiting["approved"], waiting["answered"]) == (KILLED, None, None)


def test_checks_and_effects(rows):
    checks = rows("SELECT decision, measure, value, floor, calls, tokens FROM checks ORDER BY seq")
    assert [tuple(row.values()) for row in checks] == [
        ("bake#1", "influence", 2.5, 0.5, 6, 606),
        ("bake#1", "evidence precision", None, None, 0, 0),
    ]
    (uncited,) = rows("SELECT segment, effect, low FROM effects WHERE causal AND NOT cited")
    assert uncited == {"segment": "s2", "effect": 2.5, "low": 2.0}


def test_teams_and_conditions(rows):
    assert rows("SELECT step, turn, source FROM messages") == [{"step": "judge#1.talk", "turn": 1, "source": "baker"}]
    speakers = rows("SELECT label, probability, chosen FROM speakers ORDER BY label")
    assert [tuple(row.values()) for row in speakers] == [("A", 0.6, True), ("B", 0.4, False)]
    (first, *_, last) = rows(f"SELECT step, reads->>'$' AS reads, result FROM conditions WHERE run = '{BAKERY}'")
    assert (first["step"], json.loads(first["reads"]), last["result"]) == ("decorate", {"inputs.fancy": "sesame"}, True)


@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_a_table_is_the_same_whatever_else_is_asked(rows, table):
    """A query reads no more kinds of event than its tables are made of; the tables must not show it."""
    alone = rows(f"SELECT * FROM {table}")
    beside = rows(f"SELECT t.* FROM {table} t LEFT JOIN (SELECT 1 FROM events, decisions WHERE false) ON true")
    assert alone == beside
    assert alone


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_columns_need_no_quotes(rows, table):
    names = [column.name for column in table.columns]
    assert list(rows(f"SELECT {', '.join(names)} FROM {table.name} LIMIT 1")[0]) == names


def test_every_column_is_told(rows):
    for table in TABLES:
        assert table.about.endswith(".")
        assert all(column.holds for column in table.columns)


def test_removed_events_keep_their_place():
    """What was redacted is there with its type, and what is made of the rest is not broken by it."""
    entries = samples.entries(samples.bakery())
    gone = next(n for n, entry in enumerate(entries) if isinstance(entry.event, DecisionStarted))
    seq = entries[gone].seq
    entries[gone] = Entry(seq, entries[gone].time, Redacted(was="decision.started"))
    making = RunRows("r", {"events", "decisions", "segments"})
    for entry in entries:
        making.take(entry)
    making.end()
    (removed,) = [row for row in making.rows["events"] if row[1] == seq]
    assert (removed[3], removed[-1]) == ("decision.started", None)
    (decision,) = [row for row in making.rows["decisions"] if row[1] == "shop#1:1"]
    assert (decision[8], decision[9], decision[15]) == ("explain", None, "A")
    assert [row for row in making.rows["segments"] if row[1] == "shop#1:1"] == []


def test_only_what_is_needed_is_decoded():
    assert needed({"steps", "people"}) == {"step.started", "step.finished", "human.asked", "human.answered"}
    assert needed({"steps", "events"}) is None


# --- asking ---


def test_names_are_unique(logs):
    answer = ask(sorted(logs.iterdir()), "SELECT a.run, b.run, 1 AS run_1 FROM runs a, runs b LIMIT 1")
    assert len(set(answer.columns)) == 3


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT stat FROM runs", ['"state"', "LINE 1: SELECT stat FROM runs", "^"]),
        ("SELECT * FROM rums", ['Did you mean "runs"?', "LINE 1"]),
        ("SELEC 1", ['syntax error at or near "SELEC"']),
        ("SELECT 1 +", ["syntax error", "LINE 1"]),
        ("SELECT CAST(state AS INTEGER) FROM runs", ["Could not convert string 'done'"]),
        ("SELECT error('boo') FROM runs", ["boo"]),
        ("", ["no statements"]),
        ("-- nothing", ["no statements"]),
        ("SELECT 1; SELECT 2", ["holds 2 statements"]),
        ("\udcff", ["not text in UTF-8"]),
        ("SELECT '\udcff'", ["not text in UTF-8"]),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, []),
    ],
)
def test_bad_queries_are_the_users_mistake(logs, sql, says):
    with pytest.raises(UserError) as caught:
        list(ask(sorted(logs.iterdir()), sql).rows)
    assert [each for each in says if each not in caught.value.message] == []
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("DELETE FROM runs", "DELETE"),
        ("UPDATE runs SET state = 'done'", "UPDATE"),
        ("DROP TABLE runs", "DROP"),
        ("INSERT INTO runs SELECT * FROM runs", "INSERT"),
        ("CREATE TABLE x AS SELECT 1", "CREATE"),
        ("SET lock_configuration = false", "SET"),
        ("INSTALL httpfs", "LOAD"),
        ("ATTACH 'x.db'", "ATTACH"),
        ("COPY (SELECT 1) TO 'x.csv'", "COPY"),
    ],
)
def test_a_query_only_reads(logs, sql, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="a query reads") as caught:
        ask(sorted(logs.iterdir()), sql)
    assert kind in caught.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_json('{file}')",
        "SELECT * FROM read_blob('{file}')",
        "SELECT * FROM parquet_scan('{file}')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM sniff_csv('{file}')",
        "SELECT * FROM read_text('http://127.0.0.1:9/x')",
        "SELECT getenv('HOME')",
        "SELECT * FROM hidden",
        "SELECT * FROM query('COPY runs TO ''{folder}/x.csv''')",
    ],
)
def test_nothing_else_can_be_reached(logs, sql, tmp_path):
    """No files, no network, no environment, no Python variables (``hidden`` is one)."""
    hidden = {"a": [1]}  # noqa: F841
    file = tmp_path / "file.csv"
    file.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(UserError):
        list(ask(sorted(logs.iterdir()), sql.format(file=file, folder=tmp_path)).rows)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "sql",
    [
        "SET enable_external_access = true",
        "SET python_enable_replacements = true",
        "SET threads = 1",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM hidden",
    ],
)
def test_the_door_is_closed_before_anything_is_loaded(sql):
    """Not even our own code could open a file with this connection, or a variable, nor change that."""
    connection = database._connect()
    hidden = connection.sql("SELECT 1")  # noqa: F841
    with pytest.raises(UserError), database._telling():
        connection.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "DESCRIBE decisions",
        "SUMMARIZE runs",
        "SHOW TABLES",
        "EXPLAIN SELECT 1",
        "FROM runs",
        "PIVOT steps ON state USING count(*) GROUP BY run",
        "WITH a AS (SELECT run FROM runs) SELECT * FROM a",
        "SELECT * FROM query_table('runs')",
        "SELECT now(), TIMESTAMPTZ '2026-01-01 00:00:00+02'",
        'SELECT * FROM main."RUNS"',
    ],
)
def test_what_reads_is_answered(logs, sql):
    answer = ask(sorted(logs.iterdir()), sql)
    assert list(answer.rows)


def test_a_damaged_log_is_left_out_of_every_table(logs, tmp_path, monkeypatch):
    """Also where half of it was in the tables already."""
    monkeypatch.setattr(database, "_BATCH", 7)
    copied = samples.copy(logs, tmp_path / "logs")
    path = copied / BAKERY / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:40], *lines[41:]]))
    answer = ask(sorted(copied.iterdir()), "SELECT run FROM runs UNION SELECT run FROM events ORDER BY run")
    assert [row[0] for row in answer.rows] == [FORK, KILLED]
    (skipped,) = answer.skipped
    assert skipped.run == BAKERY
    assert "event 41" in skipped.why


def test_a_torn_end_is_no_damage(logs, tmp_path):
    copied = samples.copy(logs, tmp_path / "logs")
    with (copied / KILLED / "events.jsonl").open("ab") as file:
        file.write(b'{"seq":14,"prev":"')
    answer = ask([copied / KILLED], "SELECT count(*) FROM events")
    assert list(answer.rows) == [(len(samples.killed()),)]
    assert answer.skipped == ()


def test_numbers_beyond_64_bits_are_null(tmp_path):
    run = samples.answered("bake#1/plan")
    usage = run.completion.usage.model_copy(update={"prompt_tokens": 10**40, "completion_tokens": -(2**63)})
    event = run.model_copy(update={"completion": run.completion.model_copy(update={"usage": usage})})
    with LogWriter.create(tmp_path / "r", RunAbout(run="r", workflow="w", seed=2**200)) as writer:
        writer.record(RunStarted(run="r", workflow="w"))
        writer.record(event)
    answer = ask([tmp_path / "r"], "SELECT seed, prompt_tokens, completion_tokens FROM runs JOIN calls USING (run)")
    assert list(answer.rows) == [(None, None, -(2**63))]


def test_any_text_comes_back_as_it_was(tmp_path):
    texts = ["a\0b", "\u202eevil\x1b[31m", "'; DROP TABLE runs; --", "é" * 1000, ""]
    with LogWriter.create(tmp_path / "r", RunAbout(run="r", workflow="w")) as writer:
        for text in texts:
            writer.record(samples.answered("bake#1/plan", text))
    answer = ask([tmp_path / "r"], "SELECT text FROM calls ORDER BY seq")
    assert [row[0] for row in answer.rows] == texts


def test_no_runs_is_no_rows(tmp_path):
    assert list(ask([], "SELECT * FROM runs").rows) == []


def test_a_query_that_takes_too_long_can_be_stopped():
    began = time.monotonic()
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        ask([], "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3")
    assert time.monotonic() - began < 10


def test_without_duckdb_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingExtra, match=r"glasswork\[query\]"):
        ask([], "SELECT 1")


def test_more_rows_than_a_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "_BATCH", 7)
    monkeypatch.setattr(database, "_FETCH", 5)
    run = samples.write(tmp_path, BAKERY, samples.bakery())
    answer = ask([run], "SELECT seq FROM events ORDER BY seq")
    assert [row[0] for row in answer.rows] == list(range(1, len(samples.bakery()) + 1))


# --- tables of werewolf -----------------------------------------------------------------------------------------------


def test_what_happened_at_a_table(rows):
    dealt, spoke = rows("SELECT number, what, actor, target, card, public, seen_by FROM happenings ORDER BY seq")
    assert dealt == {
        "number": 1,
        "what": "dealt",
        "actor": None,
        "target": "Ada",
        "card": "werewolf",
        "public": False,
        "seen_by": ["Ada"],
    }
    assert (spoke["actor"], spoke["public"], spoke["seen_by"]) == ("Ada", True, None)


def test_what_players_believed(rows):
    found = rows("SELECT player, about, text, probability FROM beliefs WHERE text = 'werewolf'")
    assert found == [{"player": "Bo", "about": "Ada", "text": "werewolf", "probability": 0.7}] * 2
