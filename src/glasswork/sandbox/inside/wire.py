"""What the launcher and its host say to each other, and the places that both know by name.

Both directions speak messages of a one-byte kind, a four-byte length, that much JSON, then the raw bytes whose sizes
the JSON names. From the host: ``J`` job; from the launcher: ``S`` started, ``O`` output as it comes, ``R`` result,
``E`` the sandbox broke. Once a job runs, ``!`` alone, any other nonsense or the end of the line mean *stop*. What the
two say about connections, where there are any, stands in ``gateway.py``.
"""

# It deals in descriptors and links, and pathlib is slow to import:

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

HOME = "/glasswork"
"""The folder that shows this package."""
COMMAND = ("-I", "-S", "-c", f"import sys; sys.path.insert(0, {HOME!r}); from inside.launcher import main; main()")
"""What a Python is started with to become the launcher."""
WORK = "/work"
WINDOW = 1 << 16
"""Bytes of one connection that may be on their way through the gateway, in each direction."""
MIB = 1 << 20
HEAD = struct.Struct(">cI")
TCP_BUFFERS = (4096, 106496, 212992)
"""Least, first and most bytes that a TCP socket buffers each way; the middle is no kernel's default, so it shows."""
Message = dict[str, Any]


class Broken(Exception):
    """The sandbox cannot do what it promises."""


def pack(kind: bytes, head: Message, *blobs: bytes) -> bytes:
    """Return one message. ``head["sizes"]`` is set to the sizes of ``blobs``."""
    text = json.dumps({**head, "sizes": [len(blob) for blob in blobs]}).encode()
    return b"".join((HEAD.pack(kind, len(text)), text, *blobs))


def take(stream: BinaryIO, size: int) -> bytes:
    """Read exactly ``size`` bytes."""
    data = stream.read(size)
    if len(data) != size:
        raise Broken("the host went away")
    return data


def read_job(stream: BinaryIO) -> tuple[Message, list[bytes]]:
    """Read the one job."""
    kind, length = HEAD.unpack(take(stream, HEAD.size))
    if kind != b"J":
        raise Broken("not a job")
    head = json.loads(take(stream, length))
    return head, [take(stream, size) for size in head["sizes"]]


def safe_parts(name: str) -> list[str]:
    """Return the parts of a relative POSIX name, which has no way out of the folder it is relative to."""
    parts = name.split("/")
    if "\0" in name or any(part in {"", ".", ".."} or len(part.encode()) > 255 for part in parts):
        raise Broken(f"not a relative file name: {name!r}")
    return parts
