"""How the replay page looks, and what its switches do: the style sheet and the script that stand in it."""

from __future__ import annotations

STYLE = """\
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #5b6570; --line: #d5dae0; --wash: #f4f6f8;
  --private: #6b4e9b; --good: #1f6f4a; --bad: #a2202c; --focus: #1f6fb2;
  --c0: #1f6fb2; --c1: #b8500f; --c2: #2f7d5b; --c3: #8a3ea0; --c4: #a2202c; --c5: #60636b; --c6: #8a6d00;
  --c7: #00757f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --paper: #14171a; --soft: #9aa5b0; --line: #343b43;
  --wash: #1c2126; --private: #c3a6f2; --good: #5fbf94; --bad: #f07a84; --focus: #6cb2f0;
  --c0: #6cb2f0; --c1: #f0955a; --c2: #5fbf94; --c3: #cf8fe0; --c4: #f07a84; --c5: #aab0b8; --c6: #dcbc4a;
  --c7: #4cc6d0; } }
[hidden] { display: none !important; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem 1.5rem 4rem; max-width: 68rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: .5rem 0 0; } h2 { font-size: 1.15rem; margin: 1.5rem 0 .4rem; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .5rem; padding-bottom: .2rem; border-bottom: 1px solid var(--line); }
p.soft, .soft { color: var(--soft); font-size: .9rem; }
button, select, input { font: inherit; color: inherit; }
button, select { background: var(--wash); border: 1px solid var(--line); border-radius: .35rem; padding: .2rem .7rem; }
button[aria-pressed="true"], button[aria-current="true"] { background: var(--ink); color: var(--paper);
  border-color: var(--ink); }
button:disabled { opacity: .4; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
.bar { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: .6rem 0; }
.top { position: sticky; top: 0; z-index: 1; background: var(--paper); border-bottom: 1px solid var(--line);
  padding: .3rem 0; }
.scrub input { flex: 1 1 12rem; accent-color: var(--focus); } .scrub output { min-width: 6rem; color: var(--soft); }
ul.seats { list-style: none; display: flex; flex-wrap: wrap; gap: .5rem; margin: .4rem 0; padding: 0; }
ul.seats li { flex: 1 1 6.5rem; max-width: 11rem; border: 1px solid var(--line); border-top: .3rem solid var(--line);
  border-radius: .4rem; padding: .3rem .6rem; background: var(--wash); line-height: 1.35; }
ul.seats b { display: block; overflow-wrap: anywhere; } ul.seats small { display: block; color: var(--soft); }
ul.seats .card { font-size: .9rem; } .card.wolf { color: var(--bad); font-weight: 600; }
ul.seats li.gone { opacity: .55; } ul.seats li.gone b { text-decoration: line-through; }
ol.moments { list-style: none; margin: 0; padding: 0; }
ol.moments > li { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: .1rem .8rem; padding: .25rem .4rem;
  border-left: .2rem solid transparent; }
ol.moments > li.now { border-left-color: var(--focus); background: var(--wash); }
li .who { font-weight: 600; overflow-wrap: anywhere; } li .what { overflow-wrap: anywhere; white-space: pre-line; }
li.private .what { color: var(--private); font-style: italic; } li.news .what { font-weight: 600; }
li.break .what { color: var(--soft); font-size: .9rem; }
li.private .what small { font-style: normal; }
.thought { grid-column: 2; border-left: .15rem solid var(--private); padding: .1rem 0 .2rem .7rem; margin: .15rem 0;
  font-size: .9rem; color: var(--private); }
.thought p { margin: 0; overflow-wrap: anywhere; } .thought b { font-weight: 600; }
.thought .soft { font-size: inherit; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; } td.n { text-align: right; }
.wide { overflow-x: auto; } figure { margin: .5rem 0; } figcaption { color: var(--soft); font-size: .9rem; }
.true { color: var(--good); font-weight: 600; } .false { color: var(--bad); font-weight: 600; }
svg { max-width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .soft { fill: var(--soft); } svg .axis { stroke: var(--line); } svg .cursor { stroke: var(--focus); }
svg .curve { fill: none; stroke-width: 2; } svg .dash { stroke-dasharray: 5 3; }
.k0 { stroke: var(--c0); fill: var(--c0); } .k1 { stroke: var(--c1); fill: var(--c1); }
.k2 { stroke: var(--c2); fill: var(--c2); } .k3 { stroke: var(--c3); fill: var(--c3); }
.k4 { stroke: var(--c4); fill: var(--c4); } .k5 { stroke: var(--c5); fill: var(--c5); }
.k6 { stroke: var(--c6); fill: var(--c6); } .k7 { stroke: var(--c7); fill: var(--c7); }
svg text.k0, svg text.k1, svg text.k2, svg text.k3, svg text.k4, svg text.k5, svg text.k6, svg text.k7 {
  stroke: none; }
svg text.k0 { fill: var(--c0); } svg text.k1 { fill: var(--c1); } svg text.k2 { fill: var(--c2); }
svg text.k3 { fill: var(--c3); } svg text.k4 { fill: var(--c4); } svg text.k5 { fill: var(--c5); }
svg text.k6 { fill: var(--c6); } svg text.k7 { fill: var(--c7); }
@media (max-width: 40rem) { ol.moments > li { grid-template-columns: 1fr; } .thought { grid-column: 1; }
  .top { position: static; } }
@media print { :root { --paper: #fff; --ink: #000; --soft: #444; --wash: #f4f4f4; --line: #bbb; --private: #4a3570; }
  body { max-width: none; padding: 0; font-size: .85rem; } .bar { display: none; } .top { position: static; }
  h3 { break-after: avoid; } li, table, svg { break-inside: avoid; } ol.moments > li.now { background: none; } }
"""

