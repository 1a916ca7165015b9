"""For experiments in a sandbox: read a table, compare, relate, and leave numbers under names.

It lies beside the program as ``lab.py`` and needs nothing but the standard library. Every number goes into
``results.json``, a flat object of named numbers; what can be drawn into ``figures.json``, which Glasswork draws. A
program may as well write these files itself.
"""

from __future__ import annotations

import csv
import io
import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Cell = float | int | str | None
Row = dict[str, Cell]

RESULTS, FIGURES = "results.json", "figures.json"
MISSING = frozenset(("", "na", "n/a", "nan", "null"))
"""What stands in a cell that holds nothing, whatever its case; among numbers also ``none``, which between words is one
of them: no mulch, no medicine."""
MOST_GROUPS = 12
"""Groups that are compared at most: a column with more different values is no grouping."""
MOST_POINTS = 300
"""Points of a figure, at most; of more, every so-manieth is drawn."""
_FEWEST, _SHUFFLES, _MOST_SHUFFLED = 5, 1999, 2000
"""Expected counts below which chi-squared is no good guide (Cochran); shuffles of a table in its place; rows, at most,
of one that is shuffled.
"""
_Z = 1.959963984540054
"""Beyond which, on both sides together, 5 % of the normal distribution lie."""
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_COMMA = re.compile(r"[-+]?\d+,\d+")
_results: dict[str, float] = {}
_figures: list[dict[str, Any]] = []
_called: dict[str, str] = {}
"""What each result was called before its name was made plain."""


# --- reading --------------------------------------------------------------------------------------------------------


def read(name: str = "data.csv") -> list[Row]:
    """Return the rows of a CSV file by the names of its columns. Numbers are numbers, and an empty cell is None."""
    return rows_of(Path(name).read_bytes())


def rows_of(data: bytes) -> list[Row]:
    """Return the rows of a table. A column holds numbers where every cell of it that says anything is one.

    Raises:
        ValueError: it is no such table; says why.
    """
    if b"\0" in data:
        raise ValueError("this is no text: a table is saved as CSV in UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("the table is not UTF-8 text: save it as CSV in UTF-8") from None
    first = text.lstrip("\n").partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(line)]
    except csv.Error as error:
        raise ValueError(f"the table cannot be read: {error}") from None
    if not lines:
        raise ValueError("the table is empty")
    if len(lines) < 2:
        raise ValueError("the table has no rows below its first line, which names the columns")
    names = _names(lines[0])
    for number, line in enumerate(lines[1:], start=2):
        if len(line) > len(names):
            raise ValueError(f"line {number} of the table has {len(line)} cells, and there are {len(names)} columns")
    columns = [_column([line[at] if at < len(line) else "" for line in lines[1:]]) for at in range(len(names))]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _names(line: Sequence[str]) -> list[str]:
    names = [" ".join(name.split()) or f"column {at}" for at, name in enumerate(line, start=1)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"two columns of the table are called {twice[0]!r}")
    return names


def _column(cells: Sequence[str]) -> list[Cell]:
    texts = [None if cell.strip().lower() in MISSING else cell.strip() for cell in cells]
    counts = [None if text is None or text.lower() == "none" else text for text in texts]
    said = [text for text in counts if text is not None]
    if said and all(_NUMBER.fullmatch(text) for text in said):
        return [None if text is None else _number(text) for text in counts]
    if said and all(_COMMA.fullmatch(text) or _NUMBER.fullmatch(text) for text in said):
        return [None if text is None else _number(text.replace(",", ".")) for text in counts]
    return list(texts)


def _number(text: str) -> float | int:
    return float(text) if re.search(r"[.eE]", text) else int(text)


def column(rows: Iterable[Row], name: str) -> list[Any]:
    """Return what stands in a column, without what is missing. Raises KeyError where there is no such column."""
    return [cell for cell in (_cell(row, name) for row in rows) if cell is not None]


