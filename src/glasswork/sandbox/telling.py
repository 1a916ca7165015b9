"""Tells somebody of a program's output while it runs, without ever waiting for them."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from typing import Literal, cast

from glasswork.sandbox.base import OnOutput

LAST_SECONDS = 1.0
"""For a callback to take what is left, once the program has ended."""
STREAMS = ("stdout", "stderr")
_Piece = tuple[Literal["stdout", "stderr"], bytes]


class Telling:
    """Calls back from a thread of its own: at most ``cap`` bytes of each stream, so that no queue grows."""

    def __init__(self, on_output: OnOutput | None, cap: int) -> None:
        self._on_output, self._cap = on_output, cap
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._pieces: queue.SimpleQueue[_Piece | None] = queue.SimpleQueue()
        self._told = {stream: bytearray() for stream in STREAMS}
        self._closed = False
        if on_output is None:
            self._over.set()
        else:
            threading.Thread(target=self._work, name="glasswork output", daemon=True).start()

    def tell(self, stream: str, data: bytes) -> None:
        """Have the callback told of some more, up to the cap.

        Raises:
            ValueError: there is no such stream.
        """
        if stream not in STREAMS:
            raise ValueError("a stream that there is not")
        told = self._told[stream]
        data = data[: self._cap - len(told)]
        told += data
        if data:
            self._pieces.put((cast('Literal["stdout", "stderr"]', stream), data))

    def told(self, stream: str) -> bytes:
        """Return all that was told of a stream."""
        return bytes(self._told[stream])

    async def aclose(self) -> None:
        """Wait a moment for the callback to take what is left; it is not called again after that."""
        self._pieces.put(None)
        try:
            with contextlib.suppress(TimeoutError):  # too slow: the result is worth more
                await asyncio.wait_for(self._over.wait(), LAST_SECONDS)
        finally:
            self._closed = True

    def _work(self) -> None:
        problem: BaseException | None = None
        try:
            while not self._closed and (piece := self._pieces.get()) is not None and not self._closed:
                assert self._on_output is not None
                self._on_output(*piece)
        except BaseException as raised:  # noqa: BLE001 - whatever a callback does, the program's result counts
            problem = raised
        try:
            self._loop.call_soon_threadsafe(self._end, problem)
        except RuntimeError:
            return  # the loop was closed while the callback slept

    def _end(self, problem: BaseException | None) -> None:
        self._over.set()
        if problem is not None:
            told = "a callback for a sandbox's output raised; it is not called again for this program"
            self._loop.call_exception_handler({"message": told, "exception": problem})
