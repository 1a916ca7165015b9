"""What PyYAML says about broken YAML, in words that name the remedy."""

from __future__ import annotations

import re

import yaml

_WORDS = (
    (r"character '\\t' that cannot start", "a tab stands where YAML wants spaces; indent with spaces"),
    (r"mapping values are not allowed", "a ':' stands where none can; put text that contains ': ' in quotes"),
    (r"could not find expected ':'", "this line has no ':' after its key, or its indentation does not fit"),
    (r"expected <block end>", "this does not line up with the lines above, or is left over after a closing quote"),
    (r"found unexpected end of stream", "a quote is opened and never closed"),
    (r"found unexpected document separator", "a quote is opened and never closed before this line"),
    (r"expected ',' or '[\]}]'", "a ',' or the closing bracket is missing, or text with '?' or a bracket needs quotes"),
    (r"expected the node content", "a value is missing, or stands where none can"),
    (r"(cannot start any token|found character '[%@`])", "text cannot begin with this character; put it in quotes"),
    (r"unknown escape character", "unknown escape after a backslash; use single quotes to keep backslashes"),
    (r"escape sequence of", "a backslash escape is not finished with hexadecimal digits"),
    (r"sequence entries are not allowed", "a list entry ('-') cannot stand here"),
    (r"mapping keys are not allowed", "a key cannot stand here"),
    (r"(undefined tag handle|URI|tag|!)", "tags (words that begin with '!') are not allowed; quote it if it is text"),
    (r"(alias|anchor|alphabetic or numeric)", "anchors and aliases ('&', '*') are not allowed; quote such text"),
    (r"(directive|version)", "directives (lines that begin with '%') are not allowed"),
    (r"block scalar|indentation indicator|chomping", "after '|' or '>' the line must end"),
    (r"expected '<document start>'", "text is left over at the end of the file"),
)  # fmt: skip


def in_words(error: yaml.MarkedYAMLError, first_line: int) -> str:
    """Return what is wrong, and where the part that is broken began."""
    problem = f"{error.problem or ''} {error.context or ''}"
    words = next((words for pattern, words in _WORDS if re.search(pattern, problem)), "this is not valid YAML")
    begin, end = error.context_mark, error.problem_mark
    if begin is not None and end is not None and begin.line != end.line:
        words += f" (it began on line {begin.line + first_line})"
    return words
