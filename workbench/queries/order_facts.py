"""What rules for the order ask of cases beside the night's own columns: read only when some rule asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from models import Stage
from workbench.queries.columns import read_columns
from workbench.queries.message_facts import NAMED, OF_DEBTOR
from workbench.rules.ageing import STAGES
from workbench.rules.names import fold
from workbench.rules.order_rules import FLAGS, NOUNS, Rule, Rules, Told, Written, asked_of, names_of, told


@lru_cache(maxsize=256)
def rules_of(written: str | None) -> Rules:
    """The rules in a version's JSON as text; none in force are no rules. Read once, for a version never changes."""
    return Written.model_validate_json(f'{{"rules": {written or "[]"}}}').rules


def order_columns(
    session: Session, portfolio_id: int, where: str, rules: Sequence[Rule], case_id: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """The columns that `rules.order_rules` wants for the cases whose id is `where`; `case_id` are theirs, in any order.

    Of what no rule asks for there is no column, and nothing is read.
    """
    asked, names = asked_of(rules), names_of(rules)
    if not asked:
        return {}
    wanted = _Wanted(session, portfolio_id, where, case_id, np.argsort(case_id))
    found = {noun: wanted.column(_NAMED[noun], wanted.bits(noun, names[noun])) for noun in NOUNS if noun in asked}
    return found | {flag: wanted.column(_FLAGGED[flag], {flag: 1}) for flag in FLAGS if flag in asked}


def rules_told(
    session: Session, portfolio_id: int, rules: Rules, cases: Sequence[Mapping[str, Any]]
) -> list[tuple[Told, ...]]:
    """The rules that hold for each case, by its `case_id`, days, stage, balance, past_due and broken promises."""
    if not rules or not cases:
        return [()] * len(cases)
    columns: dict[str, NDArray[Any]] = {
        "case_id": np.array([case["case_id"] for case in cases]),
        "days": np.array([case["days"] for case in cases]),
        "stage": np.array([STAGES.index(Stage(case["stage"])) for case in cases]),
        "balance": np.array([int(case["balance"] * 100) for case in cases]),
        "past_due": np.array([int(case["past_due"] * 100) for case in cases]),
        "broken": np.array([case["broken"] for case in cases]),
    }
    where = cases_where(columns["case_id"].tolist())
    return told(columns | order_columns(session, portfolio_id, where, rules, columns["case_id"]), rules)


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
        """The bit of each name that is asked for, as it stands in the database."""
        statement = text(_WRITTEN[noun].replace("{where}", self.where))
        written = self.session.execute(statement, {"portfolio": self.portfolio_id, "folded": list(asked)}).scalars()
        return {each: 1 << asked.index(fold(each)) for each in written if fold(each) in asked}

    def column(self, statement: str, bits: Mapping[str, int]) -> NDArray[np.int64]:
        """Only the cases that have something come over the wire; the others are 0."""
        column = np.zeros(len(self.case_id), dtype=np.int64)
        if bits and len(self.case_id):
            values = {"portfolio": self.portfolio_id, "names": list(bits), "bits": list(bits.values())}
            select = statement.replace("{where}", self.where)
            rows = read_columns(self.session, select, {"case_id": "i8", "bits": "i8"}, values)
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
    "owned": """
        SELECT c.id AS case_id, 1 AS bits FROM collection_case c
        WHERE c.portfolio_id = %(portfolio)s AND c.id {where} AND c.owner_id IS NOT NULL
    """,
}
