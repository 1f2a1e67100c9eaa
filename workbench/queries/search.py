"""Any debtor by name, tax id, phone, account or reference."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.access import Viewer
from workbench.rules.names import fold

SHORTEST = 3  # trigrams say nothing about fewer letters


@dataclass(frozen=True, slots=True)
class Found:
    """One case that fits what was typed; `why` says which field fitted."""

    case_id: int
    portfolio: str
    name: str
    reference: str
    tax_id: str | None
    balance: Decimal
    past_due: Decimal
    currency: str
    counted_from: date | None
    today: date
    claimed_by: str | None
    why: str
    likeness: float


# word_similarity compares the typed words with the best stretch of the name, so that one surname is enough;
# each part is an index scan of its own, and a debtor found by several keeps the best reason.
FOUND = text("""
WITH hit(debtor_id, why, likeness) AS (
    SELECT id, 'name', word_similarity(:folded, folded_name) FROM debtor WHERE :named AND :folded <% folded_name
    UNION ALL
    SELECT id, 'tax_id', 2 FROM debtor WHERE tax_id = ANY(:plain)
    UNION ALL
    SELECT id, 'reference', 2 FROM debtor
    WHERE creditor_id IN (SELECT creditor_id FROM portfolio WHERE id = ANY(:portfolio_ids)) AND reference = ANY(:plain)
    UNION ALL
    SELECT debtor_id, 'phone', 2 FROM contact_point WHERE value = ANY(:phones)
    UNION ALL
    SELECT kase.debtor_id, 'account', 2 FROM account
    JOIN collection_case kase ON kase.id = account.case_id WHERE account.number = ANY(:plain)
), best AS (
    SELECT DISTINCT ON (debtor_id) debtor_id, why, likeness FROM hit ORDER BY debtor_id, likeness DESC
)
SELECT kase.id AS case_id, portfolio.name AS portfolio, debtor.name, debtor.reference, debtor.tax_id,
    coalesce(standing.balance, 0), coalesce(standing.past_due, 0), portfolio.currency, coalesce(standing.counted_from, standing.oldest_due_on),
    (CAST(:at AS timestamptz) AT TIME ZONE portfolio.time_zone)::date AS today,
    app_user.name AS claimed_by, best.why, best.likeness
FROM best
JOIN collection_case kase ON kase.debtor_id = best.debtor_id AND kase.portfolio_id = ANY(:portfolio_ids)
JOIN portfolio ON portfolio.id = kase.portfolio_id
JOIN debtor ON debtor.id = kase.debtor_id
LEFT JOIN case_standing standing ON standing.case_id = kase.id
LEFT JOIN work_item item ON item.debtor_id = debtor.id AND item.state = 'claimed'
LEFT JOIN app_user ON app_user.id = item.claimed_by
ORDER BY best.likeness DESC, standing.score DESC NULLS LAST, kase.id
LIMIT :most
""")


def found_cases(session: Session, who: Viewer, typed: str, *, at: datetime, most: int = 25) -> list[Found]:
    """The viewer's cases that fit what was typed, exact numbers before similar names, most alike first."""
    folded = fold(typed)
    if len(folded) < SHORTEST:
        return []
    asked = {
        "folded": folded,
        "named": any(letter.isalpha() for letter in folded),
        "plain": _spellings(typed),
        "phones": _phones(typed),
        "portfolio_ids": list(who.portfolio_ids),
        "at": at,
        "most": most,
    }
    return [Found(*row) for row in session.execute(FOUND, asked)]


def _spellings(typed: str) -> list[str]:
    """A number as typed, in capitals, and without the points and dashes people write into it."""
    bare = typed.strip()
    return list({bare, bare.upper(), re.sub(r"[\s.\-/]", "", bare).upper()})


def _phones(typed: str) -> list[str]:
    """E.164 spellings of a typed number: as it is, and as a national number of the countries we work in."""
    digits = re.sub(r"\D", "", typed)
    if not 7 <= len(digits) <= 15:
        return []
    codes = ("", "52", "521", "57", "56", "51", "54", "55", "1", "593", "591", "595", "598", "506", "502", "503", "504")
    return [f"+{code}{digits}" for code in codes]
