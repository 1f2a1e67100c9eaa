"""Streamlit's options are ours, wherever and however the server is started."""

import socket

from streamlit.web.server.starlette import starlette_server

from tests.web.door import Door
from workbench.server import HERE, OPTIONS, _without_delay, options


def test_every_option_is_applied_from_any_folder(door: Door) -> None:
    ana = door.logged_in("ana@example.com").cookies["session"]
    shown = dict(text.split("=", 1) for text in door.page("options", cookie=ana).texts)
    wanted = OPTIONS | {
        "server.trustedUserHeaders": {"x-workbench-user": "user_id", "x-workbench-session": "session_id"},
        "server.address": "127.0.0.1",
        "theme.light.primaryColor": options("", 0)["theme.light.primaryColor"],
    }
    assert {name: shown[name] for name in wanted} == {name: str(value) for name, value in wanted.items()}


def test_what_is_loaded_at_the_start_is_never_walked_again(door: Door) -> None:
    ana = door.logged_in("ana@example.com").cookies["session"]
    assert "frozen=True" in door.page("options", cookie=ana).texts


def test_only_the_entrypoints_folder_comes_first_on_the_import_path(door: Door) -> None:
    ana = door.logged_in("ana@example.com").cookies["session"]
    (path,) = [text for text in door.page("options", cookie=ana).texts if text.startswith("path=")]
    assert path == f"path={HERE.parent / 'tests/web'}"


def test_clicks_and_made_files_are_kept(door: Door) -> None:
    ana = door.logged_in("ana@example.com").cookies["session"]
    assert door.page("options", cookie=ana).texts.count("mended=True") == 2


def test_small_messages_leave_at_once() -> None:
    listening = _without_delay(starlette_server._bind_socket)("127.0.0.1", 0, 1)
    with listening, socket.create_connection(listening.getsockname()):
        listening.setblocking(True)
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
