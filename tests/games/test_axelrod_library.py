"""The axelrod library as opponents: by a stand-in that does what is hard about it; and, marked slow, the library itself."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from glasswork.errors import GlassworkError, MissingExtra, NotFound, UserError
from glasswork.games import FixedHorizon, RandomHorizon, Round, Rules, View, play, play_async, preset, strategies
from glasswork.games import axelrod as library_module
from glasswork.games.axelrod import (
    VERSION,
    axelrod_library,
    axelrod_strategies,
    axelrod_strategy,
    fits_axelrod,
    open_axelrod,
)
from glasswork.games.rules import generator

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "axelrod_moves.json").read_text(encoding="utf-8"))
GAME = preset("prisoners_dilemma_axelrod").game


@pytest.fixture
def stand_in(monkeypatch):
    folder = str(HERE / "stand_in")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", folder)
    return monkeypatch


def rules(rounds=10, **changes):
    return Rules(game=GAME, horizon=FixedHorizon(rounds=rounds), **changes)


async def seconds(work):
    began = time.monotonic()
    result = await work
    return result, time.monotonic() - began


# --- what is known without the library ------------------------------------------------------------------------------


def test_its_strategies_are_known_without_it():
    known = axelrod_strategies()
    assert len(known) == 241
    assert known["Tit For Tat"].about == "remembers one round"
    assert known["Random"].about == "remembers nothing, throws dice"
    assert known["DBS"].about == "remembers all rounds, takes long"
    assert (
        json.loads((Path(library_module.__file__).parent / "axelrod_strategies.json").read_text())["version"] == VERSION
    )


def test_an_unknown_strategy_suggests_the_nearest():
    with pytest.raises(NotFound, match="did you mean 'First by Tideman and Chieruzzi'"):
        axelrod_strategy("First by Tideman & Chieruzzi")


def test_who_cheats_is_refused_with_the_reason():
    with pytest.raises(UserError, match="Darwin of the axelrod library does not play by the rules"):
        axelrod_strategy("Darwin")


@pytest.mark.parametrize(("name", "fits"), [("chicken", True), ("game_7", True), ("public_goods", False)])
def test_which_games(name, fits):
    assert fits_axelrod(preset(name).game) is fits


async def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(library_module, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"glasswork\[axelrod\]"):
        await open_axelrod()


# --- the process ----------------------------------------------------------------------------------------------------


async def test_the_library_plays_what_was_done_not_what_was_meant(stand_in):
    """The stand-in repeats what the other did, and its own slips are no reason to ask it twice."""
    async with axelrod_library() as library:
        players = [library.player("Tit For Tat", seed=4, name="champ"), strategies.get("random")]
        match = await play_async(rules(40, noise=0.3), players, 4)
    assert match.players == ("champ", "random")
    assert match.rounds[0].said[0] == "cooperate"
    assert any(each.said != each.moves for each in match.rounds)
    for before, now in zip(match.rounds, match.rounds[1:], strict=False):
        assert now.said[0] == before.moves[1]


async def test_a_strategy_is_told_the_length_only_where_the_rules_tell_it(stand_in):
    async def last(horizon, **changes):
        players = [library.player("Stalker", seed=0), strategies.get("cooperator")]
        told = Rules(game=changes.pop("game", GAME), horizon=horizon, **changes)
        return "".join(each.moves[0][0] for each in (await play_async(told, players, 3)).rounds)

    async with axelrod_library() as library:
        assert await last(FixedHorizon(rounds=4)) == "cccd"
        assert await last(FixedHorizon(rounds=4, told=False)) == "cccc"
        assert {*await last(RandomHorizon(stop=0.2))} == {"c"}
        assert (await last(FixedHorizon(rounds=2), noise=1e-9)) == "dd"
        assert (await last(FixedHorizon(rounds=2), game=preset("stag_hunt").game)) == "ss"


async def test_payoffs_are_a_players_own_in_either_seat(stand_in):
    """Only the column player of game 20 gains by the last action against the first."""
    game = next(g for g in (preset(f"game_{n}").game for n in range(1, 145)) if tempting(g, 1) and not tempting(g, 0))
    async with axelrod_library() as library:
        players = [library.player("Stalker", seed=0), library.player("Stalker", seed=0)]
        match = await play_async(Rules(game=game, horizon=FixedHorizon(rounds=3)), players, 0)
    assert match.rounds[-1].moves == (game.legal(0)[0], game.legal(1)[1])


def tempting(game, seat):
    first, second = game.legal(seat)
    other = game.legal(1 - seat)[0]
    paid = [game.pay((own, other) if seat == 0 else (other, own))[seat] for own in (first, second)]
    return paid[1] > paid[0]


@pytest.fixture(scope="module")
def moody():
    """One match against the stand-in's dice, in one go."""

    async def whole():
        async with axelrod_library() as library:
            players = [library.player("Random", seed=9), strategies.get("joss")]
            return await play_async(rules(30, noise=0.1), players, 9)

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HERE / "stand_in"))
        patch.setenv("PYTHONPATH", str(HERE / "stand_in"))
        return asyncio.run(whole())


