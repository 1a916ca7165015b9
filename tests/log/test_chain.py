"""Whatever befalls a chain's bytes is seen, and named."""

from __future__ import annotations

import hashlib
import io
import json

import pytest

from glasswork.log.chain import Walk, parse, seal

FIRST = "0" * 64
SALT = "5" * 32
NOW = "2026-11-22T19:45:01.123Z"


def walk(raw: bytes) -> Walk:
    steps = Walk(io.BytesIO(raw), FIRST)
    for _ in steps:
        pass
    return steps


def chain_of(count: int) -> list[bytes]:
    made, prev = [], FIRST
    for seq in range(1, count + 1):
        line, prev = seal(seq, prev, NOW, "step.started", salt=SALT, data=f'{{"n":{seq},"t":"\\u00e9"}}')
        made.append(line)
    return made


def test_a_line_can_be_checked_by_hand() -> None:
    line, digest = seal(1, FIRST, NOW, "run.started", salt=SALT, data='{"run":"r"}')
    said = json.loads(line)
    assert hashlib.sha256(SALT.encode() + b'{"run":"r"}').hexdigest() == said["content"]
    header = line[: line.index(b',"salt"')]
    assert header.endswith(said["content"].encode() + b'"')
    assert hashlib.sha256(FIRST.encode() + header).hexdigest() == digest == said["hash"]


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
    forged, _ = seal(2, first.hash, NOW, "step.started", salt=SALT, data="{}")
    broken = walk(chain[0] + forged + chain[2]).broken
    assert broken is not None
    assert (broken.how, broken.seq) == ("changed", 3)
    assert "event 2 was changed" in broken.text


def test_a_tombstone_keeps_the_chain() -> None:
    chain = chain_of(4)
    link = parse(chain[1])
    assert link is not None
    steps = walk(chain[0] + link.tombstone() + chain[2] + chain[3])
    assert (steps.seq, steps.broken) == (4, None)
    gone = parse(link.tombstone())
    assert gone is not None
    assert gone.data is None
    assert gone._replace(data=link.data, line=link.line) == link
    assert gone.tombstone() == link.tombstone() == gone.line


def test_what_an_event_says_cannot_be_guessed_from_its_tombstone() -> None:
    said = [seal(1, FIRST, NOW, "step.started", salt=f"{n:032}", data='{"approved":true}')[0] for n in (1, 2)]
    left = [link.tombstone() for link in map(parse, said) if link]
    assert left[0] != left[1]


@pytest.mark.parametrize(
    "half", [b',"salt":"","data":{"n":2}', b',"salt":"' + SALT.encode() + b'","data":null', b',"salt":"","data":{}']
)
def test_half_a_tombstone_is_a_change(half: bytes) -> None:
    chain = chain_of(3)
    start, end = chain[1].index(b',"salt"'), chain[1].index(b',"hash"')
    broken = walk(chain[0] + chain[1][:start] + half + chain[1][end:] + chain[2]).broken
    assert broken is not None
    assert (broken.how, broken.seq) == ("changed", 2)


def test_an_event_can_stand_in_another_chain() -> None:
    chain = chain_of(3)
    links = [link for link in map(parse, chain) if link]
    prev, moved = "1" * 64, []
    for link in links:
        line, prev = link.behind(prev)
        moved.append(line)
    steps = Walk(io.BytesIO(b"".join(moved)), "1" * 64)
    assert [link.data for link in steps] == [link.data for link in links]
    assert (steps.broken, steps.hash) == (None, prev)


def test_a_chain_that_grows_is_followed() -> None:
    chain = chain_of(4)
    stream = io.BytesIO()
    steps = Walk(stream, FIRST)
    seen = []
    for piece in (chain[0] + chain[1][:50], chain[1][50:] + chain[2], b"", chain[3]):
        stream.seek(0, io.SEEK_END)
        stream.write(piece)
        seen.append([link.seq for link in steps])
    assert seen == [[1], [2, 3], [], [4]]
