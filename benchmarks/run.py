"""What Glasswork costs beside any model: start-up, a step beside other frameworks' steps, a run of 100,000 events.

    make bench            or: .venv/bin/python benchmarks/run.py [--repeat 7] [--json]

``side_by_side.py`` and ``big_run.py`` can also be run alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import side_by_side

from glasswork import __version__


def cpu_of(*words: str) -> float:
    """Return the processor seconds of a command line, the least of five."""
    return min(_cpu_of(words) for _ in range(5))


def _cpu_of(words: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "glasswork", *words], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def big_run() -> dict[str, Any]:
    """Return what ``big_run.py`` measures, in a process of its own."""
    program = Path(__file__).with_name("big_run.py")
    done = subprocess.run([sys.executable, program, "--json"], check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7, help="measurements of each kind; the least counts")
    parser.add_argument("--json", action="store_true", help="print numbers for a program")
    options = parser.parse_args()
    start = {f"glasswork {word}, CPU seconds": cpu_of(word) for word in ("--help", "validate")}
    beside = side_by_side.summary(side_by_side.measure(options.repeat))
    found: dict[str, Any] = {"glasswork": __version__, "start_up": start, "side_by_side": beside, "big_run": big_run()}
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in start.items():
        print(f"{name:34} {value:.3f}")
    side_by_side.show(beside)
    print("\nA run of 100,000 events")
    for name, value in found["big_run"].items():
        print(f"{name:34} {value:,.2f}")


if __name__ == "__main__":
    main()
