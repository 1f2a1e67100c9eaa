"""What rules for the order ask of cases beside the night's own columns: read only when some rule asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from models import Channel, Portfolio, Stage
from workbench.queries.columns import read_packed
from workbench.queries.message_facts import NAMED, OF_DEBTOR
from workbench.queries.segments import cadence_asked, segment_columns
from workbench.rules.ageing import STAGES, StageThresholds
from workbench.rules.names import fold
from workbench.rules.order_rules import CHANNELS, Rule, Rules, Told, Written, asked_of, names_of, segmented, told
from workbench.rules.strategies import Definition
from workbench.rules.zones import country_of


@lru_cache(maxsize=256)
def rules_of(written: str | None) -> Rules:
    """The rules in a version's JSON as text; none in force are no rules. Read once, for a version never changes."""
    return Written.model_validate_json(f'{{"rules": {written or "[]"}}}').rules


def order_columns(
    session: Session,
    portfolio_id: int,
    where: str,
    rules: Sequence[Rule],
    case_id: NDArray[Any],
    *,
    on: date,
    cadence: Definition | None = None,
    morning: date | None = None,
) -> dict[str, NDArray[Any]]:
    """The columns that `rules.order_rules` wants for the cases whose id is `where`; `case_id` are theirs, in any order.

    Of what no rule asks for there is no column, and nothing is read. With `cadence`, the strategy whose segments are
    asked for, those from which `order_rules.segmented` makes its own. With `morning`, owners are those of that morning,
    where it was kept.
    """
    asked, names = asked_of(rules), names_of(rules)
    if not asked:
        return {}
    wanted = _Wanted(session, portfolio_id, where, case_id, np.argsort(case_id))
    found = {noun: wanted.column(_NAMED[noun], wanted.bits(noun, names[noun])) for noun in _NAMED if noun in asked}
    found |= {flag: wanted.column(_FLAGGED[flag], {flag: 1}) for flag in _FLAGGED if flag in asked}
    if "channels" in asked:
        found["channels"] = wanted.column(_REACHED, {"channels": 1})
    if asked & {"owned", "teams"}:
        owner = wanted.column(_OWNER, {"owner": 1}, morning=morning)
        found |= {"owned": (owner != 0).astype(np.int64), "teams": wanted.teams(owner, names["teams"])}
    if cadence:
        found |= segment_columns(session, portfolio_id, where, cadence, case_id, on=on)
    return found


def asked_columns(
    session: Session,
    portfolio: Portfolio,
    where: str,
    rules: Sequence[Rule],
    columns: Mapping[str, NDArray[Any]],
    *,
    on: date,
    morning: date | None = None,
) -> dict[str, NDArray[Any]]:
    """The same for cases whose stage and risk are decided, with the column `segments`."""
    assert portfolio.id is not None
    cadence = cadence_asked(session, portfolio.id, rules)
    found = order_columns(
        session, portfolio.id, where, rules, columns["case_id"], on=on, cadence=cadence, morning=morning
    )
    thresholds = StageThresholds(portfolio.extrajudicial_after, portfolio.judicial_after)
    return found | segmented(dict(columns) | found, rules, cadence, thresholds)


def rules_told(
    session: Session, portfolio_id: int, rules: Rules, cases: Sequence[Mapping[str, Any]], *, on: date
) -> list[tuple[Told, ...]]:
    """The rules that hold for each case, by its `case_id`, days, stage, balance, past_due and broken promises, and p_unpaid."""
    if not rules or not cases:
        return [()] * len(cases)
    columns: dict[str, NDArray[Any]] = {
        "case_id": np.array([case["case_id"] for case in cases]),
        "days": np.array([case["days"] for case in cases]),
        "stage": np.array([STAGES.index(Stage(case["stage"])) for case in cases]),
        "balance": np.array([int(case["balance"] * 100) for case in cases]),
        "past_due": np.array([int(case["past_due"] * 100) for case in cases]),
        "broken": np.array([case["broken"] for case in cases]),
        "p_unpaid": np.array([case["p_unpaid"] for case in cases]),
    }
    where = cases_where(columns["case_id"].tolist())
    portfolio = session.get_one(Portfolio, portfolio_id)
    return told(columns | asked_columns(session, portfolio, where, rules, columns, on=on), rules)


