"""The anchor beside a log: how far it had come, written down apart from it.

A chain does not show what is missing from its end. ``head.json`` holds the number and the hash of an event that was on
disk, so that a log which has fewer was cut. Where ``$GLASSWORK_LOG_KEY`` is set, a seal (HMAC-SHA-256) over both shows
that nobody without the key wrote it. It is an anchor and never state: nothing goes on from it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from pathlib import Path
from typing import Literal, NamedTuple

from glasswork.errors import LogCorrupt, LogError
from glasswork.log.chain import How
from glasswork.log.files import replace

HEAD = "head.json"
EVERY = 256
"""Events between two anchors; another one is set when a log is closed."""
KEY = "GLASSWORK_LOG_KEY"

Seal = Literal["", "open", "sealed", "unchecked", "forged"]
"""What an anchor is worth. Empty: there is none. ``open``: whoever can write it can forge it. ``sealed``: the key says
that it is ours. ``unchecked``: it bears a seal, and the key is not here. ``forged``: the seal is not the key's."""


class Head(NamedTuple):
    """An event that was on disk, and the seal on it, or an empty text."""

    seq: int
    hash: str
    seal: str = ""


def write_head(folder: Path, seq: int, digest: str) -> None:
    """Set the anchor to an event that is on disk. Raises OSError."""
    key = _key()
    anchor = {"seq": seq, "hash": digest} | ({"hmac": _seal(key, seq, digest)} if key else {})
    replace(folder / HEAD, (json.dumps(anchor) + "\n").encode())


def read_head(folder: Path) -> Head | None:
    """Return the anchor, or None where there is none. Raises LogCorrupt where it is none of ours, LogError."""
    try:
        anchor = json.loads((folder / HEAD).read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LogError(f"{folder / HEAD} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise LogCorrupt(f"{folder / HEAD} is damaged") from error
    match anchor:
        case {"seq": int(seq), "hash": str(digest), **rest} if re.fullmatch(r"[0-9a-f]{64}", digest):
            return Head(seq, digest, str(rest.get("hmac", "")))
        case _:
            raise LogCorrupt(f"{folder / HEAD} is damaged")


def seal_of(head: Head | None) -> Seal:
    """Say what an anchor is worth."""
    key = _key()
    if head is None:
        return ""
    if not head.seal:
        return "open"
    if key is None:
        return "unchecked"
    ours = hmac.compare_digest(head.seal.encode("utf-8", "replace"), _seal(key, head.seq, head.hash).encode())
    return "sealed" if ours else "forged"


def misfit(head: Head | None, last: int, found: str | None) -> tuple[How, str]:
    """Say what is wrong with an anchor, or between it and its chain; empty where nothing is.

    Args:
        head: The anchor, read before the chain was.
        last: Number of the chain's last event.
        found: Hash of the chain's event with the anchor's number, or None where it has none.
    """
    seal = seal_of(head)
    if seal == "forged":
        return "forged", f"the seal on {HEAD} is not that of the key in ${KEY}"
    if head is not None and last < head.seq:
        gone = f"{_events(last + 1, head.seq)} gone from its end"
        return "cut", f"the log ends after event {last}, and {HEAD} knows of event {head.seq}: {gone}"
    if head is not None and found != head.hash:
        return "replaced", f"event {head.seq} is not the one that {HEAD} knows: the log was written anew"
    if seal in {"", "open"} and _key() is not None and last:
        return "unsealed", f"{HEAD} {'bears no seal' if head else 'is missing'}, and ${KEY} is set"
    return "", ""


def _events(first: int, last: int) -> str:
    return f"event {first} is" if first == last else f"events {first} to {last} are"


def _key() -> bytes | None:
    return os.environb.get(KEY.encode()) or None


def _seal(key: bytes, seq: int, digest: str) -> str:
    return hmac.new(key, f"{seq} {digest}".encode(), hashlib.sha256).hexdigest()
