"""Every error a user of Glasswork can meet.

    GlassworkError                 code, exit status, what to do about it
    ├── UserError                  the user's files, words or set-up are wrong; printed without a traceback
    │   ├── DefinitionError        one or more problems in definition files, each with file, line, column
    │   ├── NotFound               a name that nothing answers to; suggests the nearest
    │   └── MissingExtra           a heavy part that is not installed; names the extra
    ├── ModelError                 a model did not answer as asked
    │   ├── ModelUnreachable       refused, reset, or not started            (retryable)
    │   ├── ModelTimeout           no full answer before the deadline        (retryable)
    │   ├── ModelBusy              429, 503: try again later                 (retryable)
    │   ├── ModelServerError       5xx, or an answer that is no answer       (retryable)
    │   ├── InvalidOutput          an answer not of the form that was asked  (retryable)
    │   ├── ContextOverflow        the prompt does not fit the context
    │   └── ModelRefused           any other 4xx: wrong key, unknown model, bad request
    ├── WeightsError               a download or a hash went wrong
    ├── ToolError                  a tool model did not do what it was called for
    │   ├── BadArguments           it was called with what it does not take; every problem at once
    │   ├── ToolUnavailable        it cannot be called here: not installed, not allowed, not set up
    │   ├── ToolTimeout            no result before the deadline          (retryable)
    │   ├── ToolUnreachable        whoever does the work does not answer  (retryable)
    │   └── ToolFailed             it was called rightly, and could not
    ├── PlanFailed                 no plan for a request holds together; what is wrong with the last one
    ├── SandboxError               no sandbox, or a sandbox that broke
    │   └── SandboxUnavailable     says what to install
    ├── LogError                   the log cannot be written or read
    │   ├── LogLocked              another process writes this log
    │   ├── LogFull                no space left; what is written stays valid
    │   ├── LogCorrupt             the chain does not hold; names the event
    │   └── Diverged               running again does not do what the log says; names the event
    ├── BudgetExceeded             a call would pass the budget; it was not made
    ├── ExplanationFailed          an explanation did not hold in a test, and its workflow demands that it does
    ├── Waiting                    something is not there yet: a person's answer
    └── StageOrderError            a decision's stages were called out of order (a programming error)

Codes are stable: they are what ``retry: {on: [...]}`` in a workflow and ``--json`` output speak of.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class GlassworkError(Exception):
    """The root. ``hint`` is one sentence that tells the user what to do next, or empty."""

    code = "error"
    retryable = False
    exit_status = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UserError(GlassworkError):
    """What the user wrote, typed or set up is wrong."""

    code = "user_error"
    exit_status = 2


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong at one place of a definition file. Lines and columns count from 1; 0 means unknown."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = self.file if not self.line else f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.message}"


class DefinitionError(UserError):
    """Definition files that cannot be used: every problem found, in reading order."""

    code = "definition"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NotFound(UserError):
    """A name that nothing answers to."""

    code = "not_found"

    def __init__(self, kind: str, name: str, known: Iterable[str] = (), *, hint: str = "") -> None:
        self.known = tuple(sorted(known))
        super().__init__(f"no {kind} named {name!r}{did_you_mean(name, self.known)}", hint=hint)


class MissingExtra(UserError):
    """A part that is not installed."""

    code = "missing_extra"

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} is not installed", hint=f"install it with: pip install 'glasswork[{extra}]'")


class ModelError(GlassworkError):
    """A model did not answer as asked.

    ``raw`` holds what it did answer, where it answered at all; ``spent`` the tokens that it read and wrote, as far as
    that is known.
    """

    code = "model"
    spent: tuple[int, int] = (0, 0)

    def __init__(self, message: str, *, hint: str = "", raw: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.raw = raw
        self.retry_after = retry_after


class ModelUnreachable(ModelError):
    """Nobody answers at the server's address, or the connection broke."""

    code = "unreachable"
    retryable = True


class ModelTimeout(ModelError):
    """No full answer before the deadline."""

    code = "timeout"
    retryable = True


class ModelBusy(ModelError):
    """The server asks to come back later (429, 503). ``retry_after`` is in seconds where it said when."""

    code = "busy"
    retryable = True


