"""Glasswork beside LangGraph, pydantic-graph and AutoGen's GraphFlow: measured in one run, turn by turn.

    python benchmarks/side_by_side.py [--repeat 7] [--json]

The peers have an environment of their own, ``.venv-peers``, made on the first call. Every system does the same: a chain
of steps that each make one text of 200 bytes, and a fan-out of steps that each wait 50 ms, with a join. Each repeat
measures every system once, so that what else the machine does meets all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
PEERS = Path(__file__).with_name("peers")
ENVIRONMENT = ROOT / ".venv-peers"
CHAINS = (10, 50, 100, 200)
LONGEST = 400
"""Steps of a chain that is run once, for the bytes it leaves."""
FANOUT, WAIT = 100, 0.05
BYTES = 200
"""What each step makes."""


class System(NamedTuple):
    """One row of the tables: a program in ``peers/``, and how it is to run."""

    name: str
    program: str
    how: str
    step: str
    """What one step is."""


BASE = System("LangGraph, no checkpointer", "on_langgraph", "bare", "a Python function")
SYSTEMS = (
    System("Glasswork, no log", "on_glasswork", "bare", "a decision: prompt, act, explanation; two answers"),
    System("Glasswork, durable log", "on_glasswork", "durable", "the same"),
    System("Glasswork, durable log, 3 options", "on_glasswork", "full", "the same and a choice: five answers"),
    BASE,
    System("LangGraph, SQLite, sync", "on_langgraph", "durable", "the same"),
    System("LangGraph, SQLite, DeltaChannel (beta)", "on_langgraph", "delta", "the same"),
    System("pydantic-graph (stores nothing)", "on_pydantic_graph", "bare", "a Python coroutine"),
    System("AutoGen GraphFlow, saved at the end", "on_autogen", "durable", "an agent that returns a text"),
)

Results = dict[str, dict[str, list[dict[str, Any]]]]
"""Case (``chain 200``) to system to what each repeat measured."""


# --- the peers' environment -------------------------------------------------------------------------------------------


def peers_python() -> Path:
    """Return the Python of the peers' environment, making it where it is not there or not as ``requirements.txt``."""
    wanted = (PEERS / "requirements.txt").read_text(encoding="utf-8")
    stamp, python = ENVIRONMENT / "ready", ENVIRONMENT / "bin" / "python"
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted):
        print(f"Setting up {ENVIRONMENT.name} for the peers: a minute, most of it downloads.", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        (ENVIRONMENT / ".gitignore").write_text("*\n", encoding="utf-8")
        pip = ["-m", "pip", "install", "-qq", "--disable-pip-version-check", "-r"]
        subprocess.run([python, *pip, PEERS / "requirements.txt"], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return python


@contextmanager
def program(python: Path, name: str) -> Iterator[subprocess.Popen[str]]:
    """Start a program of ``peers/`` that answers a question a line; stop it at the end."""
    quiet = {**os.environ, "LANGSMITH_TRACING": "false", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, PEERS / f"{name}.py"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=quiet) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def ask(process: subprocess.Popen[str], **question: Any) -> dict[str, Any]:
    """Have a program measure one case, in a new folder on the disk of this checkout."""
    assert process.stdin is not None
    assert process.stdout is not None
    with tempfile.TemporaryDirectory(dir=ENVIRONMENT) as folder:
        os.sync()  # else this program's first waits would be for what the one before left to be written
        print(json.dumps({**question, "folder": folder}), file=process.stdin, flush=True)
        answer = process.stdout.readline()
    if not answer:
        raise SystemExit(f"a program ended instead of answering {question}")
    return dict(json.loads(answer))


# --- measuring --------------------------------------------------------------------------------------------------------


def measure(repeat: int) -> Results:
    """Measure every case of every system ``repeat`` times, in turn, after one of each that does not count."""
    results: Results = defaultdict(lambda: defaultdict(list))
    peers = peers_python()
    with ExitStack() as stack:
        pythons = {system.program: peers for system in SYSTEMS} | {"on_glasswork": Path(sys.executable)}
        programs = {name: stack.enter_context(program(python, name)) for name, python in pythons.items()}
        for round_ in range(repeat + 1):
            for case, question in _cases(warm_up=round_ == 0):
                for system in SYSTEMS:
                    if case == "fanout" and system.how in {"full", "delta"}:
                        continue
                    measured = ask(programs[system.program], how=system.how, bytes_=BYTES, **question)
                    if round_:
                        results[case][system.name].append(measured)
        for system in SYSTEMS:
            if system.how != "bare":
                question = {"case": "chain", "steps": LONGEST, "how": system.how, "bytes_": BYTES}
                results[f"chain {LONGEST}"][system.name].append(ask(programs[system.program], **question))
    return results


def _cases(*, warm_up: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    for steps in CHAINS[:1] if warm_up else CHAINS:
        yield f"chain {steps}", {"case": "chain", "steps": steps}
    yield "fanout", {"case": "fanout", "steps": FANOUT, "wait": WAIT}


def sync_ms() -> float:
    """Return the median milliseconds that the disk takes to acknowledge a line of 800 bytes."""
    with tempfile.TemporaryFile(dir=ENVIRONMENT) as file:
        taken = []
        for _ in range(200):
            begun = time.perf_counter()
            os.write(file.fileno(), b"x" * 800)
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return 1000 * median(taken)


# --- what it comes to -------------------------------------------------------------------------------------------------


def summary(results: Results) -> dict[str, Any]:
    """Return what the tables show, as numbers."""
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "peers": (PEERS / "requirements.txt").read_text(encoding="utf-8").split("\n")[1:-1],
        "load": round(os.getloadavg()[0], 2),
        "sync_ms": round(sync_ms(), 3),
        "step": {system.name: system.step for system in SYSTEMS},
        "chain": {system.name: _chain(results, system.name) for system in SYSTEMS},
        "disk": {system.name: _disk(results, system.name) for system in SYSTEMS if system.how != "bare"},
        "fanout": {name: _fanout(repeats) for name, repeats in results["fanout"].items()},
    }


def _chain(results: Results, name: str) -> dict[str, Any]:
    """Milliseconds of CPU a step for each length, and for the longest the median, the wall and the ratio."""
    longest = results[f"chain {CHAINS[-1]}"]
    repeats, steps = longest[name], CHAINS[-1]
    return {
        "cpu_ms": {n: 1000 * _least(results[f"chain {n}"][name], "cpu_s") / n for n in CHAINS},
        "cpu_ms_median": 1000 * median(repeat["cpu_s"] for repeat in repeats) / steps,
        "wall_ms": 1000 * _least(repeats, "wall_s") / steps,
        "ratio": _least(repeats, "cpu_s") / _least(longest[BASE.name], "cpu_s"),
        "events": round(repeats[0]["events"] / steps, 1) if "events" in repeats[0] else None,
        "verify_ms": 1000 * _least(repeats, "verify_s") / steps if "verify_s" in repeats[0] else None,
    }


def _disk(results: Results, name: str) -> dict[str, Any]:
    """Kilobytes on disk for each length."""
    return {str(n): results[f"chain {n}"][name][0]["bytes"] / 1000 for n in (*CHAINS, LONGEST)}


def _fanout(repeats: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Milliseconds on the wall and of CPU; the wall as a multiple of one wait and that CPU."""
    best = min(repeats, key=lambda repeat: repeat["wall_s"])
    return {
        "wall_ms": 1000 * best["wall_s"],
        "wall_ms_median": 1000 * median(repeat["wall_s"] for repeat in repeats),
        "cpu_ms": 1000 * best["cpu_s"],
        "of_ideal": best["wall_s"] / (WAIT + best["cpu_s"]),
    }


def _least(repeats: Sequence[Mapping[str, Any]], key: str) -> float:
    return min(float(repeat[key]) for repeat in repeats)


def show(found: Mapping[str, Any]) -> None:
    """Print the tables."""
    print(f"{found['machine']}; Python {found['python']}; {', '.join(found['peers'])}")
    print(f"load {found['load']}; the disk acknowledges a line in {found['sync_ms']} ms (median)")
    last = CHAINS[-1]
    heads = [*map(str, CHAINS), f"median {last}", f"wall {last}", "ratio", "events", "verify", "what a step is"]
    rows = [[name, *_cells(of), found["step"][name]] for name, of in found["chain"].items()]
    _table(f"CPU ms a step, by steps in the chain (waiting for the disk is in 'wall {last}' alone)", heads, rows)
    heads = [*map(str, (*CHAINS, LONGEST)), f"kB a step, {last}", f"{LONGEST}"]
    rows = [
        [name, *(f"{kb:.0f}" for kb in of.values()), f"{of[str(last)] / last:.1f}", f"{of[str(LONGEST)] / LONGEST:.1f}"]
        for name, of in found["disk"].items()
    ]
    _table("kB on disk, in whole blocks, by steps in the chain", heads, rows)
    heads = ["wall", "median", "CPU", "wall / (wait + CPU)"]
    rows = [
        [name, *(f"{of[key]:.0f}" for key in ("wall_ms", "wall_ms_median", "cpu_ms")), f"{of['of_ideal']:.2f}"]
        for name, of in found["fanout"].items()
    ]
    _table(f"{FANOUT} steps of {1000 * WAIT:.0f} ms at once and a join, ms", heads, rows)


def _cells(of: Mapping[str, Any]) -> list[str]:
    numbers = [*of["cpu_ms"].values(), of["cpu_ms_median"], of["wall_ms"], of["ratio"]]
    return ["" if number is None else f"{number:.2f}" for number in (*numbers, of["events"], of["verify_ms"])]


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print one table in the form that Markdown has for it, so that it can be put into a document as it is."""
    from rich.box import MARKDOWN
    from rich.console import Console
    from rich.table import Table

    table = Table("", box=MARKDOWN)
    for head in heads:
        table.add_column(head, justify="left" if head == "what a step is" else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    print(f"\n{title}")
    Console(width=200, highlight=False).print(table)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7, help="measurements of each kind; the least counts")
    parser.add_argument("--json", action="store_true", help="print numbers for a program")
    options = parser.parse_args()
    found = summary(measure(options.repeat))
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)


if __name__ == "__main__":
    main()
