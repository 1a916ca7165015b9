"""``verify`` says what befell a log: which event was changed, moved, removed or cut, and whether its anchor holds."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from pathlib import Path

import pytest
from tests.log.conftest import failed

from glasswork.errors import LogCorrupt, LogError, UserError
from glasswork.log.about import RunAbout
from glasswork.log.chain import parse, seal
from glasswork.log.head import EVERY, KEY, write_head
from glasswork.log.reader import iter_entries, read, verify
from glasswork.log.removal import redact
from glasswork.log.writer import LogWriter
from glasswork.records import LogRedacted, LogRepaired, RunFinished


def lines(folder: Path) -> list[bytes]:
    return (folder / "events.jsonl").read_bytes().splitlines(keepends=True)


def rewrite(folder: Path, content: bytes) -> None:
    (folder / "events.jsonl").write_bytes(content)


def forge(folder: Path, *, change: bytes, to: bytes) -> None:
    """Change what the log says and write every hash anew, as somebody does who knows the format."""
    prev = hashlib.sha256((folder / "run.json").read_bytes()).hexdigest()
    forged = []
    for line in lines(folder):
        link = parse(line)
        assert link is not None
        assert link.data is not None
        data = link.data.replace(change, to).decode()
        sealed, prev = seal(link.seq, prev, link.time, link.type, salt="0" * 32, data=data)
        forged.append(sealed)
    rewrite(folder, b"".join(forged))
    write_head(folder, len(forged), prev)


def test_a_finished_log_verifies(log: Path) -> None:
    verdict = verify(log)
    assert (verdict.ok, verdict.complete, verdict.events, verdict.problem, verdict.seal) == (True, True, 8, "", "open")
    assert verdict.head == json.loads(lines(log)[-1])["hash"] == json.loads((log / "head.json").read_text())["hash"]


def test_a_log_can_be_checked_with_nothing_but_its_description(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``logs/README.md`` says, done by hand."""

    def sha256(*parts: bytes) -> str:
        return hashlib.sha256(b"".join(parts)).hexdigest()

    monkeypatch.setenv(KEY, "correct horse")
    write_head(log, 8, verify(log).head)
    redact(log, events=[2], texts=["long long"])
    prev, named = sha256((log / "run.json").read_bytes()), set()
    for number, line in enumerate(lines(log), 1):
        said = json.loads(line)
        assert list(said) == ["seq", "prev", "t", "type", "content", "salt", "data", "hash"]
        assert line == json.dumps(said, separators=(",", ":")).encode() + b"\n"
        assert (said["seq"], said["prev"]) == (number, prev)
        header = line[: line.index(b',"salt":"')]
        prev = sha256(prev.encode(), header)
        assert said["hash"] == prev
        if said["data"] is None:
            assert (number, said["salt"]) == (2, "")
            continue
        data = line[line.index(b',"data":') + len(b',"data":') : -len(',"hash":""}\n') - 64]
        assert sha256(said["salt"].encode(), data) == said["content"]
        named |= set(re.findall(rb'"\$blob:([0-9a-f]{64})"', data))
    anchor = json.loads((log / "head.json").read_text())
    seal = hmac.new(b"correct horse", f"{number} {prev}".encode(), hashlib.sha256).hexdigest()
    assert anchor == {"seq": number, "hash": prev, "hmac": seal}
    emptied = json.loads(lines(log)[8])["data"]
    assert (emptied["events"], {name.encode() for name in emptied["blobs"]}) == ([2], named)
    for name, text in ((path.name, path.read_bytes()) for path in (log / "blobs").iterdir()):
        assert text == b"" if name.encode() in named else (sha256(text), text[32:]) == (name, b"\nrole: engineer\n")


