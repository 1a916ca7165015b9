"""What ``glasswork blame`` has found, in words and as JSON."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

from glasswork.cli import say
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glasswork.cli.blame import Hearing
    from glasswork.explain.blame import Charge
    from glasswork.explain.rules import Finding

_HEADINGS = ("agent", "stage", "decision", "changed: succeed", "placebo: succeed", "weight", "95 %")


def as_data(hearing: Hearing) -> dict[str, Any]:
    """Return what is known as JSON data."""
    from glasswork.explain.blame import charges

    meter = hearing.meter
    return {
        "run": hearing.run,
        "success": hearing.success,
        "whole": hearing.whole,
        "cost": vars(hearing.cost) if hearing.cost else None,
        "charges": [charge.model_dump(mode="json") for charge in charges(hearing.made)],
        "untried": [suspect.model_dump(mode="json") for suspect in hearing.untried],
        "left_out": hearing.left_out,
        "findings": [finding.model_dump(mode="json") for finding in hearing.findings],
        "spent": {
            "trials": len(hearing.made),
            "calls": meter.calls if meter else 0,
            "failed_calls": meter.failed if meter else 0,
            "tokens": meter.usage.total if meter else 0,
            "seconds": hearing.seconds,
        },
    }


def show(hearing: Hearing, *, rules_only: bool) -> None:
    """Print what is known."""
    from glasswork.explain.blame import charges

    ranked = charges(hearing.made)
    if not rules_only:
        say.out(f"{say.paint(hearing.run, 'bold')}: what would have helped, if success is: {clean(hearing.success)}")
        if not hearing.whole:
            say.out("Cut short: this is what is known so far.")
        say.out()
        _table(ranked)
        say.out(_verdict(ranked))
        for suspect in hearing.untried:
            say.out(f"not tried: {suspect.stage} of {clean(suspect.decision)}: no other was come by")
        say.out()
    show_findings(hearing.findings, "event")
    if not rules_only:
        say.out(f"\n{_spent(hearing)}")


def _table(ranked: list[Charge]) -> None:
    from glasswork.view.grid import grid

    rows = [
        (
            charge.suspect.agent,
            charge.suspect.stage,
            charge.suspect.decision,
            f"{charge.flips} of {charge.changed}",
            f"{charge.placebo_flips} of {charge.placebos}",
            f"{charge.weight:+.2f}",
            f"{charge.low:+.2f} to {charge.high:+.2f}",
        )
        for charge in ranked
    ]
    width = shutil.get_terminal_size((say.WIDTH, 24)).columns if sys.stdout.isatty() else say.WIDTH
    for line in grid(_HEADINGS, rows, width=width):
        say.out(line)


def _verdict(ranked: list[Charge]) -> str:
    """Say how far the table carries."""
    if not ranked:
        return "No stage could be tried."
    if ranked[0].weight <= 0:
        return "No change helped more often than none did: no single stage is to blame, or nothing better was tried."
    if ranked[0].low <= 0:
        return "A lead, no proof: the interval holds 0. More --seeds narrow it."
    return f"{clean(ranked[0].suspect.stage)} of {clean(ranked[0].suspect.decision)}: beyond what chance explains."


def show_findings(findings: Iterable[Finding], numbers: str) -> None:
    """Print the signs that rules have found; ``numbers`` says what their numbers count."""
    rows = [
        (one.rule, " ".join(filter(None, (one.agent, one.step))), f"{numbers} {one.index}", one.evidence)
        for one in findings
    ]
    say.out("signs, by rules (no proof):" if rows else "The rules find no sign.")
    say.columns(rows, indent="  ")


def _spent(hearing: Hearing) -> str:
    meter = hearing.meter
    assert meter is not None, "trials have been prepared"
    failed = f", {meter.failed} of them failed" if meter.failed else ""
    trials, tokens = len(hearing.made), meter.usage.total
    return f"{trials:,} trials, {meter.calls:,} calls{failed}, {tokens:,} tokens, {hearing.seconds:.0f} s"
