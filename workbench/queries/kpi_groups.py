"""By what figures are told apart: time, people, portfolios, channels; and the names of what comes out."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Channel, Period
from workbench.queries.kpi_texts import Asked
from workbench.rules.words import N_

OTHERS = 0  # the key of work by people whom the viewer does not know by name
OTHER_TEAMS, NOBODY = N_("Other teams"), N_("Nobody")


class By(StrEnum):
    """What a breakdown has a line for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HOUR = "hour"
    WEEKDAY = "weekday"
    HOUR_WEEKDAY = "hour_weekday"
    AGENT = "agent"
    TEAM = "team"
    PORTFOLIO = "portfolio"
    CHANNEL = "channel"


PERIODS = {By.DAY: Period.DAY, By.WEEK: Period.WEEK, By.MONTH: Period.MONTH, By.QUARTER: Period.QUARTER}
_HOUR, _WEEKDAY = "date_part('hour', r.local_at)::int", "date_part('isodow', r.local_at)::int"
KEYS: dict[By | None, str] = {
    None: "NULL",
    By.DAY: "r.local_at::date",
    By.WEEK: "date_trunc('week', r.local_at)::date",
    By.MONTH: "date_trunc('month', r.local_at)::date",
    By.QUARTER: "date_trunc('quarter', r.local_at)::date",
    By.HOUR: _HOUR,
    By.WEEKDAY: _WEEKDAY,
    By.HOUR_WEEKDAY: f"{_WEEKDAY} * 100 + {_HOUR}",
    By.AGENT: """CASE WHEN r.user_id IS NULL OR CAST(:mates AS bigint[]) IS NULL OR r.user_id = ANY(:mates)
        THEN r.user_id ELSE 0 END""",
    By.TEAM: "CASE WHEN r.user_id IS NULL THEN NULL ELSE coalesce(g.team_id, 0) END",
    By.PORTFOLIO: "r.portfolio_id",
    By.CHANNEL: "r.channel",
}
JOINS = {
    By.TEAM: """LEFT JOIN unnest(CAST(:members AS bigint[]), CAST(:member_teams AS bigint[])) AS g(user_id, team_id)
        ON g.user_id = r.user_id"""
}
BY_PEOPLE = frozenset({By.AGENT, By.TEAM})
CHANNEL_WORDS = {
    Channel.CALL: N_("Call"),
    Channel.EMAIL: N_("E-mail"),
    Channel.SMS: N_("SMS"),
    Channel.WHATSAPP: N_("WhatsApp"),
    Channel.LETTER: N_("Letter"),
    Channel.VISIT: N_("Visit"),
}


def group_values(asked: Asked) -> dict[str, Any]:
    """What the keys bind."""
    mates = None if asked.mates is None else sorted(asked.mates)
    return {"mates": mates, "members": list(asked.teams), "member_teams": list(asked.teams.values())}


def read_key(by: By | None, key: Any) -> Any:
    """A key as callers get it: hour and weekday apart."""
    return divmod(key, 100) if by is By.HOUR_WEEKDAY else key


def labels(session: Session, by: By, keys: Iterable[Any]) -> dict[Any, tuple[str, bool]]:
    """The name of each key, and whether it is a name; else it is a message id, or the key as it is."""
    found = {key: (str(key), True) for key in keys}
    if by in _NAMES:
        ids = [key for key in found if key]
        found |= {row.id: (row.name, True) for row in session.execute(_NAMES[by], {"ids": ids})}
    if by is By.CHANNEL:
        found |= {key: (CHANNEL_WORDS[Channel(key)], False) for key in found if key}
    if by in BY_PEOPLE and OTHERS in found:
        found[OTHERS] = (OTHER_TEAMS, False)
    return found | ({None: (NOBODY, False)} if None in found else {})


_NAMES = {
    By.AGENT: text("SELECT id, name FROM app_user WHERE id = ANY(:ids)"),
    By.TEAM: text("SELECT id, name FROM team WHERE id = ANY(:ids)"),
    By.PORTFOLIO: text("SELECT id, name FROM portfolio WHERE id = ANY(:ids)"),
}
