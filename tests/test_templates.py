"""Templates: references and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.errors import DefinitionError, UserError
from glasswork.templates import Part, Reference, Sourced, inline, parse

VALUES = {
    "inputs": {"idea": "a {{ inputs.idea }} clock", "n": 3, "half": 0.5, "whole": 2.0, "yes": True, "nothing": None},
    "steps": {
        "analyse": {"items": ["one", "two\nlines"]},
        "build": {"code": "print(1)\n"},
        "empty": {"items": [], "text": ""},
    },
}


def rendered(text: str) -> list[tuple[str | None, str]]:
    return [(part.source, part.text) for part in parse(text).render(VALUES)]


def test_own_lines_become_parts_and_the_text_between_keeps_its_place():
    text = "Write it.\n\n  {{ inputs.idea }}  \n\nMeet these:\n{{steps.analyse.items}}\n\nEnd.\n{{ steps.build.code }}"
    assert rendered(text) == [
        (None, "Write it."),
        ("inputs.idea", "a {{ inputs.idea }} clock"),
        (None, "Meet these:"),
        ("steps.analyse.items[0]", "one"),
        ("steps.analyse.items[1]", "two\nlines"),
        (None, "End."),
        ("steps.build.code", "print(1)\n"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Do {{ inputs.idea }} now", "Do a {{ inputs.idea }} clock now"),
        ("{{inputs.n}}{{ inputs.half }}", "30.5"),
        ("n={{ inputs.whole }}, {{ inputs.yes }}, {{ inputs.nothing }}", "n=2, yes, none"),
        ("Items: {{ steps.analyse.items }}", "Items: one\ntwo\nlines"),
        ("No items: {{ steps.empty.items }}.", "No items: ."),
        ("A dict: {'a': {}} and }} alone", "A dict: {'a': {}} and }} alone"),
        ("\n\n  indented\n    more\n\n", "  indented\n    more"),
    ],
)
def test_inline_references_stand_in_the_text(text, said):
    assert rendered(text) == [(None, said)]


def test_empty_lists_give_no_part_and_empty_text_one():
    assert rendered("{{ steps.empty.items }}") == []
    assert rendered("\n \n{{ steps.empty.text }}\n") == [("steps.empty.text", "")]
    assert rendered("") == []


def test_inline_lists():
    assert inline(["a", "b"]) == "a; b"
    assert inline(["a", "b\nc"]) == "a\nb\nc"
    assert inline({"a": "é"}) == '{"a": "é"}'


def test_references_know_their_place():
    template = parse("a {{ inputs.idea }}\n\n   {{ steps.build.code }}\n{{ inputs.n }} {{ inputs.n }}")
    assert template.references == (
        Reference(("inputs", "idea"), own_line=False, line=1, column=3),
        Reference(("steps", "build", "code"), own_line=True, line=3, column=4),
        Reference(("inputs", "n"), own_line=False, line=4, column=1),
        Reference(("inputs", "n"), own_line=False, line=4, column=16),
    )
    assert template.references[1].name == "steps.build.code"


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a {{ inputs.idea", 1, 3, "not closed"),
        ("a\n {{ inputs\n.idea }}", 2, 2, "not closed"),
        ("{{ }}", 1, 1, "empty"),
        ("{{}}", 1, 1, "empty"),
        ("{{ inputs.idea | upper }}", 1, 1, "is not a reference"),
        ("{{ inputs['idea'] }}", 1, 1, "is not a reference"),
        ("{{ f() }}", 1, 1, "is not a reference"),
        ("{{ a..b }}", 1, 1, "is not a reference"),
        ("{{ .a }}", 1, 1, "is not a reference"),
        ("{{ a. b }}", 1, 1, "is not a reference"),
        ("{{ __class__ }}", 1, 1, "is not a reference"),
        ("{{ Inputs.idea }}", 1, 1, "is not a reference"),
        ("{{ a\u00a0.b }}", 1, 1, "is not a reference"),
        ("{{{ a }}}", 1, 1, "cannot be read"),
        ("{{ {{ a }} }}", 1, 1, "cannot be read"),
        ("{% if x %}{{% a %}}", 1, 11, "is not a reference"),
    ],
)
def test_anything_else_in_braces_is_refused_where_it_stands(text, line, column, words):
    with pytest.raises(DefinitionError) as caught:
        parse(text)
    first = caught.value.problems[0]
    assert (first.line, first.column) == (line, column)
    assert words in first.message


def test_every_problem_is_told_at_once():
    with pytest.raises(DefinitionError) as caught:
        parse("{{ }}\n{{ a.b }}\n{{ A }} {{")
    assert [(p.line, p.column) for p in caught.value.problems] == [(1, 1), (3, 1), (3, 9)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ steps.biuld.code }}", "there is no steps.biuld; did you mean 'steps.build'?"),
        ("{{ steps.build.cod }}", "there is no steps.build.cod; did you mean 'steps.build.code'?"),
        ("x {{ previous.a.b }}", "there is no previous"),
        ("{{ inputs.n.real }}", "there is no inputs.n.real"),
        ("{{ steps.analyse.items.append }}", "there is no steps.analyse.items.append"),
    ],
)
def test_missing_values_are_named(text, words):
    with pytest.raises(UserError) as caught:
        parse(text).render(VALUES)
    assert words in caught.value.message


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,5}(\.[a-z][a-z0-9_]{0,5}){0,3}", fullmatch=True)
PROSE = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=30).filter(lambda text: "{" not in text)


def nested(path: str, value: object) -> dict[str, object]:
    for name in reversed(path.split(".")):
        value = {name: value}
    assert isinstance(value, dict)
    return value


@given(PROSE)
def test_text_without_references_is_itself_less_its_blank_edges(text):
    assert "".join(part.text for part in parse(text).render({})).strip() == text.strip()


@given(PROSE.filter(lambda text: "\n" not in text and text.strip()), NAMES, st.text(max_size=40))
def test_inline_values_come_through_whole_and_unread(before, name, value):
    (part,) = parse(f"{before}{{{{ {name} }}}}.").render(nested(name, value))
    assert part == Part(None, f"{before}{value}.".lstrip("\n") if not value else part.text)
    assert part.text.endswith(f"{value}.")


@given(NAMES, st.text(max_size=60))
def test_own_line_values_come_through_whole_and_unread(name, value):
    assert parse(f"a\n{{{{{name}}}}}\nb").render(nested(name, value)) == (
        Part(None, "a"),
        Part(name, value),
        Part(None, "b"),
    )


@given(st.text(st.sampled_from("{}ab. \n|%"), max_size=40))
def test_any_text_parses_or_is_refused(text):
    try:
        template = parse(text)
    except DefinitionError:
        assert "{{" in text
    else:
        rebuilt = "".join(piece if isinstance(piece, str) else f"<{piece.name}>" for piece in template.pieces)
        assert "{{" not in rebuilt
        assert len(template.references) == text.count("{{")


def test_a_text_that_knows_its_source_keeps_it_on_a_line_of_its_own():
    template = parse("Look: {{ steps.find.first }}\n{{ steps.find.passages }}\n{{ steps.find.first }}\n")
    first = Sourced("one", "doc#1")
    parts = template.render({"steps": {"find": {"first": first, "passages": [first, "plain"]}}})
    assert [(part.source, part.text) for part in parts] == [
        (None, "Look: one"),
        ("doc#1", "one"),
        ("steps.find.passages[1]", "plain"),
        ("doc#1", "one"),
    ]
    assert first == "one"
