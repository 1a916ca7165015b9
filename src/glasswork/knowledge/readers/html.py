"""HTML: a section for each heading; scripts, styles and what surrounds a page are left out. Nothing is fetched."""

from __future__ import annotations

import codecs
import re
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import PurePath
from typing import TYPE_CHECKING

from glasswork.errors import MissingExtra, UserError
from glasswork.knowledge.passages import Read, Section
from glasswork.knowledge.readers.plain import articles

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_UNREAD = ["script", "style", "template", "noscript", "nav", "head", "svg", "iframe", "object"]
_BLOCKS = frozenset(
    "address article aside blockquote body dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "  # noqa: SIM905
    "header hr li main ol p pre section table tr ul".split()
)
_HEADING = re.compile(r"h[1-6]")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
"""First bytes that tell an encoding."""
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
"""As what browsers read an encoding: pages name the narrower one, and hold signs of the other."""


def read_html(data: bytes, name: str) -> Read:
    """Read an HTML file; its title is that of the page, else its first heading.

    Its encoding is the one that its first bytes or it itself name, else UTF-8, else Windows-1252, as in browsers.

    Raises:
        MissingExtra: beautifulsoup4 is not installed.
        UserError: it is in another encoding than it says, or no HTML.
    """
    if find_spec("bs4") is None:
        raise MissingExtra("beautifulsoup4, which reads HTML,", "knowledge")
    soup = _parsed(data, name)
    title = " ".join(soup.title.get_text().split()) if soup.title else ""
    for tag in soup.find_all(_UNREAD):
        tag.decompose()
    blocks = list(_blocks(soup))
    first = next((words for kind, words in blocks if kind), "")
    return Read(title or first or PurePath(name).stem, tuple(_sections(blocks)))


def _parsed(data: bytes, name: str) -> BeautifulSoup:
    from bs4 import BeautifulSoup, ParserRejectedMarkup

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it looks like XML, or like a path
        try:
            return BeautifulSoup(_decoded(data, name), "html.parser")
        except ParserRejectedMarkup as error:
            raise UserError(f"{name} cannot be read as HTML: {error}") from None


def _decoded(data: bytes, name: str) -> str:
    """Return the text of a page. Left to itself, the library would guess, otherwise where others are installed."""
    from bs4.dammit import EncodingDetector

    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    named = marked or EncodingDetector.find_declared_encoding(data, is_html=True)
    if named is None:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            named = "windows-1252"
    try:
        encoding = codecs.lookup(named).name
        return data.decode(_WIDER.get(encoding, encoding))
    except (LookupError, UnicodeError):
        hint = "convert it, for instance with iconv"
        raise UserError(f"{name} is not in the encoding that it names, or seems to have, {named}", hint=hint) from None


def _sections(blocks: list[tuple[int, str]]) -> Iterator[Section]:
    trail: dict[int, str] = {}
    text: list[str] = []
    for rank, words in [*blocks, (1, "")]:
        if not rank:
            text.append(words)
            continue
        if text:
            yield from articles("\n\n".join(text), tuple(trail.values()))
            text = []
        trail = {**{above: title for above, title in trail.items() if above < rank}, rank: words}


def _blocks(soup: BeautifulSoup) -> Iterator[tuple[int, str]]:
    """Yield the blocks of text in reading order, each with its rank where it is a heading, else 0."""
    from bs4 import NavigableString
    from bs4.element import PreformattedString

    around: Tag | None = None
    held = ""
    for node in soup.descendants:
        if not isinstance(node, NavigableString):
            if node.name in {"br", "td", "th"}:
                held += " "
            continue
        if isinstance(node, PreformattedString):  # comments, declarations
            continue
        block = next((parent for parent in node.parents if parent.name in _BLOCKS), None)
        if block is not around:
            yield from _block(around, held)
            around, held = block, ""
        held += str(node)
    yield from _block(around, held)


def _block(tag: Tag | None, text: str) -> Iterator[tuple[int, str]]:
    words = " ".join(text.split())
    if words:
        heading = tag is not None and _HEADING.fullmatch(tag.name)
        yield (int(tag.name[1]) if tag is not None and heading else 0), words