@pytest.mark.parametrize("played", [0, 1, 17, 29])
async def test_a_resumed_match_goes_on_as_the_uninterrupted_one(stand_in, moody, played):
    async with axelrod_library() as library:
        players = [library.player("Random", seed=9), strategies.get("joss")]
        assert await play_async(rules(30, noise=0.1), players, 9, rounds=moody.rounds[:played]) == moody


async def test_a_void_round_changes_nothing_but_the_time(stand_in, script):
    async with axelrod_library() as library:
        clear = [library.player("Random", seed=2), script(["defect"] * 6)]
        void = [library.player("Random", seed=2), script(["defect", "?", "?", "defect", "defect", "defect"])]
        told, again = [await play_async(rules(6), one, 2) for one in (clear, void)]
    done = [each.moves for each in again.played]
    assert done == [each.moves for each in told.rounds[: len(done)]]
    assert len(done) == 4


async def test_seeds_and_seats_draw_each_their_own(stand_in):
    async def moves(seed):
        players = [library.player("Random", seed=seed), library.player("Random", seed=seed)]
        match = await play_async(rules(40), players, seed)
        return [tuple(each.moves[seat] for each in match.rounds) for seat in (0, 1)]

    async with axelrod_library() as library:
        one, other, again = [await moves(seed) for seed in (1, 2, 1)]
    assert one == again
    assert len({*one, *other}) == 4


async def test_one_process_plays_all_matches_at_once(stand_in):
    async with axelrod_library() as library:

        async def match(seed):
            players = [library.player("Random", seed=seed), library.player("Tit For Tat", seed=seed)]
            return await play_async(rules(5), players, seed)

        together = await asyncio.gather(*(match(seed) for seed in range(60)))
        apart = [await match(seed) for seed in range(60)]
    assert together == apart


async def test_a_strategy_that_cannot_play_a_game_says_why(stand_in):
    async with axelrod_library() as library:
        with pytest.raises(UserError, match=r"ZD-Extort-2 .* cannot play the prisoner's dilemma: ValueError: no such"):
            await play_async(rules(), [library.player("ZD-Extort-2", seed=0), strategies.get("joss")], 0)
        goods = preset("public_goods")
        four = [library.player("Tit For Tat", seed=0), *[strategies.get("cooperator")] * 3]
        with pytest.raises(UserError, match="cannot play public goods: it is for games of two players with two act"):
            await play_async(goods, four, 0)
        match = await play_async(rules(), [library.player("Tit For Tat", seed=0), strategies.get("joss")], 0)
        assert len(match.rounds) == 10, "the others play on"


# --- how it starts and ends -----------------------------------------------------------------------------------------


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def our_children():
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


async def test_starting_is_told(stand_in):
    stand_in.setenv("STAND_IN_SECONDS", "1.2")
    told = []
    async with axelrod_library(told.append):
        pass
    assert told[0].startswith("the axelrod library: 0 s")
    assert len(told) >= 2


async def test_a_start_that_fails_says_why(stand_in):
    stand_in.setenv("STAND_IN_BREAKS", "1")
    with pytest.raises(GlassworkError, match=r"(?s)has ended.*broken on purpose"):
        await open_axelrod()


async def test_another_version_is_refused(stand_in):
    stand_in.setenv("STAND_IN_VERSION", "4.14.0")
    with pytest.raises(UserError, match=r"version 4\.13\.1 of the axelrod library, and 4\.14\.0 is installed"):
        await open_axelrod()


async def test_cancelled_while_it_starts_nothing_is_left(stand_in):
    stand_in.setenv("STAND_IN_SECONDS", "60")
    opening = asyncio.ensure_future(open_axelrod())
    await asyncio.sleep(0.5)
    children = our_children()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert children
    assert not any(alive(pid) for pid in children)


async def test_a_start_that_takes_too_long_is_given_up(stand_in):
    stand_in.setenv("STAND_IN_SECONDS", "60")
    stand_in.setattr(library_module, "START_SECONDS", 0.2)
    with pytest.raises(GlassworkError, match="was not there after"):
        await open_axelrod()


async def test_it_is_closed_whatever_it_is_doing(stand_in):
    library = await open_axelrod()
    stuck = asyncio.ensure_future(play_async(rules(), [library.player("DBS", seed=0), strategies.get("joss")], 0))
    await asyncio.sleep(0.2)
    _, took = await seconds(library.aclose())
    await library.aclose()
    assert took < 5
    with pytest.raises(GlassworkError, match="the process of the axelrod library has ended"):
        await stuck
    gc.collect()  # an open pipe would be told of here, as an error


