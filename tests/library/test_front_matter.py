"""Front matter: where it ends, what stands below it, and at which line."""

import pytest

from glasswork.definitions import RoleDef
from glasswork.errors import DefinitionError
from glasswork.library import read_front_matter, validate

GOOD = "---\nname: engineer\ntitle: Software engineer\ninputs: [requirements]\n---\n\nYou write code.\n\n---\nEven below a rule.\n"


def test_front_matter_and_prose():
    tree = read_front_matter(GOOD, "engineer.md")
    assert tree.data == {
        "name": "engineer",
        "title": "Software engineer",
        "inputs": ["requirements"],
        "prose": "You write code.\n\n---\nEven below a rule.",
    }
    assert tree.spots["title",].line == 3
    assert tree.spots["prose",].line == 7


def test_windows_line_ends():
    assert read_front_matter(GOOD.replace("\n", "\r\n"), "x.md").data == read_front_matter(GOOD, "x.md").data


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "the first line must be '---'"),
        ("You write code.\n", 1, "the first line must be '---'"),
        ("\n---\nname: a\n---\nx", 1, "the first line must be '---'"),
        ("---\nname: a\n", 1, "has no end"),
        ("---\n---\nx", 2, "the file is empty"),
        ("---\nname: a\nprose: b\n---\nx", 3, "below the front matter"),
        ("---\nname: a\nname: b\n---\nx", 3, "a second time (first on line 2)"),
        ("---\nname: 'a\n---\nx", 3, "a quote is opened and never closed (it began on line 2)"),
        ("---\nname: a\n---\nx\u202e", 4, "U+202E"),
    ],
)
def test_refusals_name_the_line(text, line, words):
    with pytest.raises(DefinitionError) as caught:
        read_front_matter(text, "x.md")
    (problem,) = caught.value.problems
    assert words in problem.message
    assert problem.line == line


def test_an_empty_role_is_refused_where_its_prose_should_stand():
    with pytest.raises(DefinitionError) as caught:
        validate(RoleDef, read_front_matter("---\nname: a\ntitle: A\n---\n\n", "a.md"))
    assert str(caught.value) == "a.md:5:1: this may not be empty"