# --- ends -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tail", "how"),
    [
        (b"\0" * 700, "torn"),
        (b"\0" * 700 + b"\n", "torn"),
        (b"\x91\xff garbage\nmore\n", "torn"),
        (b'{"seq":4,"prev":"', "torn"),
        (b"12\n", "torn"),
        (b'{"a": 1}\n', "changed"),
        (b'{"a": 1}', "changed"),
        (None, "repeated"),
    ],
    ids=["zeros", "zeros and a newline", "garbage", "half", "no object", "foreign", "foreign, unended", "duplicate"],
)
def test_tails(log: Path, tail: bytes | None, how: str) -> None:
    whole = (log / "events.jsonl").read_bytes()
    tail = tail or lines(log)[-1]
    rewrite(log, whole + tail)
    verdict = verify(log)
    assert (verdict.ok, verdict.complete, verdict.how, verdict.events) == (False, False, how, 8)
    assert (verdict.event, verdict.offset) == (9, len(whole))
    if how == "torn":
        assert read(log).torn
        with LogWriter.open(log) as writer:
            assert writer.events == 9
        assert (log / f"events.torn-{len(whole)}").read_bytes() == tail
        assert read(log).events[-1] == LogRepaired(
            offset=len(whole), bytes=len(tail), saved_as=f"events.torn-{len(whole)}"
        )
        assert verify(log).complete
    else:
        with pytest.raises(LogCorrupt, match=f"event 9 at byte {len(whole)}"):
            LogWriter.open(log)
        with pytest.raises(LogCorrupt):
            read(log)
        assert (log / "events.jsonl").read_bytes() == whole + tail, "a corrupt log is never edited"


@pytest.mark.slow
@pytest.mark.usefixtures("no_sync")
def test_a_line_torn_at_every_byte_is_repaired_and_costs_nothing_before_it(folder: Path, about: RunAbout) -> None:
    with LogWriter.create(folder, about) as writer:
        writer.record(failed(1))
        writer.record(failed(2))
    before = (folder / "events.jsonl").read_bytes()
    anchor = (folder / "head.json").read_bytes()
    with LogWriter.open(folder) as writer:
        writer.record(failed(3, "clöck"))
    last = (folder / "events.jsonl").read_bytes()[len(before) :]
    for size in range(1, len(last)):
        rewrite(folder, before + last[:size])
        (folder / "head.json").write_bytes(anchor)
        assert verify(folder).how == "torn"
        LogWriter.open(folder).close()
        assert (folder / "events.jsonl").read_bytes().startswith(before)
        assert [event.type for event in read(folder).events] == ["model.failed", "model.failed", "log.repaired"]
        assert verify(folder).ok


def test_a_flipped_newline_at_the_end_does_not_cost_an_event(log: Path) -> None:
    whole = (log / "events.jsonl").read_bytes()
    rewrite(log, whole[:-1] + b"\x0b")
    with pytest.raises(LogCorrupt):
        LogWriter.open(log)


def test_a_damaged_end_that_the_anchor_knows_is_not_repaired_away(log: Path) -> None:
    whole = (log / "events.jsonl").read_bytes()
    rewrite(log, whole[:-20] + b"\0" * 20)
    assert verify(log).how == "cut"
    with pytest.raises(LogCorrupt, match="event 8"):
        LogWriter.open(log)


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_cut_tail_is_found_by_the_anchor(log: Path, cut: int) -> None:
    rewrite(log, b"".join(lines(log)[:-cut]))
    verdict = verify(log)
    assert (verdict.ok, verdict.complete, verdict.how, verdict.events) == (False, False, "cut", 8 - cut)
    gone = "event 8 is gone" if cut == 1 else f"events {9 - cut} to 8 are gone"
    assert gone in verdict.problem
    with pytest.raises(LogCorrupt, match="gone from its end"):
        LogWriter.open(log)


def test_without_an_anchor_a_cut_tail_looks_like_a_killed_run(log: Path) -> None:
    (log / "head.json").unlink()
    assert verify(log).complete
    rewrite(log, b"".join(lines(log)[:-1]))
    verdict = verify(log)
    assert (verdict.ok, verdict.complete, verdict.how, verdict.seal) == (True, False, "cut", "")


