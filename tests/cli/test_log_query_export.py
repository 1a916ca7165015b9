"""``log query`` and ``log export`` on the command line, and the page about them."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path

import pytest
from tests.log import samples
from tests.log.samples import BAKERY, FORK, KILLED

from glasswork.cli import log_query
from glasswork.log.query import TABLES
from glasswork.view.grid import grid

PAGE = Path(__file__).parents[2] / "docs" / "howto-query-and-export.md"


@pytest.fixture
def logs(bakery) -> Path:
    return samples.write_all(bakery / "logs")


# --- query ---


def test_a_table_fits_80_columns(logs, glasswork):
    said = glasswork("log", "query", "SELECT run, state, tokens, reason FROM runs ORDER BY run")
    assert said.status == 0
    assert max(map(len, said.out.splitlines())) <= 80
    heading, rule, first, *_ = said.out.splitlines()
    assert heading.split() == ["run", "state", "tokens", "reason"]
    assert set(rule) == {"─", " "}
    assert first.split() == [BAKERY, "done", "2300"]


def test_long_cells_are_cut_in_a_table_and_nowhere_else(logs, glasswork):
    sql = "SELECT decision, act FROM decisions ORDER BY run, seq LIMIT 1"
    table = glasswork("log", "query", sql).out
    assert "…" in table
    assert max(map(len, table.splitlines())) <= 80
    (row,) = glasswork("log", "query", sql, "--format", "json").data
    assert row["act"].endswith(samples.LONG)
    (cells,) = list(csv.DictReader(io.StringIO(glasswork("log", "query", sql, "--format", "csv").out)))
    assert cells["act"] == row["act"]


def test_many_columns_stand_underneath_each_other(logs, glasswork):
    said = glasswork("log", "query", "SELECT * FROM decisions ORDER BY seq LIMIT 2")
    lines = said.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line.startswith("── ")] == ["── 1 ".ljust(40, "─"), "── 2 ".ljust(40, "─")]
    assert sum(line.startswith("order_consistency") for line in lines) == 2


def test_json_and_json_lines(logs, glasswork):
    sql = (
        "SELECT step, output, started, 0.5::DECIMAL(3,1) AS half, 'NaN'::DOUBLE AS none FROM steps ORDER BY ALL LIMIT 2"
    )
    rows = glasswork("log", "query", sql, "--format", "json").data
    lines = glasswork("log", "query", sql, "--format", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == rows
    assert rows[0]["half"] == 0.5
    assert rows[0]["none"] is None
    assert isinstance(rows[0]["output"], dict), "JSON is not wrapped in a text"
    assert rows[0]["started"].startswith("20")
    assert glasswork("log", "query", "FROM runs WHERE false", "--format", "json").data == []


def test_csv_has_nulls_lists_and_truth_values(logs, glasswork):
    said = glasswork(
        "log", "query", "SELECT run, passed, argv FROM sandbox ORDER BY run, seq", "--format", "csv"
    ).out.splitlines()
    assert said[1] == f'{BAKERY},false,"[""tests"", ""test_loaf.py""]"'
    assert said[-1].startswith(f"{KILLED},,")


def test_runs_narrow(logs, glasswork):
    sql = "SELECT DISTINCT run FROM events ORDER BY run"
    both = glasswork("log", "query", sql, "--run", "cccc", "--run", BAKERY, "--format", "csv").out.split()
    assert both == ["run", BAKERY, KILLED]
    twice = glasswork("log", "query", "SELECT count(*) FROM runs", "--run", "aaaa", "--run", BAKERY, "--format", "csv")
    assert twice.out.split()[-1] == "1"
    assert glasswork("log", "query", sql, "--run", "nobody").status == 2


def test_the_schema_needs_neither_logs_nor_duckdb(bakery, glasswork, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    said = glasswork("log", "query", "--schema")
    assert said.status == 0
    for table in TABLES:
        assert f"{table.name}  {table.about}" in said.out
    rows = glasswork("log", "query", "--schema", "--format", "json").data
    assert {"table": "runs", "name": "run", "type": "VARCHAR", "holds": "the run's id"} in rows
    assert len(rows) == sum(len(table.columns) for table in TABLES)


def test_without_the_extra_it_is_named(logs, glasswork, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    said = glasswork("log", "query", "SELECT 1")
    assert (said.status, said.out) == (2, "")
    assert "glasswork[query]" in said.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["SELECT stat FROM runs"], ['"state"', "LINE 1", "--schema"]),
        (["DROP TABLE runs"], ["DROP"]),
        (["SELECT * FROM read_text('/etc/passwd')"], ["file system operations are disabled"]),
        ([], ["takes SQL"]),
        (["SELECT '\x1b[31m' + 1 FROM nowhere"], ["nowhere"]),
    ],
)
def test_mistakes_are_told_without_a_traceback(logs, glasswork, words, says):
    said = glasswork("log", "query", *words)
    assert (said.status, said.out) == (2, "")
    assert [each for each in says if each not in said.err] == []
    assert "Traceback" not in said.err
    assert "\x1b" not in said.err


def test_an_error_while_rows_are_read_is_told_too(logs, glasswork):
    said = glasswork("log", "query", "SELECT CASE WHEN seq > 50 THEN error('late') END FROM events ORDER BY seq")
    assert said.status == 2
    assert "late" in said.err


def test_a_damaged_log_is_named_and_the_others_are_answered(logs, glasswork):
    path = logs / BAKERY / "events.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"step":"decorate"', b'"step":"Decorate"', 1))
    said = glasswork("log", "query", "SELECT DISTINCT run FROM steps ORDER BY run", "--format", "csv")
    assert said.status == 1
    assert said.out.split() == ["run", FORK, KILLED]
    assert f"left out: {BAKERY}" in said.err


def test_an_empty_folder_is_said_to_be_empty(bakery, glasswork):
    said = glasswork("log", "query", "SELECT run FROM runs")
    assert said.status == 0
    assert said.out.split()[0] == "run"
    assert "logs holds no runs" in said.err


def test_what_is_printed_to_a_terminal_is_harmless(logs, glasswork, monkeypatch):
    sql = "SELECT '\x1b]0;owned\x07\u202e' AS evil, chr(155) AS worse"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    for form in log_query.Format:
        out = glasswork("log", "query", sql, "--format", form.value).out
        assert not set(out) & {"\x1b", "\u202e", "\x9b", "\x07"}, form


# --- tables of text ---


def test_a_grid_cuts_wide_letters_by_their_width():
    from rich.cells import cell_len

    lines = list(grid(["text", "n"], [["日本語" * 30, 1], ["a\nb\tc", None]], width=40))
    assert max(cell_len(line) for line in lines) <= 40
    assert lines[3].startswith("a b c ")
    assert lines[3].endswith("NULL")


def test_a_grid_is_harmless_wherever_it_goes():
    text = "".join(grid(["a\x1b[2J"], [["\x1b]0;owned\x07red\u202e"]], width=40))
    assert not set(text) & {"\x1b", "\x07", "\u202e"}


@pytest.mark.parametrize("width", [10, 20, 40, 80])
def test_a_grid_keeps_its_width(width):
    rows = [["x" * 200, 3.14159265358979, True, None, [1, 2]], ["y", 2.0, False, "z" * 90, []]]
    assert max(len(line) for line in grid(["a", "b", "c", "d", "e"], rows, width=width)) <= max(width, 11)


def test_numbers_stand_to_the_right():
    lines = list(grid(["name", "n"], [["a", 1], ["b", 1000]], width=40))
    assert lines[2:] == ["a        1", "b     1000"]
    assert list(grid(["n"], [], width=40)) == ["n", "─"]


# --- export ---


@pytest.mark.parametrize("form", ["otel", "openinference", "jsonl"])
def test_export_prints_or_writes_the_same(logs, glasswork, bakery, form):
    printed = glasswork("log", "export", "aaaa", "--format", form)
    assert printed.status == 0
    written = glasswork("log", "export", "aaaa", "--format", form, "--out", "run.json")
    assert (written.status, written.out) == (0, "")
    assert "run.json" in written.err
    assert (bakery / "run.json").read_text(encoding="utf-8") == printed.out
    assert (bakery / "run.json").stat().st_mode & 0o077 == 0, "it may hold what a log holds"
    assert {path.name for path in bakery.iterdir()} >= {"run.json"}
    assert [path for path in bakery.iterdir() if path.name.startswith(".run.json")] == []


def test_export_of_the_latest_with_content(logs, glasswork):
    said = glasswork("log", "export", "--with-content")
    assert said.data["resourceSpans"]
    assert samples.SECRET in said.out
    assert samples.SECRET not in glasswork("log", "export").out


def test_half_an_export_is_not_left_behind(logs, glasswork, bakery):
    path = logs / BAKERY / "events.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"step":"decorate"', b'"step":"Decorate"', 1))
    (bakery / "run.json").write_text("before", encoding="utf-8")
    said = glasswork("log", "export", BAKERY, "--out", "run.json")
    assert said.status == 1
    assert "event" in said.err
    assert (bakery / "run.json").read_text(encoding="utf-8") == "before"
    assert [each for each in bakery.iterdir() if each.name.startswith(".run.json")] == []


@pytest.mark.parametrize("out", ["logs", "nowhere/run.json"])
def test_export_to_where_nothing_can_be_written(logs, glasswork, out):
    said = glasswork("log", "export", "--out", out)
    assert said.status in {1, 2}
    assert said.err.startswith("error:")


# --- the page ---


def queries() -> list[str]:
    return re.findall(r"^```sql\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_page_has_its_queries():
    assert len(queries()) >= 10


@pytest.mark.parametrize("sql", queries())
def test_every_query_of_the_page_finds_something(logs, glasswork, sql):
    said = glasswork("log", "query", sql, "--format", "json")
    assert (said.status, said.err) == (0, "")
    assert said.data


def test_the_page_names_every_table():
    page = PAGE.read_text(encoding="utf-8")
    assert [table.name for table in TABLES if f"`{table.name}`" not in page] == []
