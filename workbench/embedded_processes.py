"""Which processes belong to a server: told by name and working directory, never by a remembered pid."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


def processes(name: str, folder: Path) -> dict[int, int]:
    """The living processes of that name which work in `folder`, each with its parent: {pid: parent's pid}."""
    place = str(folder)
    # The kernel marks a folder that was removed under a running server; that server is still ours to end.
    places = {place, f"{place} (deleted)"}
    found = _from_proc(name) if sys.platform == "linux" else _from_lsof(name)
    return {pid: parent for pid, (parent, where) in found.items() if where in places}


def send(signum: signal.Signals, name: str, folder: Path, *, leaders_only: bool = False) -> None:
    """Signal a server's processes, or only those whose parent is not one of them."""
    found = processes(name, folder)
    for pid, parent in found.items():
        if not (leaders_only and parent in found):
            with suppress(ProcessLookupError):
                os.kill(pid, signum)


def _from_proc(name: str) -> dict[int, tuple[int, str]]:
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):  # it ended meanwhile, is a zombie, or is another user's
            if (entry / "comm").read_text().strip() == name:
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                found[int(entry.name)] = (int(parent), str((entry / "cwd").readlink()))
    return found


def _from_lsof(name: str) -> dict[int, tuple[int, str]]:
    """Without /proc (macOS): lsof prints one field a line: p(id), R (parent), n(ame of the cwd)."""
    command = ["/usr/sbin/lsof", "-a", "-c", name, "-d", "cwd", "-F", "pRn"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    found: dict[int, tuple[int, str]] = {}
    pid = parent = 0
    for line in listing.stdout.splitlines():
        match line[:1]:
            case "p":
                pid = int(line[1:])
            case "R":
                parent = int(line[1:])
            case "n":
                found[pid] = (parent, line[1:])
    return found
