"""A redacted log holds, says what was taken out, and holds nothing of it, wherever a redaction was cut short."""

from __future__ import annotations

import base64
import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.log.conftest import failed

from glasswork.errors import LogCorrupt, LogError, LogFull, LogLocked, NotFound, UserError
from glasswork.log.about import RunAbout
from glasswork.log.reader import iter_entries, read, read_definitions, verify
from glasswork.log.removal import Named, find, redact, unfinished
from glasswork.log.runs import summarise
from glasswork.log.writer import LogWriter
from glasswork.records import (
    Acted,
    Completion,
    DecisionStarted,
    Event,
    LogRedacted,
    LogRepaired,
    Message,
    MessageSent,
    ModelAnswered,
    Redacted,
    Request,
    RunFinished,
    RunStarted,
    Segment,
    StepFinished,
    StepStarted,
)

NAME = "Ada Löwe-Müller"
LONG = "word " * 900


def answered(place: str, prompt: str, text: str, data: Any = None) -> ModelAnswered:
    return ModelAnswered(
        place=place,
        digest="d" * 64,
        request=Request(messages=(Message(role="user", content=prompt),)),
        completion=Completion(text=text, data=data),
    )


EVENTS: tuple[Event, ...] = (
    RunStarted(run="r1", workflow="team", inputs={"idea": f"A site for {NAME}"}),
    StepStarted(step="build", kind="agent"),
    DecisionStarted(
        decision="build#1",
        step="build",
        agent="a",
        role="r",
        model="m",
        strategy="direct",
        segments=(Segment(id="s1", source="task", text=LONG + NAME),),
    ),
    answered("build#1/act", LONG + "the prompt of build", "<h1>built</h1>" + LONG),
    Acted(decision="build#1", produces="text", text="<h1>built</h1>" + LONG),
    StepFinished(step="build", state="done", output={"text": "<h1>built</h1>" + LONG}),
    StepStarted(step="chat", kind="team"),
    answered("chat#1.1/act", LONG + "the prompt of the chat", "hello"),
    MessageSent(step="chat", turn=1, source="a", kind="text", text="hello"),
    MessageSent(step="chat", turn=2, source="b", kind="text", text="bye"),
    answered("build#2/act", "<h1>built</h1>" + LONG, "again", {"who": json.dumps({"name": NAME})}),
    RunFinished(state="failed", reason=f"{NAME} said no", calls=3, seconds=9.0, outputs={"text": "fine"}),
)


def write(folder: Path) -> Path:
    about = RunAbout(run="r1", workflow="team", created="2026-11-22T19:45:01.123Z")
    with LogWriter.create(folder, about, definitions={"agents/a.yaml": f"# by {NAME}\n"}) as writer:
        for event in EVENTS:
            writer.record(event)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write(tmp_path / "r1")


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def holds(folder: Path, text: str) -> bool:
    raw = stored(folder)
    return any(
        form.encode() in raw for form in (text, json.dumps(text)[1:-1], json.dumps(json.dumps(text)[1:-1])[1:-1])
    )


def test_a_text_goes_wherever_it_stands(run: Path) -> None:
    assert holds(run, NAME)
    found = redact(run, texts=[NAME], reason="she asked for it", by="ada")
    assert not holds(run, NAME)
    assert [event.seq for event in found.events] == [1, 11, 12]
    assert found.readers == (Named(3, "decision.started"),)
    verdict = verify(run)
    assert (verdict.ok, verdict.complete, verdict.problem) == (True, True, "")
    events = read(run).events
    assert events[0] == Redacted(was="run.started")
    assert events[2].segments[0].text == "[redacted]"  # type: ignore[union-attr]
    assert events[3:10] == EVENTS[3:10], "nothing else is touched"
    assert events[-1] == LogRedacted(events=(1, 11, 12), blobs=found.blobs, reason="she asked for it", by="ada")
    assert read_definitions(run) == {"agents/a.yaml": "[redacted]"}


def test_the_end_of_a_run_is_said_again_without_words(run: Path) -> None:
    redact(run, texts=[NAME])
    end = read(run).events[12]
    assert end == RunFinished(state="failed", reason="redacted: see event 12", calls=3, seconds=9.0, events=13)
    summary = summarise(run)
    assert (summary.state, summary.calls, summary.events, summary.reason) == ("failed", 3, 14, "redacted: see event 12")


