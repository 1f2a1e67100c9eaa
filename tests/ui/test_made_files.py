"""A file that a button makes reaches its browser, however busy the server is and however often it is pressed."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Barrier
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from workbench.ui import made_files
from workbench.ui.i18n import _ as words
from workbench.ui.i18n import use

RUNS_OF_OTHERS = 50


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def made(looks: Any) -> tuple[MediaFileManager, MemoryMediaFileStorage, str]:
    """A manager that looks for orphans that way, and what it just made for a button."""
    storage = MemoryMediaFileStorage("/media")
    manager = MediaFileManager(storage)
    looks(manager)  # somebody's page was drawn before
    address = manager.execute_deferred(manager.add_deferred(lambda: b"evidence", "text/csv", "0.1", "evidence.csv"))
    for _ in range(RUNS_OF_OTHERS):
        looks(manager)
    return manager, storage, address.rpartition("/")[2]


def test_a_made_file_outlives_the_pages_drawn_meanwhile() -> None:
    clock = Clock()
    looks = made_files._seldom(MediaFileManager.remove_orphaned_files, clock)
    manager, storage, name = made(looks)
    assert storage.get_file(name).content == b"evidence"
    clock.now += made_files.KEPT_S
    looks(manager)  # the first look only marks it
    assert storage.get_file(name).content == b"evidence"
    clock.now += made_files.KEPT_S
    looks(manager)
    with pytest.raises(MediaFileStorageError):
        storage.get_file(name)


def test_streamlit_alone_throws_it_away() -> None:
    """The day this fails, `made_files.keep` can go."""
    _manager, storage, name = made(MediaFileManager.remove_orphaned_files)
    with pytest.raises(MediaFileStorageError):
        storage.get_file(name)


def test_pressed_twice_at_once_it_is_made_twice_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    together, buttons = Barrier(2, timeout=20), []
    monkeypatch.setattr(st, "download_button", lambda _label, make, **_options: buttons.append(make))

    def make() -> bytes:
        together.wait()
        return words("Download CSV").encode()

    def drawn() -> None:
        use("es")
        made_files.save_button("CSV", make, name="a.csv", mime="text/csv", key="a")

    copy_context().run(drawn)
    with ThreadPoolExecutor(2) as hands:
        assert list(hands.map(lambda _: buttons[0](), range(2))) == [b"Descargar CSV"] * 2