# --- changes --------------------------------------------------------------------------------------------------------


def test_an_edit_in_the_middle_is_named_in_words(log: Path) -> None:
    raw = lines(log)
    raw[3] = raw[3].replace(b"timeout", b"success")
    rewrite(log, b"".join(raw))
    verdict = verify(log)
    assert (verdict.ok, verdict.how, verdict.event, verdict.events) == (False, "changed", 4, 3)
    at = sum(map(len, raw[:3]))
    assert verdict.problem == f"event 4 at byte {at} does not match its hash: what it says was changed"
    entries = iter_entries(log)
    assert [next(entries).seq for _ in range(3)] == [1, 2, 3]
    with pytest.raises(LogCorrupt):
        next(entries)


def test_an_edit_of_when_is_no_edit_of_what(log: Path) -> None:
    raw = lines(log)
    raw[3] = raw[3].replace(b'"t":"20', b'"t":"19')
    rewrite(log, b"".join(raw))
    assert verify(log).problem.endswith("does not match its hash: it was changed")


@pytest.mark.parametrize("event", range(1, 9))
def test_one_character_edited_in_any_event(log: Path, event: int) -> None:
    raw = lines(log)
    at = raw[event - 1].index(b'"data":{"') + 12
    raw[event - 1] = raw[event - 1][:at] + b"~" + raw[event - 1][at + 1 :]
    rewrite(log, b"".join(raw))
    verdict = verify(log)
    assert (verdict.ok, verdict.how, verdict.event, verdict.events) == (False, "changed", event, event - 1)


@pytest.mark.parametrize(
    ("order", "how", "event"),
    [
        ([0, 1, 2, 4, 5, 6, 7], "removed", 4),
        ([0, 1, 3, 2, 4, 5, 6, 7], "reordered", 3),
        ([0, 1, 2, 3, 4, 5, 7, 6], "reordered", 7),
        ([0, 1, 1, 2, 3, 4, 5, 6, 7], "repeated", 3),
    ],
)
def test_lines_moved_in_a_log(log: Path, order: list[int], how: str, event: int) -> None:
    raw = lines(log)
    rewrite(log, b"".join(raw[n] for n in order))
    verdict = verify(log)
    assert (verdict.ok, verdict.how, verdict.event) == (False, how, event)
    with pytest.raises(LogCorrupt):
        LogWriter.open(log)


def test_run_json_is_covered(log: Path) -> None:
    (log / "run.json").write_text((log / "run.json").read_text().replace("software_team", "hardware_team"))
    verdict = verify(log)
    assert (verdict.ok, verdict.how, verdict.event) == (False, "changed", 1)
    assert "run.json was changed" in verdict.problem


@pytest.mark.parametrize("gone", [True, False])
def test_a_changed_or_missing_blob_is_named(log: Path, gone: bool) -> None:
    blob = next(path for path in (log / "blobs").iterdir() if "long long" in path.read_text())
    blob.unlink() if gone else blob.write_text("other")
    verdict = verify(log)
    assert (verdict.ok, verdict.how, verdict.event) == (False, "changed", 4)
    assert blob.name in verdict.problem
    with pytest.raises(LogCorrupt, match=blob.name):
        read(log)


def test_a_changed_definition_is_named(log: Path) -> None:
    blob = next(path for path in (log / "blobs").iterdir() if "role: engineer" in path.read_text())
    blob.write_text("role: boss\n")
    assert "agents/engineer.yaml" in verify(log).problem


# --- what was taken out ---------------------------------------------------------------------------------------------


