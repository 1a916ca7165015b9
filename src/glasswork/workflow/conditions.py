"""Conditions: a small total language for ``when`` and ``until``, checked before anything runs and never ``eval``ed.

It has references (``steps.test.passed``), text, numbers, ``true``, ``false``, ``none``, lists of these, comparisons,
membership, and ``and``, ``or``, ``not``. It has no calls, no arithmetic, no indexing. ``condition_checks`` refuses
everything else before the run; ``simpleeval`` evaluates what is left, narrowed to the same parts, so that neither has
to trust the other. What a condition can cost is bounded by its length.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from simpleeval import FeatureNotAvailable, InvalidExpression, SimpleEval  # type: ignore[import-untyped]

from glasswork.errors import UserError
from glasswork.workflow.condition_checks import (
    BOOLEAN,
    LIST,
    LITERALS,
    NONE,
    NUMBER,
    STRING,
    FieldKind,
    check_condition,
    dotted,
)

__all__ = ["BOOLEAN", "LIST", "NONE", "NUMBER", "STRING", "Condition", "FieldKind", "Reading", "compile_condition"]


@dataclass(frozen=True)
class Reading:
    """What a condition came to, and every value it read on the way, by reference."""

    result: bool
    values: dict[str, Any]


@dataclass(frozen=True)
class Condition:
    """A checked condition."""

    text: str
    references: tuple[str, ...]
    tree: ast.expr = field(repr=False, compare=False)
    kinds: Mapping[str, FieldKind] = field(repr=False, compare=False)
    """What each reference was announced to hold."""

    def evaluate(self, values: Mapping[str, Any]) -> Reading:
        """Return the result over nested mappings: ``{"steps": {"test": {"passed": True}}}``.

        ``and`` and ``or`` stop as soon as the result stands, so a part behind them may go unread.

        Raises:
            UserError: a value that is read is missing, or not of the kind it was announced to be.
        """
        evaluator = _Narrowed(self.kinds, values)
        try:
            result = evaluator.eval(self.text, self.tree)
        except (InvalidExpression, KeyError, RecursionError) as error:  # KeyError: a comparison it was not given
            raise UserError(f"the condition cannot be evaluated: {error}") from None
        return Reading(_truth(result), evaluator.read)


def compile_condition(
    text: str, known: Mapping[str, FieldKind], elsewhere: Mapping[str, str] = MappingProxyType({})
) -> Condition:
    """Return the condition a text is.

    Args:
        text: the expression; it may run over several lines.
        known: what may be referred to, by dotted reference, and what it holds.
        elsewhere: first words of references that stand in other places only, and what to say of them.

    Raises:
        DefinitionError: every problem, with its line and column in the text.
    """
    tree, kinds = check_condition(text, known, elsewhere)
    return Condition(text, tuple(kinds), tree, kinds)


# --- evaluating -----------------------------------------------------------------------------------------------------


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UserError("the condition comes to neither true nor false, because a value it reads is none")
    return value


def _negative(value: Any) -> Any:
    if not isinstance(value, int | float):
        raise FeatureNotAvailable("only numbers have a sign")
    return -value


def _told(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Return the comparison, with what Python says of a none in it said in our words."""

    def compare(left: Any, right: Any) -> bool:
        try:
            return test(left, right)
        except TypeError:
            raise UserError("the condition compares a value that is none") from None

    return compare


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Not: lambda value: not _truth(value),
    ast.USub: _negative,
    ast.Eq: _told(operator.eq),
    ast.NotEq: _told(operator.ne),
    ast.Lt: _told(operator.lt),
    ast.LtE: _told(operator.le),
    ast.Gt: _told(operator.gt),
    ast.GtE: _told(operator.ge),
    ast.In: _told(lambda left, right: left in right),
    ast.NotIn: _told(lambda left, right: left not in right),
}


class _Narrowed(SimpleEval):  # type: ignore[misc]
    """One evaluation by ``simpleeval`` with the parts of conditions and no others, and what was read in it."""

    def __init__(self, kinds: Mapping[str, FieldKind], values: Mapping[str, Any]) -> None:
        super().__init__(operators=_OPERATORS, functions={}, names={})
        self.kinds = kinds
        self.values = values
        self.read: dict[str, Any] = {}
        self.nodes = {
            ast.Constant: self._eval_constant,
            ast.List: self._items,
            ast.Tuple: self._items,
            ast.UnaryOp: self._eval_unaryop,
            ast.BoolOp: self._all_or_any,
            ast.Compare: self._eval_compare,
            ast.Name: self._reference,
            ast.Attribute: self._reference,
        }

    def _items(self, node: ast.List | ast.Tuple) -> list[Any]:
        return [self._eval(item) for item in node.elts]

    def _all_or_any(self, node: ast.BoolOp) -> bool:
        """Stop as ``simpleeval`` does, but at true or false alone: there a none or a 0 would pass for false."""
        combine = all if isinstance(node.op, ast.And) else any
        return combine(_truth(self._eval(part)) for part in node.values)

    def _reference(self, node: ast.Name | ast.Attribute) -> Any:
        """Read a whole reference by key; ``simpleeval`` tries attributes first, and would find ``dict.items``."""
        name = dotted(node)
        if name is not None and name.lower() in LITERALS:
            return LITERALS[name.lower()]
        if name is None or name not in self.kinds:
            raise FeatureNotAvailable(f"{name or 'a field of what is no reference'} was not checked")
        value, kind = _at(self.values, name), self.kinds[name]
        if value is not None and not kind.holds(value):
            raise UserError(f"the condition reads {name} as {kind.words}, but it holds {type(value).__name__}")
        self.read[name] = value
        return value


def _at(values: Any, name: str) -> Any:
    """Return the value at a dotted reference, by key in mappings and nowhere else."""
    for part in name.split("."):
        if not isinstance(values, Mapping) or part not in values:
            raise UserError(
                f"the condition reads {name}, which has no value",
                hint="test the step's state first: steps.STEP.state == 'done' and …",
            )
        values = values[part]
    return values
