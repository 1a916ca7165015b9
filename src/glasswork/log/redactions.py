"""What the events of a log say was taken out of it."""

from __future__ import annotations

import json

from glasswork.log.chain import Link


class Redactions:
    """What the ``log.redacted`` events name; each with the number of the last event that names it."""

    def __init__(self) -> None:
        self.events: dict[int, int] = {}
        self.blobs: dict[str, int] = {}

    def look(self, link: Link) -> None:
        """Take in an event. One that names itself, or what comes after it, names nothing there."""
        if link.type == "log.redacted" and link.data is not None:
            said = json.loads(link.data)
            self.events |= {number: link.seq for number in said["events"] if number < link.seq}
            self.blobs |= dict.fromkeys(said["blobs"], link.seq)