def test_a_tombstone_that_nothing_names_was_removed(log: Path) -> None:
    raw = lines(log)
    link = parse(raw[2])
    assert link is not None
    rewrite(log, b"".join([*raw[:2], link.tombstone(), *raw[3:]]))
    verdict = verify(log)
    assert (verdict.ok, verdict.how, verdict.event) == (False, "removed", 3)
    assert verdict.offset == len(raw[0] + raw[1])


def test_an_event_cannot_be_excused_beforehand(folder: Path, about: RunAbout) -> None:
    with LogWriter.create(folder, about) as writer:
        writer.record(LogRedacted(events=(2,), blobs=()))
        writer.record(failed(2))
        writer.blank({2})
        writer.record(RunFinished(state="done"))
    assert verify(folder).how == "removed"


def test_an_emptied_blob_that_nothing_names_was_removed(log: Path) -> None:
    blob = next(path for path in (log / "blobs").iterdir() if "long long" in path.read_text())
    blob.write_bytes(b"")
    verdict = verify(log)
    assert (verdict.ok, verdict.how, verdict.event) == (False, "removed", 4)


def test_a_redaction_that_only_says_so_is_unfinished(folder: Path, about: RunAbout) -> None:
    with LogWriter.create(folder, about) as writer:
        writer.record(failed(1, "long " * 900))
        writer.record(RunFinished(state="done"))
        blob = next((folder / "blobs").iterdir()).name
        writer.record(LogRedacted(events=(1,), blobs=(blob,)))
    verdict = verify(folder)
    assert (verdict.ok, verdict.complete, verdict.how, verdict.event) == (True, False, "unfinished", 3)
    with LogWriter.open(folder) as writer:
        writer.blank({1})
    assert blob in verify(folder).problem
    (folder / "blobs" / blob).write_bytes(b"")
    assert verify(folder).complete


# --- anchors --------------------------------------------------------------------------------------------------------


def test_the_anchor_moves_every_few_events_and_at_the_end(folder: Path, about: RunAbout) -> None:
    def anchored() -> int:
        return int(json.loads((folder / "head.json").read_text())["seq"])

    seen = []
    with LogWriter.create(folder, about) as writer:
        for number in range(2 * EVERY + 5):
            writer.record(failed(number))
            seen.append(anchored())
    assert seen[0] == 0
    assert set(seen) == {0, EVERY, 2 * EVERY}
    assert all(anchor <= number for number, anchor in enumerate(seen, 1)), "it never runs ahead of the log"
    assert anchored() == 2 * EVERY + 5


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"seq":"1","hash":"' + "0" * 64 + '"}', '{"seq":1,"hash":"x"}'])
def test_a_damaged_anchor_is_told(log: Path, text: str) -> None:
    (log / "head.json").write_text(text)
    verdict = verify(log)
    assert (verdict.ok, verdict.how) == (False, "changed")
    assert "head.json is damaged" in verdict.problem
    with pytest.raises(LogCorrupt, match=r"head\.json is damaged"):
        LogWriter.open(log)


def test_the_anchor_of_another_log(log: Path, tmp_path: Path, about: RunAbout) -> None:
    with LogWriter.create(tmp_path / "other", about) as writer:
        for number in range(8):
            writer.record(failed(number))
    (tmp_path / "other" / "head.json").replace(log / "head.json")
    assert verify(log).how == "replaced"
    with pytest.raises(LogCorrupt, match="event 8 is not the one"):
        LogWriter.open(log)


def test_a_log_written_anew_passes_without_a_key(log: Path) -> None:
    forge(log, change=b'"done"', to=b'"failed"')
    assert verify(log).complete, "a chain without a key shows accidents and lazy edits, no more"


