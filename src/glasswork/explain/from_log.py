"""Decisions as cases: out of a run's log, and out of a file that anybody may have written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from glasswork.errors import DefinitionError, Problem, UserError, did_you_mean
from glasswork.explain.case import Case, CaseOption
from glasswork.library.validation import known_keys, locate
from glasswork.library.wording import words
from glasswork.log.reader import Entry
from glasswork.models.choice import option_lines
from glasswork.records import Acted, DecisionStarted, Explained, ModelAnswered, Planned, Redacted, Request, RunStarted

# --- a log ----------------------------------------------------------------------------------------------------------


class Logged(NamedTuple):
    """A decision of a log: as a case, and the events that a check of it points at."""

    case: Case
    planned: Entry
    explained: Entry | None
    acted: Entry | None = None


_OTHERWISE = {
    "votes": "its choice was counted from the answers of several chains: there is no one question to ask again",
    "reasoning": "its choice was read from the reasoning alone, where no segment stands: there is none to take away",
}
"""Why a decision cannot be checked whose choice was read otherwise than with everything in view."""


class Skipped(NamedTuple):
    """A decision that there is nothing to check about, and why."""

    decision: str
    reason: str


def cases(entries: Iterable[Entry]) -> list[Case]:
    """Return the decisions of a run in which something was weighed, in the order they were taken."""
    return [each.case for each in decisions(entries)[0]]


def decisions(entries: Iterable[Entry]) -> tuple[list[Logged], list[Skipped]]:
    """Return a run's decisions with the events they come from, and those that are left out.

    Where a decision was taken twice (a resumed run), the later one counts.
    """
    run, found, answers = "", dict[str, dict[str, Entry]](), dict[str, Request]()
    redacted = False
    for entry in entries:
        event = entry.event
        match event:
            case RunStarted():
                run = event.run
            case DecisionStarted():
                found.pop(event.decision, None)
                found[event.decision] = {event.type: entry}
            case Planned() | Acted() | Explained():
                found.setdefault(event.decision, {})[event.type] = entry
            case ModelAnswered() if event.place.endswith("/choose/0"):
                answers[event.place.removesuffix("/choose/0")] = event.request
            case Redacted():
                redacted = True
    logged, skipped = list[Logged](), list[Skipped]()
    for decision, events in found.items():
        reason = _nothing(events, redacted=redacted)
        if reason:
            skipped.append(Skipped(decision, reason))
        else:
            logged.append(_logged(f"{run}/{decision}" if run else decision, events, answers.get(decision)))
    return logged, skipped


def _nothing(events: dict[str, Entry], *, redacted: bool) -> str:
    """Say why a decision cannot be checked; empty where it can."""
    gone = "; texts were removed from this log" if redacted else ""
    if "decision.started" not in events:
        return f"the log does not hold what the agent saw{gone}"
    if "decision.planned" not in events:
        return f"it was not taken: the log holds no plan{gone}"
    planned, started = events["decision.planned"].event, events["decision.started"].event
    assert isinstance(planned, Planned)
    assert isinstance(started, DecisionStarted)
    if reason := not_weighed(planned):
        return reason
    return "" if started.segments else "the agent saw no segments"


def not_weighed(planned: Planned) -> str:
    """Say why there is no question to ask again about a choice; empty where there is one."""
    if len(planned.options) < 2:
        return "there was one option only, so nothing was weighed"
    if not planned.orders and planned.read == "weighed":
        return "a rule decided it, and no model"
    return "" if planned.read == "weighed" else _OTHERWISE[planned.read]


def _logged(name: str, events: dict[str, Entry], request: Request | None) -> Logged:
    started, planned = events["decision.started"].event, events["decision.planned"].event
    acted = events["decision.acted"].event if "decision.acted" in events else None
    explained = events["decision.explained"].event if "decision.explained" in events else None
    assert isinstance(started, DecisionStarted)
    assert isinstance(planned, Planned)
    options = [CaseOption(label=one.label, text=one.text, probability=one.probability) for one in planned.options]
    known = {segment.id for segment in started.segments}
    because = explained.because if isinstance(explained, Explained) else ()
    case = Case(
        id=name,
        agent=started.agent,
        segments=started.segments,
        options=tuple(options),
        choice=planned.choice,
        cited=tuple(dict.fromkeys(one.segment for one in because if one.segment in known)),
        thinking=planned.thinking,
        act=acted.text if isinstance(acted, Acted) else "",
        explanation=_stated(explained) if isinstance(explained, Explained) else "",
        confidence=explained.confidence if isinstance(explained, Explained) else None,
        request=request,
        question=_question(request, options),
    )
    return Logged(case, events["decision.planned"], events.get("decision.explained"), events.get("decision.acted"))


def _stated(explained: Explained) -> str:
    reasons = [f"[{one.segment}] {one.why}" for one in explained.because]
    return "\n".join([*reasons, f"It would have been otherwise: {explained.would_change_if}"])


def _question(request: Request | None, options: Sequence[CaseOption]) -> str:
    """Return the paragraph before the options."""
    if request is None:
        return ""
    before = request.messages[-1].content.rpartition(option_lines([option.text for option in options]))[0]
    return before.rstrip().rpartition("\n\n")[2]


# --- a file ---------------------------------------------------------------------------------------------------------


def load_cases(path: Path) -> list[Case]:
    """Read cases from a file: one JSON object, a list of them, or one a line.

    Raises:
        UserError: the file cannot be read, or holds no case.
        DefinitionError: something in it is not as it must be; every problem, each with its line where the cases stand
            one a line, and else with the number of the case.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start})") from error
    found, problems = list[Case](), list[Problem]()
    for place, data in _items(path, text):
        try:
            found.append(Case.model_validate(data))
        except ValidationError as error:
            details = error.errors(include_url=False)
            problems += [place.problem(_said(detail), name=_id(data)) for detail in details]
    if problems:
        raise DefinitionError(problems)
    if not found:
        raise UserError(f"{path} holds no case")
    return found


