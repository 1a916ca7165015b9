"""The shipped tool models that are quick, called as functions on files made here."""

from __future__ import annotations

import io

import pytest

from glasswork.errors import BadArguments, ToolFailed
from glasswork.tools.callables import find_builtin
from glasswork.tools.shipped.ocr import lines


@pytest.fixture
def prices(media):
    text = 'town,price,day,"odd ""name"\nOslo,3.5,2026-01-02,a\nRome,4,2026-02-03,b\nOslo,5,,c\n'
    return media.add(text.encode(), "prices.csv")


def ask(prices, sql: str):
    pytest.importorskip("duckdb", reason="needs glasswork[tables]")
    from glasswork.tools.shipped.tables import table_question

    return table_question(prices, sql)


def test_a_table_answers(prices):
    assert ask(prices, "SELECT avg(price) FROM data WHERE town = 'Oslo'")["value"] == 4.25
    found = ask(prices, "SELECT town, day FROM data ORDER BY price DESC")
    assert found == {
        "columns": ["town", "day"],
        "rows": [["Oslo", None], ["Rome", "2026-02-03"], ["Oslo", "2026-01-02"]],
    }


def test_sums_have_no_tail_of_rounding(prices):
    assert ask(prices, "SELECT 0.1::DOUBLE + 0.2::DOUBLE")["value"] == 0.3
    assert ask(prices, "SELECT 1e300::DOUBLE * 1.5")["value"] == 1.5e300


def test_a_table_is_also_called_as_its_file(prices, media):
    assert ask(prices, "SELECT count(*) FROM prices")["value"] == 3
    data = prices.path.read_bytes()
    assert ask(media.add(data, 'a "b".c.csv'), 'SELECT count(*) FROM "a ""b"".c"')["value"] == 3
    assert ask(media.add(data, "DATA.csv"), "SELECT count(*) FROM data")["value"] == 3


def test_a_mistake_names_the_columns(prices):
    with pytest.raises(BadArguments, match=r"pirce.*the columns of data: town \(varchar\), price \(double\)"):
        ask(prices, "SELECT pirce FROM data")


def test_a_long_answer_is_cut(prices):
    found = ask(prices, "SELECT * FROM range(1000)")
    assert (len(found["rows"]), found["cut"]) == (200, True)


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE data",
        "SELECT 1; SELECT 2",
        "",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM connection",
        "SELECT getenv('HOME')",
        "COPY data TO '/tmp/glasswork-test.csv'",
        "ATTACH '/tmp/glasswork-test.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET memory_limit",
        "PRAGMA version",
    ],
)
def test_a_question_reaches_nothing_but_the_table(prices, sql):
    with pytest.raises(BadArguments):
        ask(prices, sql)


def test_a_table_is_described(prices):
    pytest.importorskip("duckdb", reason="needs glasswork[tables]")
    from glasswork.tools.shipped.tables import table_facts

    facts = table_facts(prices)
    assert facts["rows"] == 3
    assert [column["name"] for column in facts["columns"]] == ["town", "price", "day", 'odd "name']
    assert facts["columns"][2] == {
        "name": "day", "type": "date", "min": "2026-01-02", "max": "2026-02-03", "distinct": 2, "missing": 1,
    }  # fmt: skip
    assert facts["first_rows"][0] == ["Oslo", 3.5, "2026-01-02", "a"]


def test_what_is_no_table_is_told(media):
    pytest.importorskip("duckdb", reason="needs glasswork[tables]")
    from glasswork.tools.shipped.tables import table_facts

    with pytest.raises(ToolFailed, match="the table cannot be read"):
        table_facts(media.add(b"", "empty.csv"))


def picture(media, colour, size=(60, 40), **options):
    image_module = pytest.importorskip("PIL.Image", reason="needs glasswork[images]")
    stream = io.BytesIO()
    image_module.new("RGB", size, colour).save(stream, options.pop("format", "PNG"), **options)
    return media.add(stream.getvalue(), "picture")


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((255, 0, 0), "red"),
        ((0, 0, 0), "black"),
        ((200, 200, 200), "grey"),
        ((255, 255, 255), "white"),
        ((30, 60, 190), "blue"),
    ],
)
def test_a_picture_is_described(media, colour, name):
    from glasswork.tools.shipped.image_facts import image_facts

    facts = image_facts(picture(media, colour))
    assert (facts["width"], facts["height"], facts["orientation"], facts["format"]) == (60, 40, "landscape", "PNG")
    assert facts["colours"] == {name: 1.0}
    assert facts["brightness"] == pytest.approx(
        sum(w * c for w, c in zip((0.30, 0.59, 0.11), colour, strict=True)) / 255, abs=0.01
    )