def test_a_log_written_anew_is_found_with_a_key(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "correct horse")
    assert verify(log).how == "unsealed", "it was written before the key was set"
    write_head(log, 8, verify(log).head)
    assert (verify(log).complete, verify(log).seal) == (True, "sealed")
    honest = (log / "head.json").read_bytes()

    monkeypatch.setenv(KEY, "a guess")
    forge(log, change=b'"done"', to=b'"failed"')
    assert verify(log).complete, "sealed by the one who checks"

    monkeypatch.setenv(KEY, "correct horse")
    assert (verify(log).ok, verify(log).how, verify(log).seal) == (False, "forged", "forged")
    with pytest.raises(LogCorrupt, match="not that of the key"):
        LogWriter.open(log)
    (log / "head.json").write_bytes(honest)
    assert verify(log).how == "replaced"
    (log / "head.json").unlink()
    assert verify(log).how == "unsealed"
    with pytest.raises(LogCorrupt, match="is missing") as refused:
        LogWriter.open(log)
    assert KEY in refused.value.hint


def test_a_seal_without_its_key_is_told_to_be_unchecked(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "correct horse")
    write_head(log, 8, verify(log).head)
    monkeypatch.delenv(KEY)
    assert (verify(log).complete, verify(log).seal) == (True, "unchecked")


def test_a_sealed_log_goes_on(folder: Path, about: RunAbout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "correct horse")
    LogWriter.create(folder, about).close()
    assert not verify(folder).problem.startswith("the seal")
    with LogWriter.open(folder) as writer:
        writer.record(RunFinished(state="done"))
    assert (verify(folder).complete, verify(folder).seal) == (True, "sealed")


def test_a_head_that_was_noted_elsewhere(log: Path) -> None:
    noted = verify(log).head
    assert verify(log, expect=noted).noted == verify(log, expect=noted[:12]).noted == 8
    with LogWriter.open(log) as writer:
        writer.record(failed(9))
        writer.record(RunFinished(state="done"))
    verdict = verify(log, expect=noted)
    assert (verdict.ok, verdict.noted, verdict.events) == (True, 8, 10), "what came after does not matter"
    forge(log, change=b'"done"', to=b'"failed"')
    verdict = verify(log, expect=noted)
    assert (verdict.ok, verdict.how, verdict.noted) == (False, "replaced", None)
    for wrong in ("12", "xyz" * 5, noted.upper()):
        with pytest.raises(UserError, match="no hash of an event"):
            verify(log, expect=wrong)


# --- and besides ----------------------------------------------------------------------------------------------------


def test_no_log_is_one_line(tmp_path: Path) -> None:
    for reading in (read, verify, LogWriter.open):
        with pytest.raises(LogError) as error:
            reading(tmp_path / "nothing")
        assert "\n" not in str(error.value)


def test_notes_about_the_log_may_follow_the_end(log: Path) -> None:
    with LogWriter.open(log) as writer:
        writer.record(LogRedacted(events=(), blobs=()))
    assert verify(log).complete
    with LogWriter.open(log) as writer:
        writer.record(failed(10))
    assert not verify(log).complete


def long_log(folder: Path, about: RunAbout, count: int) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(about.model_dump_json())
    prev = hashlib.sha256((folder / "run.json").read_bytes()).hexdigest()
    data = failed(1, "x" * 300).model_dump_json(exclude={"type"})
    with (folder / "events.jsonl").open("wb") as file:
        for seq in range(1, count + 1):
            line, prev = seal(seq, prev, "2026-11-22T19:45:01.123Z", "model.failed", salt="5" * 32, data=data)
            file.write(line)


@pytest.mark.parametrize("count", [20_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_many_events_are_verified_and_read_fast(tmp_path: Path, about: RunAbout, count: int) -> None:
    long_log(tmp_path, about, count)
    share = count / 100_000
    began = time.process_time()
    assert verify(tmp_path).events == count
    verified = time.process_time()
    assert sum(1 for _ in iter_entries(tmp_path)) == count
    read_ = time.process_time()
    assert list(iter_entries(tmp_path, only={"run.finished"})) == []
    skimmed = time.process_time()
    assert verified - began < 2 * share
    assert read_ - verified < 3 * share
    assert skimmed - read_ < 2 * share
