"""The report of an experiment in Markdown, and the same as one page of HTML, from what a report step handed on.

Each claim leads to what it rests on: rows of the table of results, which say in which run of the program they were
computed, or a passage. Whatever a model, a program or a paper wrote is made harmless on the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from glasswork.view.clean import clean, markdown, one_line
from glasswork.view.game_html import told, whole
from glasswork.view.game_report import wrapped
from glasswork.view.research_svg import STYLE, figure_svg

Report = Mapping[str, Any]
Facts = Sequence[tuple[str, str]]
_STRUCK = "Struck, because it is not borne out"
_FOREMOST = 4
"""Results that are told where no claim tells one; experiments leave those first that matter most."""
_NO_FIGURES = "The program left nothing to be drawn."


def research_markdown(report: Report, pictures: Sequence[str], facts: Facts = ()) -> str:
    """Write a report in Markdown.

    Args:
        report: what the step handed on.
        pictures: files of the figures, in their order, as seen from the report.
        facts: names and values that tell of the run.
    """
    lines = [f"# {markdown(report['title'])}", "", *wrapped(agreement(report)), ""]
    for section in report["sections"]:
        lines += [f"## {markdown(section['heading'])}", "", *_section_lines(section, _values(report)), ""]
    lines += ["## Results", "", *_results_lines(report["experiment"]), ""]
    titles = [figure["title"] for figure in report["experiment"]["figures"]]
    lines += ["## Figures", ""]
    lines += [f"![{markdown(title)}]({path})\n" for title, path in zip(titles, pictures, strict=True)] or [
        _NO_FIGURES,
        "",
    ]
    lines += ["## Program", "", *wrapped(_program_words(report["experiment"])), ""]
    lines += [f"    {line}" for line in clean(report["experiment"]["program"]).splitlines()]
    lines += ["", "## The run", "", *(f"* {markdown(name)}: {markdown(value)}" for name, value in facts)]
    return "\n".join(lines).rstrip("\n") + "\n"


def research_html(report: Report, facts: Facts = ()) -> str:
    """Write the same report as one page of HTML: no scripts, nothing loaded, figures drawn within it."""
    experiment = report["experiment"]
    parts = [f"<style>{STYLE}</style>\n<p>{told(agreement(report))}</p>\n"]
    for section in report["sections"]:
        parts += [
            f"<section>\n<h2>{told(section['heading'])}</h2>\n",
            *_section_html(section, _values(report)),
            "</section>\n",
        ]
    parts += ['<section>\n<h2 id="results">Results</h2>\n', *_results_html(experiment), "</section>\n"]
    figures = [f"<figure>\n{figure_svg(figure)}</figure>\n" for figure in experiment["figures"]]
    parts += ["<section>\n<h2>Figures</h2>\n", *(figures or [f"<p>{_NO_FIGURES}</p>\n"]), "</section>\n"]
    parts += ['<section>\n<h2 id="program">Program</h2>\n', f"<p>{told(_program_words(experiment))}</p>\n"]
    parts += [f"<pre>{told(experiment['program'])}</pre>\n</section>\n<section>\n<h2>The run</h2>\n<ul>\n"]
    parts += [f"<li>{told(name)}: {told(value)}</li>\n" for name, value in facts]
    return whole(one_line(report["title"]), "".join(parts) + "</ul>\n</section>\n")


def agreement(report: Report) -> str:
    """Say whether the numbers came out again."""
    experiment = report["experiment"]
    results = experiment["results"]
    if not experiment["passed"]:
        return "The experiment came to no end: nothing was computed, and no number of this report is a result."
    if report["agrees"]:
        return (
            f"The program ran twice on the same data, and all {len(results)} results agree (to "
            f"{experiment['tolerance']:g} of their value). What neither a result nor a quotation bears out was struck."
        )
    other = [one["name"] for one in results if not one["agrees"]]
    return (
        f"The program ran twice, and {len(other)} of {len(results)} results came out otherwise the second time: "
        f"{', '.join(other[:8])}. What rested on them was struck."
    )


def _program_words(experiment: Mapping[str, Any]) -> str:
    if experiment["passed"]:
        return f"It ran at {experiment['ran']}, and again at {experiment['again']}."
    return f"It failed: {one_line(experiment['said']) or 'there is no program'}"


# --- Markdown -------------------------------------------------------------------------------------------------------


def _section_lines(section: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[str]:
    match section["kind"]:
        case "claims":
            yield from (
                line for one in section["claims"] for line in [*wrapped(one["says"], "* "), _rests_on(one, values)]
            )
            yield from [] if section["claims"] else wrapped(_no_claim(section, values))
        case "passages":
            for one in section["passages"]:
                label, _, text = one["text"].partition("\n")
                yield from (f'<a id="{anchor(one["id"])}"></a>', "")
                yield from (*wrapped(label), "", *wrapped(f"[{one['id']}] {' '.join(text.split())}"), "")
        case "list":
            yield from (line for item in section["items"] for line in wrapped(item, "* "))
        case _:
            lines = clean(section["text"]).splitlines()
            yield from wrapped(section["text"]) if len(lines) < 2 else (f"    {line}" for line in lines)
    if section["struck"]:
        yield from ("", f"{_STRUCK}:", "")
        yield from (f"* ~~{markdown(one['says'])}~~ ({markdown(one['why'])})" for one in section["struck"])


def _rests_on(claim: Mapping[str, Any], values: Mapping[str, str]) -> str:
    if "results" in claim:
        names = ", ".join(f"[{markdown(name)}](#results){values.get(name, '')}" for name in claim["results"])
        return f"  (computed: {names}, by {markdown(claim['ran'])})"
    link = f"[{markdown(claim['passage'])}](#{anchor(claim['passage'])})"
    return f"  (“{markdown(' '.join(claim['quote'].split()))}”, {link})"


def _results_lines(experiment: Mapping[str, Any]) -> Iterator[str]:
    if not experiment["results"]:
        yield "There are none."
        return
    yield from ("| result | value | computed again | agrees |", "|---|---|---|---|")
    for one in experiment["results"]:
        yield f"| {markdown(one['name'])} | {number(one['value'])} | {number(one['again'])} | {_yes(one)} |"


# --- HTML -----------------------------------------------------------------------------------------------------------


def _section_html(section: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[str]:
    match section["kind"]:
        case "claims":
            claims = "".join(
                f"<li>{told(one['says'])}<br><small>{_rests_html(one, values)}</small></li>\n"
                for one in section["claims"]
            )
            yield f"<ul>\n{claims}</ul>\n" if claims else f"<p>{told(_no_claim(section, values))}</p>\n"
        case "passages":
            for one in section["passages"]:
                label, _, text = one["text"].partition("\n")
                said = f"<b>{told(label)}</b><br>{told(text)}<br><small>{told(one['id'])}</small>"
                yield f'<p id="{anchor(one["id"])}">{said}</p>\n'
        case "list":
            yield "<ul>\n" + "".join(f"<li>{told(item)}</li>\n" for item in section["items"]) + "</ul>\n"
        case _:
            lines = section["text"].splitlines()
            yield f"<p>{told(section['text'])}</p>\n" if len(lines) < 2 else f"<pre>{told(section['text'])}</pre>\n"
    if section["struck"]:
        items = "".join(f"<li><s>{told(one['says'])}</s> ({told(one['why'])})</li>\n" for one in section["struck"])
        yield f'<p class="note">{_STRUCK}:</p>\n<ul>\n{items}</ul>\n'


def _rests_html(claim: Mapping[str, Any], values: Mapping[str, str]) -> str:
    if "results" in claim:
        names = ", ".join(
            f'<a href="#{anchor(name)}">{told(name)}</a>{values.get(name, "")}' for name in claim["results"]
        )
        return f'computed: {names}, by <a href="#program">{told(claim["ran"])}</a>'
    return f'“{told(claim["quote"])}”, <a href="#{anchor(claim["passage"])}">{told(claim["passage"])}</a>'


def _results_html(experiment: Mapping[str, Any]) -> Iterator[str]:
    if not experiment["results"]:
        yield "<p>There are none.</p>\n"
        return
    heads = "<th>result</th><th>value</th><th>computed again</th><th>agrees</th>"
    yield f'<div class="wide"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n'
    for one in experiment["results"]:
        cells = (
            f'<td class="n">{number(one["value"])}</td><td class="n">{number(one["again"])}</td><td>{_yes(one)}</td>'
        )
        yield f'<tr id="{anchor(one["name"])}"><td>{told(one["name"])}</td>{cells}</tr>\n'
    yield "</tbody></table></div>\n"


# --- both -----------------------------------------------------------------------------------------------------------


def anchor(name: str) -> str:
    """Return what a result or a passage is called in links: a name may hold anything, and this holds nothing else."""
    return f"x{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def number(value: float | None) -> str:
    """Write a result in full; - where there is none."""
    if value is None:
        return "-"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.10g}"


def _values(report: Report) -> dict[str, str]:
    """Return what stands behind the names of results: their values in short; the table of results has them in full."""
    found = report["experiment"]["results"]
    return {one["name"]: f" = {one['again']:.4g}" for one in found if one["again"] is not None}


def _no_claim(section: Mapping[str, Any], values: Mapping[str, str]) -> str:
    """Say that a section has no claim that stands, and where the numbers are."""
    why = "No claim stands: each was struck." if section["struck"] else "Nothing is claimed."
    first = ", ".join(f"{name}{value}" for name, value in [*values.items()][:_FOREMOST])
    return (
        f"{why} What was computed stands under Results: {first}{', …' * (len(values) > _FOREMOST)}." if values else why
    )


def _yes(one: Mapping[str, Any]) -> str:
    if not one["agrees"]:
        return "no"
    return "yes, but it stands in the program as it is" if one.get("written") else "yes"
