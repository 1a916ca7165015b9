"""The gates themselves, for any text: nothing gets through that a terminal, a browser or a reader of lines acts on."""

from __future__ import annotations

import contextlib
import io
import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console
from rich.segment import Segment
from rich.text import Text
from tests.security.hostile import FORMS, MARK, leaks, leaks_on_terminal

from glasswork.cli import report, say
from glasswork.errors import DefinitionError, GlassworkError, ModelRefused, NotFound, Problem, UserError
from glasswork.view.clean import clean, first_lines, json_text, markdown, one_line
from glasswork.view.theme import Drawn

SHORT = [text for text in FORMS.values() if len(text) < 1000]
PIECES = st.sampled_from([*SHORT, "[", "]", "(", ")", "m", "\x1b", "\x9b", "\x07", "\\", "|", "`", "\n", "\ufe0f"])
HOSTILE = st.text() | st.lists(PIECES | st.text(max_size=3), max_size=6).map("".join)
DATA = st.recursive(
    HOSTILE | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(HOSTILE, inner), max_leaves=5
)


def printed(act, *, terminal: bool = False, streams: str = "out err") -> str:
    """Return what ``act`` prints."""

    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    stream = Stream()
    with contextlib.ExitStack() as stack:
        if "out" in streams:
            stack.enter_context(contextlib.redirect_stdout(stream))
        if "err" in streams:
            stack.enter_context(contextlib.redirect_stderr(stream))
        act()
    return stream.getvalue()


@given(HOSTILE)
def test_cleaned_text_prints_and_is_seen(text):
    assert leaks(clean(text)) == []
    assert clean(clean(text)) == clean(text)
    for lines in (one_line(text), first_lines(text, 3)[0]):
        assert leaks(lines) == []


@given(HOSTILE)
def test_one_line_is_one(text):
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.parametrize(
    "text", ["❤\ufe0f", "☎\ufe0e and ☎\ufe0f", "é à ñ", "한국어", "עברית", "العربية", "e\u0301", "🇮🇪", "数学"]
)
def test_ordinary_letters_stay(text):
    assert clean(text) == text


@given(DATA)
@example({"\x9b\u202e": ["\U000e0041", "\x7f"]})
def test_json_is_harmless_and_means_the_same(data):
    for indent in (None, 2):
        text = json_text(data, indent=indent)
        assert leaks(text) == []
        assert json.loads(text) == data
        assert indent or len(text.splitlines()) <= 1


@pytest.mark.parametrize("terminal", [False, True])
@given(HOSTILE)
def test_whatever_is_printed_is_harmless(terminal, text):
    """Even where whoever prints has not cleaned it: at most a colour of our own comes through."""
    acts = [
        lambda: say.out(text),
        lambda: say.note(f"about {text}"),
        lambda: say.note(f"{say.paint(text, 'red')}: {text}"),
        lambda: say.json_object({text: text}),
        lambda: say.columns([(text, text), ("a", say.paint(text, "bold"))]),
    ]
    for act in acts:
        found = printed(act, terminal=terminal)
        assert (leaks_on_terminal(found) if terminal else leaks(found)) == []


@given(HOSTILE)
def test_a_row_stays_a_row(text):
    assert printed(lambda: say.columns([(text, text), ("a", text)])).count("\n") == 2


@pytest.mark.parametrize("terminal", [False, True])
@given(HOSTILE)
def test_whatever_a_view_has_forgotten_is_cleaned_when_it_is_drawn(terminal, text):
    view = Drawn(lambda _: Text(text))
    stream = io.StringIO()
    Console(file=stream, force_terminal=terminal, width=60).print(view)
    assert leaks_on_terminal(stream.getvalue()) == []
    assert not any(segment.style and segment.style.link for segment in Console(width=60).render(view))


def test_moves_of_a_live_picture_are_not_touched():
    class Moving:
        def __rich_console__(self, console, options):
            yield Segment("\x1b[2K", None, [(2, 0)])

    assert [segment.text for segment in Console().render(Drawn(lambda _: Moving()))] == ["\x1b[2K"]


@given(HOSTILE)
@example("<script>alert(1)</script> &lt; ![](x) [a](b) <http://x> **b** _i_ ~~s~~ `c` $m$ | \\| \\")
@example("# h")
@example("- x")
@example("+")
@example("===")
@example("1. x")
def test_markdown_reads_as_it_stands(text):
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    said = one_line(text)
    (inline,) = [t for t in reader.parse(f"so: {markdown(text)}") if t.type == "inline"]
    assert {child.type for child in inline.children} <= {"text", "text_special"}
    assert "".join(child.content for child in inline.children) == f"so: {said}".rstrip()
    cells = [t for t in reader.parse(f"| a | b |\n|---|---|\n| {markdown(text)} | c |\n") if t.type == "inline"]
    assert [cell.content for cell in cells[:2]] == ["a", "b"]
    assert len(cells) == 4
    assert cells[3].content == "c"
    assert leaks(markdown(text)) == []


@given(HOSTILE)
def test_a_line_of_a_report_begins_no_block(text):
    """A number with a full stop begins a list, which takes nothing away; everything else is a paragraph."""
    kinds = {t.type for t in MarkdownIt("commonmark").parse(markdown(text))}
    assert kinds <= {"paragraph_open", "inline", "paragraph_close"} | {
        f"{one}_{end}" for one in ("ordered_list", "list_item") for end in ("open", "close")
    }


@given(HOSTILE, st.booleans())
def test_errors_are_harmless_and_no_line_of_them_passes_for_another(text, as_json):
    errors: list[GlassworkError] = [
        UserError(text, hint=text),
        ModelRefused(text, hint=text, raw=text),
        NotFound("workflow", text, [text, "a"]),
        DefinitionError([Problem(text, 1, 1, text), Problem("a.yaml", 0, 0, text)]),
    ]
    for error in errors:
        found = printed(lambda error=error: report.known(error, as_json=as_json))
        assert leaks(found) == []
    told = printed(lambda: report.known(UserError(f"x\n{MARK}: {text}")))
    assert not any(line.startswith(MARK) for line in told.splitlines())


@pytest.mark.parametrize("debug", ["0", "1"])
def test_an_error_that_nobody_foresaw_is_harmless(monkeypatch, debug):
    monkeypatch.setenv("GLASSWORK_DEBUG", debug)
    for name, text in FORMS.items():
        for act in (
            lambda text=text: report.bug(ValueError(text)),
            lambda text=text: report.system(OSError(2, text, text)),
        ):
            assert leaks(printed(act)) == [], name


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_what_a_slow_start_says_is_shown_as_it_stands(text):
    """Rich would read markup in it: a stray ``[/x]`` would end the run."""

    def act():
        with say.waiting() as tell:
            tell(f"{text}: {text}")
            time.sleep(0.001)

    assert leaks(printed(act)) == []
    found = printed(act, terminal=True)
    assert "evil.example\x07" not in found
    assert [line for line in leaks_on_terminal(found) if line != "U+000D "] == []


def test_a_long_line_takes_linear_time():
    text = FORMS["nested"] * 20_000 + "\u202e" * 200_000 + "[" * 200_000
    began = time.process_time()
    for gate in (clean, one_line, markdown, json_text):
        gate(text)
    printed(lambda: say.out(text))
    assert time.process_time() - began < 6
