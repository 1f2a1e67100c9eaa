"""An HTTP server that is Meta's Cloud API and Twilio at once."""

import base64
import json
import secrets
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.providers.scripts import How, Script
from tests.providers.tallies import Tally

META_ERRORS = {
    How.BAD_NUMBER: (400, 131026),
    How.WINDOW: (400, 131047),
    How.UNSUBSCRIBED: (400, 131050),
    How.PAIR: (400, 131056),
    How.TOKEN: (401, 190),
    How.PARAMETER: (400, 132000),
    How.THROTTLED: (429, 130429),
    How.UNAVAILABLE: (503, 131016),
    How.ERROR: (500, 131000),
}
TWILIO_ERRORS = {
    How.BAD_NUMBER: (400, 21211),
    How.WINDOW: (400, 21612),
    How.UNSUBSCRIBED: (400, 21610),
    How.PAIR: (400, 21611),
    How.TOKEN: (401, 20003),
    How.PARAMETER: (400, 21602),
    How.THROTTLED: (429, 20429),
    How.UNAVAILABLE: (503, 20503),
    How.ERROR: (500, 20500),
}
BARE = {How.BAD_GATEWAY: 502, How.GATEWAY_TIMEOUT: 504}


class MetaAndTwilio:
    """Starts when made; `url` is both providers' base address. `script` says how it behaves, `tally` what it got."""

    phone_id = "106540352242922"
    token = "the token of Meta"
    account = "AC0123456789abcdef0123456789abcdef"
    auth_token = "the token of Twilio"
    app_secret = "the secret of the app"
    verify_token = "the word we agreed on"
    sender = "+15005550006"

    def __init__(self, port: int = 0, *, json_log: Path | None = None, seed: int = 7) -> None:
        self.script = Script(seed=seed)
        self.tally = Tally(json_log)
        self.retry_after = "2"
        self.slow_seconds = 0.2
        self.patience_seconds = 3.0
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def settings(self, public_url: str = "https://cobranza.example.org") -> dict[str, str]:
        """The variables that make WhatsApp and SMS leave through this server."""
        return {
            "WORKBENCH_PUBLIC_URL": public_url,
            "WORKBENCH_WHATSAPP_URL": self.url,
            "WORKBENCH_WHATSAPP_PHONE_ID": self.phone_id,
            "WORKBENCH_WHATSAPP_TOKEN": self.token,
            "WORKBENCH_WHATSAPP_APP_SECRET": self.app_secret,
            "WORKBENCH_WHATSAPP_VERIFY_TOKEN": self.verify_token,
            "WORKBENCH_SMS_URL": self.url,
            "WORKBENCH_SMS_ACCOUNT": self.account,
            "WORKBENCH_SMS_TOKEN": self.auth_token,
            "WORKBENCH_SMS_FROM": self.sender,
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that gave up is no news."""


def _handler(provider: MetaAndTwilio) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"provider": provider})


class _Handler(BaseHTTPRequestHandler):
    provider: MetaAndTwilio
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one write an answer

    def log_message(self, *_: Any) -> None:
        """Silent."""

    def do_GET(self) -> None:
        told = {"/received": self.provider.tally.told, "/healthz": dict}.get(self.path)
        self._answer(200 if told else 404, told() if told else {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path).path.strip("/").split("/")
        if parts[-1] == "script":
            self._be_told(json.loads(body))
        elif parts[-1] == "messages" and len(parts) == 3:
            self._meta(parts[1], body)
        elif parts[-1] == "Messages.json":
            self._twilio(parts[2], body)
        else:
            self._answer(404, {})

    def _be_told(self, told: dict[str, Any]) -> None:
        """`{"then": ["cut", …], "rates": {"error": 0.1}, "clear": true}` from another process."""
        if told.get("clear"):
            self.provider.tally.clear()
        if "rates" in told:
            self.provider.script.rates = {How(name): rate for name, rate in told["rates"].items()}
        self.provider.script.then(*told.get("then", []))
        self._answer(200, {})

    def _meta(self, phone_id: str, body: bytes) -> None:
        sent, wamid = json.loads(body), f"wamid.{secrets.token_hex(16)}"
        provider = self.provider
        known = phone_id == provider.phone_id and self.headers["Authorization"] == f"Bearer {provider.token}"
        how = provider.script.take() if known else How.TOKEN
        if how is How.HANG_UP:
            return self._hang_up()
        provider.tally.note("meta", sent.get("biz_opaque_callback_data", ""), sent.get("to", ""), how, wamid, sent=sent)
        status, code = META_ERRORS.get(how, (BARE.get(how, 200), 0))
        fault = {"error": {"message": f"({code}) about {sent.get('to')}", "code": code, "fbtrace_id": "Az8or2yhqkZ"}}
        taken = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": sent.get("to"), "wa_id": str(sent.get("to")).lstrip("+")}],
            "messages": [{"id": wamid, "message_status": "accepted"}],
        }
        return self._behave(how, status, taken if status == 200 else fault if code else {})

    def _twilio(self, account: str, body: bytes) -> None:
        sent = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        provider, sid = self.provider, f"SM{secrets.token_hex(16)}"
        login = base64.b64encode(f"{provider.account}:{provider.auth_token}".encode()).decode()
        known = account == provider.account and self.headers["Authorization"] == f"Basic {login}"
        how = provider.script.take() if known else How.TOKEN
        if how is How.HANG_UP:
            return self._hang_up()
        key = parse_qs(urlsplit(sent.get("StatusCallback", "")).query).get("key", [""])[0]
        provider.tally.note("twilio", key, sent.get("To", ""), how, sid, sent=sent)
        status, code = TWILIO_ERRORS.get(how, (BARE.get(how, 201), 0))
        fault = {"code": code, "message": f"about {sent.get('To')}", "more_info": "https://…", "status": status}
        taken = {"sid": sid, "status": "queued", "price": None, "price_unit": "USD", "num_segments": "1"}
        return self._behave(how, status, taken if status == 201 else fault if code else {})

    def _behave(self, how: How, status: int, told: dict[str, Any]) -> None:
        if how is How.CUT:
            self._hang_up()
            return
        if how is How.TIME_OUT:
            time.sleep(self.provider.patience_seconds)
            self._hang_up()
            return
        if how is How.SLOW:
            time.sleep(self.provider.slow_seconds)
        self._answer(
            status,
            told,
            retry_after=self.provider.retry_after if how is How.THROTTLED else "",
            garbage=how is How.GARBAGE,
        )

    def _answer(self, status: int, told: dict[str, Any], *, retry_after: str = "", garbage: bool = False) -> None:
        body = b"<html>taken" if garbage else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