def test_camera_data_is_told_and_places_are_not(media):
    image_module = pytest.importorskip("PIL.Image", reason="needs glasswork[images]")
    from glasswork.tools.shipped.image_facts import image_facts

    exif = image_module.Exif()
    exif[271], exif[274] = "Kamera AG", 6
    exif[0x8825] = {1: "N", 2: (59.0, 54.0, 0.0)}
    facts = image_facts(picture(media, (0, 0, 0), format="JPEG", exif=exif))
    assert facts["exif"] == {"maker": "Kamera AG"}
    assert facts["orientation"] == "portrait", "it is turned upright first"


def test_a_broken_picture_is_told(media):
    pytest.importorskip("PIL.Image", reason="needs glasswork[images]")
    from glasswork.tools.shipped.image_facts import image_facts

    with pytest.raises(ToolFailed, match="the picture cannot be read"):
        image_facts(media.add(b"\x89PNG\r\n\x1a\n and no more", "a.png"))


def test_a_document_is_read(pdf):
    pytest.importorskip("pypdf", reason="needs glasswork[documents]")
    from glasswork.tools.shipped.pdf_text import pdf_text

    document = pdf("The rent is 950 euros.", "It is due on the third.")
    assert pdf_text(document) == "The rent is 950 euros.\n\nIt is due on the third."
    assert pdf_text(document, pages="2") == "It is due on the third."
    with pytest.raises(BadArguments, match="'3' names no page of 1 to 2"):
        pdf_text(document, pages="1, 3")


def test_a_text_file_is_read(media, pdf):
    from glasswork.tools.shipped.read_text import read_text

    assert read_text(media.add("Grüße\n".encode("utf-8-sig"), "a.txt")) == "Grüße\n"
    assert read_text(media.add(b'{"a": 1}', "a.json")) == '{"a": 1}'
    assert read_text(media.add(b"x" * 200_000, "a.txt")).endswith("x… (cut: 200000 characters in all)")
    with pytest.raises(BadArguments, match="must be a text file, and is application/pdf; pdf_text reads it"):
        read_text(pdf("The rent is 950 euros."))
    with pytest.raises(ToolFailed, match="no text in UTF-8"):
        read_text(media.add(b"a" * 5000 + b"\xff", "a.txt"))


def test_a_document_without_text_is_told(pdf, media):
    pytest.importorskip("pypdf", reason="needs glasswork[documents]")
    from glasswork.tools.shipped.pdf_text import pdf_text

    with pytest.raises(ToolFailed, match="which ocr can read"):
        pdf_text(pdf(""))
    with pytest.raises(ToolFailed, match="cannot be read"):
        pdf_text(media.add(b"%PDF-1.7 and no more", "a.pdf"))
    with pytest.raises(BadArguments, match="must be a PDF"):
        pdf_text(media.add(b"text", "a.txt"))


def test_feelings_are_told():
    pytest.importorskip("vaderSentiment", reason="needs glasswork[sentiment]")
    from glasswork.tools.shipped.sentiment import sentiment

    assert sentiment("The bread was wonderful!")["label"] == "positive"
    assert sentiment("The wait was awful and the staff were rude.")["label"] == "negative"
    assert sentiment("The shop opens at nine.")["label"] == "neutral"


def test_lines_are_put_together_from_pieces():
    def box(left, top):
        return [(left, top), (left + 50, top), (left + 50, top + 10), (left, top + 10)]

    pieces = [(box(60, 21), "world"), (box(0, 0), "Title"), (box(0, 20), "hello"), (box(0, 40), "end")]
    assert lines(pieces) == ["Title", "hello world", "end"]
    tilted = [([(0, 30), (90, 20), (90, 40), (0, 50)], "first"), ([(10, 45), (100, 35), (100, 55), (10, 65)], "second")]
    assert lines(tilted) == ["first", "second"]


def test_every_shipped_builtin_names_an_extra_that_is_there():
    import tomllib
    from pathlib import Path

    extras = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    from glasswork.library import Library, Source, shipped

    library = Library((Source("shipped", shipped()),))
    names = [name for name in library.names("tool") if library.tool(name).definition.builtin]
    assert len(names) > 10
    for name in names:
        member = find_builtin(library.tool(name).definition.builtin)
        assert member.extra in extras or not member.needs, name
        assert member.extra in extras["tools"][0], name


@pytest.mark.parametrize(
    ("code", "names"),
    [("de-DE", ["de-de", "de"]), ("en", ["en"]), ("zh_CN", ["zh-cn", "cmn"]), (" German ", ["german"])],
)
def test_codes_of_languages_are_voices(code, names):
    from glasswork.tools.shipped.text_to_speech import voices

    assert voices(code) == names
