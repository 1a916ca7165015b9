"""The same views for programs: what ``--json`` prints. Keys are only ever added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from glasswork.errors import NotFound
from glasswork.explain.calibration import Calibration
from glasswork.explain.measures import Pools
from glasswork.log.reader import Entry, Log, Verdict
from glasswork.log.runs import RunSummary
from glasswork.records import DecisionChecked, Usage
from glasswork.view.check import Checked
from glasswork.view.comparing import Comparison
from glasswork.view.narrow import Part
from glasswork.view.rounds import Decision, Item, Round
from glasswork.view.tale import tell
from glasswork.view.why import by_stage


def story_json(log: Log, *, only: str = "") -> dict[str, Any]:
    """Return a run as :func:`~glasswork.view.story.story` tells it; of its steps, those that ``only`` names.

    Raises NotFound where ``only`` names none.
    """
    tale, about = tell(log.events), log.about
    end, part = tale.finished, Part.named(only) if only else None
    rounds = [part.cut(each) for each in tale.rounds if part.holds(each)] if part else tale.rounds
    if part and not rounds:
        raise NotFound("step or decision of this run", only, {each.step for each in tale.rounds})
    return {
        "run": about.run,
        "workflow": about.workflow,
        "model": about.model,
        "seed": about.seed,
        "created": about.created,
        "inputs": tale.started.inputs if tale.started else {},
        "state": end.state if end else "running" if log.writer else "cut off",
        "reason": end.reason if end else "",
        "seconds": end.seconds if end else None,
        "calls": tale.calls,
        "usage": _usage(tale.usage),
        "money": tale.money,
        "torn": log.torn,
        "parent": about.parent.model_dump(mode="json") if about.parent else None,
        "marks": [mark.model_dump(mode="json") for mark in tale.marks],
        "questions": [asked.model_dump(mode="json", exclude={"type"}) for asked in tale.questions.values()],
        "redacted": tale.redacted,
        "steps": [_round(each) for each in rounds],
        "outputs": end.outputs if end else {},
    }


def why_json(log: Log, decision_id: str) -> dict[str, Any]:
    """Return one decision whole. Raises NotFound."""
    decision = tell(log.events).decision(decision_id)
    stages = by_stage(decision.answers)
    return _decision(decision) | {
        "cost": {
            stage: {
                "calls": len(calls),
                "seconds": sum(call.completion.seconds for call in calls),
                "usage": _usage(sum((call.completion.usage for call in calls), Usage())),
            }
            for stage, calls in stages.items()
        },
        "failures": [failure.model_dump(mode="json") for failure in decision.failures],
    }


def runs_json(runs: Sequence[RunSummary]) -> list[dict[str, Any]]:
    """Return a list of runs."""
    return [
        asdict(run) | {"path": str(run.path), "started": run.started.isoformat() if run.started else None}
        for run in runs
    ]


def verdict_json(run: str, verdict: Verdict) -> dict[str, Any]:
    """Return what checking a log found."""
    return {"run": run} | asdict(verdict)


def check_json(
    run: str,
    checked: Sequence[Checked],
    skipped: Sequence[tuple[str, str]],
    pooled: Mapping[str, Pools],
    failed: str = "",
) -> dict[str, Any]:
    """Return what checking decisions found."""
    return {
        "run": run,
        "checked": [
            {
                "decision": one.name,
                "agent": one.agent,
                "checks": {measure: _check(event) for measure, event in one.checks.items()},
                "own": one.own._asdict() if one.own else None,
                "unmeasured": dict(one.unmeasured),
            }
            for one in checked
        ],
        "skipped": [{"decision": name, "reason": reason} for name, reason in skipped],
        "by_agent": {agent: one.evidence.model_dump(mode="json") for agent, one in pooled.items() if one.evidence},
        "failed": failed,
        "pooled": {agent: _pools(one) for agent, one in pooled.items()},
    }


def _pools(one: Pools) -> dict[str, Any]:
    """Return the measures beside evidence, each with its name on the command line."""
    found = one.model_dump(mode="json", exclude={"evidence"})
    if one.confidence is not None:
        for kind in ("stated", "measured"):
            calibration: Calibration | None = getattr(one.confidence, kind)
            if calibration is not None:
                found["confidence"][kind]["warning"] = calibration.warning
    return {name.replace("_", "-"): value for name, value in found.items() if value is not None}


def diff_json(found: Comparison) -> dict[str, Any]:
    """Return what comparing two runs found."""
    parting = found.parting
    return {
        "a": found.a.about.run,
        "b": found.b.about.run,
        "same": found.same,
        "fork": found.fork,
        "asked": [one._asdict() for one in found.asked],
        "events": {
            "a": len(found.a.entries),
            "b": len(found.b.entries),
            "alike": found.alike,
            "shared": found.shared,
            "redacted": found.redacted,
        },
        "parting": parting
        and {
            "type": parting.event.type,
            "a": entry_json(parting.a) if parting.a else None,
            "b": entry_json(parting.b) if parting.b else None,
            "difference": parting.difference._asdict() if parting.difference else None,
        },
        "steps": [asdict(pair) | {"alike": pair.alike} for pair in found.steps],
        "totals": [asdict(total) | {"usage": _usage(total.usage)} for total in found.totals],
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    """Return one event of a log, with its number and when it was recorded."""
    return {"seq": entry.seq, "time": entry.time.isoformat(), **entry.event.model_dump(mode="json")}


def _round(each: Round) -> dict[str, Any]:
    started, finished = each.started, each.finished
    return {
        "step": each.step,
        "round": each.round,
        "item": each.item,
        "items": started.items if started else None,
        "kind": started.kind if started else "",
        "agent": started.agent if started else "",
        "state": each.state,
        "reason": finished.reason if finished else "",
        "seconds": finished.seconds if finished else None,
        "output": finished.output if finished else {},
        "happened": [_item(item) for item in each.items],
    }


def _item(item: Item) -> dict[str, Any]:
    if isinstance(item, Decision):
        return {"type": "decision"} | _decision(item)
    return item.model_dump(mode="json")


def _decision(decision: Decision) -> dict[str, Any]:
    parts = {
        "started": decision.started,
        "thinking": decision.thought,
        "planned": decision.planned,
        "acted": decision.acted,
        "explained": decision.explained,
    }
    dumped = {
        name: part.model_dump(mode="json", exclude={"type", "decision"}) if part else None
        for name, part in parts.items()
    }
    return {
        "decision": decision.id,
        **dumped,
        "thoughts": [one.model_dump(mode="json", exclude={"type", "decision"}) for one in decision.thoughts],
        "checks": {measure: _check(event) for measure, event in decision.checks.items()},
        "calls": len(decision.answers),
        "seconds": decision.seconds,
        "usage": _usage(decision.usage),
    }


def _check(event: DecisionChecked) -> dict[str, Any]:
    return event.model_dump(mode="json", exclude={"type", "decision"})


def _usage(usage: Usage) -> dict[str, Any]:
    return usage.model_dump(mode="json") | {"total": usage.total}
