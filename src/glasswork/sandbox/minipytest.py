"""A very small ``pytest``, for programs in a sandbox: it is what ``import pytest`` gives them there.

It knows ``raises``, ``approx``, ``fail``, ``skip``, ``param``, ``fixture`` and ``mark`` (``parametrize``, ``skip``,
``skipif``, ``xfail``; others mean nothing). Standard library only: this file is copied into the sandbox.
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable, Generator, Iterable
from types import SimpleNamespace
from typing import Any, NoReturn, Self

KNOWN = "raises, approx, fail, skip, param, fixture, mark.parametrize, mark.skip, mark.skipif, mark.xfail"


class Skipped(Exception):
    """The test asks to be passed over."""


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(f"the small pytest of this sandbox has no {name!r}; it knows {KNOWN}")


def fail(reason: str = "", *, msg: str = "", pytrace: bool = True) -> NoReturn:  # noqa: ARG001 - pytest's signature
    """Fail the test."""
    raise AssertionError(reason or msg or "pytest.fail() was called")


def skip(reason: str = "", **_: Any) -> NoReturn:
    """Pass over the test."""
    raise Skipped(reason)


# --- raises -----------------------------------------------------------------------------------------------------------


class _Raises:
    """The context in which an exception must be raised; afterwards ``value`` is that exception."""

    def __init__(self, expected: Any, match: str | None) -> None:
        self.expected, self.match = expected, match
        self.value: Any = None
        self.type: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: object) -> bool:
        names = self.expected if isinstance(self.expected, tuple) else (self.expected,)
        if kind is None:
            raise AssertionError(f"{' or '.join(name.__name__ for name in names)} was not raised")
        if not issubclass(kind, names):
            return False
        self.value, self.type = value, kind
        if self.match is not None and not re.search(self.match, str(value)):
            raise AssertionError(f"{kind.__name__} says {str(value)!r}, which does not match {self.match!r}") from None
        return True


def raises(expected: Any, call: Any = None, /, *args: Any, match: str | None = None, **options: Any) -> _Raises:
    """Expect an exception: as a context, or of one call."""
    context = _Raises(expected, match)
    if call is not None:
        with context:
            call(*args, **options)
    return context


# --- approx -----------------------------------------------------------------------------------------------------------


class approx:  # noqa: N801 - the name that pytest gives it
    """A number, or a list, tuple or mapping of numbers, that equals what is near enough."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None) -> None:  # noqa: A002
        self.expected, self.rel, self.abs = expected, rel, abs

    def __eq__(self, other: object) -> bool:
        return self._near(other, self.expected)

    def __repr__(self) -> str:
        return f"approx({self.expected!r})"

    def _near(self, found: Any, expected: Any) -> bool:
        if isinstance(expected, dict):
            return (
                isinstance(found, dict)
                and found.keys() == expected.keys()
                and self._all((found[key], expected[key]) for key in expected)
            )
        if isinstance(expected, (list, tuple)):
            return len(found) == len(expected) and self._all(zip(found, expected, strict=True))
        try:
            return bool(found == expected) or abs(found - expected) <= self._tolerance(expected)
        except TypeError:
            return False

    def _all(self, pairs: Iterable[tuple[Any, Any]]) -> bool:
        return all(self._near(found, expected) for found, expected in pairs)

    def _tolerance(self, expected: Any) -> float:
        if self.rel is None and self.abs is not None:
            return self.abs
        relative = (1e-6 if self.rel is None else self.rel) * abs(expected)
        return float(max(relative, 1e-12 if self.abs is None else self.abs))


# --- marks ------------------------------------------------------------------------------------------------------------


def param(*values: Any, id: str | None = None, marks: Any = ()) -> SimpleNamespace:  # noqa: A002, ARG001 - pytest's
    """One case of ``parametrize``, with a name."""
    return SimpleNamespace(values=values, id=id)


