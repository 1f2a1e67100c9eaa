"""The page about channels says what is."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from models.interactions import Channel
from tests.providers import webhooks
from workbench import settings

PAGE = (Path(__file__).parents[2] / "docs/channels.md").read_text()


@pytest.mark.parametrize(
    "name", sorted({name for names in settings._CHANNELS.values() for name in names} | {"public_url"})
)
def test_it_has_every_setting_a_channel_needs(name):
    assert f"`WORKBENCH_{name.upper()}`" in PAGE


@pytest.mark.parametrize("channel", settings._CHANNELS)
def test_it_has_every_webhook(channel: Channel):
    path = settings.Settings(public_url="https://x.org").callback(channel).removeprefix("https://x.org")
    assert f"`{path}`" in PAGE.replace("\n", " ")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the page's command needs openssl")
def test_its_command_signs_as_the_door_expects(tmp_path):
    command = PAGE.split("```sh\n")[1].split("curl")[0]
    told = webhooks.mail("From: rosa@correo.example.com\r\n\r\nya pagué\r\n", secret="hunter2")
    environment = {"WORKBENCH_EMAIL_INBOUND_SECRET": "hunter2", "PATH": os.environ["PATH"]}
    subprocess.run(["bash", "-c", command], input=told.body, check=True, cwd=tmp_path, env=environment)
    assert (tmp_path / "letter").read_bytes() == told.body
    assert "sha256=" + (tmp_path / "signature").read_text().strip() == told.headers["x-signature-256"]
