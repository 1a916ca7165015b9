"""The replay of games of hidden roles: one page of HTML that needs nothing else, and holds what its reader may know.

Everything is in the page as elements; the script only hides and shows them, so that the page reads without it, too.
A browser runs no other script and loads nothing: the page's own policy names the two by their hashes.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Sequence

from glasswork.games.werewolf.seeing import ALL, PUBLIC, visible
from glasswork.records import Event, RunStarted
from glasswork.view.game_html import told
from glasswork.view.rounds import Round
from glasswork.view.table import plays_table
from glasswork.view.table_html import GameHtml
from glasswork.view.table_looks import SCRIPT, STYLE
from glasswork.view.tale import tell

GAMES = 12
"""Games that a page shows; of more, the log has the rest."""


def replay(events: Iterable[Event], *, see: str = ALL, title: str = "") -> str:
    """Return the page of a run's games of hidden roles.

    Args:
        events: Of the run.
        see: ``all``, ``public`` or a player's name: what that spectator may not know is not in the page.
        title: Its heading; empty: the workflow's name.
    """
    kept = [*visible(events, see)]
    started = next((event for event in kept if isinstance(event, RunStarted)), None)
    rounds = [each for each in tell(kept).rounds if plays_table(each)]
    shown = rounds[:GAMES]
    head = told(title or (started.workflow if started else "") or "Werewolf")
    games = "".join(GameHtml(each, see).html() for each in shown)
    left = len(rounds) - len(shown)
    more = f'<p class="soft">{left} more games stand in the log.</p>\n' if left else ""
    body = f"<h1>{head}</h1>\n{_facts(started, see)}{_switches(shown, see)}{games or _NONE}{more}"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">\n'
        f"<title>{head}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}<script>{SCRIPT}</script>\n"
        "</body>\n</html>\n"
    )


_NONE = '<p class="soft">No game of werewolf was played in this run.</p>\n'


def policy() -> str:
    """Return what a browser is allowed: this page's own style sheet and script, and nothing from anywhere else."""
    style, script = (f"'sha256-{_digest(text)}'" for text in (STYLE, SCRIPT))
    return f"default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _facts(started: RunStarted | None, see: str) -> str:
    """Name the run; without its seed where not everything may be known: the cards can be dealt again from it."""
    facts: list[str] = []
    if started is not None:
        facts += [started.run, started.model, f"glasswork {started.glasswork}" if started.glasswork else ""]
        facts += [f"seed {started.seed}"] if see == ALL else []
    seen = {ALL: "everything that happened and was thought", PUBLIC: "only what everybody at the table knows"}
    facts.append(f"This page holds {seen.get(see, f'only what {see} may know')}.")
    return f'<p class="soft">{" · ".join(told(fact) for fact in facts if fact)}</p>\n'


def _switches(rounds: Sequence[Round], see: str) -> str:
    """Draw what applies to all games: which of them, as seen by whom, with or without thoughts."""
    parts = []
    if len(rounds) > 1:
        options = "".join(f'<option value="{n}">game {each.item}</option>' for n, each in enumerate(rounds))
        parts.append(f'<label>Game <select id="game">{options}</select></label>')
    if see == ALL and rounds:
        names = _same_players(rounds)
        options = "".join(f'<option value="{seat}">{told(name)}</option>' for seat, name in enumerate(names))
        everybody = '<option value="all">everything</option><option value="public">what is public</option>'
        parts.append(f'<label>As seen by <select id="as">{everybody}{options}</select></label>')
    if see != PUBLIC and rounds:
        parts.append('<button type="button" id="thoughts" aria-pressed="true">Private thoughts</button>')
    return f'<div class="bar" hidden>{"".join(parts)}</div>\n' if parts else ""


def _same_players(rounds: Sequence[Round]) -> tuple[str, ...]:
    """Return the players, by seat, where all games have the same: only then is a seat somebody in all of them."""
    several = {each.match.players for each in rounds if each.match}
    return several.pop() if len(several) == 1 else ()