def cases_where(case_ids: Sequence[int]) -> str:
    """These cases, as `where` has them."""
    return f"= ANY('{{{','.join(str(int(each)) for each in case_ids)}}}'::int8[])"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The cases whose columns are read."""

    session: Session
    portfolio_id: int
    where: str
    case_id: NDArray[Any]
    order: NDArray[np.int64]

    def bits(self, noun: str, asked: Sequence[str]) -> dict[str, int]:
        """The bit of each name that is asked for, as it stands in the database; of a country, by its zones."""
        if noun == "countries":
            home = self.session.get_one(Portfolio, self.portfolio_id).country
            zones = self.session.execute(text(_WRITTEN["zones"].replace("{where}", self.where)), {"portfolio": self.portfolio_id})  # fmt: skip
            lies = {zone: fold(country_of(zone) or home) for zone in zones.scalars()}
            return {zone: 1 << asked.index(country) for zone, country in lies.items() if country in asked}
        statement = text(_WRITTEN[noun].replace("{where}", self.where))
        written = self.session.execute(statement, {"portfolio": self.portfolio_id, "folded": list(asked)}).scalars()
        return {each: 1 << asked.index(fold(each)) for each in written if fold(each) in asked}

    def teams(self, owner: NDArray[np.int64], asked: Sequence[str]) -> NDArray[np.int64]:
        """The bits of the teams of each owner; whoever left a team is of it no longer."""
        bits: dict[int, int] = {0: 0}  # nobody's
        for user_id, code in self.session.execute(_MEMBERS, {"codes": list(asked)}) if asked else ():
            bits[user_id] = bits.get(user_id, 0) | 1 << asked.index(code)
        known = np.array(sorted(bits))
        place = np.minimum(np.searchsorted(known, owner), len(known) - 1)
        of = np.array([bits[each] for each in known.tolist()], dtype=np.int64)
        return np.where(known[place] == owner, of[place], 0)

    def column(self, statement: str, bits: Mapping[str, int], *, morning: date | None = None) -> NDArray[np.int64]:
        """Only the cases that have something come over the wire; the others are 0."""
        column = np.zeros(len(self.case_id), dtype=np.int64)
        if bits and len(self.case_id):
            values = {
                "portfolio": self.portfolio_id,
                "names": list(bits),
                "bits": list(bits.values()),
                "morning": morning,
            }
            select = statement.replace("{where}", self.where)
            rows = read_packed(self.session, select, {"case_id": "i8", "bits": "i8"}, values)
            place = np.searchsorted(self.case_id, rows["case_id"], sorter=self.order)
            at = self.order[np.minimum(place, len(self.order) - 1)]
            there = self.case_id[at] == rows["case_id"]  # `where` may be wider than the cases asked about
            column[at[there]] = rows["bits"][there]
        return column


def _distinct(column: str, only: str = "") -> str:
    return f"""SELECT DISTINCT d.{column} FROM debtor d JOIN collection_case c ON c.debtor_id = d.id
        WHERE c.portfolio_id = :portfolio AND c.id {{where}} AND d.{column} IS NOT NULL {only}"""


_WRITTEN = {
    "products": """SELECT DISTINCT product FROM account a
        WHERE portfolio_id = :portfolio AND a.case_id {where} AND product IS NOT NULL""",
    "regions": _distinct("region"),
    "cities": _distinct("city"),
    "zones": _distinct("time_zone"),
    "references": _distinct("reference", "AND lower(d.reference) = ANY(:folded)"),  # there are as many as debtors
}
IN_FORCE = """(SELECT version.rules::text FROM order_version version
        WHERE version.portfolio_id = p.id AND version.state = 'published')"""  # of the portfolio `p`
_NAMED = NAMED | {
    "countries": OF_DEBTOR.replace("{column}", "time_zone"),
    "zones": OF_DEBTOR.replace("{column}", "time_zone"),
    "references": OF_DEBTOR.replace("{column}", "reference"),
}
_POINT = """
    SELECT c.id AS case_id, 1 AS bits FROM collection_case c
    WHERE c.portfolio_id = %(portfolio)s AND c.id {where}
      AND EXISTS (SELECT FROM contact_point p WHERE p.debtor_id = c.debtor_id AND p.kind = '{kind}' AND p.status = 'active')
