"""Any table as a file: nothing in it runs, figures stay figures, who took it is on record, and strangers take nothing."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import col, select

from models import AuditEntry
from tests.cast import NOW, Cast
from workbench import db
from workbench.rules.access import Permission
from workbench.rules.refusals import Refused
from workbench.ui import access
from workbench.ui.table_files import HIDDEN, Kind, Source, file_of, rows_of, table_file

ROWS = [
    {"=Agent": "=cmd()", "Contacts": -3, "Share": -0.5, "Money": Decimal("-12.50"), "Day": date(2026, 11, 18)},
    {"=Agent": "Ana", "Contacts": 4, "Share": math.nan, "Money": None, "Day": None},
]


def taken(user_id: int, table: Source, kind: Kind = "csv", **given: Any) -> bytes:
    wanted = {"portfolio_ids": [], "asked": {}, "personal": (), "permission": Permission.EXPORT_BOARDS} | given
    return table_file(user_id, "floor", table, kind=kind, **wanted)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "now", lambda: NOW)


def test_figures_stay_figures_and_nothing_runs_in_either_file() -> None:
    said = file_of(ROWS, "csv").decode("utf-8-sig").splitlines()
    assert said == ["'=Agent,Contacts,Share,Money,Day", "'=cmd(),-3,-0.5,-12.50,2026-11-18", "Ana,4,,,"]
    data = file_of(ROWS, "xlsx")
    [_, first, second] = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()
    assert first == ["=cmd()", -3.0, -0.5, -12.5, date(2026, 11, 18)]
    assert second == ["Ana", 4.0, "", "", ""]
    assert b"<f>" not in data


def test_a_frame_with_moments_and_flags_is_written_out() -> None:
    frame = pd.DataFrame({"At": [datetime(2026, 11, 18, 16, tzinfo=UTC), None], "On": [True, False], "N": [1, 2]})
    text = file_of(rows_of(frame), "csv").decode("utf-8-sig")
    assert text.splitlines() == ["At,On,N", "2026-11-18 16:00,sí,1", ",no,2"]


def test_an_empty_table_is_an_empty_file() -> None:
    assert file_of([], "csv").decode("utf-8-sig").strip() == ""
    assert file_of([], "xlsx")


def test_the_audit_keeps_who_took_what(fresh_cast: Cast) -> None:
    sofia, mexico = fresh_cast.sofia, fresh_cast.mexico.id
    read_by = []

    def again(_session: object, who: Any) -> list[dict[str, object]]:
        read_by.append(who.user_id)
        return list(ROWS)

    taken(sofia.user_id, again, "xlsx", portfolio_ids=[mexico], asked={"by": "agent", "team": None})
    with db.reading() as session:
        entry = session.exec(select(AuditEntry).where(col(AuditEntry.deed) == "export_table")).one()
    assert read_by == [sofia.user_id]
    assert (entry.by_id, entry.subject, entry.subject_id) == (sofia.user_id, "portfolio", mexico)
    assert entry.details == {
        "table": "floor",
        "asked": {"by": "agent", "file": "xlsx"},
        "rows": 2,
        "portfolios": [mexico],
    }


@pytest.mark.parametrize("name", ["ana", "bruno", "alma"])
def test_who_may_not_take_it_does_not(fresh_cast: Cast, name: str) -> None:
    who = getattr(fresh_cast, name)
    with pytest.raises(Refused):
        taken(who.user_id, ROWS, portfolio_ids=[fresh_cast.mexico.id])
    with db.reading() as session:
        assert session.exec(select(AuditEntry).where(col(AuditEntry.deed) == "export_table")).all() == []


def test_another_teams_portfolio_is_refused_whatever_the_role(fresh_cast: Cast) -> None:
    with pytest.raises(Refused):
        taken(fresh_cast.marta.user_id, ROWS, portfolio_ids=[fresh_cast.mexico.id, fresh_cast.colombia.id])


def test_personal_columns_are_hidden_from_roles_that_do_not_see_them(fresh_cast: Cast) -> None:
    table = [{"Debtor": "Deudora", "Amount": 1}]
    given: dict[str, Any] = {"personal": {"Debtor"}, "permission": Permission.SEE_COMPLIANCE}
    shown = taken(fresh_cast.sofia.user_id, table, **given).decode("utf-8-sig")
    hidden = taken(fresh_cast.alma.user_id, table, **given).decode("utf-8-sig")
    assert "Deudora" in shown
    assert hidden.splitlines()[1] == f"{HIDDEN},1"
