"""Arithmetic and algebra, exactly: SymPy, behind a parser of our own. Nothing is ever evaluated as Python.

SymPy's own parsers call ``eval``; here an expression is read into a syntax tree (``formula.py``) and built up node by
node from a list of what is allowed, with bounds on the size of powers and factorials. What still takes too long is
ended with its process. BSD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasswork.errors import BadArguments, ToolFailed
from glasswork.tools.callables import builtin
from glasswork.tools.shipped.formula import build, read

if TYPE_CHECKING:
    import sympy

_DIGITS = 12
"""Significant digits of what is no whole number."""
_LONG = 2000


@builtin("calculate", extra="calculate", needs=("sympy",), memory_mb=1024)
def calculate(expression: str, exact: bool = False) -> str:
    """Return the value of an expression, or the solutions of an equation in one unknown.

    ``exact``: leave fractions and roots as they are, instead of as decimal numbers.
    """
    import sympy

    left, right = read(expression)
    if right is None:
        return _cut(_told(build(left), exact))
    sides = build(left), build(right)
    difference = sides[0] - sides[1]
    unknowns = sorted(sides[0].free_symbols | sides[1].free_symbols, key=str)
    if not unknowns:
        return "true" if sympy.simplify(difference) == 0 else "false"
    if len(unknowns) > 1:
        named = ", ".join(map(str, unknowns))
        raise BadArguments("calculate", [f"an equation has one unknown; this one has {len(unknowns)}: {named}"])
    return _cut(_solutions(difference, unknowns[0], exact))


def _solutions(difference: sympy.Expr, unknown: sympy.Symbol, exact: bool) -> str:
    import sympy

    if sympy.simplify(difference) == 0:
        return f"every {unknown}"
    found = sympy.solve(difference, unknown) if difference.free_symbols else []
    return " or ".join(f"{unknown} = {_told(one, exact)}" for one in found) or "no solution"


def _told(value: sympy.Basic, exact: bool) -> str:
    import sympy

    if isinstance(value, list | tuple):
        return ", ".join(_told(one, exact) for one in value)
    if value.has(sympy.Integral, sympy.Limit, sympy.Derivative):
        raise ToolFailed(f"no closed form was found for {value}")
    if not isinstance(value, sympy.Expr) or exact or value.free_symbols or value.is_Integer or value.is_infinite:
        return str(value)
    number = sympy.N(value, _DIGITS)
    return _decimal(number) if number.is_real else str(number)


def _decimal(number: sympy.Expr) -> str:
    """Return a real number in at most twelve digits, without a tail of zeros."""
    text = f"{float(number):.{_DIGITS}g}"
    return text if text not in {"inf", "-inf"} else str(number)


def _cut(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]}… ({len(text)} characters)"
