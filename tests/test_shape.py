"""The shape of the code: import direction, sizes, docstrings, exported names."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from importlinter.cli import lint_imports

import glasswork

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
ALL = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
FILE_LINES, FUNCTION_LINES = 600, 40
Function = ast.FunctionDef | ast.AsyncFunctionDef
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Parts of statements that hold statements."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[Function]:
    """Yield every function; they stand among statements, so that no expression is looked into."""
    nodes: list[ast.AST] = [parsed(path)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Function):
            yield node
        nodes += [each for part in _BLOCKS for each in getattr(node, part, ())]


def length(function: Function) -> int:
    """Lines of the body, less the docstring: options and documentation are nobody's complexity."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def modules() -> list[str]:
    return sorted(module.name for module in pkgutil.walk_packages(glasswork.__path__, "glasswork."))


def test_imports_go_one_way(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0, capsys.readouterr().out


def test_files_are_short():
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in ALL}
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES} == {}


def test_functions_are_short():
    lengths = {f"{name(path)}: {each.name}": length(each) for path in ALL for each in functions(path)}
    assert {function: lines for function, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_every_module_says_what_it_is_for():
    assert [name(path) for path in SOURCES if not ast.get_docstring(parsed(path))] == []


def test_docstrings_begin_with_a_sentence():
    texts = [
        (f"{name(path)}: {getattr(node, 'name', 'the module')}", ast.get_docstring(node))
        for path in SOURCES
        for node in ast.walk(parsed(path))
        if isinstance(node, Function | ast.ClassDef | ast.Module)
    ]
    assert [who for who, text in texts if text and text.split("\n\n")[0].rstrip()[-1:] not in ".:?!"] == []


def test_exported_names_exist_once():
    for module in modules():
        found = importlib.import_module(module)
        exported = list(getattr(found, "__all__", []))
        assert len(exported) == len(set(exported)), module
        assert [each for each in exported if not hasattr(found, each)] == [], module


def test_no_package_of_tests():
    assert list((ROOT / "tests").rglob("__init__.py")) == [], "tests are found by importlib mode, without packages"
