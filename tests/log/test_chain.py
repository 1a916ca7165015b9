"""Whatever befalls a log's bytes is seen, and named."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from glasswork.errors import LogCorrupt, LogError
from glasswork.log.chain import Walk, parse, seal
from glasswork.log.reader import iter_entries, read, verify
from glasswork.log.writer import LogWriter
from glasswork.records import LogRepaired

FIRST = "0" * 64


def lines(folder: Path) -> list[bytes]:
    return (folder / "events.jsonl").read_bytes().splitlines(keepends=True)


def rewrite(folder: Path, content: bytes) -> None:
    (folder / "events.jsonl").write_bytes(content)


def walk(raw: bytes) -> Walk:
    steps = Walk(io.BytesIO(raw), FIRST)
    for _ in steps:
        pass
    return steps


def chain_of(count: int) -> list[bytes]:
    made, prev = [], FIRST
    for seq in range(1, count + 1):
        line, prev = seal(seq, prev, "2026-11-22T19:45:01.123Z", "log.repaired", f'{{"n":{seq},"t":"\\u00e9"}}')
        made.append(line)
    return made


def test_a_line_can_be_checked_by_hand() -> None:
    import hashlib
    import json

    line, digest = seal(1, FIRST, "2026-11-22T19:45:01.123Z", "run.started", "{}")
    body = line[: line.index(b',"hash"')]
    assert hashlib.sha256(FIRST.encode() + body).hexdigest() == digest == json.loads(line)["hash"]


def test_every_single_bit_flip_is_detected() -> None:
    chain = chain_of(4)
    raw = b"".join(chain)
    start, end = len(chain[0]), len(chain[0]) + len(chain[1])
    for position in range(start, end):
        for bit in range(8):
            flipped = bytearray(raw)
            flipped[position] ^= 1 << bit
            steps = walk(bytes(flipped))
            assert steps.seq == 1
            assert steps.broken is not None
            assert steps.broken.how != "torn", "acknowledged events follow: nothing may be cut off"


def test_every_single_bit_flip_of_the_last_event_is_detected() -> None:
    chain = chain_of(3)
    raw = b"".join(chain)
    for position in range(len(raw) - len(chain[2]), len(raw)):
        for bit in range(8):
            flipped = bytearray(raw)
            flipped[position] ^= 1 << bit
            assert walk(bytes(flipped)).broken is not None


def test_truncation_at_every_byte_leaves_the_whole_events_before_it() -> None:
    chain = chain_of(5)
    raw = b"".join(chain)
    ends = [sum(map(len, chain[: n + 1])) for n in range(5)]
    for size in range(ends[1], len(raw) + 1):
        steps = walk(raw[:size])
        assert steps.seq == sum(end <= size for end in ends)
        assert (steps.broken is None) == (size in ends)
        assert steps.broken is None or steps.broken.how == "torn"


@pytest.mark.parametrize(
    ("order", "how", "event"),
    [
        ([0, 2, 1, 3], "reordered", 2),
        ([0, 3, 2, 1], "reordered", 2),
        ([0, 2, 3], "removed", 2),
        ([0, 3], "removed", 2),
        ([1, 2, 3], "removed", 1),
        ([0, 1, 1, 2, 3], "repeated", 3),
        ([0, 1, 2, 3, 3], "repeated", 5),
        ([0, 1, 2, 0, 3], "repeated", 4),
    ],
)
def test_moved_lines_are_named(order: list[int], how: str, event: int) -> None:
    chain = chain_of(4)
    broken = walk(b"".join(chain[n] for n in order)).broken
    assert broken is not None
    assert (broken.how, broken.seq) == (how, event)


def test_a_replaced_event_that_holds_by_itself_breaks_the_next() -> None:
    chain = chain_of(3)
    first = parse(chain[0])
    assert first is not None
    forged, _ = seal(2, first.hash, "2026-11-22T19:45:01.123Z", "log.repaired", "{}")
    broken = walk(chain[0] + forged + chain[2]).broken
    assert broken is not None
    assert (broken.how, broken.seq) == ("changed", 3)
    assert "event 2 was changed" in broken.text


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
    ],
)
def test_tails(log: Path, tail: bytes, how: str) -> None:
    whole = (log / "events.jsonl").read_bytes()
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


def test_a_flipped_newline_at_the_end_does_not_cost_an_event(log: Path) -> None:
    whole = (log / "events.jsonl").read_bytes()
    rewrite(log, whole[:-1] + b"\x0b")
    with pytest.raises(LogCorrupt):
        LogWriter.open(log)


def test_an_edit_in_the_middle_is_named_in_words(log: Path) -> None:
    raw = lines(log)
    raw[3] = raw[3].replace(b"timeout", b"success")
    rewrite(log, b"".join(raw))
    verdict = verify(log)
    assert (verdict.ok, verdict.how, verdict.event, verdict.events) == (False, "changed", 4, 3)
    assert verdict.problem.startswith(f"event 4 at byte {sum(map(len, raw[:3]))} does not match its hash")
    entries = iter_entries(log)
    assert [next(entries).seq for _ in range(3)] == [1, 2, 3]
    with pytest.raises(LogCorrupt):
        next(entries)


def test_an_edit_of_the_last_event_is_no_torn_tail(log: Path) -> None:
    raw = lines(log)
    rewrite(log, b"".join(raw[:-1]) + raw[-1].replace(b'"done"', b'"fail"'))
    assert verify(log).how == "changed"


def test_run_json_is_covered(log: Path) -> None:
    (log / "run.json").write_text((log / "run.json").read_text().replace("a clock", "a bomb"))
    verdict = verify(log)
    assert (verdict.ok, verdict.how, verdict.event) == (False, "changed", 1)
    assert "run.json was changed" in verdict.problem


def test_a_cut_end_shows(log: Path) -> None:
    rewrite(log, b"".join(lines(log)[:-1]))
    verdict = verify(log)
    assert (verdict.ok, verdict.complete, verdict.how, verdict.events) == (True, False, "cut", 7)


def test_a_finished_log_verifies(log: Path) -> None:
    verdict = verify(log)
    assert (verdict.ok, verdict.complete, verdict.events, verdict.problem) == (True, True, 8, "")


@pytest.mark.parametrize("gone", [True, False])
def test_a_changed_or_missing_blob_is_named(log: Path, gone: bool) -> None:
    definition = "role: engineer\n"
    blob = next(path for path in (log / "blobs").iterdir() if path.read_text() != definition)
    blob.unlink() if gone else blob.write_text("other")
    verdict = verify(log)
    assert (verdict.ok, verdict.how, verdict.event) == (False, "changed", 4)
    assert blob.name in verdict.problem
    with pytest.raises(LogCorrupt, match=blob.name):
        read(log)


def test_a_changed_definition_is_named(log: Path) -> None:
    blob = next(path for path in (log / "blobs").iterdir() if path.read_text() == "role: engineer\n")
    blob.write_text("role: boss\n")
    assert "agents/engineer.yaml" in verify(log).problem


def test_no_log_is_one_line(tmp_path: Path) -> None:
    for reading in (read, verify, LogWriter.open):
        with pytest.raises(LogError) as error:
            reading(tmp_path / "nothing")
        assert "\n" not in str(error.value)


def test_100_000_events_verify_within_two_seconds(tmp_path: Path, about: object) -> None:
    import hashlib
    import time

    (tmp_path / "run.json").write_text(about.model_dump_json())  # type: ignore[attr-defined]
    prev = hashlib.sha256((tmp_path / "run.json").read_bytes()).hexdigest()
    with (tmp_path / "events.jsonl").open("wb") as file:
        for seq in range(1, 100_001):
            line, prev = seal(seq, prev, "2026-11-22T19:45:01.123Z", "model.failed", '{"message":"' + "x" * 300 + '"}')
            file.write(line)
    began = time.process_time()
    assert verify(tmp_path).events == 100_000
    assert time.process_time() - began < 2