class _Marks:
    """``pytest.mark``: any attribute is a mark, bare or called."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def mark(*args: Any, **options: Any) -> Any:
            if len(args) == 1 and not options and inspect.isroutine(args[0]) | inspect.isclass(args[0]):
                return _marked(args[0], name, (), {})
            return lambda target: _marked(target, name, args, options)

        return mark


def _marked(target: Any, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    target.pytestmark = [*getattr(target, "pytestmark", []), SimpleNamespace(name=name, args=args, kwargs=options)]
    return target


mark = _Marks()


def cases(function: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return every combination of parameters that the marks ask for, each with a name for it."""
    found: list[tuple[str, dict[str, Any]]] = [("", {})]
    for each in getattr(function, "pytestmark", []):
        if each.name == "parametrize":
            rows = _rows(*each.args, **each.kwargs)
            found = [(f"{name}-{more}".lstrip("-"), {**old, **new}) for name, old in found for more, new in rows]
    return found


def _rows(argnames: Any, argvalues: Any, ids: Any = None, **_: Any) -> list[tuple[str, dict[str, Any]]]:
    names = [name.strip() for name in argnames.split(",")] if isinstance(argnames, str) else list(argnames)
    rows = []
    for number, case in enumerate(argvalues):
        named = getattr(case, "id", None) if isinstance(case, SimpleNamespace) else None
        values = case.values if isinstance(case, SimpleNamespace) else (case,) if len(names) == 1 else tuple(case)
        label = named or (ids[number] if isinstance(ids, (list, tuple)) else "-".join(_label(each) for each in values))
        rows.append((str(label), dict(zip(names, values, strict=True))))
    return rows


def _label(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 30 else text[:27] + "..."


def expectation(*targets: Any) -> tuple[str | None, bool]:
    """Return why the test is to be passed over (or None), and whether it is expected to fail."""
    marks = [each for target in targets for each in getattr(target, "pytestmark", [])]
    for each in marks:
        if each.name == "skip" or (each.name == "skipif" and each.args[0]):
            return str(each.kwargs.get("reason", "")), False
    return None, any(each.name == "xfail" for each in marks)


# --- fixtures ---------------------------------------------------------------------------------------------------------


def fixture(function: Any = None, **options: Any) -> Any:
    """Make a function a fixture; every test that names it gets a fresh one, whatever its scope says."""
    if function is None:
        return lambda target: fixture(target, **options)
    function.is_fixture, function.fixture_options = True, options
    return function


class Fixtures:
    """The fixtures that one test can see: its file's, its class's, and a few that are always there."""

    def __init__(self, *scopes: dict[str, Any], builtin: dict[str, Callable[[], Any]]) -> None:
        self.builtin = builtin
        functions = [each for scope in scopes for each in scope.values() if getattr(each, "is_fixture", False)]
        self.known = {each.fixture_options.get("name") or each.__name__: each for each in functions}

    def always(self) -> list[str]:
        """Names of the fixtures that every test gets."""
        return [name for name, each in self.known.items() if each.fixture_options.get("autouse")]

    def make(self, name: str, stack: contextlib.ExitStack, owner: Any, made: dict[str, Any]) -> Any:
        """Return the value of a fixture, made at most once for a test and torn down with ``stack``."""
        if name not in made:
            made[name] = self._make(name, stack, owner, made)
        return made[name]

    def _make(self, name: str, stack: contextlib.ExitStack, owner: Any, made: dict[str, Any]) -> Any:
        if name in self.builtin:
            return self.builtin[name]()
        function = self.known.get(name)
        if function is None or "params" in function.fixture_options:
            known = ", ".join(sorted({*self.known, *self.builtin}))
            raise AssertionError(f"this sandbox cannot make the fixture {name!r}; it has {known}")
        needs = list(inspect.signature(function).parameters)
        given = [owner] if needs[:1] == ["self"] else []
        value = function(*given, *(self.make(need, stack, owner, made) for need in needs[len(given) :]))
        if isinstance(value, Generator):
            started = value
            value = next(started)
            stack.callback(lambda: next(started, None))
        return value