def group(rows: Iterable[Row], number: str, by: str) -> dict[str, list[float]]:
    """Return the numbers of a column by what stands in another one, in the order of the groups' names."""
    found: dict[str, list[float]] = {}
    for row in rows:
        value, label = _cell(row, number), _cell(row, by)
        if value is not None and label is not None:
            found.setdefault(str(label), []).append(_is_number(value, number))
    if len(found) > MOST_GROUPS:
        raise ValueError(
            f"{by!r} has {len(found)} different values: too many groups; to relate two numbers, use relate"
        )
    return dict(sorted(found.items()))


def pairs(rows: Iterable[Row], x: str, y: str) -> tuple[list[float], list[float]]:
    """Return two columns of numbers, of the rows that have both."""
    both = [(_cell(row, x), _cell(row, y)) for row in rows]
    kept = [(_is_number(a, x), _is_number(b, y)) for a, b in both if a is not None and b is not None]
    return [a for a, _ in kept], [b for _, b in kept]


def _cell(row: Row, name: str) -> Cell:
    if name not in row:
        raise KeyError(f"there is no column {name!r}; there are {', '.join(map(repr, row))}")
    return row[name]


def _is_number(value: Cell, name: str) -> float:
    if isinstance(value, str) or value is None:
        raise TypeError(f"the column {name!r} holds text, such as {value!r}, and no numbers")
    return value


# --- numbers --------------------------------------------------------------------------------------------------------


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean."""
    return math.fsum(values) / len(values)


def sd(values: Sequence[float]) -> float:
    """Return the standard deviation of a sample (n - 1)."""
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def correlation(a: Sequence[float], b: Sequence[float]) -> float:
    """Return Pearson's coefficient. Raises ValueError where a column is constant."""
    if min(map(len, (a, b))) < 3 or sd(a) == 0 or sd(b) == 0:
        raise ValueError("a correlation needs three pairs, and columns that are not constant")
    middle, other = mean(a), mean(b)
    together = math.fsum((x - middle) * (y - other) for x, y in zip(a, b, strict=True))
    return together / (sd(a) * sd(b) * (len(a) - 1))


def student(t: float, freedom: float) -> float:
    """Return how probable a value of Student's t at least this far from 0 is, on both sides together."""
    return _beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def beyond(f: float, above: float, below: float) -> float:
    """Return how probable a value of Fisher's F of at least ``f`` is."""
    return _beta(below / (below + above * f), below / 2, above / 2)


def _beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function, by its continued fraction (Numerical Recipes, 6.4)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or 1e-300)
    whole = d
    for m in range(1, 400):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + term * d or 1e-300)
            c = 1 + term / c or 1e-300
            whole *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * whole / a


def _quantile(freedom: float) -> float:
    """Return the t beyond which 5 % lie, on both sides together."""
    low, high = 0.0, 1000.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if student(middle, freedom) > 0.05 else (low, middle)
    return high


# --- experiments ----------------------------------------------------------------------------------------------------


def explain(rows: Sequence[Row], outcome: str, factor: str) -> dict[str, float]:
    """Compare what fits two columns: whether ``outcome`` has to do with ``factor``.

    Two columns of numbers are related; numbers and groups compared by their means; two columns of groups by shares. Of
    an outcome in groups and a factor in numbers, the means of the factor are compared. The numbers are printed too.

    Raises:
        KeyError: there is no such column.
        ValueError: it is the same one, or one that cannot be compared; says why.
    """
    if outcome == factor:
        raise ValueError(f"outcome and factor are the same column, {outcome!r}: name two different ones")
    for name in (outcome, factor):
        if why := incomparable(column(rows, name)):
            raise ValueError(f"the column {name!r} {why}")
    used = [row for row in rows if row[outcome] is not None and row[factor] is not None]
    grouped = tuple(makes_groups(column(rows, name)) for name in (outcome, factor))
    match grouped:
        case (False, False):
            made = relate(used, x=factor, y=outcome)
        case (False, True):
            made = compare(used, number=outcome, by=factor)
        case (True, False):
            made = compare(used, number=factor, by=outcome)
        case _:
            made = shares(used, of=outcome, by=factor)
    made["rows_left_out"] = result("rows_left_out", len(rows) - len(used))
    for name, value in made.items():
        print(f"{name} = {value:.6g}")  # noqa: T201 - what a program prints is shown to its author
    return made


