"""What a model, a sandbox or a person says reaches a terminal, a report and a log as letters, and as nothing else.

A run in which everybody says every hostile form (:mod:`tests.security.hostile`) is made once by the command line, with
its log, and then every command that prints any of it is called.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.security.hostile import ALL, MARK, SHORT, Liar, leaks, leaks_on_terminal, write_project

from glasswork.cli.main import main
from glasswork.log.reader import read, verify
from glasswork.log.runs import find_run
from glasswork.records import Acted, HumanAnswered, RunFinished, SandboxRan

ANSWER = f"ask=yes:{SHORT}"
DECISIONS = ("say#1", "list#1", "each#1:2", "judge#1", "code#1", "talk#1.1")
PIPED = [
    *(f"log show{more}" for more in ("", " --verbose", " --json", " latest code", " latest talk")),
    *(f"log why {decision}{more}" for decision in DECISIONS for more in ("", " --verbose", " --json")),
    *(f"log tail -n 1000{more}" for more in ("", " --json")),
    *(f"{command}{more}" for command in ("log list", "log verify", "list", "plan hostile") for more in ("", " --json")),
    *("replay", "replay --json", "validate", "graph hostile"),
    "graph hostile --format mermaid",
    *(f"log export --format {form} --with-content" for form in ("otel", "openinference", "jsonl")),
    *(f"blame --rules-only{more}" for more in ("", " --json")),
    "blame --success remark=good --yes",
    "blame --success remark=good --yes --json",
    *(f"check{more}" for more in (" --dry-run", " say", " say --json", " say --report r.md")),
    *(f"probe talker --run latest{more}" for more in (" --dry-run", "", " --json", " --report r.md")),
]
"""Command lines; the run they speak of is the latest."""


def call(words: str) -> tuple[int, str]:
    """Call a command line; return its status and all that it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), pytest.raises(SystemExit) as ended:
        main(words if isinstance(words, list) else words.split())
    return int(ended.value.code or 0), printed.getvalue()


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A project with two finished runs in which everything hostile was said."""
    folder = write_project(tmp_path_factory.mktemp("told"))

    async def opened(*_, **__):
        return Liar(ALL)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("GLASSWORK_CONFIG", str(folder / "nobody"))
        patch.setattr("glasswork.sandbox.choose.open_sandbox", opened)
        for wish in (ALL, "a wish"):
            status, printed = call(["run", "hostile", wish, "--answer", ANSWER])
            assert status == 0, printed
            assert leaks(printed) == []
        yield folder


@pytest.mark.parametrize("words", PIPED)
def test_nothing_leaks_into_a_pipe(told, words):
    status, printed = call(words)
    assert status in {0, 1}, printed
    assert printed
    assert leaks(printed) == []


def test_nothing_leaks_from_two_runs_side_by_side(told):
    one, other = (folder.name for folder in sorted((told / "logs").iterdir()))
    for more in ("", " --json"):
        status, printed = call(f"log diff {one} {other}{more}")
        assert status in {0, 1}, printed
        assert leaks(printed) == []


@pytest.mark.parametrize("form", ["table", "csv", "json", "jsonl"])
def test_nothing_leaks_from_a_query(told, form):
    pytest.importorskip("duckdb")
    sql = "SELECT *, chr(155) || chr(27) || chr(8238) || chr(10) AS worse FROM steps"
    status, printed = call(["log", "query", sql, "--format", form])
    assert status == 0, printed
    assert leaks(printed) == []
    if form in {"json", "jsonl"}:
        lines = json.loads(printed) if form == "json" else [json.loads(line) for line in printed.splitlines()]
        assert {line["worse"] for line in lines} == {"\x9b\x1b\u202e\n"}


def test_json_says_what_was_said(told):
    """Escaped is not lost: whoever reads the JSON has the text to the letter."""
    assert json.loads(call("log why say#1 --json")[1])["acted"]["text"] == ALL.strip()
    assert json.loads(call("log show --json")[1])["inputs"]["wish"] == "a wish"


def test_no_line_passes_for_another(told):
    """What holds new lines is set in or cut to one line wherever a line of its own would be believed."""
    for words in (
        "log show --verbose",
        "log tail -n 1000",
        "log list",
        "blame --rules-only",
        "plan hostile",
        "check say",
    ):
        assert [line for line in call(words)[1].splitlines() if line.startswith((MARK, '{"seq"'))] == []


# --- terminals --------------------------------------------------------------------------------------------------------

DRIVER = """
import asyncio, sys
from tests.security.hostile import ALL, Liar
import glasswork.sandbox.choose as choose
from glasswork.cli.main import main

async def opened(*_, **__):
    return Liar(ALL)