def test_what_was_noted_of_a_log_outlives_a_redaction(run: Path) -> None:
    noted = verify(run).head
    redact(run, texts=[NAME])
    assert verify(run, expect=noted).noted == 12


def test_nothing_is_found_and_nothing_is_written(run: Path) -> None:
    before = stored(run)
    assert not redact(run, texts=["nobody"])
    assert stored(run) == before


def test_finding_changes_nothing(run: Path) -> None:
    before = stored(run)
    assert find(run, texts=[NAME], events=[5], decision="build#1")
    assert stored(run) == before


def test_events_go_by_number(run: Path) -> None:
    found = redact(run, events=[9])
    assert (found.events, found.blobs, found.shared) == ((Named(9, "message.sent"),), (), 0)
    assert read(run).events[8] == Redacted(was="message.sent")
    assert verify(run).complete
    assert not redact(run, events=[9]), "it is gone already"
    assert read(run).events[-1].events == (9,)  # type: ignore[union-attr]


def test_a_text_that_only_one_event_names_goes_with_it(run: Path) -> None:
    found = redact(run, events=[4])
    assert (len(found.blobs), found.shared) == (1, 1)
    assert not holds(run, "the prompt of build")
    assert read(run).events[4] == EVENTS[4], "the other text is named elsewhere, too"


@pytest.mark.parametrize(
    ("decision", "numbers"), [("build#1", [3, 4, 5, 6]), ("build#2", [11]), ("chat#1.1", [8, 9]), ("chat#1.2", [10])]
)
def test_a_decision_goes_whole(run: Path, decision: str, numbers: list[int]) -> None:
    found = redact(run, decision=decision)
    assert [event.seq for event in found.events] == numbers
    assert verify(run).complete
    assert {entry.seq for entry in read(run).entries if isinstance(entry.event, Redacted)} == set(numbers)


def test_what_is_not_there(run: Path) -> None:
    with pytest.raises(NotFound, match="'13'"):
        find(run, events=[13])
    with pytest.raises(NotFound, match="'ship#1'"):
        find(run, decision="ship#1")
    for text in ("", " \n"):
        with pytest.raises(UserError, match="empty"):
            redact(run, texts=[text])
    redact(run, events=[9])
    with pytest.raises(UserError, match="has to stay"):
        redact(run, events=[13])


@pytest.mark.parametrize("word", ["message", "digest", "place", "$blob", "true", "null"])
def test_words_of_the_format_are_not_what_somebody_said(run: Path, word: str) -> None:
    assert not find(run, texts=[word])


def test_names_and_salts_of_texts_are_no_texts(tmp_path: Path) -> None:
    with LogWriter.create(tmp_path / "r1", RunAbout(run="r1", workflow="w")) as writer:
        for number in range(20):
            writer.record(StepFinished(step="s", state="done", output={"t": f"{number} {LONG}"}))
    assert not find(tmp_path / "r1", texts=["a", "b", "c"])
    assert len(find(tmp_path / "r1", texts=["wor"]).blobs) == 20


def test_a_key_of_the_data_is_said_by_somebody(tmp_path: Path) -> None:
    with LogWriter.create(tmp_path / "r1", RunAbout(run="r1", workflow="w")) as writer:
        writer.record(StepFinished(step="s", state="done", output={f"by {NAME}": 1}))
    assert [event.seq for event in redact(tmp_path / "r1", texts=[NAME]).events] == [1]


def test_the_reason_may_not_tell(run: Path) -> None:
    for word in ({"reason": f"about {NAME}"}, {"by": NAME}):
        with pytest.raises(UserError, match="reason holds the text"):
            redact(run, texts=[NAME], **word)  # type: ignore[arg-type]
    assert holds(run, NAME)


def test_a_run_that_is_written_is_left_alone(run: Path) -> None:
    with LogWriter.open(run), pytest.raises(LogLocked):
        redact(run, texts=[NAME])


