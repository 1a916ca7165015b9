"""The launcher's end of a gateway, in this process: whatever comes first, it neither breaks nor keeps anything."""

from __future__ import annotations

import io
import os
import socket

import pytest

from glasswork.sandbox.inside import wire
from glasswork.sandbox.inside.gateway import Gateway
from glasswork.sandbox.inside.watch import Watch


class Line:
    """A line to the host that notes what is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, bytes]] = []
        self.unsent = b""

    def tell(self, kind, head, *blobs) -> None:
        self.told.append((kind.decode(), head["id"], b"".join(blobs)))

    def flush(self) -> None:
        """Nothing is kept."""

    def count(self, kind: str) -> int:
        return sum(each[0] == kind for each in self.told)


@pytest.fixture
def gate(monkeypatch):
    ours, theirs = os.pipe()
    line = Line()
    gateway = Gateway(line, 2)
    on = Watch.on
    monkeypatch.setattr(
        Watch, "on", lambda self, fd, events, do: on(self, fd or ours, events, do)
    )  # not pytest's stdin
    watch = Watch(line, gateway)
    gateway.open(watch)
    yield gateway, watch, line
    for end in gateway._ends.values():
        end.socket.close()
    gateway._door.close()
    watch._waiting.close()
    os.close(ours)
    os.close(theirs)


def come(gateway) -> socket.socket:
    return socket.create_connection(("127.0.0.1", gateway.port), 3)


def steps(watch, until) -> None:
    for _ in range(200):
        if until():
            return
        watch.step()
    raise AssertionError("it did not come about")


def said(kind: bytes, number: int, *blobs: bytes, **more) -> bytes:
    return wire.pack(kind, {"id": number, **more}, *blobs)


def test_bytes_pass_and_are_accounted_for(gate):
    gateway, watch, line = gate
    with come(gateway) as end:
        end.sendall(b"hello")
        steps(watch, lambda: ("D", 1, b"hello") in line.told)
        assert line.told[0] == ("C", 1, b"")
        message = said(b"D", 1, b"answer")
        assert all(gateway.hear(message[at : at + 1]) for at in range(len(message)))  # in whatever pieces it comes
        assert end.recv(9) == b"answer"
        assert line.told[-1][:2] == ("W", 1)
        assert gateway.hear(said(b"D", 1, b""))
        assert end.recv(9) == b""
        end.shutdown(socket.SHUT_WR)
        steps(watch, lambda: line.told[-1] == ("D", 1, b""))
        assert gateway.hear(said(b"X", 1))
    assert gateway._ends == {}


def test_no_more_is_sent_than_a_window(gate):
    gateway, watch, line = gate
    with come(gateway) as end:
        end.setblocking(False)
        end.send(bytes(200_000))
        steps(watch, lambda: sum(len(data) for _, _, data in line.told) == wire.WINDOW)
        watch.step()
        assert sum(len(data) for _, _, data in line.told) == wire.WINDOW
        gateway.hear(said(b"W", 1, taken=100))
        steps(watch, lambda: sum(len(data) for _, _, data in line.told) == wire.WINDOW + 100)
        gateway.hear(said(b"X", 1))


def test_others_wait_at_the_door_until_the_host_makes_room(gate):
    gateway, watch, line = gate
    ends = [come(gateway) for _ in range(3)]
    steps(watch, lambda: line.count("C") == 2)
    watch.step()
    assert line.count("C") == 2
    gateway.hear(said(b"X", 1))
    steps(watch, lambda: line.count("C") == 3)
    gateway.hear(said(b"N", 0))
    with pytest.raises(ConnectionError):
        come(gateway)
    for end in ends:
        end.close()


def test_one_that_is_reset_is_told_once_and_kept_until_the_host_knows(gate):
    gateway, watch, line = gate
    end = come(gateway)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    steps(watch, lambda: line.count("C"))
    end.close()
    steps(watch, lambda: line.count("X"))
    assert gateway.hear(said(b"D", 1, b"late") + said(b"W", 1, taken=4))
    assert list(gateway._ends) == [1]
    assert gateway.hear(said(b"X", 1))
    gateway._ready(1)  # what was to be done for it when the host ended it
    assert (line.count("X"), gateway._ends) == (1, {})


@pytest.mark.parametrize("stop", [b"!", b"J", b"\0", b"x"])
def test_all_else_means_stop(gate, stop):
    gateway, _, _ = gate
    assert not gateway.hear(stop)
    head, _ = wire.read_job(io.BytesIO(wire.pack(b"J", {"id": 1})))
    assert head["id"] == 1
