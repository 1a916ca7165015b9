"""Conditions: a small total language for ``when`` and ``until``, checked before anything runs and never ``eval``ed.

It has references (``steps.test.passed``), text, numbers, ``true``, ``false``, ``none``, lists of these, comparisons,
membership, and ``and``, ``or``, ``not``. It has no calls, no arithmetic, no indexing. Python's parser reads it; one
walk over the tree refuses everything else, finds the kind of every part, and builds the function that evaluates it.
What a condition can cost is bounded by its length.
"""

from __future__ import annotations

import ast
import keyword
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from glasswork.errors import DefinitionError, Problem, UserError, did_you_mean

MAX_LENGTH = 500
MAX_NODES = 100
MAX_DEPTH = 20

KindName = Literal["string", "number", "boolean", "list", "none"]


@dataclass(frozen=True)
class FieldKind:
    """What a field holds, as far as a condition can tell."""

    name: KindName
    values: tuple[str, ...] = ()
    """For text: the only values there are; empty where any text may stand."""


STRING = FieldKind("string")
NUMBER = FieldKind("number")
BOOLEAN = FieldKind("boolean")
LIST = FieldKind("list")
NONE = FieldKind("none")

_WORDS = {"string": "text", "number": "a number", "boolean": "true or false", "list": "a list", "none": "none"}
_BRACES = "a condition takes references without braces: steps.test.passed"
_LITERALS = {"true": True, "false": False, "none": None, "null": None}
_TYPES: dict[KindName, tuple[type, ...]] = {
    "string": (str,), "number": (int, float), "boolean": (bool,), "list": (list, tuple), "none": (type(None),),
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What a condition came to, and every value it read on the way, by reference."""

    result: bool
    values: dict[str, Any]


@dataclass
class _Scope:
    """The values of one evaluation, and what was read of them."""

    values: Mapping[str, Any]
    read: dict[str, Any] = field(default_factory=dict)


_Run = Callable[[_Scope], Any]


@dataclass(frozen=True)
class Condition:
    """A checked condition."""

    text: str
    references: tuple[str, ...]
    run: _Run = field(repr=False, compare=False)

    def evaluate(self, values: Mapping[str, Any]) -> Reading:
        """Return the result over nested mappings: ``{"steps": {"test": {"passed": True}}}``.

        ``and`` and ``or`` stop as soon as the result stands, so a part behind them may go unread.

        Raises:
            UserError: a value that is read is missing, or not of the kind it was announced to be.
        """
        scope = _Scope(values)
        return Reading(_truth(self.run(scope)), scope.read)


def compile_condition(text: str, known: Mapping[str, FieldKind]) -> Condition:
    """Return the condition a text is.

    Args:
        text: the expression; it may run over several lines.
        known: what may be referred to, by dotted reference, and what it holds.

    Raises:
        DefinitionError: every problem, with its line and column in the text.
    """
    tree = _parse(text)
    checker = _Checker(text, known)
    kind, run = checker.expression(tree)
    if kind is not None and kind.name != "boolean":
        checker.complain(
            tree, f"a condition is true or false, but this is {_WORDS[kind.name]}; compare it with something"
        )
    if checker.problems:
        raise DefinitionError(checker.problems)
    return Condition(text, tuple(dict.fromkeys(checker.references)), run)


# --- reading --------------------------------------------------------------------------------------------------------


def _parse(text: str) -> ast.expr:
    """Parse within the bounds on length, nodes and depth."""
    if len(text) > MAX_LENGTH:
        raise _refusal(text, 0, f"the condition is longer than {MAX_LENGTH} characters")
    one_line = re.sub(r"[\r\n\t\f\v]", " ", text).lstrip(" ")
    indent = len(text) - len(one_line)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python only warns of is refused here
            tree = ast.parse(one_line, mode="eval").body
    except SyntaxError as error:
        raise _refusal(text, indent + max((error.offset or 1) - 1, 0), _syntax(one_line)) from None
    except (ValueError, RecursionError, MemoryError, OverflowError):
        raise _refusal(text, 0, "the condition cannot be read; write it simpler") from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise _refusal(text, 0, f"the condition has more than {MAX_NODES} parts")
    if _depth(tree) > MAX_DEPTH:
        raise _refusal(text, 0, f"the condition nests deeper than {MAX_DEPTH} levels")
    return tree


def _depth(node: ast.AST) -> int:
    return 1 + max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)


def _syntax(text: str) -> str:
    """Return what is probably meant, for text that does not parse."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "''", text)
    for wrong, right in (("&&", "and"), ("||", "or")):
        if wrong in bare:
            return f"write '{right}' instead of '{wrong}'"
    if re.search(r"!(?!=)", bare):
        return "write 'not' instead of '!'"
    if re.search(r"(?<![=!<>])=(?!=)", bare):
        return "a single '=' does not compare; write '=='"
    if "{{" in bare:
        return _BRACES
    reserved = [word for word in re.findall(r"\.([A-Za-z_]+)", bare) if keyword.iskeyword(word)]
    if reserved:
        return f"'{reserved[0]}' is a word of the language; rename it to use it in a condition"
    return "this is not a condition; expected something like: steps.test.passed and inputs.level > 2"


def _refusal(text: str, offset: int, message: str) -> DefinitionError:
    return DefinitionError([Problem("condition", *_position(text, offset), message)])


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


# --- checking and building ------------------------------------------------------------------------------------------

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}

