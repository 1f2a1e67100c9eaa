"""A manager corrects what a result counts as, and sees before what that does to the past."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models import AuditEntry, Disposition
from tests.cast import NOW, Cast
from tests.supervision.worked import MONDAY, WEDNESDAY, live
from workbench.actions.dispositions import change_disposition
from workbench.queries.disposition_preview import Preview, preview
from workbench.queries.dispositions import all_dispositions
from workbench.queries.kpis import Scope, figures
from workbench.rules.dispositions import SHIPPED, check_disposition
from workbench.rules.refusals import Refused


def scope_of(cast: Cast) -> Scope:
    return Scope((cast.mexico.id or 0,), MONDAY, WEDNESDAY)


def moved(told: Preview) -> dict[str, tuple[Any, Any]]:
    return {each.before.kpi.name: (each.before.value, each.after.value) for each in told.moves}


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda each: each.code)
def test_what_is_shipped_contradicts_nothing(shipped: Any) -> None:
    check_disposition(shipped.code, asdict(shipped) | {"active": True})


def test_the_preview_is_what_the_figures_are_after_the_change(session: Session, cast: Cast) -> None:
    """A wrong number is no contact any more: 3 contacts of 4 are left, 2 attempts with contact of 3."""
    live(session, cast)
    changes = {"counts_contact": False}
    told = preview(session, cast.marta, "call.wrong_number", changes, scope_of(cast), at=NOW)
    assert told.contacts == 1
    assert moved(told) == {
        "contacts": (4, 3),
        "contact_rate": (0.6, 0.4),
        "rpc_per_contact": (0.5, pytest.approx(2 / 3)),
    }
    names = list(moved(told))
    before = figures(session, cast.marta, names, scope_of(cast), at=NOW)
    assert [each.before for each in told.moves] == list(before.values())
    assert change_disposition(session, cast.marta, "call.wrong_number", changes, at=NOW)
    assert [each.after for each in told.moves] == list(
        figures(session, cast.marta, names, scope_of(cast), at=NOW).values()
    )
    assert not preview(session, cast.marta, "call.wrong_number", changes, scope_of(cast), at=NOW).moves
    [entry] = session.scalars(select(AuditEntry).where(col(AuditEntry.deed) == "change_disposition"))
    assert (entry.by_id, entry.details["code"]) == (cast.marta.user_id, "call.wrong_number")
    assert (entry.details["before"], entry.details["after"]) == ({"counts_contact": True}, changes)


def test_an_attempt_less_moves_the_list_and_the_attempts(session: Session, cast: Cast) -> None:
    live(session, cast)
    told = preview(session, cast.marta, "call.message_taken", {"counts_attempt": False}, scope_of(cast), at=NOW)
    found = moved(told)
    assert (found["attempts"], found["penetration"], found["intensity"]) == ((5, 4), (0.5, 0.25), (5 / 3, 2))
    assert "contacts" not in found
    assert "recovery" not in found


def test_what_changes_nothing_is_not_kept(session: Session, cast: Cast) -> None:
    assert not change_disposition(session, cast.marta, "call.busy", {"counts_attempt": True}, at=NOW)
    assert change_disposition(session, cast.marta, "call.busy", {"follow_up_hours": 2, "label_en": "Line busy"}, at=NOW)
    row = session.get_one(Disposition, "call.busy")
    assert (row.follow_up_hours, row.label_en, row.label_es) == (2, "Line busy", "Ocupado")
    assert all_dispositions(session, cast.marta)["call.busy"].label("en") == "Line busy"


@pytest.mark.parametrize(
    ("code", "changes", "because"),
    [
        pytest.param("call.no_answer", {"counts_rpc": True}, "has made a contact", id="right party without contact"),
        pytest.param("call.promise", {"counts_rpc": False}, "can promise", id="promise of nobody"),
        pytest.param("call.no_commitment", {"counts_promise": True}, "asks for an amount", id="promise without amount"),
        pytest.param("call.promise", {"requires": ["note"]}, "asks for an amount", id="a promise's amount not asked"),
        pytest.param("call.busy", {"label_es": " "}, "needs its name", id="no name"),
        pytest.param("call.busy", {"follow_up_hours": -1}, "cannot be negative", id="negative hours"),
        pytest.param("message.sent", {"active": False}, "stays in use", id="what the product writes"),
        pytest.param("call.agreement", {"active": False}, "stays in use", id="an agreement"),
        pytest.param("no.such", {}, "nothing here", id="unknown code"),
        pytest.param("call.busy", {"code": "x"}, "nothing here", id="what may not be changed"),
    ],
)
def test_a_contradiction_is_refused_in_words(
    session: Session, cast: Cast, code: str, changes: dict[str, Any], because: str
) -> None:
    for deed in (
        lambda: change_disposition(session, cast.marta, code, changes, at=NOW + timedelta(minutes=1)),
        lambda: preview(session, cast.marta, code, changes, scope_of(cast), at=NOW),
    ):
        with pytest.raises(Refused, match=because):
            deed()
