"""What guards a granted network is noticed where it is missing: by the suite, and by the launcher itself."""

from __future__ import annotations

import pytest
from tests.sandbox.conftest import opened

from glasswork.errors import SandboxError
from glasswork.sandbox import broker, jail
from glasswork.sandbox.base import Job, Limits, Network
from glasswork.sandbox.broker import Broker
from glasswork.testing.hostile import decoy, gateway
from glasswork.testing.hostile.program import Program, ends
from glasswork.testing.hostile.run import attack


async def test_a_gateway_that_connects_to_anybody(monkeypatch):
    async def anybody(self, asked):
        return ["127.0.0.1"]

    monkeypatch.setattr(Broker, "_addresses", anybody)
    sandbox = await opened("local")
    name = "gateway_name_for_a_private_address"
    program = next(each for each in gateway.PROGRAMS if each.name == name)
    with decoy.planted() as told:
        complaints = "; ".join((await attack(sandbox, told, program)).complaints)
    assert "AF_INET SOCK_STREAM" in complaints
    assert "wanted: 403" in complaints


HURRY = """
def hurry():
    while True:
        try:
            end = socket.create_connection(gateway(), 2)
            while True: end.sendall(b'X' * 4096)
        except OSError: pass
for _ in range(16): child(hurry)
time.sleep(60)
"""


async def test_connections_that_both_sides_end_at_once(monkeypatch):
    """What a program sends at the moment when the host ends the connection is nobody's any more, and breaks nothing."""
    monkeypatch.setattr(broker, "PARTING_SECONDS", 0.02)
    limits = Limits(wall_seconds=1.5, memory_mb=256)
    program = Program(
        999,
        "hurry",
        "all of it",
        "stopped",
        HURRY,
        ends("timeout"),
        limits,
        network=Network(connections=1000),
        gateway=True,
    )
    sandbox = await opened("local")
    with decoy.planted() as told:
        finding = await attack(sandbox, told, program)
    assert finding.complaints == ()
    assert len(finding.result.connections) > 20


async def test_a_network_that_is_the_hosts(monkeypatch):
    """A launcher that is not sure of its network grants nothing."""
    monkeypatch.setattr(jail, "BUFFERS", "4096 131072 6291456")
    sandbox = await opened("jail")
    with pytest.raises(SandboxError, match="its buffers are not limited"):
        await sandbox.run(Job(argv=("python", "-c", ""), network=Network(loopback=True)))
    assert (await sandbox.run(Job(argv=("python", "-c", "")))).ok
