"""What a page's script sends while somebody types."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlmodel import select

from models import Draft, WorkItem, WorkState
from tests.cast import Cast, owe
from tests.web.door import Door
from workbench import db

OURS = {"X-Workbench": "1"}


@pytest.fixture
def item(door: Door, people: Cast) -> int:
    """A debtor in Ana's hands."""
    with db.transaction() as session:
        for held in session.exec(select(WorkItem).where(WorkItem.claimed_by == people.ana.user_id)):
            held.state, held.claimed_by, held.lease_until, held.ready_at = (
                WorkState.READY,
                None,
                None,
                datetime.now(UTC),
            )
        session.flush()
        lease = datetime.now(UTC) + timedelta(minutes=1)
        return owe(session, people.mexico, state=WorkState.CLAIMED, claimed_by=people.ana.user_id, lease_until=lease).id


def drafted(item: int) -> tuple[str, dict] | None:
    with db.reading() as session:
        draft = session.exec(select(Draft).where(Draft.work_item_id == item)).one_or_none()
    return (draft.note, draft.fields) if draft else None


def put(client: httpx.Client, item: int, headers: dict = OURS, **body) -> httpx.Response:
    return client.put(f"/api/draft/{item}", json={"note": "promete el vie"} | body, headers=headers)


def test_a_half_typed_note_is_kept(door: Door, item: int) -> None:
    ana = door.logged_in("ana@example.com")
    before = datetime.now(UTC)
    answer = put(ana, item, fields={"amount": "150.00"})
    assert answer.status_code == 200
    assert before <= datetime.fromisoformat(answer.json()["saved_at"]) <= datetime.now(UTC)
    assert drafted(item) == ("promete el vie", {"amount": "150.00"})
    put(ana, item, note="promete el viernes")
    assert drafted(item) == ("promete el viernes", {})


def test_a_heartbeat_keeps_the_debtor_in_hand(door: Door, item: int) -> None:
    ana = door.logged_in("ana@example.com")
    assert ana.post(f"/api/heartbeat/{item}", headers=OURS).json() == {"held": True}
    with db.reading() as session:
        assert session.get(WorkItem, item).lease_until > datetime.now(UTC) + timedelta(minutes=5)


@pytest.mark.parametrize("headers", [{}, {"X-Workbench": "0"}, OURS | {"Sec-Fetch-Site": "cross-site"}])
def test_another_sites_page_writes_nothing(door: Door, item: int, headers: dict) -> None:
    ana = door.logged_in("ana@example.com")
    assert put(ana, item, headers).status_code == 403
    assert ana.post(f"/api/heartbeat/{item}", headers=headers).status_code == 403
    assert drafted(item) is None


def test_nobody_writes_into_a_case_they_may_not_see(door: Door, item: int) -> None:
    bruno = door.logged_in("bruno@example.com")
    answer = put(bruno, item)
    assert (answer.status_code, answer.json()) == (409, {"refused": "No hay nada aquí que puedas ver."})
    assert bruno.post(f"/api/heartbeat/{item}", headers=OURS).status_code == 409
    assert put(bruno, 10**12).json() == answer.json()
    assert drafted(item) is None


def test_a_note_for_a_debtor_in_other_hands_is_refused_with_the_holder(door: Door, item: int) -> None:
    sofia = door.logged_in("sofia@example.com")
    answer = put(sofia, item)
    assert answer.status_code == 409
    assert "Ana" in answer.json()["refused"]
    assert sofia.post(f"/api/heartbeat/{item}", headers=OURS).json() == {"held": False}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"note": "' + b"a" * 70_000 + b'"}', 413),
        (b'{"note": "' + b"a" * 20_001 + b'"}', 422),
        (b"not json", 422),
        (b'{"note": "x", "by": 7}', 422),
        (b'{"note": 7}', 422),
        (b'["note"]', 422),
        (b"\xff", 422),
    ],
    ids=["huge", "long", "no JSON", "a field too many", "a number", "a list", "no UTF-8"],
)
def test_what_is_no_draft_is_refused(door: Door, item: int, content: bytes, status: int) -> None:
    ana = door.logged_in("ana@example.com")
    assert ana.put(f"/api/draft/{item}", content=content, headers=OURS).status_code == status
    assert drafted(item) is None


def test_a_log_in_that_is_over_keeps_no_draft(door: Door, item: int) -> None:
    ana = door.logged_in("ana@example.com")
    token = ana.cookies["session"]
    ana.post("/session/logout")
    assert put(httpx.Client(base_url=door.address, cookies={"session": token}), item).status_code == 401
    assert drafted(item) is None
