"""Does the act do what the plan chose? Decided exactly, by equality of texts and names; never by a judge.

What is decidable, by what the act is:

========= ============================================================================================================
fields    a field's value names an option ("low" names "low: no personal data"), and all that name one name the same
text      the whole text names an option, or is its label: a move, a verdict. Prose is undecidable
list      its only item names an option
code      the options name identifiers (in backticks, or with brackets: ``heapq``, sorted()), and the program uses
cases     those of the chosen option and none that only another has, or the other way round
========= ============================================================================================================

Everything else is *undecidable*, and counted as such: None is no False.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from glasswork.explain.case import Case, CaseOption
from glasswork.explain.mistakes import head
from glasswork.records import Record
from glasswork.statistics import Share, bootstrap, mean, share

_NAME_IN_TEXT = re.compile(r"`([A-Za-z_][\w.]*)(?:\([^`]*\))?`|\b([A-Za-z_][\w.]*)\(\)")
_UNWANTED = re.compile(r"\b(?:not|no|without|avoid\w*|instead|rather|never|nor)\b|n't\b", re.IGNORECASE)
_LINE = re.compile(r"\s*([A-Za-z_]\w*)\s*:\s*(.*?)\s*")
_FENCE = re.compile(r"^[ \t]*```[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)


class Follow(Record):
    """Whether one act does what its plan chose."""

    case: str
    follows: bool | None
    """None: undecidable."""
    chosen: str
    """The chosen option's label."""
    does: str = ""
    """The label of the option that the act does; empty where that is undecidable."""
    options: tuple[str, ...] = ()
    """The options' texts: decisions among the same options are each other's baseline."""
    why: str = ""
    """On what this rests."""


class ActCoupling(Record):
    """How many decidable acts do what their plan chose."""

    follows: Share
    undecided: int
    chance: float | None
    """The share that would agree if acts were dealt out anew among the decisions with the same options; None where no
    two decidable decisions have the same."""
    beyond_chance: float | None
    """(agreement - chance) / (1 - chance), over the decisions that have such a baseline: 0 for acts that know nothing
    of the plan, 1 for acts that always follow it. None where ``chance`` is, or where it is 1."""
    low: float | None
    high: float | None


def act_against_plan(
    case: Case, *, produces: str = "", data: Any = None, enums: Mapping[str, Sequence[str]] | None = None
) -> Follow:
    """Return whether a case's act does what its plan chose.

    Args:
        case: With its ``act``.
        produces: What kind of act it is, as the agent's file has it; empty: read from the act itself.
        data: The act's data as the log has it: the fields, the list, the code.
        enums: By field, the values it could have taken: only these fields can name an option then, and a value that
            names none of the options, where the others do, is an act that does not follow.
    """
    if len(case.options) < 2:
        return _told(case, None, "", "there was nothing to choose from")
    if produces in {"code", "cases"} or (not produces and "```" in case.act):
        program = data if isinstance(data, str) else _fenced(case.act)
        return _by_identifiers(case, program)
    if isinstance(data, Mapping) and produces in {"", "fields"}:
        return _by_fields(case, data, enums or {})
    if isinstance(data, list):
        return _by_text(case, data[0]) if len(data) == 1 else _told(case, None, "", "a list of several items")
    read = _fields_in(case.act) if produces in {"", "fields"} else None
    return _by_text(case, case.act) if read is None else _by_fields(case, read, enums or {})


def act_coupling(follows: Sequence[Follow], *, seed: int = 0) -> ActCoupling:
    """Return how many acts follow their plans, and how that stands to chance."""
    decided = [one for one in follows if one.follows is not None]
    paired = [(bool(one.follows), by_chance) for one in decided if (by_chance := _chance(one, decided)) is not None]
    beyond = _beyond(paired) if paired else None
    low, high = (None, None) if beyond is None else bootstrap(paired, _beyond, seed=seed)
    return ActCoupling(
        follows=share(sum(bool(one.follows) for one in decided), len(decided)),
        undecided=len(follows) - len(decided),
        chance=mean([by_chance for _, by_chance in paired]) if paired else None,
        beyond_chance=beyond,
        low=low,
        high=high,
    )


def named_option(options: Iterable[CaseOption], text: str, *, labels: bool = False) -> CaseOption | None:
    """Return the one option that ``text`` as a whole names: by its text, by what stands before its colon or dash, or
    (with ``labels``) by its label. None where it names none, or several.
    """
    said = _plain(text)
    named = [
        option
        for option in options
        if said and (said in _names(option) or (labels and text.strip(" .)") == option.label))
    ]
    return named[0] if len(named) == 1 else None


# --- by kind --------------------------------------------------------------------------------------------------------


