"""Which calls of a plan take something from the request: its words, its numbers, its files.

Small models go on listing calls when all is done, with values that nobody named. A call that adds nothing of the
request to those before it is therefore no part of a plan. Nothing of this asks a model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from glasswork.dispatch.graph import Ref, Task

_WORD = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
_ITEM = r"""(?:['"\u2018\u201c][^'"\u2018-\u201d]{1,60}['"\u2019\u201d]|[A-Z][\w-]+(?:\s+[A-Z][\w-]*)*)"""
_BETWEEN = r"(?:\s*,?\s+(?:and|or|&)\s+(?:the\s+|for\s+|in\s+)?|\s*,\s*)"
_AND = re.compile(r"\s(?:and|or|&)\s")
_ENUMERATION = re.compile(f"{_ITEM}(?:{_BETWEEN}{_ITEM})+")
_IN_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def grounded(tasks: Sequence[Task], request: str, tools: Sequence[str]) -> tuple[Task, ...]:
    """Return the tasks that take something from a request which those before them have not taken.

    A word or number that the request has twice can be taken twice. What a task takes is: words of its values, a file or
    a result, or a word of its tool's name that no other tool's name has. A tool may also be called again with words of
    the request that are taken, in a mixture that is new ("the Lakers and the Bulls in 2018 and 2020"). Tasks that
    another one uses are kept, and those that are given no value, for of them nobody can tell.

    Args:
        tasks: of a plan, in order.
        request: in words.
        tools: the names of all tools that could have been called.
    """
    there = Counter(_words(request))
    left, mixtures = there.copy(), set[tuple[str, ...]]()
    used = {source for task in tasks for source in task.waits_for}
    kept, named = list[Task](), set[str]()
    for task in tasks:
        values = [one for one in task.arguments.values() if not isinstance(one, Ref)]
        refs = len(values) < len(task.arguments)
        words = [word for one in values for word in _told(one)]
        new = Counter([*words, *_own(task.tool, tools, named)]) & left
        mixture = (task.tool, *sorted(words))
        again = bool(words) and task.tool in named and mixture not in mixtures and all(there[word] for word in words)
        if new or again or refs or not values or task.id in used:
            left -= new
            named.add(task.tool)
            mixtures.add(mixture)
            kept.append(task)
    return tuple(kept)


def set_beside(tasks: Sequence[Task], request: str) -> list[str]:
    """Return the names that a request sets beside one that a task takes, and that no task takes.

    "In Egypt and Turkey" sets two side by side, and "in Paris, France" only says where Paris lies.
    """
    given = [one for task in tasks for one in task.arguments.values() if not isinstance(one, Ref)]
    taken = {word for one in given for word in _told(one)}
    found = list[str]()
    for each in _ENUMERATION.finditer(request):
        names = [one.strip("'\"\u2018\u2019\u201c\u201d") for one in re.split(_BETWEEN, each[0])]
        free = [name for name in names if not taken.intersection(_words(name))]
        found += free if len(free) < len(names) and _AND.search(each[0]) else []
    return list(dict.fromkeys(found))


def _own(tool: str, tools: Sequence[str], named: set[str]) -> Iterator[str]:
    """Yield the words of a tool's name that tell it from the others, the first time it is called."""
    if tool not in named:
        others = {word for other in tools if other != tool for word in _of_name(other)}
        yield from (word for word in _of_name(tool) if word not in others)


def _of_name(tool: str) -> list[str]:
    return [_stem(word.casefold()) for word in _IN_NAME.findall(tool)]


def _told(value: JsonValue) -> Iterator[str]:
    """Yield the words of a value; a yes or no has none."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _told(one)
    elif isinstance(value, float) and value.is_integer():
        yield str(int(value))
    elif not isinstance(value, bool) and value is not None:
        yield from _words(str(value))


def _words(text: str) -> list[str]:
    """Return the words and numbers of a text; of a writing without spaces each character is one."""
    found = _WORD.findall(re.sub(r"(?<=\d),(?=\d{3})", "", text.casefold()))
    return [one for word in found for one in ([_stem(word)] if word.isascii() or len(word) < 2 else _apart(word))]


def _apart(word: str) -> list[str]:
    spaced = any("\u3040" <= char <= "\u9fff" for char in word)
    return list(word) if spaced else [_stem(word)]


def _stem(word: str) -> str:
    """Return a word without the ending of a plural."""
    return word[:-1] if word.endswith("s") and len(word) > 3 else word