class _Place(NamedTuple):
    """Where in a file a case stands: a line, or a number in a list."""

    file: str
    line: int = 0
    number: int = 0

    def problem(self, message: str, *, name: str = "", column: int = 1) -> Problem:
        which = f"case {self.number}" if self.number else "the case"
        named = f"{which} ({name})" if name else which
        return Problem(self.file, self.line, column if self.line else 0, f"{named}: {message}")


def _items(path: Path, text: str) -> Iterator[tuple[_Place, Any]]:
    """Yield each case's data. A file whose first line is an object by itself holds one a line."""
    try:
        whole = json.loads(text, parse_constant=_refuse)
    except ValueError as error:
        yield from _lines(path, text, error)
        return
    items = whole if isinstance(whole, list) else [whole]
    for number, data in enumerate(items, 1):
        yield _Place(str(path), number=number if isinstance(whole, list) else 0), data


def _lines(path: Path, text: str, whole: ValueError) -> Iterator[tuple[_Place, Any]]:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines or not _is_object(lines[0][1]):
        line, column = (whole.lineno, whole.colno) if isinstance(whole, json.JSONDecodeError) else (0, 0)
        what = whole.msg if isinstance(whole, json.JSONDecodeError) else str(whole)
        raise DefinitionError([Problem(str(path), line, column, f"this is not JSON: {what}")])
    bad = list[Problem]()
    for number, (line, content) in enumerate(lines, 1):
        place = _Place(str(path), line=line, number=number)
        try:
            yield place, json.loads(content, parse_constant=_refuse)
        except json.JSONDecodeError as error:
            bad.append(place.problem(f"this is not JSON: {error.msg}", column=error.colno))
        except ValueError as error:
            bad.append(place.problem(f"this is not JSON: {error}"))
    if bad:
        raise DefinitionError(bad)


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")


def _id(data: Any) -> str:
    return str(data["id"])[:64] if isinstance(data, dict) and data.get("id") else ""


def _said(detail: ErrorDetails) -> str:
    """Return what is wrong, behind the field it is wrong in."""
    keys, owner = locate(Case, detail["loc"])
    field = ".".join(str(key) for key in keys)
    if detail["type"] == "missing":
        return f"'{field}' is missing"
    if detail["type"] == "extra_forbidden":
        return f"unknown key '{field}'{did_you_mean(str(keys[-1]), known_keys(owner))}"
    if detail["type"] == "string_pattern_mismatch":
        return f"{field}: {str(detail['input'])[:64]!r} is no segment's id: s1, s2, …"
    return f"{field}: {words(detail)}" if field else words(detail)