choose.open_sandbox = opened
for line in sys.argv[1:]:
    try:
        main(line.split("\\t"))
    except SystemExit as ended:
        print(f"<{ended.code}>", flush=True)
"""


def on_a_terminal(*lines: list[str], seconds: float = 60, **environment: str) -> str:
    """Call command lines one after the other on a terminal; return all that it was sent."""
    terminal, its_end = pty.openpty()
    words = ["\t".join(line).replace("\x00", "") for line in lines]
    root = str(Path(__file__).parents[2])
    own = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": root, "PAGER": "cat", **environment}
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER, *words], stdin=its_end, stdout=its_end, stderr=its_end, env=own
    ) as child:
        os.close(its_end)
        sent, deadline = b"", time.monotonic() + seconds
        with contextlib.suppress(OSError):  # the other end has closed
            while time.monotonic() < deadline:
                if select.select([terminal], [], [], 0.2)[0]:
                    sent += os.read(terminal, 65536)
        child.kill()
    os.close(terminal)
    return sent.decode()


def test_nothing_leaks_to_a_terminal(told):
    words = [*("log show --verbose", "log why say#1", "log why code#1 --verbose", "log tail -n 1000", "log list")]
    words += [
        "log verify",
        "log show --json",
        "plan hostile",
        "check say",
        "blame --rules-only",
        "log query FROM nowhere",
    ]
    printed = on_a_terminal(
        *(line.split() for line in words), ["run", SHORT], ["log", "why", SHORT], ["log", "show", SHORT]
    )
    assert printed.count("<") >= len(words) + 3
    assert "\x1b[" in printed, "it was in colours"
    assert leaks_on_terminal(printed) == []


def test_nothing_leaks_from_a_run_on_a_terminal(alone):
    write_project(alone)
    printed = on_a_terminal(
        ["run", "hostile", ALL, "--answer", ANSWER], ["run", "hostile", "a wish", "-q", "--answer", ANSWER]
    )
    assert printed.count("<0>") == 2, printed
    assert leaks_on_terminal(printed) == []


def test_a_simple_terminal_gets_no_more(alone):
    write_project(alone)
    printed = on_a_terminal(["run", "hostile", "a wish", "--answer", ANSWER], TERM="dumb", NO_COLOR="1")
    assert "<0>" in printed, printed
    assert leaks(printed.replace("\r\n", "\n")) == []


# --- reports, logs ----------------------------------------------------------------------------------------------------


def test_reports_hold_no_markup_but_their_own(told):
    from markdown_it import MarkdownIt

    call("check say --report check.md")
    call("probe talker --run latest --report probe.md")
    for name in ("check.md", "probe.md"):
        text = (told / name).read_text(encoding="utf-8")
        assert leaks(text) == [], name
        tokens = MarkdownIt("commonmark").enable("table").parse(text)
        inner = [one for token in tokens for one in (token, *(token.children or ()))]
        kinds = {one.type for one in inner}
        assert kinds & {"link_open", "image", "html_inline", "html_block", "fence", "code_block"} == set(), name
        assert "table_open" in kinds


def test_an_event_is_a_line_of_ascii(told):
    for folder in (told / "logs").iterdir():
        lines = (folder / "events.jsonl").read_bytes().split(b"\n")
        assert lines.pop() == b""
        assert [
            n for n, line in enumerate(lines) if not line.isascii() or any(byte < 32 or byte == 127 for byte in line)
        ] == []
        numbers = [json.loads(line)["seq"] for line in lines]
        assert numbers == list(range(1, len(numbers) + 1))
        assert verify(folder).ok
        assert leaks((folder / "run.json").read_text(encoding="utf-8")) == []


def test_what_was_said_is_in_the_log_to_the_letter(told):
    log = read(find_run(told / "logs", "latest"))
    ran = next(event for event in log.events if isinstance(event, SandboxRan))
    assert ran.stderr == ALL
    assert ran.failures[0] == ALL
    said = [event.text for event in log.events if isinstance(event, Acted)]
    assert said.count(ALL.strip()) >= 4


def test_no_event_is_forged(told):
    """Of a person and of the end there is one word each, and neither comes from what a model or a program said."""
    log = read(find_run(told / "logs", "latest"))
    answers = [event for event in log.events if isinstance(event, HumanAnswered)]
    assert len(answers) == 1
    assert answers[0].by != MARK
    assert sum(isinstance(event, RunFinished) for event in log.events) == 1


def test_saved_files_have_the_names_of_the_workflow(told):
    for folder in (told / "logs").iterdir():
        assert sorted(path.name for path in (folder / "files").rglob("*")) == ["said.txt"]
