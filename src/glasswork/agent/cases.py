"""Test cases: single assertions, taken out of whatever test code a model wrote.

A small model writes a good assertion more often than a good test file: it forgets to stop, puts ten assertions into one
function, or tests the same thing again. So each assertion is made a test of its own, repeats are dropped, and there are
only as many as were asked for. The file they become is plain Python that anybody can read and run.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence

from glasswork.records import Record

MAX_SOURCE = 20_000
"""Characters of test code that are looked at; an answer is far shorter."""


class Cases(Record):
    """Tests found in an answer: import statements, and the body of each test, as Python source."""

    imports: tuple[str, ...]
    bodies: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    """Tests that no segment states, where only stated ones are wanted."""


def cases_in(code: str, most: int) -> Cases:
    """Return up to ``most`` tests, each once, in order; an unfinished last line does not count.

    An assertion that stands among assertions only is a test of its own; one that needs the statements around it keeps
    its function.
    """
    module = _parsed(code[:MAX_SOURCE])
    bodies = dict.fromkeys(_bodies(module.body))
    imported = (node for node in ast.walk(module) if isinstance(node, ast.Import | ast.ImportFrom))
    imports = dict.fromkeys(ast.unparse(node) for node in imported)
    return Cases(imports=tuple(imports), bodies=tuple(bodies)[:most])


def grounded(cases: Cases, texts: Sequence[str]) -> Cases:
    """Return the cases that one of ``texts`` states: the call, and right after it the result. All, where none is.

    Spaces and the kind of quotation marks do not count. What a model works out by itself it often gets wrong; what it
    copies from the text in front of it, seldom.
    """
    plain = [_plain(text) for text in texts]
    claims = {body: _claim(body) for body in cases.bodies}
    stated = tuple(body for body, claim in claims.items() if any(_states(text, *claim) for text in plain))
    left_out = tuple(body for body in cases.bodies if body not in stated)
    return Cases(imports=cases.imports, bodies=stated, left_out=left_out) if stated else cases


WORDS_BETWEEN = 30
"""Characters, without spaces, that may stand between a call and its result: ``should return``, ``➞``, ``==``."""


def _states(text: str, call: str, result: str) -> bool:
    place = text.find(call) if call else -1
    while place >= 0:
        after = place + len(call)
        if text.find(result, after, after + WORDS_BETWEEN + len(result)) >= 0:
            return True
        place = text.find(call, place + 1)
    return False


def _claim(body: str) -> tuple[str, str]:
    """Return the call and the result that a single assertion claims, in plain form; empty where it is not one."""
    statements = ast.parse(body).body
    test = statements[0].test if len(statements) == 1 and isinstance(statements[0], ast.Assert) else None
    match test:
        case ast.Compare(left=call, ops=[ast.Eq() | ast.Is()], comparators=[result]):
            return _plain(ast.unparse(call)), _plain(ast.unparse(result))
        case ast.UnaryOp(op=ast.Not(), operand=call):
            return _plain(ast.unparse(call)), "False"
        case ast.Call() as call:
            return _plain(ast.unparse(call)), "True"
    return "", ""


def _plain(text: str) -> str:
    return "".join(text.split()).replace('"', "'")


def test_file(cases: Cases, modules: Sequence[str]) -> str:
    """Return a test file for programs in ``modules``: one function for each test.

    Of the imports, those of ``modules`` and of the standard library are kept: nothing else is there when it runs.
    """
    known = {*modules, *sys.stdlib_module_names, "pytest"}
    kept = [line for line in cases.imports if _module(line) in known and "*" not in line]
    stars = [f"from {module} import *" for module in modules]
    tests = [f"def test_{number}():\n{_indented(body)}\n" for number, body in enumerate(cases.bodies, start=1)]
    return "\n".join([*kept, *stars, "", "", "\n\n".join(tests)])


def _bodies(statements: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the source of every test in ``statements``."""
    for statement in statements:
        if isinstance(statement, ast.Assert):
            yield ast.unparse(statement)
        elif isinstance(statement, ast.ClassDef):
            yield from _bodies(statement.body)
        elif isinstance(statement, ast.FunctionDef) and statement.name.startswith("test"):
            inside = [each for each in statement.body if not _is_remark(each)]
            if all(isinstance(each, ast.Assert | ast.Import | ast.ImportFrom) for each in inside):
                yield from _bodies(inside)
            elif not statement.args.args and not statement.decorator_list:
                yield "\n".join(ast.unparse(each) for each in inside)


def _is_remark(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _parsed(code: str) -> ast.Module:
    """Return the longest beginning of ``code``, in lines, that is Python."""
    lines = code.splitlines()
    for end in range(len(lines), 0, -1):
        try:
            return ast.parse("\n".join(lines[:end]))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return ast.Module(body=[], type_ignores=[])


def _module(line: str) -> str:
    return line.split()[1].split(".", maxsplit=1)[0].rstrip(",")


def _indented(body: str) -> str:
    return "\n".join(f"    {line}" for line in body.splitlines())
