"""Limits, scalars and positions of the YAML reader."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.definitions import AgentDef, WorkflowDef
from glasswork.errors import DefinitionError, Problem
from glasswork.library import read_yaml, shipped, validate

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(f"k{n}: &k{n}\n  <<: [{', '.join(['*a'] * 50)}]\n" for n in range(50))

HOSTILE = {
    "billion laughs": (LAUGHS, 1, "anchors are not allowed"),
    "merge-key bomb": (MERGES, 1, "anchors are not allowed"),
    "merge key": ("a: {<<: {b: 1}}", 1, "merge keys"),
    "python tag": ('a: !!python/object/apply:os.system ["true"]', 1, "tags"),
    "duplicate keys": ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands here a second time (first on line 1)"),
    "recursive anchor": ("a: &a [*a]", 1, "anchors are not allowed"),
    "nesting 2000": ("a: " + "[" * 2000 + "]" * 2000, 1, "deeper than 50"),
    "nesting 100 000, unclosed": ("a: " + "[" * 100_000, 1, "deeper than 50"),
    "5000-digit integer": ("a: " + "9" * 5000, 1, "more than 18 digits"),
    "float beyond the floats": ("a: 1e999", 1, "too large"),
    "tab indentation": ("a:\n\tb: 1\n", 2, "a tab stands where YAML wants spaces"),
    "two documents": ("a: 1\n---\nb: 2\n", 2, "exactly one"),
    "NUL": ("a: b\x00c", 1, "U+0000"),
    "bidi control": ("a: 1\nb: 'x\u202ey'", 2, "U+202E"),
    "invisible tag letters": ("a: 'x\U000e0041'", 1, "U+E0041"),
    "lone surrogate escape": ('a: "\\ud800"', 1, "U+D800"),
    "NUL escape": ('a: "\\0"', 1, "U+0000"),
    "escape beyond Unicode": ('a: "\\UFFFFFFFF"', 1, ""),
    "top-level list": ("- a\n- b\n", 1, "found a list"),
    "top-level text": ("hello\n", 1, "found text"),
    "empty file": ("", 1, "the file is empty"),
    "only a comment": ("# nothing\n", 2, "the file is empty"),
    "empty document": ("---\n...\n", 2, "found nothing"),
    "10 MB scalar": ("a: " + "x" * 10_000_000, 0, "larger than 1 MiB"),
    "200 kB scalar": ("a: " + "x" * 200_000, 1, "longer than 100000 characters"),
    "too many parts": ("a: [" + "1," * 30_000 + "]", 1, "more than 20000 parts"),
    "mapping as a key": ("a: {{ inputs.idea }}", 1, "needs quotes"),
    "number as a key": ("1: a", 1, "the key '1' is not text"),
    "unclosed quote": ("a: 'b\nc: d\n", 3, "a quote is opened and never closed"),
    "unclosed bracket": ("a: [b\nc: d\n", 2, ""),
    "colon in text": ("a: b: c", 1, "put text that contains ': ' in quotes"),
    "bad indentation": ("a: 1\n  b: 2\n", 2, "':'"),
    "percent": ("a: %b", 1, "put it in quotes"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_words(name):
    text, line, words = HOSTILE[name]
    begin = time.process_time()
    with pytest.raises(DefinitionError) as caught:
        read_yaml(text, "x.yaml")
    assert time.process_time() - begin < 2
    (problem,) = caught.value.problems
    assert words in problem.message
    assert (problem.file, problem.line) == ("x.yaml", line)
    for jargon in ("yaml.", "block mapping", "<block end>", "Error(", "scalar"):
        assert jargon not in problem.message


AMBIGUOUS = {
    "NO": "NO", "yes": "yes", "off": "off", "12:30:45": "12:30:45", "2001-01-01": "2001-01-01", "010": 10, "0o10": "0o10",
    "0x1F": "0x1F", "0x" + "f" * 20_000: "0x" + "f" * 20_000, "1_000": "1_000", "true": True, "False": False, "~": None, "null": None, "": None, "1.5": 1.5,
    "-3": -3, "+3": 3, "1e3": 1000.0, ".inf": ".inf", ".nan": ".nan", "'3'": "3", '"true"': "true", "-": None, "=": "=", "1.": 1.0,
}  # fmt: skip


@pytest.mark.parametrize("written", AMBIGUOUS, ids=lambda text: text[:12])
def test_scalars_are_what_they_look_like(written):
    if written == "-":
        assert read_yaml("a:\n  -\n", "x").data == {"a": [None]}
        return
    value = read_yaml(f"a: {written}\n", "x").data["a"]
    assert value == AMBIGUOUS[written]
    assert type(value) is type(AMBIGUOUS[written])


def test_positions_of_keys_and_values():
    tree = read_yaml("a: 1\nb:\n  - x\n  - {c: y}\nd:\n  e: 'z'\n", "x")
    spots = {keys: (s.line, s.column, s.value_line, s.value_column) for keys, s in tree.spots.items()}
    assert spots == {
        (): (1, 1, 1, 1),
        ("a",): (1, 1, 1, 4),
        ("b",): (2, 1, 3, 3),
        ("b", 0): (3, 5, 3, 5),
        ("b", 1): (4, 5, 4, 5),
        ("b", 1, "c"): (4, 6, 4, 9),
        ("d",): (5, 1, 6, 3),
        ("d", "e"): (6, 3, 6, 6),
    }
    assert tree.spot(("b", 1, "unknown", "deeper")) == tree.spots["b", 1]


@pytest.mark.parametrize(
    ("written", "line", "column", "there"),
    [
        ("a: |\n  one\n  two {{\n", 2, 5, (3, 7)),
        ("a: |\n\n    one\n      two {{\n", 3, 7, (4, 11)),
        ("x:\n  a: |\n      one\n        two {{\n  b: 1\n", 2, 7, (4, 13)),
        ("a: |2-\n    one\n   two {{\nb: 1\n", 2, 6, (3, 8)),
        ("b: 1\na: plain {{ x\n", 1, 7, (2, 10)),
        ("a: 'quoted {{ x'\n", 1, 8, (1, 12)),
        ("a: >\n  folded\n  text {{\n", 1, 3, (1, 4)),
    ],
)
def test_places_inside_texts(written, line, column, there):
    spots = read_yaml(written, "x").spots
    assert spots[max(keys for keys in spots if keys[-1:] == ("a",))].inside(line, column) == there


def test_byte_order_mark_and_windows_line_ends():
    tree = read_yaml("\ufeffa: 1\r\nb: 2\r\n", "x")
    assert tree.data == {"a": 1, "b": 2}
    assert tree.spots["b",].line == 2


SHIPPED = [
    (path.read_text(encoding="utf-8"), WorkflowDef if folder == "workflows" else AgentDef)
    for folder in ("agents", "workflows")
    for path in sorted((shipped() / folder).glob("*.yaml"))
]
PIECES = st.sampled_from([
    "", "\t", "\n", " ", ":", ": ", "- ", "{", "}", "[", "]", "&a ", "*a", "!!int ", "'", '"', "|", ">", "%", "@", "#", "? ", "<<: ",
    "---\n", "...\n", "\x00", "\u202e", "\ud800", "é", "\\", "9" * 30, "null", "true", "{{", "}}", "1e999", "\r", "\u2028", "x: 1\n", ",",
])  # fmt: skip
MUTATIONS = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(["insert", "delete", "replace", "double"]),
        PIECES,
        st.integers(1, 12),
    ),
    min_size=1,
    max_size=6,
)


def mutated(text: str, mutations) -> str:
    for place, action, piece, length in mutations:
        at = int(place * len(text))
        if action == "insert":
            text = text[:at] + piece + text[at:]
        elif action == "delete":
            text = text[:at] + text[at + length :]
        elif action == "replace":
            text = text[:at] + piece + text[at + length :]
        else:
            text = text[:at] + text[at : at + 10 * length] + text[at:]
    return text


@settings(max_examples=250, deadline=1500)
@given(st.sampled_from(SHIPPED), MUTATIONS)
def test_mutated_files_load_or_are_refused_in_words(file, mutations):
    check_mutated(*file, mutations)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(st.sampled_from(SHIPPED), MUTATIONS)
def test_ten_thousand_mutated_files_load_or_are_refused_in_words(file, mutations):
    check_mutated(*file, mutations)


def check_mutated(text, model, mutations):
    text = mutated(text, mutations)
    for problem in problems(lambda: validate(model, read_yaml(text, "x.yaml"))):
        assert problem.message
        assert "pydantic" not in problem.message
        assert 0 <= problem.line <= len(text.splitlines()) + 2


@settings(max_examples=300, deadline=500)
@given(st.text(max_size=200))
def test_any_text_loads_or_is_refused_in_words(text):
    assert len(problems(lambda: read_yaml(text, "x.yaml"))) <= 1


def problems(action) -> tuple[Problem, ...]:
    """What an action complains of; anything but a DefinitionError fails the test."""
    try:
        action()
    except DefinitionError as error:
        return error.problems
    return ()


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc:#-{} é", min_size=1, max_size=6), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=1000)
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), PLAIN, min_size=1, max_size=4))
def test_json_is_read_as_json(data):
    import json

    assert read_yaml(json.dumps(data, ensure_ascii=False), "x.json").data == data


def test_the_reader_does_not_use_the_c_parser():
    source = Path(read_yaml.__code__.co_filename).read_text(encoding="utf-8")
    assert "CSafeLoader" not in source
