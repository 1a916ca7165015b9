"""Programs that try to get out of a sandbox, or to harm what is around it; and programs that only look like it.

``PROGRAMS`` is data: what each tries, its text, its limits, what must happen, and what is enough where a backend owns
up to a weakness. Run them with :mod:`glasswork.testing.hostile.suite`, and nowhere but in a sandbox.
"""

from __future__ import annotations

from glasswork.testing.hostile import (
    files,
    gateway,
    kernel,
    loopback,
    memory,
    network,
    output,
    processes,
    secrets,
    supervisor,
)

_THEMES = (processes, memory, files, secrets, kernel, network, loopback, gateway, output, supervisor)
PROGRAMS = tuple(sorted((each for theme in _THEMES for each in theme.PROGRAMS), key=lambda each: each.number))
"""All hostile programs, by number."""
