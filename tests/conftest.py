"""What tests of several parts share: runs of games, as events, made by playing them."""

from __future__ import annotations

import io
import os
from types import SimpleNamespace

import pytest
from hypothesis import settings

from glasswork.games import FixedHorizon, Match, Rules, View, play, preset, round_robin, strategies
from glasswork.games.words import round_in_words, rules_in_words
from glasswork.places import decision_id
from glasswork.records import (
    Acted,
    Because,
    DecisionChecked,
    DecisionStarted,
    Effect,
    Event,
    Explained,
    MatchFinished,
    MatchStarted,
    Option,
    Planned,
    RoundPlayed,
    RunFinished,
    RunStarted,
    Segment,
    StepFinished,
    StepStarted,
)

# How long a case takes says what else the machine does. CI asks for as many examples as hypothesis itself would try.
EXAMPLES = int(os.environ.get("GLASSWORK_EXAMPLES", "30"))
settings.register_profile("glasswork", settings(), deadline=None, max_examples=EXAMPLES)
settings.load_profile("glasswork")


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's: without it, nothing asks
def pytest_xdist_auto_num_workers() -> int | None:
    """Answer ``-n auto``: one process more than cores, since tests of sandboxes, terminals and servers mostly wait."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + 1


MODEL = "qwen2.5-coder-1.5b"


def segments_of(match: Match, number: int, seat: int, memory: int = 20) -> tuple[Segment, ...]:
    """Return what an agent sees before a round."""
    view = View(match.rules, match.rounds[: number - 1], seat)
    about, *payoffs = rules_in_words(view)
    told = [("game.rules", about), ("game.payoffs", "\n".join(payoffs))]
    older = len(view.seen) - memory
    told += [("game.earlier", f"Before that, {older} rounds were played.")] if older > 0 else []
    told += [(f"game.round_{seen.number}", round_in_words(seen)) for seen in view.seen[-memory:]]
    told.append(("game.now", f"You are now playing round {number}."))
    return tuple(Segment(id=f"s{place}", source=source, text=text) for place, (source, text) in enumerate(told, 1))


def decision_of(match: Match, number: int, seat: int, name: str, step: str) -> list[Event]:
    """Return one move of an agent: it expects the other's last move again, and cites the last round, or the payoffs."""
    game, said = match.rules.game, match.rounds[number - 1].said[seat]
    segments = segments_of(match, number, seat)
    legal = game.legal(seat)
    planned = said if said in legal else legal[0]
    last = [each for each in match.rounds[: number - 1] if each.moves][-1:]
    other = game.legal(1 - seat)
    likely = last[0].moves[1 - seat] if last else other[0]
    expected = [
        Option(label="AB"[n], text=word, probability=0.75 if word == likely else 0.25) for n, word in enumerate(other)
    ]
    cited = segments[-2] if last else segments[1]
    why = f"the other chose {likely}, and is likely to do so again" if last else "defecting pays more whatever it does"
    return [
        DecisionStarted(
            decision=name, step=step, agent="player", role="player", model=MODEL, strategy="predict", segments=segments
        ),
        Planned(
            decision=name,
            thinking="",
            options=tuple(
                Option(label="AB"[n], text=word, probability=0.8 if word == planned else 0.2 / (len(legal) - 1))
                for n, word in enumerate(legal)
            ),
            choice="AB"[legal.index(planned)],
            order_consistency=1.0,
            orders=2,
            expected=tuple(expected),
        ),
        Acted(decision=name, produces="move", text=said),
        Explained(
            decision=name,
            reader="colleague",
            because=(Because(segment=cited.id, why=why),),
            confidence=0.7,
            would_change_if="the other chose something else",
        ),
    ]


def checked(name: str, segments: tuple[Segment, ...], cited: str, causal: str) -> DecisionChecked:
    """Return what a check found: one segment is causal, one is cited."""
    effects = tuple(
        Effect(
            segment=each.id,
            effect=1.5 if each.id == causal else 0.1,
            low=1.0 if each.id == causal else -0.1,
            high=2.0 if each.id == causal else 0.3,
            causal=each.id == causal,
            cited=each.id == cited,
        )
        for each in segments
    )
    return DecisionChecked(
        decision=name,
        event=1,
        hash="",
        measure="influence",
        method="leave-one-out",
        value=1.5,
        floor=0.3,
        effects=effects,
    )