"""
_FLAGGED = {
    "has_phone": _POINT.replace("{kind}", "phone"),
    "has_email": _POINT.replace("{kind}", "email"),
}
# whose a case is; that of a morning, where it was kept
_OWNER = """
    SELECT c.id AS case_id, CASE WHEN h.case_id IS NULL THEN c.owner_id ELSE h.owner_id END AS bits
    FROM collection_case c
    LEFT JOIN case_history h ON h.case_id = c.id AND h.from_on <= CAST(%(morning)s AS date)
        AND (h.until_on > CAST(%(morning)s AS date) OR h.until_on IS NULL)
    WHERE c.portfolio_id = %(portfolio)s AND c.id {where}
      AND CASE WHEN h.case_id IS NULL THEN c.owner_id ELSE h.owner_id END IS NOT NULL
"""
_MEMBERS = text("""
    SELECT m.user_id, lower(t.code) FROM team_member m JOIN team t ON t.id = m.team_id WHERE lower(t.code) = ANY(:codes)
""")


def _channel_bits(condition: str) -> str:
    """The bits of the channels for which a condition over `{channel}` holds."""
    return " + ".join(
        f"CASE WHEN {condition.format(channel=each.value)} THEN {1 << n} ELSE 0 END" for n, each in enumerate(CHANNELS)
    )


_BIT = {each: 1 << n for n, each in enumerate(CHANNELS)}
_TELEPHONE = sum(_BIT[each] for each in (Channel.CALL, Channel.SMS, Channel.WHATSAPP))
_EVERYTHING = sum(_BIT.values())
# a number or address that works and that the channel has, of a debtor who has not opted out of it, or of everything
_REACHED = f"""
    WITH chosen AS MATERIALIZED (
        SELECT id, debtor_id FROM collection_case WHERE portfolio_id = %(portfolio)s AND id {{where}}
    ), points AS (
        SELECT p.debtor_id, bit_or(
            CASE WHEN p.kind = 'email' THEN {_BIT[Channel.EMAIL]} WHEN p.phone_kind = 'landline' THEN {_BIT[Channel.CALL]}
                 ELSE {_TELEPHONE} END
            & ~ CASE WHEN p.unreachable = '{{}}' THEN 0 ELSE {_channel_bits("'{channel}' = ANY(p.unreachable)")} END) AS bits
        FROM contact_point p WHERE p.status = 'active' AND p.debtor_id IN (SELECT debtor_id FROM chosen) GROUP BY p.debtor_id
    ), off AS (
        SELECT o.debtor_id, bit_or({_channel_bits("o.channel = '{channel}'")}) AS bits FROM opt_out o
        WHERE o.ended_at IS NULL AND o.debtor_id IN (SELECT debtor_id FROM chosen) GROUP BY o.debtor_id
        UNION ALL SELECT d.id, {_EVERYTHING} FROM debtor d
        WHERE d.contact_facts <> '{{}}' AND d.contact_facts -> 'opted_out' = 'true' AND d.id IN (SELECT debtor_id FROM chosen)
    ), closed AS (SELECT debtor_id, bit_or(bits) AS bits FROM off GROUP BY debtor_id)
    SELECT c.id AS case_id, t.bits & ~ coalesce(closed.bits, 0) AS bits
    FROM chosen c JOIN points t ON t.debtor_id = c.debtor_id LEFT JOIN closed ON closed.debtor_id = c.debtor_id
"""