def makes_groups(cells: Sequence[Cell]) -> bool:
    """Tell whether what stands in a column makes groups: words, or two numbers and no others (0 and 1)."""
    return any(isinstance(cell, str) for cell in cells) or len(set(cells)) < 3


def incomparable(cells: Sequence[Cell]) -> str:
    """Return why a column cannot be compared with another, from what stands in it; nothing where it can."""
    different = set(cells)
    if not different:
        return "is empty"
    if len(different) == 1:
        return f"is the same everywhere ({cells[0]!r})"
    if makes_groups(cells) and len(different) > MOST_GROUPS:
        return f"holds text with {len(different)} different values: too many groups, and no numbers"
    return ""


def compare(rows: Sequence[Row], number: str, by: str) -> dict[str, float]:
    """Compare the mean of a column of numbers between the groups that another column makes.

    Leaves for each group how many it has, mean and standard deviation; of two groups also the difference with its 95 %
    interval and p (Welch's t-test), of more p by analysis of variance.
    """
    groups = {label: values for label, values in group(rows, number, by).items() if len(values) > 1}
    if len(groups) < 2:
        raise ValueError(f"{by!r} makes fewer than two groups with two numbers each of {number!r}")
    made = {f"mean_{number}_{label}": mean(values) for label, values in groups.items()}
    made |= _welch(groups, number, by) if len(groups) == 2 else _variance(groups, number, by)
    made |= {f"sd_{number}_{label}": sd(values) for label, values in groups.items()}
    made |= {f"n_{label}": len(values) for label, values in groups.items()}
    bars(f"Mean of {number} by {by}", {label: mean(values) for label, values in groups.items()}, y=number)
    return {name: result(name, value) for name, value in made.items()}


def _welch(groups: Mapping[str, Sequence[float]], number: str, by: str) -> dict[str, float]:
    (one, a), (other, b) = groups.items()
    if mean(b) > mean(a):
        (one, a), (other, b) = (other, b), (one, a)
    parts = sd(a) ** 2 / len(a), sd(b) ** 2 / len(b)
    error = math.sqrt(sum(parts))
    if error == 0:
        raise ValueError(f"{number!r} does not vary within the groups of {by!r}: there is nothing to test")
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1))
    apart, wide = mean(a) - mean(b), _quantile(freedom) * error
    name = f"difference_{number}_{one}_minus_{other}"
    return {
        name: apart,
        f"p_{number}_by_{by}": student(apart / error, freedom),
        f"{name}_low": apart - wide,
        f"{name}_high": apart + wide,
    }


def _variance(groups: Mapping[str, Sequence[float]], number: str, by: str) -> dict[str, float]:
    every = [value for values in groups.values() for value in values]
    between = math.fsum(len(values) * (mean(values) - mean(every)) ** 2 for values in groups.values())
    within = math.fsum((value - mean(values)) ** 2 for values in groups.values() for value in values)
    above, below = len(groups) - 1, len(every) - len(groups)
    if within == 0:
        raise ValueError(f"{number!r} does not vary within the groups of {by!r}: there is nothing to test")
    f = (between / above) / (within / below)
    share = between / (between + within)
    return {f"p_{number}_by_{by}": beyond(f, above, below), f"share_explained_{number}_by_{by}": share}


