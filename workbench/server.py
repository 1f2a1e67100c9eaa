"""The ASGI app: Streamlit's pages with the routes of `web` before them and the access gate around everything."""

import gc
import importlib
import json
import logging
import os
import pkgutil
import secrets
import socket
import sys
import tomllib
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit import logger as streamlit_logger
from streamlit.web.server.starlette import starlette_server
from uvicorn.config import LOGGING_CONFIG

from workbench import logs
from workbench.logs import logger
from workbench.settings import Settings
from workbench.ui import callbacks, made_files
from workbench.ui.i18n import _
from workbench.web.gate import SESSION_HEADER, USER_HEADER, AuthGate
from workbench.web.routes import routes

HERE = Path(__file__).parent
ENTRYPOINT = HERE / "app.py"
LOOKS = HERE.parent / ".streamlit/config.toml"
COOKIE_SECRET = "STREAMLIT_SERVER_COOKIE_SECRET"  # noqa: S105  # the variable's name; no option takes the secret itself
UPLOAD_MB = 200

# What the access gate and the pages rely on. Given here because Streamlit reads its configuration file from the
# folder it is started in, and its environment variables under `streamlit run` only.
OPTIONS: dict[str, Any] = {
    "server.trustedUserHeaders": json.dumps({USER_HEADER: "user_id", SESSION_HEADER: "session_id"}),
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.maxUploadSize": UPLOAD_MB,
    "server.enableAgentApi": False,
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "server.disconnectedSessionTTL": 900,
    "server.enableWebsocketCompression": False,
    "global.developmentMode": False,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "runner.postScriptGC": False,
    "runner.fastReruns": False,
    "logger.hideWelcomeMessage": True,
    "logger.enableRich": False,
}

log = logger(__name__)


def run(settings: Settings, host: str, port: int, *, entrypoint: Path = ENTRYPOINT) -> None:
    """Serves the pages until SIGTERM or Ctrl-C; `db.connect` has been called before."""
    logs.set_up(settings.log_format)
    _one_log()
    if settings.cookie_secret is not None:
        os.environ[COOKIE_SECRET] = settings.cookie_secret.get_secret_value()
    # Streamlit takes the program's name for a script and puts its folder first on the import path
    sys.argv = [str(entrypoint)]
    starlette_server._bind_socket = _without_delay(starlette_server._bind_socket)  # noqa: SLF001  # no option does it
    callbacks.let_them_end()
    made_files.keep()
    made(settings, entrypoint).run(config=options(host, port))


def _without_delay(bind: Callable[..., socket.socket]) -> Callable[..., socket.socket]:
    """Lets small messages leave at once; they would wait 40 ms for the browser to acknowledge the one before.

    asyncio sees to that by itself only where a socket says that it is TCP, which Streamlit's leaves out; what is set
    on the listening socket is inherited by every connection.
    """

    def bound(address: str, port: int, backlog: int) -> socket.socket:
        listening = bind(address, port, backlog)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening

    return bound


def _one_log() -> None:
    """Streamlit's and uvicorn's lines leave through our log, which keeps the values of exceptions to itself."""
    streamlit_logger.setup_formatter = lambda logger: logs.adopt(logger.name)
    streamlit_logger.update_formatter()
    LOGGING_CONFIG["loggers"] = {name: {"propagate": True} for name in LOGGING_CONFIG["loggers"]}


def _without_values(record: logging.LogRecord) -> bool:
    """Streamlit logs a page's error with its message, which may name a debtor; `_noted` has logged the rest of it."""
    record.exc_info = None
    return True


def made(settings: Settings, entrypoint: Path = ENTRYPOINT) -> st.App:
    """The whole app, gate included."""
    logging.getLogger("streamlit.error_util").addFilter(_without_values)
    return st.App(
        entrypoint,
        lifespan=_awake,
        routes=routes(settings),
        middleware=[Middleware(AuthGate, https=settings.secure_cookies)],
        on_script_error=_noted,
    )


def options(host: str, port: int) -> dict[str, Any]:
    """Streamlit's options: the looks from the configuration file, and ours over whatever it says."""
    looks = tomllib.loads(LOOKS.read_text()) if LOOKS.exists() else {}
    return _flat(looks) | OPTIONS | {"server.address": host, "server.port": port}


def _flat(section: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted names."""
    flat: dict[str, Any] = {}
    for name, value in section.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


@asynccontextmanager
async def _awake(_app: st.App) -> AsyncIterator[None]:
    """Loads what the first visit would wait seconds for, and keeps the garbage collector from walking it ever after."""
    for name in ("pandas", "altair", "pyarrow", "holidays.countries"):
        importlib.import_module(name)
    for room in ("queries", "actions", "ui"):
        for module in pkgutil.walk_packages([str(HERE / room)], f"workbench.{room}."):
            importlib.import_module(module.name)
    gc.collect()
    gc.freeze()
    yield


def _noted(error: Exception) -> bool:
    """A page failed: the person gets a number to name; the log has it with the place, not with the values."""
    number = secrets.token_hex(4)
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error("page_error", number=number, error=type(error).__name__, places=places)
    st.error(_("Something went wrong. Error number: {number}", number=number))
    return True
