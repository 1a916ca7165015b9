"""The shape of the code: import direction, sizes, docstrings, exported names."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

import glasswork

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
ALL = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
FILE_LINES, FUNCTION_LINES = 600, 40
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines of code: signature and body, less the docstring, whose length is nobody's complexity."""
    documented = ast.get_docstring(function) is not None
    docstring = function.body[0] if documented else None
    whole = (function.end_lineno or function.lineno) - function.lineno + 1
    return whole - ((docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0)


def modules() -> list[str]:
    return sorted(module.name for module in pkgutil.walk_packages(glasswork.__path__, "glasswork."))


def test_imports_go_one_way(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0, capsys.readouterr().out


@pytest.mark.parametrize("path", ALL, ids=name)
def test_files_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", ALL, ids=name)
def test_functions_are_short(path):
    long = [f"{each.name} ({length(each)} lines)" for each in functions(path) if length(each) > FUNCTION_LINES]
    assert not long, f"split: {', '.join(long)}"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_docstrings_begin_with_a_sentence(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = [node for node in ast.walk(tree) if isinstance(node, Function | ast.ClassDef | ast.Module)]
    texts = [(getattr(node, "name", "the module"), ast.get_docstring(node)) for node in documented]
    bad = [who for who, text in texts if text and text.split("\n\n")[0].rstrip()[-1:] not in ".:?!"]
    assert ast.get_docstring(tree), "a module says what it is for"
    assert not bad, f"not a sentence: {', '.join(bad)}"


@pytest.mark.parametrize("module", modules())
def test_exported_names_exist_and_are_sorted(module):
    found = importlib.import_module(module)
    exported = getattr(found, "__all__", [])
    assert list(exported) == sorted(exported)
    assert [each for each in exported if not hasattr(found, each)] == []


def test_no_package_of_tests():
    assert list((ROOT / "tests").rglob("__init__.py")) == [], "tests are found by importlib mode, without packages"
