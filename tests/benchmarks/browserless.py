"""A browser without a screen: speaks Streamlit's web-socket protocol, so that a hundred agents fit in one process."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlparse

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection

PREFIX = "$$ID-"


@dataclass
class Tab:
    """One open page: the widgets it shows, by the key the page gave them, and what was typed into them."""

    socket: ClientConnection
    page: str
    ids: dict[str, str] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, tuple[str, Any]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    page_hash: str = ""
    live: list[str] = field(default_factory=list)  # the fragments that ask to be run again by themselves

    def key(self, prefix: str) -> str:
        """The one widget key on screen that starts with `prefix`."""
        found = [key for key in self.ids if key.startswith(prefix)]
        if len(found) != 1:
            msg = f"{len(found)} widgets start with {prefix!r}; on screen: {sorted(self.ids)}"
            raise LookupError(msg)
        return found[0]

    def type(self, prefix: str, value: Any, kind: str = "string_value") -> None:
        """Fills a widget in; it is sent with the next run."""
        self.typed[self.key(prefix)] = (kind, value)

    async def run(self, click: str | None = None) -> float:
        """Sends what was typed and a click, waits until the page is redrawn; returns the seconds that took."""
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash = self.page_hash
        state.page_name = "" if self.page_hash else self.page
        state.context_info.timezone = "America/Mexico_City"
        state.context_info.locale = "es-MX"
        for key, (kind, value) in self.typed.items():
            if key in self.ids:
                widget = state.widget_states.widgets.add(id=self.ids[key])
                setattr(widget, kind, value)
        if click:
            state.widget_states.widgets.add(id=self.ids[self.key(click)], trigger_value=True)
        self._forget()
        start = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        await self._until_redrawn()
        return time.perf_counter() - start

    async def refresh(self) -> float:
        """Runs the page's live fragment again, as the browser does by its clock; returns the seconds that took."""
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash, state.fragment_id, state.is_auto_rerun = self.page_hash, self.live[-1], True
        start = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        await self._until_redrawn()
        return time.perf_counter() - start

    def _forget(self) -> None:
        self.ids, self.shown, self.texts = {}, {}, []

    async def _until_redrawn(self) -> None:
        while True:
            message = ForwardMsg.FromString(await asyncio.wait_for(self.socket.recv(), 60))
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.page_hash = message.new_session.page_script_hash
            elif kind == "navigation":
                self.page_hash = message.navigation.page_script_hash
            elif kind == "auto_rerun":
                self.live.append(message.auto_rerun.fragment_id)
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self._draw(message.delta.new_element)
            elif kind == "script_finished":
                # a callback's rerun ends the first run early; the page is redrawn when one ends by itself
                if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return
                self._forget()

    def _draw(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        drawn = getattr(element, kind)
        if kind == "exception":
            self.errors.append(f"{drawn.type}: {drawn.message}")
        if kind == "markdown":
            self.texts.append(drawn.body)
        identity = getattr(drawn, "id", "")
        if isinstance(identity, str) and identity.startswith(PREFIX):
            key = identity.removeprefix(PREFIX).split("-", 1)[1]
            self.ids[key] = identity
            self.shown[key] = drawn

    async def close(self) -> None:
        await self.socket.close()


async def open_tab(address: str, page: str, *, cookie: str = "") -> Tab:
    """Opens `page` ("" is the default one) on the server at `address` ("http://host:port") and waits until it is drawn."""
    host = urlparse(address).netloc
    socket = await websockets.connect(
        f"ws://{host}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers={"Cookie": cookie} if cookie else {},
        max_size=None,
        compression=None,
    )
    tab = Tab(socket, page)
    await tab.run()
    return tab
