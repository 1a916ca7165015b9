"""One game of hidden roles as a section of the replay page: seats, scenes, suspicion, claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from glasswork.games.werewolf.seeing import ALL
from glasswork.records import MatchStarted, TableHappened
from glasswork.view.game_html import told
from glasswork.view.rounds import Item, Round
from glasswork.view.table import SILENT, Aside, Moment, Scene, Table, Thought, table_of
from glasswork.view.table_curve import Axis, Curves, curves_svg, mean_curves, own_curves
from glasswork.view.table_few import failures_words
from glasswork.view.table_ledger import Claimed, ledger_of
from glasswork.view.table_rules import rules_in_short
from glasswork.view.table_words import SPOKEN, act_words, happening_words, tally, tally_words, winner_words

_FATES = {"died": "dead", "exiled": "exiled", "shot": "shot"}
_NEWS = frozenset({"died", "exiled", "quiet", "spared", "revealed", "won", "elected", "shot", "counted"})
_SHORT = {"night": "N", "day": "D"}


@dataclass(frozen=True)
class _Seat:
    """What is known of a seat: how its player left, and from which happening on who may know which card."""

    name: str
    kind: str
    died: int
    fate: str
    cards: tuple[tuple[str, int, str], ...]
    """Card, from when on, and who may know it."""


class GameHtml:
    """One game as a section of the page."""

    def __init__(self, round_: Round, see: str) -> None:
        assert round_.match is not None, "only games are shown so"
        self._round = round_
        self._match: MatchStarted = round_.match
        self._see = see
        self._table: Table = table_of(round_)
        self._numbers = {id(each): n for n, each in enumerate(self._table.happenings, start=1)}
        self._last = max(1, len(self._numbers))

    def html(self) -> str:
        """Return the section."""
        name = f"Game {self._round.item}" if self._round.item else "The game"
        outcome = self._round.outcome
        how = winner_words(outcome.ended) if outcome else "not over"
        parts = [
            f'<section class="game" aria-label="{told(name)}">\n<h2>{told(name)}: {told(how)}</h2>\n',
            f'<p class="soft">{told(rules_in_short(self._match.rules))}</p>\n',
            f'<div class="top">\n{self._seats()}{self._scrubber()}</div>\n',
            *(self._scene(scene) for scene in self._table.scenes),
            self._pending(),
            self._suspicion(),
            self._ledger(),
            "</section>\n",
        ]
        return "".join(parts)

    # --- who may know -----------------------------------------------------------------------------------------------

    def _spec(self, names: Iterable[str] | None) -> str:
        """Return who may know something as the script reads it."""
        if names is None or self._see != ALL:
            return "*"  # what is in a page for somebody, that somebody knows
        known = {name: str(seat) for seat, name in enumerate(self._match.players)}
        return " ".join(sorted(known[name] for name in names if name in known))

    # --- seats ------------------------------------------------------------------------------------------------------

    def _seats(self) -> str:
        return '<ul class="seats" aria-label="Players">\n' + "".join(map(self._seat_html, self._known())) + "</ul>\n"

    def _known(self) -> Iterator[_Seat]:
        for name, kind in zip(self._match.players, self._match.kinds, strict=True):
            died, fate, cards = 0, "", list[tuple[str, int, str]]()
            for n, event in enumerate(self._table.happenings, start=1):
                if event.what in _FATES and event.to == name and not died:
                    died, fate = n, _FATES[event.what]
                if event.what in {"dealt", "unmasked", "revealed", "inspected", "learned"} and event.to == name:
                    cards.append((event.card, n, self._spec(event.seen_by)))
                elif event.what == "pack" and name in event.names:
                    cards.append(("werewolf", n, self._spec(event.seen_by)))
            yield _Seat(name, kind, died, fate, tuple(cards))

    def _seat_html(self, seat: _Seat) -> str:
        # the surest comes first: a card itself, then what somebody found out
        ordered = sorted(seat.cards, key=lambda each: (each[0].startswith("not "), each[1]))
        cards = "".join(
            f'<span class="card{" wolf" if card == "werewolf" else ""}" data-from="{at}" data-seen="{who}"'
            f"{' hidden' if place else ''}>{told(card)}</span>"
            for place, (card, at, who) in enumerate(ordered)
        )
        unknown = f'<span class="unknown soft"{" hidden" if cards else ""}>card unknown</span>'
        life = f'<small class="life">{seat.fate or "alive"}</small>'
        gone = " gone" if seat.died else ""
        return (
            f'<li class="seat{gone}" data-died="{seat.died}" data-fate="{seat.fate}" title="{told(seat.kind)}">'
            f"<b>{told(seat.name)}</b>{cards}{unknown}{life}</li>\n"
        )

    # --- getting about ----------------------------------------------------------------------------------------------

    def _scrubber(self) -> str:
        buttons = "".join(
            f'<button type="button" class="{css}" aria-label="{label}">{sign}</button>'
            for css, label, sign in (
                ("first", "To the beginning", "&laquo;"),
                ("back", "One back", "&lt;"),
                ("on", "One on", "&gt;"),
                ("end", "To the end", "&raquo;"),
            )
        )
        slider = f'<input type="range" min="1" max="{self._last}" value="{self._last}" aria-label="Happening">'
        scenes = "".join(
            f'<button type="button" value="{first}" data-last="{last}">{told(scene.title)}</button>'
            for scene, first, last in self._spans()
        )
        days = f'<div class="bar days" role="group" aria-label="Go to" hidden>{scenes}</div>\n'
        return f'{days}<div class="bar scrub" hidden>{buttons}{slider}<output aria-live="polite"></output></div>\n'

    def _spans(self) -> Iterator[tuple[Scene, int, int]]:
        """Yield each scene with the numbers of its first and last happening."""
        for scene in self._table.scenes:
            numbers = [self._numbers[id(each.happened)] for each in scene.moments if isinstance(each, Moment)]
            if numbers:
                yield scene, numbers[0], numbers[-1]

    # --- what happened ----------------------------------------------------------------------------------------------

    def _scene(self, scene: Scene) -> str:
        rows, at, votes, asides = list[str](), 0, list[TableHappened](), list[Aside]()
        for moment in scene.moments:
            event = moment.happened if isinstance(moment, Moment) else None
            if votes and (event is None or event.what not in {"voted", "counted"}):
                rows.append(self._tally(tally(votes), at))
            votes = votes if event is not None and event.what == "voted" else []
            if isinstance(moment, Aside):
                asides.append(moment)
                continue
            rows += [self._asides(asides, at)] if asides else []
            asides = []
            at = self._numbers[id(moment.happened)]
            rows.append(self._moment(moment, at))
            if moment.public and moment.happened.what == "voted":
                votes.append(moment.happened)
        rows += [self._tally(tally(votes), at)] if votes else []
        rows += [self._asides(asides, at)] if asides else []
        first = next(self._numbers[id(each.happened)] for each in scene.moments if isinstance(each, Moment))
        heading = f'<section class="scene" data-n="{first}">\n<h3>{told(scene.title)}</h3>\n'
        return f'{heading}<ol class="moments">\n{"".join(rows)}</ol>\n</section>\n'

    def _tally(self, counts: Mapping[str, float], at: int) -> str:
        counted = told(tally_words(counts))
        return (
            f'<li data-n="{at}" data-seen="*" class="news"><span class="who">tally</span>'
            f'<span class="what">{counted}</span></li>\n'
        )

    def _moment(self, moment: Moment, at: int) -> str:
        event = moment.happened
        css = "" if moment.public else "private"
        css += " news" if event.what in _NEWS else " break" if event.what in {"night", "morning"} else ""
        thought = self._thought(moment.thought) if moment.thought else ""
        who, what = "tally" if event.what == "counted" else told(event.by), _what(event)
        return (
            f'<li data-n="{at}" data-seen="{self._spec(event.seen_by)}" class="{css.strip()}">'
            f'<span class="who">{who}</span><span class="what">{what}</span>{thought}</li>\n'
        )

    def _asides(self, asides: Sequence[Aside], at: int) -> str:
        """Draw what several believed when there was nothing to decide: in one row, each for who may know it."""
        players = [each.thought.by for each in asides]
        beliefs = "".join(
            f'<p class="thought" data-seen="{self._spec([each.thought.by])}">{told(_believes(each.thought))}</p>'
            for each in asides
        )
        return f'<li data-n="{at}" data-seen="{self._spec(players)}" class="private">{beliefs}</li>\n'

    def _thought(self, thought: Thought) -> str:
        lines = "".join(f"<p><b>{name}:</b> {text}</p>" for name, text in _thought_lines(thought))
        return f'<div class="thought" data-seen="{self._spec([thought.by])}">{lines}</div>' if lines else ""

    def _pending(self) -> str:
        if not self._table.pending:
            return ""
        rows = "".join(
            f'<li data-n="{self._last}" data-seen="{self._spec([each.by])}" class="private">'
            f'<span class="who">{told(each.by)}</span><span class="what">has not acted yet</span>'
            f"{self._thought(each)}</li>\n"
            for each in self._table.pending
        )
        return f'<ol class="moments">\n{rows}</ol>\n'

    # --- what comes of it -------------------------------------------------------------------------------------------

    def _suspicion(self) -> str:
        players = self._match.players
        scenes = [(first, f"{_SHORT[s.phase]}{s.day}") for s, first, _ in self._spans() if s.phase in _SHORT]
        axis = Axis(self._last, scenes)
        items: Sequence[Item] = self._round.items
        figures = []
        everybody = mean_curves(items, self._table.cards)
        if everybody.of and self._see == ALL:
            about = "The mean belief of those who live and are no werewolves, each as it last said"
            figures.append(_figure("all", everybody, players, axis, about))
        for seat, name in enumerate(players):
            own = own_curves(items, name)
            if own.of:
                view = str(seat) if self._see == ALL else "all"
                figures.append(_figure(view, own, players, axis, f"What {name} believed"))
        if not figures:
            return ""
        note = "How probable it was found that each is a werewolf. Dots: when it was asked."
        hidden = '<p class="soft">What is public tells nothing of beliefs.</p>' if self._see == ALL else ""
        shown = f'<figure data-view="public" hidden>{hidden}</figure>' if hidden else ""
        return f'<h3>Suspicion over time</h3>\n<p class="soft">{note}</p>\n{"".join(figures)}{shown}\n'

    def _ledger(self) -> str:
        claims = ledger_of(self._round, self._see)
        if not claims:
            return ""
        over = next((n for n, e in enumerate(self._table.happenings, start=1) if e.what == "unmasked"), 0)
        numbers = {event.number: n for n, event in enumerate(self._table.happenings, start=1)}
        rows = "".join(self._claim(each, numbers, over) for each in claims)
        heads = "".join(f"<th>{name}</th>" for name in ("day", "who", "claims", "in words", "true?", "honest?"))
        note = (
            "What players said of cards, of what they found out and of others, as far as a reader by rule understands "
            "it, held against the cards."
        )
        return (
            f'<h3>Claims</h3>\n<p class="soft">{note}</p>\n<div class="wide"><table>\n<thead><tr>{heads}</tr></thead>\n'
            f"<tbody>\n{rows}</tbody></table></div>\n"
        )

    def _claim(self, claim: Claimed, numbers: Mapping[int, int], over: int) -> str:
        at = numbers.get(claim.number, 1)
        mark = {"true": "✓ true", "false": "✗ false"}.get(claim.truth, "open")
        truth = f'<span data-open="{0 if claim.act else over}" class="{told(claim.truth)}">{mark}</span>'
        honest = f'<span data-open="0">{told(claim.honest)}</span>'
        return (
            f'<tr data-from="{at}" data-seen="*"><td class="n">{claim.day}</td>'
            f"<td>{told(claim.by)}</td><td>{told(claim.says)}</td><td><q>{told(claim.quote)}</q></td>"
            f"<td>{truth}</td><td>{honest}</td></tr>\n"
        )


def _believes(thought: Thought) -> str:
    return f"{thought.by} believes: {', '.join(f'{name} {share:.0%}' for name, share in thought.beliefs)} a werewolf"


def _what(event: TableHappened) -> str:
    if event.what in SPOKEN:
        how = {"last_words": "<small>(last words)</small> ", "whispered": "<small>(to the werewolves)</small> "}
        return how.get(event.what, "") + told(event.text.strip())
    if event.what in SILENT:
        words = happening_words(event)
        return told(f"{words[:1].upper()}{words[1:]}.")
    words = act_words(event)
    return told(words if event.by else f"{words[:1].upper()}{words[1:]}.")


def _thought_lines(thought: Thought) -> Iterator[tuple[str, str]]:
    if thought.failures:
        yield "failed", failures_words(thought.failures)
    if thought.beliefs:
        yield "believes", told(", ".join(f"{name} {share:.0%}" for name, share in thought.beliefs) + " a werewolf")
    if thought.chosen or thought.thinking:
        share = "" if thought.probability is None else f" {thought.probability:.0%}"
        yield "thinks", told(" · ".join(filter(None, (f"{thought.chosen}{share}", thought.thinking))))
    if thought.because:
        reasons = (f'{told(each.why)} <span class="soft">({told(each.cites)})</span>' for each in thought.because)
        yield "because", "; ".join(reasons)


def _figure(view: str, curves: Curves, players: Sequence[str], axis: Axis, about: str) -> str:
    last = {name: points[-1][1] for name, points in curves.of.items()}
    ends = ", ".join(f"{name} {share:.0%}" for name, share in sorted(last.items(), key=lambda each: -each[1]))
    svg = curves_svg(curves, players, axis, f"{about}; at the end: {ends}")
    hidden = "" if view == "all" else " hidden"
    caption = f"<figcaption>{told(about)}. At the end: {told(ends)}.</figcaption>"
    return f'<figure data-view="{view}"{hidden}>{svg}{caption}</figure>\n'