def _by_text(case: Case, text: Any) -> Follow:
    option = named_option(case.options, text, labels=True) if isinstance(text, str) else None
    if option is None:
        return _told(case, None, "", "the act's text names no option by itself")
    return _told(case, option.label == case.choice, option.label, f"the act is option {option.label}")


def _by_fields(case: Case, data: Mapping[str, Any], enums: Mapping[str, Sequence[str]]) -> Follow:
    can_name = _naming_fields(case, enums)
    named: dict[str, str] = {}
    strays: list[str] = []
    for name, value in data.items():
        if enums and name not in can_name:
            continue
        option = named_option(case.options, str(value)) if isinstance(value, str | int | float) else None
        if option is not None:
            named[option.label] = f"{name}: {value}"
        elif name in can_name:
            strays.append(f"{name}: {value}")
    if len(named) == 1 and not strays:
        (label, why), *_ = named.items()
        return _told(case, label == case.choice, label, why)
    if strays and not named:
        return _told(case, False, "", f"{strays[0]} is none of the options")
    return _told(case, None, "", "fields name different options" if named else "no field names an option")


def _naming_fields(case: Case, enums: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the fields that could have named the chosen option: that they do not is then an answer."""
    chosen = next(option for option in case.options if option.label == case.choice)
    return {
        name
        for name, values in enums.items()
        if any(named_option(case.options, str(value)) == chosen for value in values)
    }


def _by_identifiers(case: Case, program: str) -> Follow:
    wanted = {option.label: _identifiers(option.text) for option in case.options}
    if any(_UNWANTED.search(option.text) for option in case.options if wanted[option.label]):
        return _told(case, None, "", "an option says what not to use")
    mine = wanted[case.choice]
    own = mine - set().union(*(names for label, names in wanted.items() if label != case.choice))
    used = _used(program)
    if not own or used is None:
        return _told(case, None, "", "the chosen option names no identifier of its own" if not own else "no program")
    others = {label: names - mine for label, names in wanted.items() if label != case.choice}
    elsewhere = [label for label, names in others.items() if names & used]
    if own <= used and not elsewhere:
        return _told(case, True, case.choice, f"the program uses {', '.join(sorted(own))}")
    if not own & used and len(elsewhere) == 1 and others[elsewhere[0]] <= used:
        label = elsewhere[0]
        return _told(case, False, label, f"the program uses {', '.join(sorted(others[label]))}")
    return _told(case, None, "", "the program uses some of what several options name, or nothing of it")


def _told(case: Case, follows: bool | None, does: str, why: str) -> Follow:
    options = tuple(option.text for option in case.options)
    return Follow(case=case.id, follows=follows, chosen=case.choice, does=does, options=options, why=why)


# --- reading --------------------------------------------------------------------------------------------------------


def _names(option: CaseOption) -> set[str]:
    return {_plain(option.text), _plain(head(option.text))}


def _plain(text: str) -> str:
    return " ".join(text.split()).strip(" .;!\"'`*").casefold()


def _fields_in(text: str) -> dict[str, Any] | None:
    """Read an act's text as fields: a JSON object, or lines ``name: value`` and nothing else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        lines = [_LINE.fullmatch(line) for line in text.splitlines() if line.strip()]
        matched = [line for line in lines if line is not None]
        return {line[1]: line[2] for line in matched} if matched and len(matched) == len(lines) else None
    return found if isinstance(found, dict) else None


def _fenced(text: str) -> str:
    block = _FENCE.search(text)
    return block[1] if block else text


def _identifiers(text: str) -> set[str]:
    return {quoted or called for quoted, called in _NAME_IN_TEXT.findall(text)}


def _used(program: str) -> set[str] | None:
    """Return every name that a program imports, defines, calls or reads, dotted ones whole and in parts."""
    try:
        nodes = list(ast.walk(ast.parse(program)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    used: set[str] = set()
    for node in nodes:
        match node:
            case ast.Name(id=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                used.add(name)
            case ast.ClassDef(name=name):
                used.add(name)
            case ast.Attribute():
                used |= {node.attr, ast.unparse(node)}
            case ast.Import(names=names):
                used |= {alias.name for alias in names}
            case ast.ImportFrom(module=module, names=names):
                used |= {str(module), *(alias.name for alias in names), *(f"{module}.{alias.name}" for alias in names)}
    return used


# --- chance ---------------------------------------------------------------------------------------------------------


def _chance(one: Follow, decided: Sequence[Follow]) -> float | None:
    """Return the share of the other decisions with the same options whose act would have followed this plan."""
    others = [other for other in decided if other is not one and other.options == one.options]
    if not others:
        return None
    return mean([float(other.does == one.chosen) for other in others])


def _beyond(paired: Sequence[tuple[bool, float]]) -> float | None:
    agreed, by_chance = mean([float(hit) for hit, _ in paired]), mean([chance for _, chance in paired])
    return None if by_chance >= 1 else (agreed - by_chance) / (1 - by_chance)