SCRIPT = """\
"use strict";
(() => {
  const all = (root, what) => [...root.querySelectorAll(what)];
  const one = (root, what) => root.querySelector(what);
  const viewer = one(document, "#as");
  const thoughts = one(document, "#thoughts");
  const chooser = one(document, "#game");
  const who = () => (viewer ? viewer.value : "all");
  // who may know: "*" everybody, "" nobody but who sees all, else numbers of seats
  const sees = (seats) => who() === "all" || seats === "*" || seats.split(" ").includes(who());
  const number = (node, name) => Number(node.dataset[name] || 0);

  const setUp = (game) => {
    const moments = all(game, "ol.moments > li");
    const slider = one(game, "input[type=range]");
    const last = Number(slider.max);
    const go = { first: one(game, ".first"), back: one(game, ".back"), on: one(game, ".on"), end: one(game, ".end") };

    const draw = () => {
      const at = Number(slider.value);
      const shown = [];
      for (const moment of moments) {
        const known = sees(moment.dataset.seen);
        if (known) shown.push(moment);
        moment.hidden = !known || number(moment, "n") > at;
        moment.classList.remove("now");
      }
      for (const thought of all(game, ".thought")) {
        const asked = !thoughts || thoughts.getAttribute("aria-pressed") === "true";
        thought.hidden = !asked || !sees(thought.dataset.seen);
      }
      const reached = shown.filter((moment) => number(moment, "n") <= at);
      const now = reached[reached.length - 1];
      if (now && at < last) now.classList.add("now");
      const scenes = new Set(shown.map((moment) => moment.closest(".scene")));
      for (const scene of all(game, ".scene")) scene.hidden = !scenes.has(scene) || number(scene, "n") > at;
      for (const seat of all(game, ".seat")) drawSeat(seat, at);
      for (const part of all(game, "[data-from]")) {
        if (!part.classList.contains("card")) {
          part.hidden = number(part, "from") > at || !sees(part.dataset.seen);
        }
      }
      for (const mark of all(game, "[data-open]")) {
        const open = number(mark, "open");
        mark.hidden = who() !== "all" && !(open && at >= open);
      }
      for (const figure of all(game, "figure[data-view]")) figure.hidden = figure.dataset.view !== who();
      for (const cursor of all(game, ".cursor")) {
        const x = number(cursor, "left") + (at - 1) * number(cursor, "step");
        cursor.setAttribute("x1", x);
        cursor.setAttribute("x2", x);
      }
      const scene = now ? now.closest(".scene") : one(game, ".scene");
      for (const button of all(game, ".days button")) {
        button.hidden = ![...scenes].some((known) => known !== null && known.dataset.n === button.value);
        button.setAttribute("aria-current", String(scene !== null && button.value === scene.dataset.n));
      }
      const place = `${reached.length} of ${shown.length}`;
      slider.setAttribute("aria-valuetext", `happening ${place}`);
      one(game, "output").textContent = place;
      go.first.disabled = go.back.disabled = reached.length <= 1;
      go.on.disabled = go.end.disabled = reached.length >= shown.length;
      return { shown, reached, now };
    };

    const drawSeat = (seat, at) => {
      const died = number(seat, "died");
      const gone = died > 0 && died <= at;
      seat.classList.toggle("gone", gone);
      one(seat, ".life").textContent = gone ? seat.dataset.fate : "alive";
      let found = false;
      for (const card of all(seat, ".card")) {
        card.hidden = found || number(card, "from") > at || !sees(card.dataset.seen);
        found = found || !card.hidden;
      }
      one(seat, ".unknown").hidden = found;
    };

    const move = (to) => {
      slider.value = String(to);
      const { now } = draw();
      if (now) now.scrollIntoView({ block: "nearest" });
    };
    const step = (by) => {
      const { shown, reached } = draw();
      const next = shown[Math.min(shown.length, Math.max(1, reached.length + by)) - 1];
      if (next) move(by > 0 && next === shown[shown.length - 1] ? last : number(next, "n"));
    };
    slider.addEventListener("input", draw);
    go.first.addEventListener("click", () => move(1));
    go.back.addEventListener("click", () => step(-1));
    go.on.addEventListener("click", () => step(1));
    go.end.addEventListener("click", () => move(last));
    for (const button of all(game, ".days button")) {
      button.addEventListener("click", () => {
        const scene = one(game, `.scene[data-n="${button.value}"]`);
        move(Number(button.dataset.last));
        scene.scrollIntoView({ block: "start" });
        for (const other of all(game, ".days button")) other.setAttribute("aria-current", String(other === button));
      });
    }
    return draw;
  };

  const games = all(document, ".game");
  const draws = games.map(setUp);
  const refresh = () => draws.forEach((draw) => draw());
  if (viewer) viewer.addEventListener("change", refresh);
  if (thoughts) {
    thoughts.addEventListener("click", () => {
      thoughts.setAttribute("aria-pressed", String(thoughts.getAttribute("aria-pressed") !== "true"));
      refresh();
    });
  }
  if (chooser) {
    const choose = () => games.forEach((game, place) => { game.hidden = String(place) !== chooser.value; });
    chooser.addEventListener("change", choose);
    choose();
  }
  for (const bar of all(document, ".bar")) bar.hidden = false;
  refresh();
})();
"""