def test_a_corrupt_log_is_left_alone(run: Path) -> None:
    raw = (run / "events.jsonl").read_bytes().replace(b'"hello"', b'"hallo"')
    (run / "events.jsonl").write_bytes(raw)
    with pytest.raises(LogCorrupt):
        redact(run, texts=[NAME])
    assert (run / "events.jsonl").read_bytes() == raw


def test_files_beside_the_log_go_only_where_asked(run: Path) -> None:
    (run / "files" / "sub").mkdir(parents=True)
    page, other = run / "files" / "sub" / "page.html", run / "files" / "other.txt"
    page.write_text(f"<p>{NAME}")
    other.write_text("fine")
    (run / "files" / "link").symlink_to("/etc/passwd")
    assert redact(run, texts=[NAME]).files == (page,)
    assert page.exists()
    assert redact(run, texts=[NAME], files=True).files == (page,)
    assert (page.exists(), other.exists()) == (False, True)
    assert not any(isinstance(entry.event, LogRedacted) for entry in list(iter_entries(run))[14:]), "said once"


def test_what_run_json_holds_is_told(tmp_path: Path) -> None:
    with LogWriter.create(tmp_path / "r1", RunAbout(run="r1", workflow="team", workflow_file=f"/home/{NAME}/w.yaml")):
        pass
    before = (tmp_path / "r1" / "run.json").read_bytes()
    assert redact(tmp_path / "r1", texts=[NAME]).in_run_json
    assert (tmp_path / "r1" / "run.json").read_bytes() == before


def test_half_written_ends_go_too(run: Path) -> None:
    with (run / "events.jsonl").open("ab") as file:
        file.write(b'{"seq":13,"prev":"' + NAME.encode())
    redact(run, texts=[NAME])
    assert not holds(run, NAME)
    assert not list(run.glob("events.torn-*"))
    assert isinstance(read(run).events[12], LogRepaired)
    assert verify(run).complete


def test_a_text_that_no_event_names_goes_too(run: Path) -> None:
    """A writer was killed between a text and its event."""
    with LogWriter.open(run) as writer:
        writer._blobs.put(LONG + NAME + "left behind")
    redact(run, texts=[NAME])
    assert not holds(run, NAME)
    assert verify(run).complete


FORMS: list[Callable[[str], str]] = [
    str,
    json.dumps,
    lambda text: json.dumps(text, ensure_ascii=False),
    lambda text: json.dumps(json.dumps(text)),
    lambda text: text.replace("ö", "\\u00F6").replace("ü", "\\u00FC"),
    quote,
    lambda text: base64.b64encode(f"x{text}y".encode()).decode(),
    lambda text: text.replace("ö", "o\u0308").replace("ü", "u\u0308"),
]


@pytest.mark.parametrize("form", range(len(FORMS)))
@pytest.mark.parametrize("long", [False, True])
def test_a_text_is_found_in_other_spellings(tmp_path: Path, form: int, long: bool) -> None:
    spelled = FORMS[form](NAME)
    with LogWriter.create(tmp_path / "r1", RunAbout(run="r1", workflow="w")) as writer:
        writer.record(failed(1, f"{LONG if long else ''}by {spelled}."))
    found = redact(tmp_path / "r1", texts=[NAME])
    assert (len(found.events), len(found.blobs)) == ((0, 1) if long else (1, 0))


WORDS = st.text('ab é"\\\n{', min_size=1, max_size=4)


