"""Files made when their button is pressed: offered in one way, and kept until the browser has fetched them."""

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from functools import wraps
from typing import Literal

import streamlit as st
from streamlit.runtime.media_file_manager import MediaFileManager

KEPT_S = 30  # at least, after a file is made


def save_button(
    label: str,
    make: Callable[[], bytes],
    *,
    name: str,
    mime: str,
    key: str,
    note: str | None = None,
    width: Literal["content", "stretch"] = "content",
) -> None:
    """A button that makes a file and saves it under `name`.

    The page is not drawn anew for it: that would take the file from under a button that is still on the screen.
    """
    context = copy_context()  # the file is made in another thread, in the reader's language
    st.download_button(
        label,
        lambda: context.copy().run(make),
        file_name=name,
        mime=mime,
        icon=":material/download:",
        help=note,
        width=width,
        key=key,
        on_click="ignore",
    )


def keep() -> None:
    """Lets what was made be fetched, for all sessions of this process.

    Streamlit looks for what nobody shows after every run of anybody's page, and throws a made file away at the second
    look. With a floor full of live boards that was sooner than its browser asked for it, and the file never came.
    """
    MediaFileManager.remove_orphaned_files = _seldom(MediaFileManager.remove_orphaned_files)  # type: ignore[method-assign, assignment]


def _seldom(
    look: Callable[[MediaFileManager], None], clock: Callable[[], float] = time.monotonic
) -> Callable[[MediaFileManager], None]:
    turn, looked = threading.Lock(), -float("inf")

    @wraps(look)
    def now_and_then(manager: MediaFileManager) -> None:
        nonlocal looked
        with turn:
            if clock() - looked < KEPT_S:
                return
            looked = clock()
        look(manager)

    return now_and_then
