"""One server for the tests of a file; who logs in where is each test's own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import PASSWORD, Cast, hire
from tests.conftest import WORKER, clone, run_sql
from tests.web.door import Door, open_door
from tests.web.provider import Provider
from workbench import db
from workbench.rules.passwords import hashed


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def house(servers) -> Iterator[tuple[str, Cast]]:
    """A database with the cast in it, whose passwords are all the same."""
    name = f"door_{WORKER}_{os.urandom(4).hex()}"
    url = clone(servers, name)
    db.connect(url, servers.redis_url)
    with db.transaction() as session:
        cast = hire(session, password_hash=hashed(PASSWORD))
    yield url, cast
    db.engine().dispose()
    run_sql(servers, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def running(servers, house, provider, tmp_path_factory) -> Iterator[Door]:
    folder: Path = tmp_path_factory.mktemp("door")
    url, _ = house
    door = open_door(
        folder,
        url,
        servers.redis_url,
        WORKBENCH_OIDC_ISSUER=provider.issuer,
        WORKBENCH_OIDC_CLIENT_ID=provider.client_id,
        WORKBENCH_OIDC_CLIENT_SECRET=provider.client_secret,
    )
    yield door
    door.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def door(servers, house, running) -> Iterator[Door]:
    """The running server; the counted failures of earlier tests are forgotten."""
    url, _ = house
    db.connect(url, servers.redis_url)
    forget_failures()
    yield running
    db.engine().dispose()


@pytest.fixture
def people(house, door) -> Cast:
    return house[1]


def forget_failures() -> None:
    with db.engine().begin() as connection:
        connection.exec_driver_sql("DELETE FROM login_attempt")
