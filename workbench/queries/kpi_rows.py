"""The rows behind a figure: the same text and the same condition as the figure, one line for each row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Channel
from workbench import db
from workbench.queries.kpi_groups import CHANNEL_WORDS, JOINS, KEYS, OTHER_TEAMS, PERIODS, By, group_values
from workbench.queries.kpi_parts import PARTS, How, Part
from workbench.queries.kpi_scopes import Scope, allowed_scope
from workbench.queries.kpi_texts import Asked, asked_of, rows_text, values_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.kpis import Source
from workbench.rules.periods import period_of
from workbench.rules.refusals import Refused
from workbench.rules.words import DEFAULT, N_, translate

ROWS = 500
COUNTED = N_("Counted")


class Side(StrEnum):
    """Which rows of a figure."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"


@dataclass(frozen=True, slots=True)
class Rows:
    """The first rows of one side of a figure, `total` of all, and what all of them come to.

    `columns` are message ids, the last one what each row counts for; `case_ids` are beside `rows`, for the links (none
    where a row is about no case). Amounts are in `currency`, none where there are several.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    case_ids: tuple[int | None, ...]
    total: int
    value: float | Decimal | None
    currency: str | None


def rows_of(
    session: Session,
    who: Viewer | None,
    name: str,
    scope: Scope,
    part: Side,
    *,
    at: datetime,
    most: int | None = ROWS,
    within: tuple[By, Any] | None = None,
    language: str | None = None,
) -> Rows:
    """What one side of a figure is made of, the latest or the largest first; `most` none is all of them.

    `within` narrows it to one line of a breakdown, by its key. Debtors' names are left out without the right to them,
    and people of other teams are not named.
    """
    chosen = PARTS[name][0 if Side(part) is Side.NUMERATOR else 1]
    if chosen is None:
        raise Refused("“{figure}” is divided by nothing: ask for its numerator.", figure=name)
    scope, within = _narrowed(allowed_scope(session, who, scope, rows=True), within)
    asked = asked_of(session, who, scope, at=at)
    heads = (*_HEADS, *(head for head, _sql in _EXTRAS.get(chosen.source, ())), COUNTED)
    if not asked.clocks:
        return Rows(heads, (), (), 0, chosen.nothing, None)
    values = values_of(session, asked, chosen.source, chosen.ends) | group_values(asked)
    language = language or (who.language if who else DEFAULT)
    values |= {"most": most, "key": _key(within), "language": language}
    values["named"] = who is None or who.may(Permission.SEE_PERSONAL_DATA)
    behind = _behind(asked, chosen, values, within)
    total, value = session.execute(
        text(f"SELECT count(*), {_worth(chosen)} FROM ({behind}) b"), values, execution_options=db.AFRESH
    ).one()
    found = session.execute(
        text(_LINES.format(behind=behind, order=_order(chosen), extras=_extras(chosen))),
        values,
        execution_options=db.AFRESH,
    )
    rows = [_line(dict(row), asked, language) for row in found.mappings()]
    lines, cases = tuple(line for _case, line in rows), tuple(case for case, _line in rows)
    return Rows(heads, lines, cases, total, value, asked.currency)


def _narrowed(scope: Scope, within: tuple[By, Any] | None) -> tuple[Scope, tuple[By, Any] | None]:
    """A line of a breakdown by time is a scope of fewer days."""
    if within is None or within[0] not in PERIODS:
        return scope, within
    first, last = period_of(PERIODS[within[0]], within[1])
    return replace(scope, from_on=max(first, scope.from_on), to_on=min(last, scope.to_on)), None


def _behind(asked: Asked, part: Part, values: Mapping[str, Any], within: tuple[By, Any] | None) -> str:
    """The rows of the part, each with what it counts for as `worth`."""
    by = within[0] if within else None
    conditions = [f"({part.where})"]
    conditions += ["r.user_id = ANY(CAST(:people AS bigint[]))"] if asked.people is not None else []
    conditions += [f"({KEYS[by]}) IS NOT DISTINCT FROM :key"] if by else []
    conditions += [f"({part.value}) <> 0"] if part.how is How.SUM else []
    once = "DISTINCT ON (r.case_id)" if part.how is How.CASES else ""
    latest = "ORDER BY r.case_id, r.local_at DESC" if once else ""
    source = rows_text(asked, part.source, values, people=True, rows=True)
    joined = JOINS.get(by, "") if by else ""
    return (
        f"SELECT {once} r.*, {part.value} AS worth FROM ({source}) r {joined} WHERE {' AND '.join(conditions)} {latest}"
    )


def _worth(part: Part) -> str:
    if part.how is How.MEDIAN:
        return "percentile_cont(0.5) WITHIN GROUP (ORDER BY b.worth)"
    return part.summed("sum(b.worth)") if part.how is How.SUM else "count(*)"


def _order(part: Part) -> str:
    """The latest first; where the rows are of one morning, those that count for most."""
    return "b.worth DESC, b.ref" if part.source in (Source.BOOK, Source.CURES) else "b.local_at DESC, b.ref DESC"


def _extras(part: Part) -> str:
    return "".join(f", {sql} AS extra_{n}" for n, (_head, sql) in enumerate(_EXTRAS.get(part.source, ())))


def _key(within: tuple[By, Any] | None) -> Any:
    if within and within[0] is By.HOUR_WEEKDAY:
        weekday, hour = within[1]
        return weekday * 100 + hour
    return within[1] if within else None


def _line(row: dict[str, Any], asked: Asked, language: str) -> tuple[int | None, tuple[Any, ...]]:
    known = row["user_id"] is None or asked.mates is None or row["user_id"] in asked.mates
    channel = translate(CHANNEL_WORDS[Channel(row["channel"])], language) if row["channel"] else None
    person = row["person"] if known else translate(OTHER_TEAMS, language)
    extras = (value for name, value in row.items() if name.startswith("extra_"))
    fixed = (row["local_at"], row["debtor"], row["reference"], row["portfolio"], person, channel)
    return row["case_id"], (*fixed, *extras, row["worth"])


_HEADS = (N_("Date"), N_("Debtor"), N_("Reference"), N_("Portfolio"), N_("Person"), N_("Channel"))
_RESULT = """(SELECT CASE WHEN :language = 'es' THEN z.label_es ELSE z.label_en END FROM disposition z
    WHERE z.code = b.disposition_code)"""
_DUE = ((N_("Taken on"), "b.taken_on"), (N_("Due"), "b.due_on"), (N_("Promised"), "b.amount"))
_EXTRAS: Mapping[Source, Sequence[tuple[str, str]]] = {
    Source.CONTACTS: ((N_("Result"), _RESULT),),
    Source.PROMISES: _DUE,
    Source.FALLEN_DUE: (*_DUE, (N_("Paid"), "b.paid")),
    Source.CASH: ((N_("Taken on"), "b.taken_on"), (N_("Amount"), "b.amount")),
    Source.BOOK: ((N_("Balance"), "b.balance"), (N_("Past due"), "b.past_due")),
    Source.BLOCKED: ((N_("Rule"), "b.rule"),),
}
_LINES = """
    SELECT b.case_id, b.local_at, CASE WHEN :named THEN d.name END AS debtor, d.reference, p.code AS portfolio, b.user_id,
        u.name AS person, b.channel{extras}, b.worth
    FROM (SELECT * FROM ({behind}) b ORDER BY {order} LIMIT :most) b
    LEFT JOIN collection_case c ON c.id = b.case_id LEFT JOIN debtor d ON d.id = c.debtor_id
    LEFT JOIN portfolio p ON p.id = b.portfolio_id LEFT JOIN app_user u ON u.id = b.user_id
    ORDER BY {order}"""
