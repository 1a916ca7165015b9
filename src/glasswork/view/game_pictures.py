"""Pictures of a tournament as files, PNG and SVG, by matplotlib: the extra ``pictures``.

The same matches give the same bytes: no dates, no random names within the SVG.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.errors import UserError
from glasswork.games.rules import MatrixGame
from glasswork.games.study import Study
from glasswork.view.clean import one_line
from glasswork.view.game_document import ALT, Figure, figures
from glasswork.view.game_svg import CURVES, bounds, curve_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

FORMATS = ("png", "svg")
COLOURS = ("#1f6fb2", "#b8500f", "#2f7d5b", "#8a3ea0", "#a2202c", "#60636b", "#8a6d00", "#00757f")
_SETTINGS: Any = {"svg.hashsalt": "glasswork", "svg.fonttype": "none", "text.parse_math": False, "font.size": 9}
_CELLS = 400
"""Cells of a heat map that are also told in numbers."""


def drawable() -> bool:
    """Say whether matplotlib is there."""
    import importlib.util

    return importlib.util.find_spec("matplotlib") is not None


def draw(study: Study, folder: Path, *, prefix: str = "") -> dict[Figure, tuple[Path, ...]]:
    """Write every picture of a study into a folder; return the files of each, PNG first.

    Raises:
        UserError: matplotlib is not installed.
        OSError: the folder cannot be written.
    """
    if not drawable():
        raise UserError("pictures need matplotlib", hint="pip install 'glasswork[pictures]'")
    import matplotlib as mpl

    written: dict[Figure, tuple[Path, ...]] = {}
    with mpl.rc_context(_SETTINGS):
        for figure in figures(study):
            canvas = _canvas(study, figure)
            paths = tuple(folder / f"{prefix}{figure}.{kind}" for kind in FORMATS)
            for path in paths:
                metadata: dict[str, Any] = {"Date": None} if path.suffix == ".svg" else {"Software": None}
                canvas.savefig(path, dpi=150, metadata=metadata, bbox_inches="tight")
            written[figure] = paths
    return written


def _canvas(study: Study, figure: Figure) -> Canvas:
    """Draw on a figure of its own: pyplot's global state would need closing, and a display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    many = len(study.result.players)
    size = {"payoffs": (4.5, 3.2), "standings": (7, 1.6 + 0.32 * many), "cooperation": (7, 3.6)}
    canvas = Canvas(figsize=size.get(figure, (2.5 + 0.6 * many, 2.0 + 0.45 * many)))
    FigureCanvasAgg(canvas)
    axes = canvas.subplots()
    drawing = {"payoffs": _payoffs, "standings": _standings, "meetings": _meetings, "cooperation": _cooperation}
    drawing[figure](study, axes)
    axes.set_title(ALT[figure], fontsize=9)
    return canvas


def _standings(study: Study, axes: Axes) -> None:
    players = [each for each in study.result.players if each.score]
    for place, each in enumerate(players):
        score, colour = each.score, COLOURS[place % len(COLOURS)]
        assert score is not None, "only players with a score are drawn"
        axes.plot([score.low, score.high], [place, place], color=colour, linewidth=2)
        axes.plot([score.mean], [place], "o", color=colour)
        if each.random is not None:
            label = "a random player" if not place else None
            axes.plot([each.random.mean], [place], "D", color="none", markeredgecolor="#444", label=label)
    axes.set_yticks(range(len(players)), [one_line(each.name) for each in players])
    axes.invert_yaxis()
    axes.set_xlim(*bounds(study))
    axes.set_xlabel("payoff per round")
    if any(each.random for each in players):
        axes.legend(loc="best", fontsize=8)


def _cooperation(study: Study, axes: Axes) -> None:
    for place, each in enumerate(study.result.players[:CURVES]):
        points = [*curve_points(study, each)]
        if points:
            middles, values, lows, highs = zip(*points, strict=True)
            colour = COLOURS[place % len(COLOURS)]
            axes.fill_between(middles, lows, highs, color=colour, alpha=0.12, linewidth=0)
            axes.plot(middles, values, "o-" if len(points) == 1 else "-", color=colour, label=one_line(each.name))
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("round")
    axes.set_ylabel("cooperation")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))


def _meetings(study: Study, axes: Axes) -> None:
    order = [each.name for each in study.result.players]
    place = {name: number for number, name in enumerate(study.result.table.names)}
    cells = [[study.result.table.cells[place[a]][place[b]] for b in order] for a in order]
    words = [["" if cell is None else f"{cell:.2f}" for cell in row] for row in cells]
    _heat(axes, [[float("nan") if cell is None else cell for cell in row] for row in cells], words)
    axes.set_xticks(range(len(order)), [one_line(name) for name in order], rotation=45, ha="right")
    axes.set_yticks(range(len(order)), [one_line(name) for name in order])
    axes.set_xlabel("from")


def _payoffs(study: Study, axes: Axes) -> None:
    game = study.result.rules.game
    assert isinstance(game, MatrixGame), "only matrix games have such a figure"
    words = [[f"{a:g}, {b:g}" for a, b in row] for row in game.payoffs]
    _heat(axes, [[a + b for a, b in row] for row in game.payoffs], words)
    axes.set_yticks(range(len(game.actions[0])), [one_line(action) for action in game.actions[0]])
    axes.set_xticks(range(len(game.actions[1])), [one_line(action) for action in game.actions[1]])
    axes.set_ylabel("row player")
    axes.set_xlabel("column player; colour: what both get together")


def _heat(axes: Axes, values: list[list[float]], words: list[list[str]]) -> None:
    axes.imshow(values, cmap="Greens", alpha=0.55, aspect="auto")
    if len(values) * len(values[0]) <= _CELLS:
        for row, line in enumerate(words):
            for column, text in enumerate(line):
                axes.text(column, row, text, ha="center", va="center", fontsize=8)
