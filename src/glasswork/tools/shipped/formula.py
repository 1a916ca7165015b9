"""Reads a formula as people write it, and builds it up in SymPy from a list of what is allowed."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from glasswork.errors import BadArguments, did_you_mean

if TYPE_CHECKING:
    import sympy

_MAX_TEXT = 1000
_MAX_BITS = 100_000
"""Of a whole number: about thirty thousand digits."""
_MAX_FACTORIAL = 5000
_SIGNS = str.maketrans(
    {
        "\u00d7": "*",
        "\u00b7": "*",
        "\u00f7": "/",
        "\u2212": "-",
        "\u2013": "-",
        "^": "**",
        "π": "pi",
        "{": "(",
        "}": ")",
    }
)
"""The signs of print: times, a raised dot, divided by, minus, a dash."""
_FUNCTIONS = re.findall(
    r"\w+",
    "sqrt cbrt exp log sin cos tan asin acos atan sinh cosh tanh floor ceiling factorial binomial gcd lcm "
    "simplify expand factor diff integrate limit Min Max",
)
_ALSO = {"abs": "Abs", "min": "Min", "max": "Max", "ln": "log", "ceil": "ceiling", "derivative": "diff"}
_CONSTANTS = {"pi": "pi", "e": "E", "E": "E", "oo": "oo", "infinity": "oo", "i": "I"}


def read(text: str) -> tuple[ast.expr, ast.expr | None]:
    """Return the syntax tree of a formula, or of both sides of an equation.

    Percent, ``^``, signs from print, ``1,000``, ``2x`` and ``2(x+1)`` are read as people mean them.

    Raises:
        BadArguments: it is none.
    """
    if len(text) > _MAX_TEXT:
        raise _refusal(f"{len(text)} characters: {_MAX_TEXT} at most")
    sides = re.split(r"(?<![<>=!])==?(?!=)", _tidy(text))
    if len(sides) > 2:
        raise _refusal("more than one '='")
    trees = [_tree(side) for side in sides]
    return trees[0], trees[1] if len(trees) == 2 else None


def build(node: ast.expr) -> sympy.Expr:
    """Return the SymPy expression of a syntax tree.

    Raises:
        BadArguments: it holds something that is not allowed, or a number beyond bounds.
    """
    import sympy

    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return sympy.Rational(repr(number))
        case ast.Name(id=name):
            return getattr(sympy, _CONSTANTS[name]) if name in _CONSTANTS else _symbol(name)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=inner):
            return -build(inner) if isinstance(op, ast.USub) else build(inner)
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(op, build(left), build(right))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _call(name, [build(one) for one in args])
        case _:
            raise _refusal("only numbers, names, functions and the signs + - * / // % ^")


def _tidy(text: str) -> str:
    text = text.strip().rstrip("=?").translate(_SIGNS)
    text = re.sub(r"(?<![\w.(,])(\d{1,3}(?:,\d{3})+)(?![\d,])", lambda found: found[1].replace(",", ""), text)
    text = re.sub(r"(\d+(?:\.\d+)?)\s*%\s*of\b", r"(\1/100)*", text)
    text = re.sub(r"(\d+(?:\.\d+)?)\s*%(?!\s*[\w(.])", r"(\1/100)", text)
    text = re.sub(r"(?<![\w.])(\d+)!(?!=)", r"factorial(\1)", text)
    text = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)\s*(?=[A-DF-Za-df-z(])", r"\1*", text)
    return re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)(?=[eE](?![\d+-]))", r"\1*", text)


def _tree(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _refusal(f"{text.strip()[:80]!r} is no formula") from None


def _symbol(name: str) -> sympy.Symbol:
    import sympy

    if len(name) > 20:
        raise _refusal(f"{name[:40]!r} is too long for a name")
    return sympy.Symbol(name)


def _binary(op: ast.operator, left: sympy.Expr, right: sympy.Expr) -> sympy.Expr:
    import sympy

    if isinstance(op, ast.Pow):
        _bounded_power(left, right)
        return left**right
    if isinstance(op, ast.Div | ast.FloorDiv | ast.Mod) and right == 0:
        raise _refusal("it divides by zero")
    plain: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
        ast.Add: lambda a, b: a + b,
        ast.Sub: lambda a, b: a - b,
        ast.Mult: lambda a, b: a * b,
        ast.Div: lambda a, b: a / b,
        ast.FloorDiv: lambda a, b: sympy.floor(a / b),
        ast.Mod: lambda a, b: a % b,
    }
    if type(op) not in plain:
        raise _refusal("only numbers, names, functions and the signs + - * / // % ^")
    result: sympy.Expr = plain[type(op)](left, right)
    return result


def _bounded_power(base: sympy.Expr, exponent: sympy.Expr) -> None:
    if not exponent.is_number or not base.is_Rational:
        if exponent.is_Integer and abs(int(exponent)) > 200:
            raise _refusal("a power of more than 200")
        return
    size = abs(float(exponent.evalf(15))) if exponent.is_real else 0.0
    bits = max(abs(int(base.p)).bit_length(), int(base.q).bit_length())
    if size * bits > _MAX_BITS:
        raise _refusal("a number of more than thirty thousand digits")


def _call(name: str, given: list[sympy.Expr]) -> sympy.Expr:
    import sympy

    meant = _ALSO.get(name, name)
    if meant == "round":
        return _rounded(given)
    if meant not in {*_FUNCTIONS, *_ALSO.values()}:
        raise _refusal(f"there is no function {name!r}{did_you_mean(name, [*_FUNCTIONS, *_ALSO, 'round'])}")
    if meant in {"factorial", "binomial"} and any(one.is_number and one > _MAX_FACTORIAL for one in given):
        raise _refusal(f"{name} of more than {_MAX_FACTORIAL}")
    try:
        result: sympy.Expr = getattr(sympy, meant)(*given)
    except (TypeError, ValueError) as error:
        raise _refusal(f"{name}: {error}") from None
    return result


def _rounded(given: list[sympy.Expr]) -> sympy.Expr:
    import sympy

    if not 1 <= len(given) <= 2 or not all(one.is_number for one in given):
        raise _refusal("round takes a number, and to how many places")
    scale = sympy.Integer(10) ** (given[1] if len(given) == 2 else 0)
    half = sympy.Rational(1, 2)
    size = sympy.floor(abs(given[0]) * scale + half) / scale
    return size if given[0] >= 0 else -size


def _refusal(problem: str) -> BadArguments:
    return BadArguments("calculate", [f"'expression': {problem}"])