_Checked = tuple[FieldKind | None, _Run]
"""The kind of a part (None where it is wrong, so that one mistake is told once) and what evaluates it."""


def _nothing(_scope: _Scope) -> None:
    """Stand in for a part that is wrong; never run, because its condition is refused."""


class _Checker:
    """One walk over a condition's tree."""

    def __init__(self, text: str, known: Mapping[str, FieldKind]) -> None:
        self.text = text
        self.known = known
        self.problems: list[Problem] = []
        self.references: list[str] = []

    def complain(self, node: ast.expr, message: str) -> _Checked:
        """Note a problem at a part; ``ast`` counts columns in bytes of the text without its blank beginning."""
        blank = len(self.text) - len(self.text.lstrip())
        rest = self.text[blank:].encode()
        offset = blank + len(rest[: node.col_offset].decode("utf-8", "ignore"))
        self.problems.append(Problem("condition", *_position(self.text, offset), message))
        return None, _nothing

    def expression(self, node: ast.expr) -> _Checked:
        match node:
            case ast.Constant() | ast.List() | ast.Tuple() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                return self.literal(node)
            case ast.Name() | ast.Attribute():
                return self.reference(node)
            case ast.UnaryOp(op=ast.Not()):
                return self.boolean([node.operand], negate=True)
            case ast.BoolOp():
                return self.boolean(node.values, every=isinstance(node.op, ast.And))
            case ast.Compare():
                return self.comparison(node)
            case _:
                return self.complain(node, _not_allowed(node))

    def literal(self, node: ast.expr) -> _Checked:
        try:
            value = _constant(node)
        except ValueError as error:
            return self.complain(node, str(error))
        return _kind_of(value), lambda _scope: value

    def reference(self, node: ast.expr) -> _Checked:
        name = _dotted(node)
        if name is None:
            return self.complain(node, "fields are taken from references only, such as steps.test.passed")
        if name.lower() in _LITERALS:
            value = _LITERALS[name.lower()]
            return _kind_of(value), lambda _scope: value
        if name not in self.known:
            return self.complain(node, f"there is no {name}{did_you_mean(name, self.known)}")
        kind = self.known[name]
        self.references.append(name)
        return kind, lambda scope: _read(scope, name, kind)

    def boolean(self, nodes: list[ast.expr], *, every: bool = True, negate: bool = False) -> _Checked:
        runs: list[_Run] = []
        for node in nodes:
            kind, run = self.expression(node)
            if kind is not None and kind.name != "boolean":
                self.complain(node, f"'and', 'or' and 'not' take true or false, but this is {_WORDS[kind.name]}")
            runs.append(run)
        combine = all if every else any
        return BOOLEAN, lambda scope: combine(_truth(run(scope)) for run in runs) is not negate

    def comparison(self, node: ast.Compare) -> _Checked:
        nodes = [node.left, *node.comparators]
        checked = [self.expression(one) for one in nodes]
        for index, op in enumerate(node.ops):
            left, right = checked[index][0], checked[index + 1][0]
            wrong = "" if left is None or right is None else _mismatch(op, left, right)
            if type(op) not in _COMPARE:
                wrong = "write '==' instead of 'is'"
            if wrong:
                self.complain(nodes[index], wrong)
        tests = [_COMPARE.get(type(op), operator.eq) for op in node.ops]
        runs = [run for _, run in checked]
        return BOOLEAN, lambda scope: _chain(scope, runs, tests)


