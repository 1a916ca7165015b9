"""Test cases as data: an expression to evaluate, and what it must give.

A small model writes cases well where it writes test files badly: as data their number is bounded, each stands alone,
and repeats are seen. The file they become is plain Python that anybody can read and run.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Mapping, Sequence
from typing import Any

CASE_LENGTH = 200
"""Characters of a call, and of an expected result, at most."""

_RAISES = re.compile(r"(?:raises?\s+(?:an?\s+)?)?([A-Z][A-Za-z]*(?:Error|Exception|Warning))\b.*", re.IGNORECASE)


def schema(most: int) -> dict[str, Any]:
    """Return the JSON schema of up to ``most`` cases."""
    text = {"type": "string", "minLength": 1, "maxLength": CASE_LENGTH}
    case = {
        "type": "object",
        "properties": {"call": text, "expected": text},
        "required": ["call", "expected"],
        "additionalProperties": False,
    }
    cases = {"type": "array", "items": case, "minItems": 1, "maxItems": most}
    return {"type": "object", "properties": {"cases": cases}, "required": ["cases"], "additionalProperties": False}


def usable(cases: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the cases whose call is a Python expression, each call once, with what is expected as Python.

    What is expected is taken as it stands where it is a literal, an expression of built-ins (``float('inf')``), or the
    name of an exception; anything else is text, as models often leave the quotation marks out.
    """
    found: dict[str, dict[str, str]] = {}
    for case in cases:
        call = _parsed(case["call"].strip())
        if call is not None and not isinstance(call.body, ast.Constant | ast.Name):
            found.setdefault(
                ast.dump(call), {"call": case["call"].strip(), "expected": _expected(case["expected"].strip())}
            )
    return list(found.values())


def test_file(cases: Sequence[Mapping[str, str]], modules: Sequence[str]) -> str:
    """Return a test file: one function a case, whose failure says what was called, what came and what should have."""
    imports = [f"from {module} import *  # noqa: F403" for module in modules]
    tests = [_test(number, case["call"], case["expected"]) for number, case in enumerate(cases, start=1)]
    maths = ["import math", ""] if any(_is_float(case["expected"]) for case in cases) else []
    return "\n".join([*maths, *imports, "", "", "\n\n\n".join(tests), ""])


def _test(number: int, call: str, expected: str) -> str:
    head = f"def test_{number}():\n"
    raises = raised(expected)
    if raises:
        return (
            f"{head}    try:\n        got = {call}\n    except {raises}:\n        return\n"
            f"    raise AssertionError({f'{call} returned '!r} + repr(got) + {f' and did not raise {raises}'!r})"
        )
    same = f"math.isclose(got, {expected}, rel_tol=1e-6, abs_tol=1e-9)" if _is_float(expected) else f"got == {expected}"
    message = f"{f'{call} returned '!r} + repr(got) + {f', not {expected}'!r}"
    return f"{head}    got = {call}\n    if not ({same}):\n        raise AssertionError({message})"


def raised(expected: str) -> str:
    """Return the name of the built-in exception that is expected, or an empty string."""
    match = _RAISES.fullmatch(expected)
    name = match[1] if match else ""
    return name if isinstance(getattr(builtins, name, None), type) else ""


def _expected(text: str) -> str:
    exception = raised(text)
    if exception:
        return exception
    parsed = _parsed(text)
    names = {node.id for node in ast.walk(parsed) if isinstance(node, ast.Name)} if parsed else {""}
    return text if all(hasattr(builtins, name) for name in names) else repr(text)


def _parsed(text: str) -> ast.Expression | None:
    try:
        return ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_float(expected: str) -> bool:
    try:
        return isinstance(ast.literal_eval(expected), float)
    except (ValueError, SyntaxError, TypeError):
        return False
