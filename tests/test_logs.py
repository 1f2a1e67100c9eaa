"""What the processes say about themselves: one form for all, and nobody's name in it."""

import ast
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import logs

ROOT = Path(__file__).parent.parent
SECRET = "Ximena Villaseñor"


@pytest.fixture
def root() -> Iterator[None]:
    before = logging.getLogger().handlers, logging.getLogger().level
    yield
    logging.getLogger().handlers, level = before[0], before[1]
    logging.getLogger().setLevel(level)


def said(capsys: pytest.CaptureFixture) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_of_ours_is_an_event_with_ids(root: None, capsys: pytest.CaptureFixture) -> None:
    logs.set_up("json")
    logs.logger("workbench.tests").warning("message_lost", message=7)
    [line] = said(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "message_lost", "message": 7, "level": "warning", "logger": "workbench.tests"}


def test_a_library_speaks_in_the_same_form_and_loses_its_exceptions_words(
    root: None, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("uvicorn", "uvicorn.error"):  # another test's server may have given it a form of its own
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    logs.set_up("json")
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    text = capsys.readouterr().err
    assert SECRET not in text
    assert json.loads(text)["error"] == "ValueError"
    assert any(re.fullmatch(r"test_logs\.py:\d+", place) for place in json.loads(text)["places"])


def test_people_read_the_same_in_one_line(root: None, capsys: pytest.CaptureFixture) -> None:
    logs.set_up("text")
    logs.logger("workers.tests").info("worker_began", queue="messages")
    logging.getLogger("some.library").info("much ado")
    assert re.fullmatch(
        r"timestamp=\S+ level=info logger=workers.tests event=worker_began queue=messages\n", capsys.readouterr().err
    )


def calls() -> Iterator[tuple[str, ast.Call]]:
    for room in ("workbench", "workers", "pages", "seed"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                called = node.func if isinstance(node, ast.Call) else None
                if isinstance(called, ast.Attribute) and getattr(called.value, "id", "") == "log":
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_every_line_of_ours_is_one_fixed_word_and_named_values() -> None:
    wrong = [
        place
        for place, call in calls()
        if len(call.args) != 1
        or not isinstance(call.args[0], ast.Constant)
        or not re.fullmatch("[a-z_]+", str(call.args[0].value))
    ]
    assert wrong == []
    assert len(list(calls())) > 5
