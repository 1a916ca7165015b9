"""One page of HTML that needs nothing else: no scripts, no fonts, no links; it reads in light, in dark and on paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from glasswork.games.study import Study
from glasswork.view.clean import clean
from glasswork.view.game_document import Lines, Part, Picture, Points, Section
from glasswork.view.game_svg import figure_svg
from glasswork.view.game_tables import Sheet, Value, portion, shown

STYLE = """\
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #5b6570; --line: #d5dae0; --wash: #f4f6f8;
  --bar: #2f7d5b; --c0: #1f6fb2; --c1: #b8500f; --c2: #2f7d5b; --c3: #8a3ea0; --c4: #a2202c; --c5: #60636b;
  --c6: #8a6d00; --c7: #00757f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --paper: #14171a; --soft: #9aa5b0; --line: #343b43;
  --wash: #1c2126; --bar: #5fbf94; --c0: #6cb2f0; --c1: #f0955a; --c2: #5fbf94; --c3: #cf8fe0; --c4: #f07a84;
  --c5: #aab0b8; --c6: #dcbc4a; --c7: #4cc6d0; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 62rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid var(--line); }
p.note { color: var(--soft); font-size: .9rem; max-width: 48rem; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; } td:first-child { font-weight: 600; } td.n { text-align: right; }
span.bar { display: inline-block; width: 3rem; height: .6rem; margin-right: .4rem; background: var(--wash);
  border: 1px solid var(--line); } span.bar > i { display: block; height: 100%; background: var(--bar); }
td small { display: block; color: var(--soft); white-space: nowrap; }
pre { background: var(--wash); padding: .8rem; overflow-x: auto; font-size: .85rem; }
figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .soft { fill: var(--soft); } svg .axis { stroke: var(--line); } svg .mark { fill: var(--ink); }
@media print { :root { --paper: #fff; --ink: #000; --soft: #444; --wash: #f4f4f4; --line: #bbb; }
  body { max-width: none; padding: 0; font-size: .85rem; } h2 { break-after: avoid; }
  div.wide { overflow: visible; } table { font-size: .75rem; } td small { white-space: normal; }
  pre { white-space: pre-wrap; } table, svg, pre { break-inside: avoid; }
  span.bar, span.bar > i { print-color-adjust: exact; } }
"""
"""``--c0`` … are the colours of players in pictures."""


def page(title: str, sections: Iterable[Section], studies: Sequence[Study]) -> str:
    """Return the whole page."""
    return whole(title, "".join(piece for section in sections for piece in _section(section, studies)))


def whole(title: str, body: str) -> str:
    """Return a page that holds ``body``, which is HTML."""
    head = told(title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # even if something slipped through, a browser would neither run nor load it
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{head}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{head}</h1>\n{body}</body>\n</html>\n"
    )


def told(text: str) -> str:
    """Return text that somebody else wrote, harmless in HTML, in an element or an attribute."""
    return escape(clean(text), quote=True)


def _section(section: Section, studies: Sequence[Study]) -> Iterator[str]:
    yield f"<section>\n<h2>{told(section.title)}</h2>\n"
    for part in section.parts:
        yield _part(part, studies)
    yield "</section>\n"


def _part(part: Part, studies: Sequence[Study]) -> str:
    match part:
        case str():
            return f"<p>{told(part)}</p>\n"
        case Points():
            return "<ul>\n" + "".join(f"<li>{told(item)}</li>\n" for item in part.items) + "</ul>\n"
        case Lines():
            return "<pre>" + "\n".join(map(told, part.lines)) + "</pre>\n"
        case Picture():
            return f"<figure>\n{figure_svg(studies[part.study], part.figure)}\n</figure>\n"
    return table(part)


def table(sheet: Sheet) -> str:
    """Return a table with its note."""
    heads = "".join(f"<th>{told(name)}</th>" for name in sheet.columns)
    rows = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>\n" for row in sheet.rows)
    note = f'<p class="note">{told(sheet.note)}</p>\n' if sheet.note else ""
    return f'<div class="wide"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n{note}'


def _cell(value: Value) -> str:
    part, text = portion(value), told(shown(value))
    if part is not None:
        first, _, rest = text.partition(" ")
        bar = f'<span class="bar"><i style="width:{part:.0%}"></i></span>'
        return f"<td>{bar}{first}<small>{rest}</small></td>"
    return f'<td class="n">{text}</td>' if isinstance(value, int | float) else f"<td>{text}</td>"
