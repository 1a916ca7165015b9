"""Reads and checks a condition: the bounds on its size, the kind of every part, every reference, every problem.

Python's parser reads it; one walk over the tree refuses what conditions do not have and finds the kind of every part,
so that a comparison which can never hold is an error before the run. Nothing is evaluated here.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from glasswork.errors import DefinitionError, Problem, did_you_mean

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
    of: FieldKind | None = None
    """For a list: what its items are; None where they are texts."""

    @property
    def words(self) -> str:
        """The kind as messages call it."""
        return _WORDS[self.name]

    def holds(self, value: Any) -> bool:
        """Tell whether a value is of this kind; true and false are no numbers, though Python's are."""
        return isinstance(value, _TYPES[self.name]) and (self.name == "boolean" or not isinstance(value, bool))


STRING = FieldKind("string")
NUMBER = FieldKind("number")
BOOLEAN = FieldKind("boolean")
LIST = FieldKind("list")
NONE = FieldKind("none")

_WORDS = {"string": "text", "number": "a number", "boolean": "true or false", "list": "a list", "none": "none"}
_MANY = {"string": "texts", "number": "numbers", "boolean": "true or false", "list": "lists", "none": "none"}
_BRACES = "a condition takes references without braces: steps.test.passed"
LITERALS = {"true": True, "false": False, "none": None, "null": None}
_TYPES: dict[KindName, tuple[type, ...]] = {
    "string": (str,), "number": (int, float), "boolean": (bool,), "list": (list, tuple), "none": (type(None),),
}  # fmt: skip


def check_condition(
    text: str, known: Mapping[str, FieldKind], elsewhere: Mapping[str, str]
) -> tuple[ast.expr, dict[str, FieldKind]]:
    """Return the tree of a condition, and what each of its references holds, in the order they are read.

    Args:
        text: the expression; it may run over several lines.
        known: what may be referred to, by dotted reference, and what it holds.
        elsewhere: first words of references that stand in other places only, and what to say of them.

    Raises:
        DefinitionError: every problem, with its line and column in the text.
    """
    tree = _parse(text)
    checker = _Checker(text, known, elsewhere)
    kind = checker.expression(tree)
    if kind is not None and kind.name != "boolean":
        checker.complain(tree, f"a condition is true or false, but this is {kind.words}; compare it with something")
    if checker.problems:
        raise DefinitionError(checker.problems)
    return tree, checker.references


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


# --- checking -------------------------------------------------------------------------------------------------------

_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn)


class _Checker:
    """One walk over a condition's tree. A part that is wrong has no kind, so that one mistake is told once."""

    def __init__(self, text: str, known: Mapping[str, FieldKind], elsewhere: Mapping[str, str]) -> None:
        self.text = text
        self.known = known
        self.elsewhere = elsewhere
        self.problems: list[Problem] = []
        self.references: dict[str, FieldKind] = {}

    def complain(self, node: ast.expr, message: str) -> FieldKind | None:
        """Note a problem at a part, which has no kind then; ``ast`` counts columns in bytes, from the first letter."""
        blank = len(self.text) - len(self.text.lstrip())
        rest = self.text[blank:].encode()
        offset = blank + len(rest[: node.col_offset].decode("utf-8", "ignore"))
        self.problems.append(Problem("condition", *_position(self.text, offset), message))
        return None

    def expression(self, node: ast.expr) -> FieldKind | None:
        match node:
            case ast.Constant() | ast.List() | ast.Tuple() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                return self.literal(node)
            case ast.Name() | ast.Attribute():
                return self.reference(node)
            case ast.UnaryOp(op=ast.Not()):
                return self.boolean([node.operand])
            case ast.BoolOp():
                return self.boolean(node.values)
            case ast.Compare():
                return self.comparison(node)
            case _:
                return self.complain(node, _not_allowed(node))

    def literal(self, node: ast.expr) -> FieldKind | None:
        try:
            return _kind_of(_constant(node))
        except ValueError as error:
            return self.complain(node, str(error))

    def reference(self, node: ast.expr) -> FieldKind | None:
        name = dotted(node)
        if name is None:
            return self.complain(node, "fields are taken from references only, such as steps.test.passed")
        if name.lower() in LITERALS:
            return _kind_of(LITERALS[name.lower()])
        if name not in self.known:
            known_elsewhere = self.elsewhere.get(name.partition(".")[0])
            return self.complain(node, known_elsewhere or f"there is no {name}{did_you_mean(name, self.known)}")
        self.references[name] = self.known[name]
        return self.known[name]

    def boolean(self, nodes: list[ast.expr]) -> FieldKind:
        for node in nodes:
            kind = self.expression(node)
            if kind is not None and kind.name != "boolean":
                self.complain(node, f"'and', 'or' and 'not' take true or false, but this is {kind.words}")
        return BOOLEAN

    def comparison(self, node: ast.Compare) -> FieldKind:
        nodes = [node.left, *node.comparators]
        kinds = [self.expression(one) for one in nodes]
        for index, op in enumerate(node.ops):
            left, right = kinds[index], kinds[index + 1]
            wrong = "" if left is None or right is None else _mismatch(op, left, right)
            if not isinstance(op, _COMPARISONS):
                wrong = "write '==' instead of 'is'"
            if wrong:
                self.complain(nodes[index], wrong)
        return BOOLEAN


