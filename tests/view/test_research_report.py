"""The report of an experiment as text and as a page: whatever was written into it, it stays words."""

import re
from xml.etree import ElementTree as ET

import pytest

from glasswork.view.research_report import agreement, anchor, research_html, research_markdown
from glasswork.view.research_svg import figure_svg

EVIL = "<script>alert(1)</script> | [x](http://a.example) \x1b[31m ![y](z) `c` \u202e"
BARS = {"kind": "bars", "title": EVIL, "y": "", "bars": [[EVIL, 1.5], ["b", -2.0]]}
POINTS = {"kind": "points", "title": "p", "x": EVIL, "y": "y", "points": [[1, 2], [3, 4.5]]}


def report(**experiment):
    made = {
        "ran": "try#1/sandbox",
        "again": "report#1/sandbox",
        "passed": True,
        "file": "try.py",
        "program": f"print(1)\n{EVIL}\n    </pre>",
        "said": "",
        "results": [{"name": "mean_a", "value": 5.25, "again": 5.25, "agrees": True, "written": False}],
        "figures": [BARS, POINTS],
        "tolerance": 1e-9,
        **experiment,
    }
    claim = {"says": EVIL, "results": ["mean_a"], "ran": "try#1/sandbox"}
    quoting = {"says": "It says so.", "segment": "s2", "quote": EVIL, "passage": f"a.md#{EVIL}~0a1b2c3d"}
    sections = [
        {"heading": EVIL, "kind": "claims", "claims": [claim, quoting], "struck": [{"says": EVIL, "why": EVIL}]},
        {
            "heading": "P",
            "kind": "passages",
            "passages": [{"id": quoting["passage"], "text": f"{EVIL}\n{EVIL}"}],
            "struck": [],
        },
        {"heading": "L", "kind": "list", "items": [EVIL], "struck": []},
        {"heading": "T", "kind": "text", "text": f"one\n{EVIL}", "struck": []},
    ]
    agrees = all(one["agrees"] for one in made["results"]) and made["passed"]
    return {"title": EVIL, "sections": sections, "experiment": made, "agrees": agrees}


def test_a_page_holds_no_markup_but_its_own():
    page = research_html(report(), [("run", EVIL)])
    assert "<script" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "http://a.example" in page, "as words"
    links, ids = set(re.findall(r'(?:href|src)="([^"]*)"', page)), set(re.findall(r'id="([^"]*)"', page))
    assert links == {f"#{anchor('mean_a')}", "#program", f"#{anchor(f'a.md#{EVIL}~0a1b2c3d')}"}
    assert {link[1:] for link in links} <= ids


def test_markdown_holds_no_markup_but_its_own():
    text = research_markdown(report(), ["report-1.svg", "report-2.svg"], [("run", EVIL)])
    outside = "\n".join(line for line in text.splitlines() if not line.startswith("    "))
    assert not re.search(r"(?<!\\)<(?!a id=|/a>)", outside)
    assert not re.search(r"(?<!\\)\]\(http", outside)
    assert outside.count("![") == 2
    assert "\x1b" not in text


@pytest.mark.parametrize("figure", [BARS, POINTS, {**POINTS, "points": [[1, 1]]}, {**BARS, "bars": [["a", 0.0]]}])
@pytest.mark.parametrize("alone", [True, False])
def test_a_figure_is_xml_and_holds_no_script(figure, alone):
    tree = ET.fromstring(figure_svg(figure, alone=alone))
    tags = {each.tag.rpartition("}")[2] for each in tree.iter()}
    assert tags <= {"svg", "title", "style", "text", "line", "rect", "circle"}
    assert not [name for each in tree.iter() for name in each.attrib if name.startswith("on")]


def test_what_did_not_come_out_again_is_told():
    other = {"name": "drawn", "value": 0.5, "again": None, "agrees": False, "written": False}
    told = report(results=[other])
    assert "1 of 1 results came out otherwise the second time: drawn" in agreement(told)
    assert "| drawn | 0.5 | - | no |" in research_markdown(told, ["a", "b"])
    failed = report(
        passed=False, results=[], figures=[], said="the program ended with exit status 1\nKeyError", again=""
    )
    assert "came to no end" in agreement(failed)
    text = research_markdown(failed, [])
    assert "There are none." in text
    assert "It failed: the program ended with exit status 1" in text
    assert "There are none." in research_html(failed)
