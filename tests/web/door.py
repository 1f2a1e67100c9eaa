"""The door as an attacker or a browser meets it: real HTTP, real web sockets, a real server process."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from tests.cast import PASSWORD

HTML = {"Accept": "text/html,application/xhtml+xml"}
SMALL_APP = Path(__file__).with_name("small_app.py")


@dataclass
class Door:
    """A running server and the ways to knock."""

    port: int
    process: subprocess.Popen
    log: Path
    jars: list[httpx.Client] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def browser(self, **headers: str) -> httpx.Client:
        client = httpx.Client(base_url=self.address, headers=HTML | headers, timeout=30)
        self.jars.append(client)
        return client

    def logged_in(self, email: str, password: str = PASSWORD, **headers: str) -> httpx.Client:
        client = self.browser(**headers)
        answer = log_in(client, email, password)
        assert answer.status_code == 303, answer.text
        return client

    def page(self, name: str = "", *, cookie: str | None = None, **headers: str) -> "Page":
        return Page(self, name, cookie, headers)

    def stop(self) -> int:
        for client in self.jars:
            client.close()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


class Page:
    """An open tab, without its pictures: the texts and errors that the server sent."""

    def __init__(self, door: Door, name: str, cookie: str | None, headers: dict[str, str]) -> None:
        self.stack = ExitStack()
        opening = connect(
            f"ws://127.0.0.1:{door.port}/_stcore/stream",
            subprotocols=["streamlit"],
            additional_headers=headers | ({"Cookie": f"session={cookie}"} if cookie else {}),
            max_size=None,
        )
        self.socket = self.stack.enter_context(opening)
        self.name = name
        self.texts: list[str] = []
        self.urls: list[str] = []
        self.rerun()

    def rerun(self) -> list[str]:
        self.texts, self.urls, message = [], [], BackMsg()
        message.rerun_script.page_name = self.name
        self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(self.socket.recv(30))
            if answer.WhichOneof("type") == "script_finished":
                return self.texts
            if answer.WhichOneof("type") == "delta":
                self._draw(answer.delta.new_element)

    def _draw(self, element) -> None:
        kind = element.WhichOneof("type")
        drawn = getattr(element, kind) if kind else None
        if kind in {"markdown", "alert"}:
            self.texts.append(drawn.body)
        if kind == "exception":
            self.texts.append(f"{drawn.type} {drawn.message}")
        if kind == "download_button":
            self.urls.append(drawn.url)

    def close(self) -> None:
        self.stack.close()


def log_in(client: httpx.Client, email: str, password: str = PASSWORD, next_page: str = "/", **fields: str):
    form = client.get("/session/login", params={"next": next_page}).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', form)[1]
    data = {"email": email, "password": password, "csrf": csrf, "next": next_page} | fields
    return client.post("/session/login", data=data)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def open_door(
    folder: Path, database_url: str, redis_url: str, entrypoint: Path = SMALL_APP, **environment: str
) -> Door:
    port, log = free_port(), folder / "server.log"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.web.serve", str(entrypoint), str(port)],
        env=os.environ
        | {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "PYTHONPATH": str(Path.cwd())}
        | environment,
        cwd=folder,  # nobody starts it in the source folder: what Streamlit finds there must not matter
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )
    door = Door(port, process, log)
    for _ in range(1800):
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{door.address}/healthz").status_code == 200:
                return door
        except httpx.HTTPError:
            time.sleep(0.1)
    raise TimeoutError(log.read_text())