def relate(rows: Sequence[Row], x: str, y: str) -> dict[str, float]:
    """Relate two columns of numbers: how many pairs, Pearson's correlation with its 95 % interval, slope and intercept
    of y over x, and p.
    """
    a, b = pairs(rows, x, y)
    r = correlation(a, b)
    slope = r * sd(b) / sd(a)
    low, high = _around(r, len(a))
    t = r * math.sqrt((len(a) - 2) / max(1 - r * r, 1e-300))
    made = {
        f"correlation_{x}_{y}": r,
        f"p_{x}_{y}": student(t, len(a) - 2),
        f"slope_{y}_over_{x}": slope,
        f"correlation_{x}_{y}_low": low,
        f"correlation_{x}_{y}_high": high,
        f"intercept_{y}_over_{x}": mean(b) - slope * mean(a),
        f"n_{x}_{y}": len(a),
    }
    points(f"{y} over {x}", a, b, x=x, y=y)
    return {name: result(name, value) for name, value in made.items()}


def _around(r: float, pairs: int) -> tuple[float, float]:
    """Return the 95 % interval of a correlation (Fisher's transformation); of three pairs, all that there can be."""
    if abs(r) >= 1:
        return r, r
    if pairs < 4:
        return -1.0, 1.0
    wide = _Z / math.sqrt(pairs - 3)
    return math.tanh(math.atanh(r) - wide), math.tanh(math.atanh(r) + wide)


def shares(rows: Sequence[Row], of: str, by: str) -> dict[str, float]:
    """Compare how often each value of a column occurs in the groups that another one makes.

    Leaves the share of each value in each group (of two values that of the last in order: of ``no`` and ``yes`` that
    of ``yes``), of two values in two groups the difference of the shares with its 95 % interval (Newcombe), p by
    chi-squared, or, where fewer than five are expected somewhere, by shuffling, and how many each group has.
    """
    table: dict[str, Counter[str]] = {}
    for row in rows:
        value, label = _cell(row, of), _cell(row, by)
        if value is not None and label is not None:
            table.setdefault(str(label), Counter())[str(value)] += 1
    values = sorted({value for counts in table.values() for value in counts})
    if not 1 < len(values) <= MOST_GROUPS or not 1 < len(table) <= MOST_GROUPS:
        raise ValueError(f"{of!r} and {by!r} must have 2 to {MOST_GROUPS} different values each")
    last, made = values[-1], dict[str, float]()
    for label, counts in sorted(table.items()):
        told = values if len(values) > 2 else [last]
        made |= {f"share_{of}_{value}_{label}": counts[value] / counts.total() for value in told}
    made[f"p_{of}_by_{by}"] = _p_of(table, values)
    if len(values) == len(table) == 2:
        made |= _apart(table, of, last)
    made |= {f"n_{label}": counts.total() for label, counts in sorted(table.items())}
    bars(f"Share of {of} {last} by {by}", {label: made[f"share_{of}_{last}_{label}"] for label in sorted(table)})
    return {name: result(name, value) for name, value in made.items()}


def _apart(table: Mapping[str, Counter[str]], of: str, value: str) -> dict[str, float]:
    """Return how far the shares of a value are apart in two groups, with the interval of Newcombe (1998, method 10)."""
    one, other = sorted(table, key=lambda label: table[label][value] / table[label].total(), reverse=True)
    (a, a_low, a_high), (b, b_low, b_high) = (
        _share(table[label][value], table[label].total()) for label in (one, other)
    )
    name = f"difference_share_{of}_{value}_{one}_minus_{other}"
    low, high = a - b - math.hypot(a - a_low, b_high - b), a - b + math.hypot(a_high - a, b - b_low)
    return {name: a - b, f"{name}_low": low, f"{name}_high": high}


def _share(found: int, of: int) -> tuple[float, float, float]:
    """Return a share and its 95 % interval (Wilson)."""
    share, z = found / of, _Z * _Z / of
    middle, wide = share + z / 2, _Z * math.sqrt((share * (1 - share) + z / 4) / of)
    return share, (middle - wide) / (1 + z), (middle + wide) / (1 + z)


