"""One thread of a stepped program: a greenlet that stops before each access."""

from __future__ import annotations

from functools import cache, lru_cache
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

from greenlet import GreenletExit, getcurrent, greenlet

from lockfree_core.drive.account import is_refused
from lockfree_core.drive.nodes import role_of
from lockfree_core.drive.stepping.nodes import has_text
from lockfree_core.drive.stepping.pending import Pending
from lockfree_core.drive.stepping.program import WORK, Call, Method
from lockfree_core.trace.layout import INTEGER_FLAG, Kind, Outcome

if TYPE_CHECKING:
    from lockfree_core.drive.stepping.memory import ScheduledMemory

__all__ = ["SteppedLane"]

_EMPTY: Final = object()
_HERE: Final = __name__
_UNSEEN: Final = -1
_MACHINERY: Final = {"__call__", "__next__", "cell_id"}  # what has one of these is a function, an iterator, a cell


class SteppedLane:
    """A thread: its program, what it is about to do, and what it has done.

    ``pending`` is its next step, None once it has ended. Its locals are told of as they change: at each stop the
    frames of the algorithm are compared with what the trace knows.
    """

    def __init__(
        self, index: int, calls: tuple[Call, ...], memory: ScheduledMemory, structure: Any, methods: tuple[Method, ...]
    ) -> None:
        self.index = index
        self.calls = calls
        self.pending: Pending | None = None
        self.killed = False
        self.raised = ""
        self.waits_for: Any = None
        self.rests_until = 0
        self.results: list[str] = []
        self.starts: list[int] = []  # the step in which each operation began, and
        self.ends: list[int] = []  # the one in which it returned
        # The running operation, as records tell of it.
        self.fresh = False
        self.operation = -1
        self.argument = self.number = 0
        self.attempts = self.losses = self.flying = self.inserted = self.removed = 0
        self._memory = memory
        self._recorder = memory.recorder
        self._structure = structure
        self._methods = methods
        self._effect = ""
        self._items = 0
        self._effected = False
        self._shown: dict[str, int] = {}  # the locals that the trace knows, with their codes
        self._origins: dict[int, int] = {}  # the cell that each value code was last read from
        self._hub: Any = None
        self._greenlet = greenlet(self._run)

    # -- called by the stepper

    @property
    def ended(self) -> bool:
        """Whether it has nothing left to do."""
        return self.pending is None

    def resume(self) -> None:
        """Let it take its next step, or come to its first one."""
        self._hub = getcurrent()
        self._memory.lane = self
        try:
            self._greenlet.switch()
        finally:
            self._memory.lane = None

    @property
    def frame(self) -> FrameType | None:
        """Where it is suspended; None once it has ended."""
        frame: FrameType | None = self._greenlet.gr_frame
        return frame

    @property
    def effected(self) -> bool:
        """Whether the running operation has taken effect."""
        return self._effected

    def told(self) -> tuple[dict[str, int], dict[int, int]]:
        """The locals that the trace knows with their codes, and the cell that each code was last read from."""
        return self._shown, self._origins

    def abandon(self) -> None:
        """Unwind it; the memory must be detached, or the unwinding would be recorded."""
        if self._greenlet:
            self._greenlet.throw(GreenletExit)

    # -- called by cells

    def arrive(self, pending: Pending, frame: FrameType | None) -> None:
        """Stop before an access, until it is its turn."""
        if frame is not None:
            self._tell_locals(frame)
        self.pending = pending
        self._hub.switch()

    def bound(self, target: str | None, value: Any, cell: int) -> None:
        """An access read a value from a cell (0: made it), and the trace will bind it to that local."""
        code = self.read(value, cell)
        if target is not None:
            self._shown[target] = code

    def read(self, value: Any, cell: int) -> int:
        """An access read a value from a cell; gives the value's code."""
        code = self._memory.encode(value)
        self._origins[code] = cell
        return code

    def stored(self, name: str) -> None:
        """It wrote a cell of that name, without a compare-and-swap."""
        if role_of(name) == self._effect:
            self._takes_effect()

    def decided(self, won: bool, decisive: bool, name: str) -> None:
        """A compare-and-swap on a cell of that name was won or lost."""
        if won and role_of(name) == self._effect:
            self._takes_effect()
        if decisive:
            self.attempts += 1
            self.losses += not won

    # -- inside

    def _run(self) -> None:
        for number, call in enumerate(self.calls, 1):
            self._begin(number, call)
            try:
                result = self._perform(call)
            except GreenletExit:
                raise
            except Exception as error:  # whatever an algorithm under study may raise
                self._raise(error)
                return
            self._end(call, result)
        self._recorder.write(self, Kind.STOPPED, 0, 0, 0, 0, 0)
        self.pending = None

    def _begin(self, number: int, call: Call) -> None:
        self.fresh = True
        self.number = number
        self.attempts = self.losses = 0
        self._effected = False
        self._shown = {}
        self._origins = {}
        self.argument = self._memory.encode_arguments(call.arguments)
        for index, method in enumerate(self._methods):
            if method.name == call.name:
                self.operation, self._effect, self._items = index, method.effect, method.items
                return
        self.operation, self._effect, self._items = len(self._methods), "", 0

    def _perform(self, call: Call) -> Any:
        if call.name == WORK:
            for step in range(1, call.arguments[0] + 1):
                self.arrive(Pending("work", 0), None)
                name = self._memory.intern("step")
                self._recorder.write(self, Kind.LOCAL, 0, name, 0, self._memory.encode(step), 0)
            return None
        method = getattr(self._structure, call.name)
        result = method(_EMPTY) if self._items < 0 else method(*call.arguments)
        if self.fresh:  # it has touched nothing; then its return is its step
            self.arrive(Pending("return", 0), None)
        return result

    def _end(self, call: Call, result: Any) -> None:
        empty = result is _EMPTY
        code = 0 if empty else self._memory.encode(result)
        self.flying = 0
        if self._items > 0 and not self._effected and not is_refused(result):
            self.inserted += 1  # its caller was told that it is inside
        outcome = Outcome.EMPTY if empty else Outcome.VALUE
        self._recorder.write(self, Kind.END, 0, self.operation, self.attempts, code, outcome)
        self.ends.append(self._recorder.step)
        self.results.append("empty" if empty else self._recorder.words.value(code))
        self.operation = -1

    def _raise(self, error: Exception) -> None:
        self.raised = f"{type(error).__name__}: {error}"
        self._recorder.raised(self, self._memory.intern(self.raised), self.raised)
        self.pending = None

    def _takes_effect(self) -> None:
        self._effected = True
        if self._items > 0:
            self.inserted += 1
        elif self._items < 0:
            self.removed += 1
            self.flying = 1

    def _tell_locals(self, frame: FrameType) -> None:
        """Record which locals of the algorithm have changed since it last stopped."""
        if self.fresh:
            return  # nothing of this operation has been recorded yet; what it has computed is told after its first step
        frames: list[FrameType] = []
        walk: FrameType | None = frame
        while walk is not None and walk.f_globals.get("__name__") != _HERE:
            frames.append(walk)
            walk = walk.f_back
        memory, write, shown = self._memory, self._recorder.write, self._shown
        current: dict[str, int] = {}
        for found in reversed(frames):
            values = found.f_locals
            for name in _interesting(found.f_code):
                value = values.get(name, memory)
                number = getattr(value, "trace_id", None)
                if number is not None:
                    current[name] = number
                elif value is None or _is_tellable(value.__class__):
                    current[name] = memory.encode(value)
        if current == shown:
            self._shown = current  # in the order of the code, whatever happened before
            return
        for name, code in current.items():
            if shown.get(name, _UNSEEN) != code:
                # A number may be there for any reason; only a node was certainly read where nodes like it are read.
                origin = 0 if code & INTEGER_FLAG else self._origins.get(code, 0)
                write(self, Kind.LOCAL, 0, memory.intern(name), origin, code, 0)
        for name in shown:
            if name not in current:
                write(self, Kind.LOCAL, 0, memory.intern(name), 0, 0, 1)
        self._shown = current


@cache
def _interesting(code: CodeType) -> tuple[str, ...]:
    """The locals of a function that are worth telling: all but its parameters."""
    parameters = code.co_argcount + code.co_kwonlyargcount
    return tuple(name for name in code.co_varnames[parameters:] if not name.startswith("_"))


@lru_cache(256)
def _is_tellable(kind: type) -> bool:
    """Values, not machinery: what has a text; no cell, function, iterator, or container that is being filled."""
    known = {name for base in kind.__mro__ for name in vars(base)}
    return has_text(kind) and not issubclass(kind, dict | list | set) and known.isdisjoint(_MACHINERY)