def events_of(match: Match, number: int = 0, *, step: str = "match", repetition: int = 1, agents=()) -> list[Event]:
    """Return what a run records of a match; the players named in ``agents`` take decisions, and explain them late."""
    kinds = tuple(f"agent player on {MODEL}" if name in agents else f"strategy {name}" for name in match.players)
    found: list[Event] = [
        MatchStarted(
            step=step,
            match=number,
            players=match.players,
            kinds=kinds,
            rules=match.rules.model_dump(mode="json"),
            seed=match.seed,
            repetition=repetition,
        )
    ]
    for each in match.rounds:
        late = []
        for seat, name in enumerate(match.players):
            if name in agents:
                place = decision_id(step, each.number, item=number, turn=seat + 1)
                *stages, explained = decision_of(match, each.number, seat, place, step)
                found += stages
                late.append(explained)
        found += [RoundPlayed(step=step, match=number, **each.model_dump()), *late]
    return [*found, MatchFinished(step=step, match=number, scores=match.scores, ended=match.ended)]


def rules_of(name: str = "prisoners_dilemma", rounds: int = 5, **changes) -> Rules:
    """Return a preset's rules, changed."""
    return preset(name).model_copy(update={"horizon": FixedHorizon(rounds=rounds), **changes})


def tournament(names, agents=(), *, repetitions=1, self_play=False, rules=None, seed=0) -> list[Event]:
    """Return the events of a round robin of strategies, some of which go by as agents."""
    played = [
        (pair, play(rules or rules_of(), [strategies.get(name) for name in pair.players], pair.seed))
        for pair in round_robin(names, repetitions=repetitions, self_play=self_play, seed=seed)
    ]
    lines = [
        events_of(match, number, repetition=pair.repetition, agents=agents)
        for number, (pair, match) in enumerate(played, start=1)
    ]
    return [event for line in lines for event in line]


def run_of(events: list[Event], *, ended: bool = True) -> list[Event]:
    """Return a whole run around the events of one step ``match``."""
    begin: list[Event] = [
        RunStarted(run="20261122-194501-prisoners_dilemma-k3f9", workflow="prisoners_dilemma", model=MODEL, seed=7),
        StepStarted(step="match", kind="game"),
    ]
    end: list[Event] = [StepFinished(step="match", state="done", seconds=21.0), RunFinished(state="done", events=1)]
    return begin + events + (end if ended else [])


@pytest.fixture(scope="session")
def game() -> SimpleNamespace:
    """What runs of games are made of."""
    return SimpleNamespace(
        rules=rules_of,
        segments=segments_of,
        decision=decision_of,
        checked=checked,
        events=events_of,
        tournament=tournament,
        run=run_of,
        model=MODEL,
    )


@pytest.fixture
def pdf_bytes():
    """Make a PDF with one text a page: ``pdf_bytes("first page", "second page")``."""

    def make(*pages: str):
        parts = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
        kids = []
        for text in pages:
            stream = f"BT /F1 18 Tf 72 700 Td ({text}) Tj ET".encode() if text else b""
            parts.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
            kids.append(len(parts) + 1)
            parts.append(
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
                b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(parts)
            )
        parts[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>".encode()
        data, places = b"%PDF-1.4\n", []
        for number, part in enumerate(parts, start=1):
            places.append(len(data))
            data += b"%d 0 obj\n%s\nendobj\n" % (number, part)
        table = b"".join(b"%010d 00000 n \n" % place for place in places)
        end = f"trailer << /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n".encode()
        return data + f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n".encode() + table + end

    return make


@pytest.fixture
def encrypted_pdf(pdf_bytes):
    """Make a PDF with one text, encrypted: ``encrypted_pdf("the text", "password", "RC4-128")``."""
    pypdf = pytest.importorskip("pypdf", reason="needs glasswork[knowledge]")

    def make(text: str, password: str, algorithm: str):
        if algorithm.startswith("AES"):
            pytest.importorskip("cryptography", reason="needs glasswork[knowledge]")
        writer, held = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_bytes(text))), io.BytesIO()
        writer.encrypt(password, "the owner's", algorithm=algorithm)
        writer.write(held)
        return held.getvalue()

    return make
