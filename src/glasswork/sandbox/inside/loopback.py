"""What must be true of a network before a program may use its loopback: that it is a private one, and a small one."""

from __future__ import annotations

import socket

from .confine import measured
from .wire import TCP_BUFFERS, Broken


def check(limits: dict[str, int]) -> None:
    """See that there is a loopback, no way out, and that no TCP socket buffers more than is counted for it.

    Raises:
        Broken: the backend has not prepared its network.
    """
    if "network" not in measured(limits):
        raise Broken("loopback cannot be granted: this network has a way out")
    with socket.socket() as end:
        sizes = {end.getsockopt(socket.SOL_SOCKET, option) for option in (socket.SO_SNDBUF, socket.SO_RCVBUF)}
        if sizes != {TCP_BUFFERS[1]}:
            raise Broken("loopback cannot be granted: its buffers are not limited")
        try:
            end.bind(("127.0.0.1", 0))
        except OSError as problem:
            raise Broken(f"loopback cannot be granted: {problem}") from problem