def _constant(node: ast.expr) -> Any:
    """Return the value of a literal, or of a list of literals."""
    match node:
        case ast.List() | ast.Tuple():
            return [_constant(item) for item in node.elts]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.Name() if node.id.lower() in _LITERALS:
            return _LITERALS[node.id.lower()]
        case ast.Constant(value=str() | int() | float() | None as value):
            return value
    raise ValueError("only text, numbers, true, false and none can be written here")


def _kind_of(value: Any) -> FieldKind:
    if isinstance(value, list):
        return FieldKind("list", tuple(value) if all(isinstance(item, str) for item in value) else ())
    if isinstance(value, str):
        return FieldKind("string", (value,))
    return next(FieldKind(name) for name in ("boolean", "number", "none") if isinstance(value, _TYPES[name]))


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    before = _dotted(node.value) if isinstance(node, ast.Attribute) else None
    return f"{before}.{node.attr}" if before and isinstance(node, ast.Attribute) else None


def _mismatch(op: ast.cmpop, left: FieldKind, right: FieldKind) -> str:
    """Return why a comparison of two kinds makes no sense, or nothing."""
    if isinstance(op, ast.In | ast.NotIn):
        return _no_member(left, right)
    names = {left.name, right.name}
    if isinstance(op, ast.Eq | ast.NotEq):
        if len(names - {"none"}) > 1:
            return f"this compares {_WORDS[left.name]} with {_WORDS[right.name]}"
        return _no_value(left, right) if names == {"string"} else ""
    odd = sorted(names - {"number"})
    return f"only numbers have an order, but this compares {_WORDS[odd[0]]}" if odd else ""


def _no_member(left: FieldKind, right: FieldKind) -> str:
    if right.name == "string":
        return "" if left.name == "string" else f"text is searched for text, not for {_WORDS[left.name]}"
    if right.name != "list":
        return f"'in' looks into a list or a text, but this is {_WORDS[right.name]}"
    if right.values and left.name != "string":
        return f"this looks for {_WORDS[left.name]} in a list of texts"
    return next((wrong for value in right.values if (wrong := _no_value(left, FieldKind("string", (value,))))), "")


def _no_value(left: FieldKind, right: FieldKind) -> str:
    """Two texts of known values that can never be equal: a slip of the pen."""
    if not left.values or not right.values or set(left.values) & set(right.values):
        return ""
    few, many = sorted((left.values, right.values), key=len)
    return f"{few[0]!r} is none of the values this can have{did_you_mean(few[0], many)}"


def _not_allowed(node: ast.expr) -> str:
    if isinstance(node, ast.Set | ast.Dict):
        return _BRACES
    names = {
        ast.Call: "calls", ast.BinOp: "arithmetic", ast.Subscript: "brackets after a name", ast.IfExp: "'if … else'",
        ast.Lambda: "functions", ast.NamedExpr: "assignments", ast.JoinedStr: "text with values in it",
    }  # fmt: skip
    what = names.get(type(node), "this")
    return f"{what}: not part of conditions, which have references, literals, comparisons, 'in', 'and', 'or' and 'not'"


# --- evaluating -----------------------------------------------------------------------------------------------------


def _read(scope: _Scope, name: str, kind: FieldKind) -> Any:
    here: Any = scope.values
    for part in name.split("."):
        if not isinstance(here, Mapping) or part not in here:
            raise UserError(
                f"the condition reads {name}, which has no value",
                hint="test the step's state first: steps.STEP.state == 'done' and …",
            )
        here = here[part]
    right_type = isinstance(here, _TYPES[kind.name]) and (kind.name == "boolean" or not isinstance(here, bool))
    if here is not None and not right_type:
        raise UserError(f"the condition reads {name} as {_WORDS[kind.name]}, but it holds {type(here).__name__}")
    scope.read[name] = here
    return here


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UserError("the condition comes to neither true nor false, because a value it reads is none")
    return value


def _chain(scope: _Scope, runs: list[_Run], tests: list[Callable[[Any, Any], bool]]) -> bool:
    """Evaluate ``a < b < c`` from the left, each part once, as far as it holds."""
    left = runs[0](scope)
    for run, test in zip(runs[1:], tests, strict=True):
        right = run(scope)
        try:
            if not test(left, right):
                return False
        except TypeError:
            raise UserError("the condition compares a value that is none") from None
        left = right
    return True
