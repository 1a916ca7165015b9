"""Each kind of document is taken apart as its own structure has it."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasswork.errors import DefinitionError, MissingExtra, UserError
from glasswork.knowledge import readers as readers_module
from glasswork.knowledge.passages import anchor, passages_of
from glasswork.knowledge.readers import read, readable, readers

SPLINTERS = [
    *(
        b"",
        b"\x00",
        b"\xff",
        b"<<",
        b">>",
        b"[",
        b"]",
        b"0 0 R",
        b"/Length 99999",
        b"/Filter /FlateDecode ",
        b"stream",
        b"(",
    ),
    *(b"<!", b"<![", b"<![CDATA[", b"<!DOCTYPE ", b"<?", b"&#99999999999;", b"</", b"-->", b'<meta charset="x">'),
]
"""Pieces that break a PDF, or a page."""


def trails(found):
    return [section.trail for section in found.sections]


def test_markdown_by_its_headings(law):
    found = read(law.encode(), "rest.md")
    assert found.title == "Rest Act 1999"
    assert found.facts == {"title": "Rest Act 1999", "status": "in_force", "last_updated": "2022-07-27"}
    assert trails(found) == [
        ("Rest Act", "1. Interpretation."),
        ("Rest Act", "2. Daily rest."),
        ("Rest Act", "3. Annual leave."),
    ]
    assert "# this is no heading" in found.sections[-1].text


def test_markdown_without_front_matter():
    found = read(b"before\n\n# Only one\n\ntext\n\n## Below\n\nmore", "a.md")
    assert found.title == "Only one"
    assert trails(found) == [(), ("Only one",), ("Only one", "Below")]
    assert read(b"# One\n\na\n\n# Two\n\nb", "twice.md").title == "twice"


def test_front_matter_that_is_no_yaml_says_where():
    with pytest.raises(DefinitionError, match=r"bad\.md:3"):
        read(b"---\ntitle: x\n  y: [\n---\ntext", "bad.md")


def test_a_law_in_plain_text_by_its_articles():
    text = "前言\n第一条 为了规范。\n第二条 适用本法。\n续行。\n第三条之一 附则。"
    found = read(text.encode(), "法.txt")
    assert trails(found) == [(), ("第一条",), ("第二条",), ("第三条之一",)]
    assert found.sections[2].text == "第二条 适用本法。\n续行。"
    assert [anchor(section.trail) for section in found.sections] == ["", "第一条", "第二条", "第三条之一"]
    english = read(b"Article 1 Scope.\nArticle 2 Terms.\nArticle 3a More.", "treaty.txt")
    assert [anchor(section.trail) for section in english.sections] == ["1", "2", "3a"]


def test_text_that_mentions_articles_is_no_law():
    found = read("第一条 是这样。\n第二条 是那样。".encode(), "note.txt")
    assert trails(found) == [()]


def test_html_by_its_headings_without_scripts():
    pytest.importorskip("bs4", reason="needs glasswork[knowledge]")
    page = """<html><head><title> The  page </title><style>p{}</style></head><body><nav>menu</nav>
      <!-- hidden --><h1>Top</h1><p>First <b>bold</b> word.</p><script>alert(1)</script>
      <h2>Sub</h2><ul><li>one</li><li>two</li></ul><table><tr><td>a</td><td>b</td></tr></table></body></html>"""
    found = read(page.encode(), "a.html")
    assert found.title == "The page"
    assert [(one.trail, one.text) for one in found.sections] == [
        (("Top",), "First bold word."),
        (("Top", "Sub"), "one\n\ntwo\n\na b"),
    ]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<p>h\u00e9llo".encode(), "h\u00e9llo"),
        (b"<p>caf\xe9", "caf\u00e9"),
        (b'<meta charset="latin1"><p>\x93caf\xe9\x94', "\u201ccaf\u00e9\u201d"),
        ('<meta charset="gb2312"><p>\u4f60\u597d'.encode("gb18030"), "\u4f60\u597d"),
        ("<p>h\u00e9llo".encode("utf-16"), "h\u00e9llo"),
        (b'\xef\xbb\xbf<meta charset="latin1"><p>caf\xc3\xa9', "caf\u00e9"),
    ],
)
def test_html_is_read_in_the_encoding_that_it_names(data, text):
    pytest.importorskip("bs4", reason="needs glasswork[knowledge]")
    assert [one.text for one in read(data, "a.html").sections] == [text]


@pytest.mark.parametrize("name", ["utf-8", "foo", "base64", "idna"])
def test_html_in_another_encoding_than_it_names_is_not_guessed_at(name):
    pytest.importorskip("bs4", reason="needs glasswork[knowledge]")
    with pytest.raises(UserError, match=f"is not in the encoding that it names, or seems to have, {name}"):
        read(f'<meta charset="{name}">'.encode() + b"<p>caf\xe9", "a.html")


@pytest.mark.parametrize(
    "data", [b"<?xml version='1.0'?><a><b>words</b></a>", b"http://example.org/words", b"words.txt"]
)
def test_what_looks_like_something_else_gives_no_warning(data):
    pytest.importorskip("bs4", reason="needs glasswork[knowledge]")
    assert "words" in read(data, "a.html").sections[0].text


@pytest.mark.parametrize("kind", ["html", "pdf"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(SPLINTERS), st.integers(0, 20)), max_size=8))
def test_a_broken_file_is_told_in_words(kind, edits, pdf_bytes):
    pytest.importorskip({"html": "bs4", "pdf": "pypdf"}[kind], reason="needs glasswork[knowledge]")
    data = (
        pdf_bytes("The rent is 950 euros.")
        if kind == "pdf"
        else b"<html><body><h1>Rent</h1><p>950 &amp; more</p></body></html>"
    )
    for place, splinter, less in edits:
        at = place % (len(data) + 1)
        data = data[:at] + splinter + data[at + less :]
    with contextlib.suppress(UserError):
        read(data, f"a.{kind}")


def test_a_pdf_that_needs_another_package_says_so(pdf_bytes, monkeypatch):
    pypdf = pytest.importorskip("pypdf", reason="needs glasswork[knowledge]")
    from pypdf.errors import DependencyError

    def locked(*_):
        raise DependencyError("cryptography>=3.1 is required for AES algorithm")

    monkeypatch.setattr(pypdf.PdfReader, "is_encrypted", property(locked))
    with pytest.raises(
        UserError, match=r"a\.pdf: the document is encrypted, and what reads it is missing: cryptography"
    ):
        read(pdf_bytes("x"), "a.pdf")


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_an_encrypted_pdf_is_read_where_it_opens_without_a_password(encrypted_pdf, algorithm):
    found = read(encrypted_pdf("The rent is 950 euros.", "", algorithm), "lease.pdf")
    assert [one.text for one in found.sections] == ["The rent is 950 euros."]
    with pytest.raises(
        UserError, match=r"^secret\.pdf: the document is encrypted, and opens with a password alone; save"
    ):
        read(encrypted_pdf("The rent is 950 euros.", "open sesame", algorithm), "secret.pdf")


def test_pdf_by_its_pages(pdf_bytes):
    pytest.importorskip("pypdf", reason="needs glasswork[knowledge]")
    found = read(pdf_bytes("The rent is 950 euros.", "It is due on the third."), "lease.pdf")
    assert [(one.trail, one.text, one.anchor) for one in found.sections] == [
        (("page 1",), "The rent is 950 euros.", "p1"),
        (("page 2",), "It is due on the third.", "p2"),
    ]
    assert [one.id.partition("~")[0] for one in passages_of("lease.pdf", found)] == ["lease.pdf#p1", "lease.pdf#p2"]


@pytest.mark.parametrize(
    ("data", "name", "wrong"),
    [
        (b"x", "a.docx", "cannot be read"),
        (b"\xff\xfe", "a.txt", "is not UTF-8 text"),
        (b"  \n", "a.txt", "there is no text in it"),
        (b"%PDF-1.7 broken", "a.pdf", "the document cannot be read"),
    ],
)
def test_what_cannot_be_read_says_why(data, name, wrong):
    if name.endswith(".pdf"):
        pytest.importorskip("pypdf", reason="needs glasswork[knowledge]")
    with pytest.raises(UserError, match=wrong):
        read(data, name)


def test_a_reader_that_is_not_installed_names_the_extra(monkeypatch):
    for module, data in (("html", b"<p>x"), ("pdf", b"%PDF"), ("markdown", b"x")):
        monkeypatch.setattr(getattr(readers_module, module), "find_spec", lambda _: None)
        with pytest.raises(MissingExtra):
            read(data, f"a.{module}")


def test_another_package_may_bring_a_reader():
    assert readers.group == "glasswork.readers"
    assert readable("A.MD")
    assert not readable("a.docx")


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("2A. Processing of data", "2A"),
        ("Section 12 Writing", "12"),
        ("\u00a7 5 Scope", "5"),
        ("1.. Short title", "1"),
        ("Schedule of fees", "schedule-of-fees"),
        ("第五十四条 自然人", "第五十四条"),
        ("", ""),
    ],
)
def test_what_a_section_is_called(heading, name):
    assert anchor([heading]) == name