@pytest.mark.usefixtures("no_sync")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(WORDS.flatmap(lambda word: st.sampled_from([word, word * 500])), min_size=1, max_size=6), gone=WORDS
)
def test_any_text_goes_and_the_rest_stays(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], gone: str
) -> None:
    if not gone.strip():
        return
    folder = tmp_path_factory.mktemp("any") / "r1"
    recorded = [failed(1, text) for text in texts]
    with LogWriter.create(folder, RunAbout(run="r1", workflow="w")) as writer:
        for event in recorded:
            writer.record(event)
        writer.record(RunFinished(state="done"))
    redact(folder, texts=[gone])
    assert verify(folder).complete
    for before, after in zip(recorded, read(folder).events, strict=False):
        if after != before:
            assert isinstance(after, Redacted) or after.message == "[redacted]"  # type: ignore[union-attr]
            assert any(gone in text for text in (before.message, before.model_dump_json(), json.dumps(before.message)))
        else:
            assert gone not in before.message


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_no_space_for_a_redaction_leaves_the_log_whole(run: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with LogWriter.open(run) as writer:
        writer.record(LogRedacted(events=(1,), blobs=()))
        with monkeypatch.context() as patched:
            patched.setattr(os, call, full)
            with pytest.raises(LogFull):
                writer.blank({1})
        assert read(run).events[:11] == EVENTS[:11]
        writer.blank({1})
        writer.record(RunFinished(state="done"))
    assert verify(run).complete


# --- cut short ------------------------------------------------------------------------------------------------------


class Crash(BaseException):
    """The machine is off: nothing that was not done will be done."""


CALLS = ("open", "write", "fsync", "fdatasync", "replace", "unlink", "ftruncate")


def crashing(monkeypatch: pytest.MonkeyPatch, after: int) -> list[int]:
    """Let the calls that change a disk work so many times, and never again; a write is cut in half."""
    left = [after]

    def guard(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            if name == "open" and not given[1] & (os.O_WRONLY | os.O_RDWR):
                return real(*given, **named)
            left[0] -= 1
            if left[0] < 0:
                if name == "write" and left[0] == -1:
                    real(given[0], given[1][: len(given[1]) // 2])
                raise Crash
            return real(*given, **named)

        return call

    for name in CALLS:
        monkeypatch.setattr(os, name, guard(name, getattr(os, name)))
    return left


def test_a_redaction_may_be_cut_short_at_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = write(tmp_path / "whole")
    steps = 0
    while True:
        run = tmp_path / f"r{steps}"
        shutil.copytree(whole, run)
        with monkeypatch.context() as patched:
            left = crashing(patched, steps)
            try:
                redact(run, texts=[NAME])
            except Crash:
                pass
            except LogError:
                assert left[0] < 0
        if left[0] >= 0:
            break
        steps += 1
        finish_after_crash(run)
    assert steps > 20


def finish_after_crash(run: Path) -> None:
    verdict = verify(run)
    torn = verdict.how == "torn"
    assert verdict.ok or torn
    said = any(isinstance(event, LogRedacted) for event in read(run).events)
    if said:
        assert unfinished(run) == (verdict.how == "unfinished")
    else:
        assert verdict.complete or torn
        assert read(run).events[:12] == (*EVENTS[:11], EVENTS[11].model_copy(update={"events": 12})), "all or nothing"
    redact(run, texts=[] if said else [NAME])
    assert not holds(run, NAME)
    assert verify(run).complete
    assert not unfinished(run)
    assert not list(run.rglob(".new-*"))
    assert read(run).events[3:10] == EVENTS[3:10]


def test_a_second_writer_never_slips_in(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every step of a redaction, another one who wants to write is refused, and a reader finds a whole log."""
    seen = []

    def watching(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            done = real(*given, **named)
            if not seen or seen[-1] != "in":
                seen.append("in")
                with pytest.raises(LogLocked):
                    LogWriter.open(run)
                assert len(read(run).events) >= 12
                assert verify(run).ok
                seen.append(name)
            return done

        return call

    with LogWriter.open(run) as writer:
        for name in ("replace", "unlink", "fsync", "ftruncate"):
            monkeypatch.setattr(os, name, watching(name, getattr(os, name)))
        writer.record(LogRedacted(events=(1, 3), blobs=()))
        writer.blank({1, 3})
        assert {"replace", "fsync"} <= set(seen)
        writer.record(RunFinished(state="done"))
    monkeypatch.undo()
    assert verify(run).complete
    assert len(read(run).events) == 14


def test_who_waited_with_the_old_file_open_finds_the_new_one(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between another writer's opening the log and locking it, the log is redacted."""
    import fcntl

    real, raced = fcntl.flock, []

    def flock(fd: int, how: int) -> None:
        if not raced:
            raced.append(fd)
            redact(run, texts=[NAME])
        real(fd, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with LogWriter.open(run) as writer:
        writer.record(failed(1))
    assert raced
    assert [event.type for event in read(run).events[-3:]] == ["run.finished", "log.redacted", "model.failed"]
    assert not holds(run, NAME)