class ModelServerError(ModelError):
    """The server failed (5xx), or its answer is no answer: HTML, nothing, half a JSON, no choices."""

    code = "server_error"
    retryable = True


class InvalidOutput(ModelError):
    """The model answered, but not in the form that was asked, and repair did not help."""

    code = "invalid_output"
    retryable = True


class ContextOverflow(ModelError):
    """The prompt and its answer do not fit the model's context; asking again cannot help."""

    code = "context_overflow"


class ModelRefused(ModelError):
    """The server will not serve this request: wrong key, unknown model, malformed request."""

    code = "refused"


class WeightsError(GlassworkError):
    """Model weights could not be fetched, or are not the ones that the catalogue names."""

    code = "weights"


class ToolError(GlassworkError):
    """A tool model did not do what it was called for."""

    code = "tool"


class BadArguments(ToolError):
    """A tool model was called with what it does not take. ``problems`` are all of them."""

    code = "bad_arguments"
    exit_status = 2

    def __init__(self, tool: str, problems: Iterable[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{tool}: {problem}" for problem in self.problems), hint=hint)


class ToolUnavailable(ToolError):
    """A tool model cannot be called here. ``extra`` is the extra to install, where that is what is missing."""

    code = "unavailable"
    exit_status = 2

    def __init__(self, message: str, *, hint: str = "", extra: str = "") -> None:
        super().__init__(message, hint=hint or (f"install it with: pip install 'glasswork[{extra}]'" if extra else ""))
        self.extra = extra


class ToolTimeout(ToolError):
    """No result before the deadline; what was at work was stopped, where it is ours to stop."""

    code = "timeout"
    retryable = True


class ToolUnreachable(ToolError):
    """Whoever does a tool model's work does not answer, or the connection broke."""

    code = "unreachable"
    retryable = True


class ToolFailed(ToolError):
    """A tool model was called rightly, and could not do it; the message says why."""

    code = "failed"


class PlanFailed(GlassworkError):
    """A request was planned as often as may be, and no plan holds together. ``problems``: of the last one."""

    code = "plan"

    def __init__(self, problems: Iterable[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        told = "; ".join(problem.replace("\n", " ") for problem in self.problems)
        super().__init__(f"no plan for this request holds together: {told}", hint=hint)


class SandboxError(GlassworkError):
    """A sandbox broke. What a *program* does wrong is a result, never this."""

    code = "sandbox"


class SandboxUnavailable(SandboxError):
    """No sandbox can be had on this machine; the hint says how to get one."""

    code = "sandbox_unavailable"
    exit_status = 2


class LogError(GlassworkError):
    """A log cannot be written or read."""

    code = "log"


class LogLocked(LogError):
    """Another process writes this log."""

    code = "log_locked"


class LogFull(LogError):
    """No space is left on the device; everything acknowledged so far is kept and valid."""

    code = "log_full"


class LogCorrupt(LogError):
    """The chain does not hold: an event was changed, moved, removed or repeated."""

    code = "log_corrupt"


class Diverged(LogError):
    """A run that is run again does something else than its log says; ``event`` is the number of the first such event,
    or 0 where the log holds nothing of the kind.
    """

    code = "diverged"

    def __init__(self, message: str, *, event: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.event = event


class BudgetExceeded(GlassworkError):
    """The next call would pass a budget, so it was not made. ``of``: the step whose budget it is; empty: the run's."""

    code = "budget"

    def __init__(self, message: str, *, hint: str = "", of: str = "") -> None:
        super().__init__(message, hint=hint)
        self.of = of


class ExplanationFailed(GlassworkError):
    """A workflow demands that an explanation holds, and it did not; or nobody could say whether it does."""

    code = "explanation_failed"


class Waiting(GlassworkError):
    """A step cannot go on before something comes from outside; what does not need the step goes on without it."""

    code = "waiting"


class StageOrderError(GlassworkError):
    """A stage was entered that may not follow the one before."""

    code = "stage_order"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"``, or the known names when none is near, or nothing when none are known."""
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(names[:12])}" if names else ""
