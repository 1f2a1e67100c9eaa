"""Several long-running commands as one: what dies is started again, and when we leave nothing stays behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

GRACE_SECONDS = 30.0  # a worker finishes the batch it has begun
HURRY_SECONDS = 5.0  # after the second signal, which RQ takes as "drop the job now"
STEADY_SECONDS = 60.0  # who lived this long starts afresh, not with a growing pause
LONGEST_PAUSE_SECONDS = 30.0
TICK_SECONDS = 0.1
CHORE_SECONDS = 5.0

LEAVE = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
PARENT = "WORKBENCH_PARENT"
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Part:
    """A command that has to run as long as we do."""

    name: str
    command: Sequence[str]


@dataclass(slots=True)
class _Running:
    part: Part
    process: subprocess.Popen[bytes]
    since: float
    pause: float = 1.0
    again_at: float | None = None


@dataclass(slots=True)
class _Asked:
    """How often we were asked to leave."""

    times: int = field(default=0)

    def note(self, _signum: int, _frame: FrameType | None) -> None:
        self.times += 1


def supervise(
    parts: Sequence[Part],
    *,
    environment: Mapping[str, str],
    said: Callable[[str, int, float], None],
    chore: Callable[[], None] = lambda: None,
) -> None:
    """Run every part until SIGTERM, SIGINT or SIGHUP, then see all of them off.

    `chore` is called every few seconds; `said(name, exit code, pause in seconds)` when a part died and will be
    started again. The first signal asks the parts to end, a second one (or `GRACE_SECONDS`) hurries them,
    and what is left after that is killed.
    """
    with _signals() as asked:
        running = [_Running(part, _launch(part, environment), time.monotonic()) for part in parts]
        try:
            next_chore = time.monotonic() + CHORE_SECONDS
            while not asked.times:
                for each in running:
                    _keep_alive(each, environment, said)
                if time.monotonic() > next_chore:
                    chore()
                    next_chore = time.monotonic() + CHORE_SECONDS
                time.sleep(TICK_SECONDS)
        finally:
            _see_off([each.process for each in running], asked)


def die_with_parent() -> None:
    """End this process when the supervisor that started it is gone, also by `kill -9` (Linux only)."""
    parent = os.environ.pop(PARENT, None)
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    if os.getppid() != int(parent):  # it was gone before we asked
        raise SystemExit(0)


def _launch(part: Part, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """In a process group of its own: Ctrl-C reaches the supervisor only, which then asks each part once."""
    mine = {**environment, PARENT: str(os.getpid())}
    return subprocess.Popen(  # noqa: S603 (our own commands)
        part.command, env=mine, stdin=subprocess.DEVNULL, process_group=0
    )


def _keep_alive(each: _Running, environment: Mapping[str, str], said: Callable[[str, int, float], None]) -> None:
    now = time.monotonic()
    code = each.process.poll()
    if code is None:
        return
    if each.again_at is None:
        if now - each.since > STEADY_SECONDS:
            each.pause = 1.0
        each.again_at = now + each.pause
        said(each.part.name, code, each.pause)
        each.pause = min(each.pause * 2, LONGEST_PAUSE_SECONDS)
    elif now >= each.again_at:
        each.process, each.since, each.again_at = _launch(each.part, environment), now, None


def _see_off(processes: Sequence[subprocess.Popen[bytes]], asked: _Asked) -> None:
    _ask(processes)
    already = asked.times
    _wait(processes, GRACE_SECONDS, unless=lambda: asked.times > already)
    _ask(processes)
    _wait(processes, HURRY_SECONDS)
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):  # the group: what a part started must not outlive it either
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _ask(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()


def _wait(
    processes: Sequence[subprocess.Popen[bytes]], seconds: float, *, unless: Callable[[], bool] = lambda: False
) -> None:
    deadline = time.monotonic() + seconds
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline and not unless():
        time.sleep(TICK_SECONDS / 2)


@contextmanager
def _signals() -> Iterator[_Asked]:
    """Count the signals that ask us to leave instead of dying by them; what nohup ignores stays ignored."""
    asked = _Asked()
    wanted = [signum for signum in LEAVE if signal.getsignal(signum) is not signal.SIG_IGN]
    before = {signum: signal.signal(signum, asked.note) for signum in wanted}
    try:
        yield asked
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
