"""The page about games is true: its example runs, and its table is that of the registry."""

from __future__ import annotations

import re
from pathlib import Path

from glasswork.games import PRESETS, strategies

PAGE = (Path(__file__).parents[2] / "docs" / "explanation-games.md").read_text(encoding="utf-8")


def table():
    found = [strategies.get(name) for name in strategies.names()]
    lines = [f"| `{one.name}` | {one.about} | {one.source} |" for one in found]
    return "\n".join(["| name | what it does | source |", "|---|---|---|", *lines])


def test_every_strategy_is_on_the_page():
    assert PAGE.endswith(f"\n\n{table()}\n")


def test_every_preset_is_on_the_page():
    assert [name for name in PRESETS if f"`{name}`" not in PAGE] == []


def test_the_example_runs(capsys):
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    exec(code, {})
    said = capsys.readouterr().out
    assert "name='joss'" in said
    assert "% [" in said