async def test_where_it_ends_by_itself_every_match_is_told(stand_in):
    async with axelrod_library() as library:
        players = [library.player("Defector", seed=0), library.player("Tit For Tat", seed=0)]
        with pytest.raises(GlassworkError, match=r"(?s)has ended.*ended on purpose"):
            await play_async(rules(), players, 0)
        with pytest.raises(GlassworkError, match="has ended"):
            await play_async(rules(), players, 0)


KILLED = """
import asyncio
from glasswork.games.axelrod import open_axelrod
async def main():
    library = await open_axelrod()
    print(library._process.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


def test_it_ends_with_us_also_where_we_are_killed(stand_in):
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True) as ours:
        assert ours.stdout is not None
        worker = int(ours.stdout.readline())
        assert alive(worker)
        ours.send_signal(signal.SIGKILL)
        ours.wait(10)
    deadline = time.monotonic() + 10
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(worker)


# --- the library itself ---------------------------------------------------------------------------------------------

real = pytest.mark.skipif(find_spec("axelrod") is None, reason="the extra 'axelrod' is not installed")
ROUNDS, SCRIPTS, NAMES = RECORDED["rounds"], RECORDED["scripts"], RECORDED["strategies"]


CALLED = RECORDED["called"]


class Script:
    """Does what is written down for each round, whatever the other does."""

    name = "script"

    def __init__(self, moves):
        self.moves = moves

    def move(self, view, _rng):
        return view.actions["CD".index(self.moves[view.number - 1])]


def decoded(row):
    return ["".join("CD"[int(digit)] for digit in f"{int(number, 16):0{ROUNDS}b}") for number in row.split()]


def written(match, seat=0):
    return "".join("D" if each.said[seat] == "defect" else "C" for each in match.rounds)


async def against_scripts(library, name):
    played = [
        play_async(rules(ROUNDS), [library.player(CALLED[name], seed=0), Script(moves)], 0)
        for moves in SCRIPTS.values()
    ]
    return [written(match) for match in await asyncio.gather(*played)]


async def with_slips(library, name, script):
    """Play against a script, done being the opposite of meant wherever a slip is recorded; return what was meant."""
    labels, player, played = GAME.actions[0], library.player(CALLED[name], seed=0), []
    for number, (theirs, slip) in enumerate(zip(script, RECORDED["slips"], strict=True), start=1):
        meant = await player.move(View(rules(ROUNDS), played, 0), generator(0))
        done = labels[labels.index(meant) ^ int(slip)], labels["CD".index(theirs)]
        played.append(Round(number=number, said=(meant, done[1]), moves=done, payoffs=GAME.pay(done)))
    return "".join("CD"[labels.index(each.said[0])] for each in played)


@real
@pytest.mark.slow
async def test_every_strategy_that_both_have_moves_as_recorded_and_as_ours():
    """Against every script, with and without slips, and against each other; through the worker, from the golden file."""
    async with axelrod_library() as library:
        for name in NAMES:
            plain = await against_scripts(library, name)
            assert plain == decoded(RECORDED["against scripts"][name]), name
            ours = [play(rules(ROUNDS), [strategies.get(name), Script(moves)], 0) for moves in SCRIPTS.values()]
            assert plain == [written(match) for match in ours], name
            slipped = await asyncio.gather(*(with_slips(library, name, moves) for moves in SCRIPTS.values()))
            assert slipped == decoded(RECORDED["with slips"][name]), name
            mixed = [
                play_async(rules(ROUNDS), [library.player(CALLED[name], seed=0), strategies.get(other)], 0)
                for other in NAMES
            ]
            met = [written(match) for match in await asyncio.gather(*mixed)]
            assert met == decoded(RECORDED["against each other"][name]), name


@real
@pytest.mark.slow
async def test_all_240_play_at_once_and_go_on_from_any_round():
    """Ten rounds of each against a random player, in a few seconds; each half match goes on as the whole one did."""

    async def match(name, rounds=()):
        players = [library.player(name, seed=7), strategies.get("random")]
        return await play_async(rules(noise=0.1), players, 7, rounds=rounds)

    async with axelrod_library() as library:
        whole, took = await seconds(asyncio.gather(*(match(name) for name in library.names())))
        assert len(whole) == 240
        assert took < 20, "measured at 3.9 s; the bound is for busy machines"
    async with axelrod_library() as library:  # another process, as after a crash
        halves = await asyncio.gather(*(match(each.players[0], each.rounds[:5]) for each in whole))
    assert [each.players[0] for each, again in zip(whole, halves, strict=True) if each != again] == []
    assert {each.ended for each in whole} == {"horizon"}


@real
@pytest.mark.slow
def test_what_is_known_of_its_strategies_is_what_it_says_of_them():
    asking = "import axelrod, json; print(json.dumps([axelrod.__version__, *(s.name for s in axelrod.all_strategies)]))"
    said = subprocess.run([sys.executable, "-W", "ignore", "-c", asking], capture_output=True, text=True, check=True)
    assert json.loads(said.stdout) == [VERSION, *axelrod_strategies()]