def _constant(node: ast.expr) -> Any:
    """Return the value of a literal, or of a list of literals."""
    match node:
        case ast.List() | ast.Tuple():
            return [_constant(item) for item in node.elts]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.Name() if node.id.lower() in LITERALS:
            return LITERALS[node.id.lower()]
        case ast.Constant(value=str() | int() | float() | None as value):
            return value
    raise ValueError("only text, numbers, true, false and none can be written here")


def _kind_of(value: Any) -> FieldKind:
    if isinstance(value, list):
        return FieldKind("list", tuple(value) if all(isinstance(item, str) for item in value) else ())
    if isinstance(value, str):
        return FieldKind("string", (value,))
    return next(FieldKind(name) for name in ("boolean", "number", "none") if isinstance(value, _TYPES[name]))


def dotted(node: ast.expr) -> str | None:
    """Return a reference as it is written, or None for a field of what is no reference."""
    if isinstance(node, ast.Name):
        return node.id
    before = dotted(node.value) if isinstance(node, ast.Attribute) else None
    return f"{before}.{node.attr}" if before and isinstance(node, ast.Attribute) else None


def _mismatch(op: ast.cmpop, left: FieldKind, right: FieldKind) -> str:
    """Return why a comparison of two kinds makes no sense, or nothing."""
    if isinstance(op, ast.In | ast.NotIn):
        return _no_member(left, right)
    names = {left.name, right.name}
    if isinstance(op, ast.Eq | ast.NotEq):
        if len(names - {"none"}) > 1:
            return f"this compares {left.words} with {right.words}"
        return _no_value(left, right) if names == {"string"} else ""
    odd = sorted(names - {"number"})
    return f"only numbers have an order, but this compares {_WORDS[odd[0]]}" if odd else ""


def _no_member(left: FieldKind, right: FieldKind) -> str:
    if right.name == "string":
        return "" if left.name == "string" else f"text is searched for text, not for {left.words}"
    if right.name != "list":
        return f"'in' looks into a list or a text, but this is {right.words}"
    if right.values and left.name != "string":
        return f"this looks for {left.words} in a list of texts"
    if right.of is not None:
        return _no_item(left, right.of)
    return next((wrong for value in right.values if (wrong := _no_value(left, FieldKind("string", (value,))))), "")


def _no_item(left: FieldKind, item: FieldKind) -> str:
    """Return why what is looked for can be no item of a list."""
    if left.name != item.name:
        return f"this looks for {left.words} in a list whose items are {_MANY[item.name]}"
    return _no_value(left, item)


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