def _p_of(table: Mapping[str, Counter[str]], values: Sequence[str]) -> float:
    """Return how probable shares at least so far apart are where the groups do not matter."""
    statistic, fewest = _chi_squared(table, values)
    if fewest >= _FEWEST or sum(counts.total() for counts in table.values()) > _MOST_SHUFFLED:
        return _gamma((len(table) - 1) * (len(values) - 1) / 2, statistic / 2)
    labels = [label for label, counts in table.items() for _ in range(counts.total())]
    every = [value for counts in table.values() for value in counts.elements()]
    drawn, beyond_it = random.Random(0), 0  # noqa: S311 - shuffled alike each time, so that the result comes out again
    for _ in range(_SHUFFLES):
        drawn.shuffle(every)
        shuffled: dict[str, Counter[str]] = {label: Counter() for label in table}
        for label, value in zip(labels, every, strict=True):
            shuffled[label][value] += 1
        beyond_it += _chi_squared(shuffled, values)[0] >= statistic * (1 - 1e-12)
    return (beyond_it + 1) / (_SHUFFLES + 1)


def _chi_squared(table: Mapping[str, Counter[str]], values: Sequence[str]) -> tuple[float, float]:
    """Return Pearson's statistic, and the smallest count that it expects."""
    whole = sum(counts.total() for counts in table.values())
    columns = {value: sum(counts[value] for counts in table.values()) for value in values}
    expected = {(label, value): table[label].total() * columns[value] / whole for label in table for value in values}
    statistic = math.fsum((table[label][value] - each) ** 2 / each for (label, value), each in expected.items())
    return statistic, min(expected.values())


def _gamma(a: float, x: float) -> float:
    """Return the upper regularised incomplete gamma function (Numerical Recipes, 6.2)."""
    if x <= 0:
        return 1.0
    front = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1:
        term = whole = 1 / a
        at = a
        while abs(term) > abs(whole) * 1e-16:
            at += 1
            term *= x / at
            whole += term
        return 1 - front * whole
    b = x + 1 - a
    c, d = 1e300, 1 / b
    whole = d
    for step in range(1, 1000):
        factor = -step * (step - a)
        b += 2
        d = 1 / (factor * d + b or 1e-300)
        c = b + factor / c or 1e-300
        whole *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * whole


# --- what is left ---------------------------------------------------------------------------------------------------


def result(name: str, value: float) -> float:
    """Leave a number under a name. Letters, digits and _ are kept of the name; two names stay two."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"the result {name!r} is {value}, and no number")
    plain = re.sub(r"[\W_]+", "_", str(name)).strip("_")[:70] or "result"
    plain = plain if plain.isidentifier() else f"r_{plain}"
    kept, more = plain, 1
    while _called.setdefault(kept, name) != name:
        more += 1
        kept = f"{plain}_{more}"
    _results[kept] = int(value) if isinstance(value, int) else number
    _write(RESULTS, _results)
    return value


def bars(title: str, values: Mapping[str, float], *, y: str = "") -> None:
    """Leave a figure: a bar for each value, by its label."""
    _draw({"kind": "bars", "title": title, "y": y, "bars": [[str(label), each] for label, each in values.items()]})


def points(title: str, xs: Sequence[float], ys: Sequence[float], *, x: str = "", y: str = "") -> None:
    """Leave a figure: a point for each pair."""
    every = max(1, -(-len(xs) // MOST_POINTS))
    both = [[a, b] for a, b in zip(xs, ys, strict=True)][::every]
    _draw({"kind": "points", "title": title, "x": x, "y": y, "points": both})


def _draw(figure: dict[str, Any]) -> None:
    _figures.append(figure)
    _write(FIGURES, _figures)


def _write(name: str, data: Any) -> None:
    Path(name).write_text(json.dumps(data, allow_nan=False), encoding="utf-8")
