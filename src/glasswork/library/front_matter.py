"""Splits a Markdown file into its YAML front matter and its prose."""

from __future__ import annotations

import re

from glasswork.errors import DefinitionError, Problem
from glasswork.library.tree import Spot, Tree
from glasswork.library.yaml_reader import check_characters, read_yaml

_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)


def read_front_matter(text: str, file: str) -> Tree:
    """Return the front matter as a tree with one more key, ``prose``: the Markdown below, without blank edges.

    Raises:
        DefinitionError: there is no front matter, it does not end, or it is not usable YAML.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    check_characters(text, file)
    fences = list(_FENCE.finditer(text))
    if not fences or fences[0].start() != 0:
        raise DefinitionError([Problem(file, 1, 1, "the first line must be '---', with keys and values below it")])
    if len(fences) == 1:
        raise DefinitionError([Problem(file, 1, 1, "the front matter has no end: a second line '---' is missing")])
    tree = read_yaml(text[fences[0].end() + 1 : fences[1].start()], file, first_line=2)
    below = text[fences[1].end() :]
    if "prose" in tree.data:
        raise DefinitionError([tree.problem(("prose",), "the prose stands below the front matter, not in it")])
    blank = below[: len(below) - len(below.lstrip())] if below.strip() else "\n"
    line = text.count("\n", 0, fences[1].end()) + 1 + blank.count("\n")
    spots = {**tree.spots, ("prose",): Spot(line, 1, line, 1)}
    return Tree(file, {**tree.data, "prose": below.strip()}, spots)
