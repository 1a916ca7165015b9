"""What ``glasswork judge`` prints. Nothing is said of a judge without its kappa, and no number of a vote that does not
count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from glasswork.cli import say
from glasswork.evals.gate import CONSISTENT, KAPPA, KAPPA_LOW, LEAN
from glasswork.evals.votes import of_what
from glasswork.statistics import Share, share
from glasswork.view.clean import one_line

if TYPE_CHECKING:
    from pathlib import Path

    from glasswork.cli.judging import Ballot, Judged
    from glasswork.evals import Gate, Vote

_WIDEST = 72
"""Characters of a question that are shown."""


# --- a gate -----------------------------------------------------------------------------------------------------------


def tell_gate(gate: Gate, path: Path) -> None:
    """Print what a judge has shown, and whether its votes count from now on."""
    standing = gate.standing
    say.out(f"{who(standing.judge, standing.model)}, gate for {of_what(standing)}: {gate.source} (data {gate.data})")
    labels = ", ".join(f"{label} {count}" for label, count in gate.labels.items())
    rows = [
        ("kappa", str(gate.kappa), f"must be {KAPPA} at least, its lower end above {KAPPA_LOW}"),
        ("order consistency", str(gate.consistency), f"must be {CONSISTENT:.0%} at least"),
        (
            "lean",
            f"{gate.lean}, {'too seldom' if (gate.lean.value or 0) < 0 else 'too often'} {gate.leans_to}",
            f"must be {LEAN} at most, to either side",
        ),
        ("kappa by length", str(gate.length), "the kappa of going by length alone; the judge's must be above it"),
        ("threshold", f"{gate.threshold:+.3f}", f"fitted to {gate.fitted} cases; all else measured on {gate.measured}"),
        ("labels", labels, "of the cases measured on"),
    ]
    say.columns(rows, indent="  ")
    if gate.passed:
        say.out(say.paint(f"passed: its votes on {of_what(standing)} count", "green"))
    else:
        say.out(say.paint(f"failed: its votes on {of_what(standing)} are uncounted", "yellow"))
        for failure in gate.failures:
            say.out(f"  {failure}")
    say.out(f"kept: {say.shown(path)}")


def gate_json(gate: Gate, path: Path) -> dict[str, Any]:
    """Return the same for a program."""
    return {
        "passed": gate.passed,
        "failures": list(gate.failures),
        "gate": gate.model_dump(mode="json"),
        "path": str(path),
    }


def gate_row(gate: Gate) -> tuple[str, ...]:
    """Return a line of ``judge list``."""
    standing = gate.standing
    state = say.paint("passed", "green") if gate.passed else say.paint("failed", "yellow")
    where = f"{gate.source}, {gate.measured} cases"
    return (of_what(standing), who(standing.judge, standing.model), f"kappa {gate.kappa}", where, state)


def who(judge: str, model: str) -> str:
    """Name a judge."""
    return f"judge {judge} on {model}" if model else f"judge {judge}"


# --- votes ------------------------------------------------------------------------------------------------------------


def tell_ballot(ballot: Ballot, *, reasons: bool) -> None:
    """Print every vote, and what those that count come to."""
    for one in ballot.judged:
        say.out(f"{say.paint(one.name, 'bold')}  {_shown(one)}")
        for name, vote in one.votes.items():
            mark = say.paint("counted", "green") if vote.counted else say.paint(f"uncounted: {vote.why}", "yellow")
            say.columns([(name.ljust(11), vote.said.ljust(4), mark)], indent="  ")
            if reasons and vote.verdict is not None:
                for text in vote.verdict.reasons:
                    say.out(f"      {one_line(text)}")
    say.out()
    for line in _sums(ballot):
        say.out(line)


def _shown(one: Judged) -> str:
    text = one_line(one.case.question)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _sums(ballot: Ballot) -> Iterator[str]:
    """Yield what votes come to, by dimension and form: shares of those that count, with the judge's kappa."""
    for (name, form), votes in by_dimension(ballot.judged).items():
        counted = [vote for vote in votes if vote.counted]
        what = f"{name} of pairs" if form == "pair" else name
        for vote in counted[:1]:
            yield f"{what}: {', '.join(f'{word} {part}' for word, part in shares(counted, form).items())}; {vote.why}"
        left = len(votes) - len(counted)
        if left:
            whys = {vote.why: None for vote in votes if not vote.counted}
            many = "1 vote is" if left == 1 else f"{left} votes are"
            yield say.paint(f"{what}: {many} uncounted: {who(ballot.judge, ballot.model)} {'; '.join(whys)}", "yellow")


def by_dimension(judged: Sequence[Judged]) -> dict[tuple[str, str], list[Vote]]:
    """Return votes by dimension and form."""
    found: dict[tuple[str, str], list[Vote]] = {}
    for one in judged:
        for name, vote in one.votes.items():
            found.setdefault((name, one.case.form), []).append(vote)
    return found


def shares(votes: Sequence[Vote], form: str) -> dict[str, Share]:
    """Return how often each verdict is given, with Wilson's interval: that of drawing cases, not of the judge's errors.

    Of single answers "yes" says it all.
    """
    said = Counter[str](vote.said for vote in votes)
    words = ["yes"] if form == "single" else [word for word in ("a", "b", "tie") if said[word]]
    return {word: share(said[word], len(votes)) for word in words}


def ballot_json(ballot: Ballot) -> dict[str, Any]:
    """Return the same for a program; the kappa stands beside each vote, null where there is none."""
    return {
        "judge": ballot.judge,
        "model": ballot.model,
        "judged": [
            {"name": one.name, "form": one.case.form, "votes": {name: _vote(vote) for name, vote in one.votes.items()}}
            for one in ballot.judged
        ],
        "counted": [
            {
                "dimension": name,
                "form": form,
                "kappa": counted[0].kappa.model_dump() if counted[0].kappa else None,
                "said": {word: part.model_dump() for word, part in shares(counted, form).items()},
            }
            for (name, form), votes in by_dimension(ballot.judged).items()
            if (counted := [vote for vote in votes if vote.counted])
        ],
    }


def _vote(vote: Vote) -> dict[str, Any]:
    return vote.model_dump(mode="json") | {"lean": vote.verdict.lean if vote.verdict else None}
