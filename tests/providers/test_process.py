"""The providers as a process of their own, as fault runs use them."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from models.interactions import Channel
from tests.channels.conftest import configured, outgoing
from tests.providers import webhooks
from workbench.channels.adapters import adapter_for
from workbench.channels.letters import NotSent

ROOT = Path(__file__).parents[2]


@pytest.fixture
def running(tmp_path):
    command = [sys.executable, "-m", "tests.providers", "--json-log", str(tmp_path / "log"), "--rate-of-failures", "1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": ""}
    ) as process:
        try:
            yield json.loads(process.stdout.readline()) | {"log": tmp_path / "log", "process": process}
        finally:
            process.terminate()


def test_it_counts_what_it_took_and_writes_it_down(running, monkeypatch):
    using = configured(monkeypatch, **running["settings"])
    with pytest.raises(NotSent):
        adapter_for(Channel.SMS, using).send(outgoing(Channel.SMS, key="fails"))
    httpx.post(f"{running['url']}/script", json={"rates": {}, "clear": True}).raise_for_status()
    for channel in (Channel.SMS, Channel.WHATSAPP):
        adapter_for(channel, using).send(outgoing(channel, key=f"one by {channel}"))
    told = httpx.get(f"{running['url']}/received").json()
    assert told["per_key"] == {"one by sms": 1, "one by whatsapp": 1}
    assert (told["messages"], told["keys"], told["most_per_key"], told["hows"]) == (2, 2, 1, {"ok": 2})
    assert [taken.key for taken in webhooks.taken_in(running["log"])][-2:] == ["one by sms", "one by whatsapp"]
    running["process"].terminate()
    assert running["process"].wait(60) == 0


def test_it_tells_what_became_of_them(running, monkeypatch):
    using = configured(monkeypatch, **running["settings"])
    httpx.post(f"{running['url']}/script", json={"rates": {}}).raise_for_status()
    for channel in (Channel.SMS, Channel.WHATSAPP):
        adapter_for(channel, using).send(outgoing(channel))
    heard: list[str] = []
    server = _listener(heard)
    url = f"http://127.0.0.1:{server.server_port}"
    assert webhooks.tell_all(webhooks.taken_in(running["log"]), url, "delivered", "read", times=3) == 12
    server.shutdown()
    server.server_close()
    assert sorted(set(heard)) == ["/hooks/sms", "/hooks/whatsapp"]
    assert len(heard) == 12


def _listener(heard: list[str]) -> ThreadingHTTPServer:
    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(self.path.partition("?")[0])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server
