"""Our contacts with a debtor of late, over all their cases, as the law counts them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models.interactions import Channel
from workbench.rules.contact_law import Prior
from workbench.rules.contact_places import Known
from workbench.rules.law_limits import LOOK_BACK

# How far a contact got, in the words of `law_words.OUTCOMES`; what is no attempt (a death told by letter) is no contact.
OUTCOME = """CASE WHEN {d}.counts_rpc THEN 'answered' WHEN {d}.outcome = 'third_party' THEN 'third_party'
    WHEN {d}.outcome = 'bad_data' THEN 'wrong_number' WHEN {d}.outcome = 'delivered' THEN 'delivered'
    ELSE 'no_answer' END"""

# All of one debtor's: an expression over `debtor.id` and `:at`, for statements that read more of the debtor.
CONTACTS = f"""(SELECT coalesce(json_agg(json_build_array(past.started_at, past.channel, {OUTCOME.format(d="came")},
            past.case_id) ORDER BY past.started_at, past.id), '[]')
        FROM collection_case theirs JOIN interaction past ON past.case_id = theirs.id
        JOIN disposition came ON came.code = past.disposition_code AND came.counts_attempt
        WHERE theirs.debtor_id = debtor.id AND past.direction = 'outbound'
          AND past.started_at > CAST(:at AS timestamptz) - interval '{LOOK_BACK.days} days' AND past.started_at <= :at)"""


def priors_in(contacts: Iterable[list[Any]]) -> tuple[Prior, ...]:
    """The earlier contacts as a row's CONTACTS hold them, oldest first."""
    return tuple(
        Prior(datetime.fromisoformat(at), Channel(channel), outcome, str(case_id))
        for at, channel, outcome, case_id in contacts
    )


def known_debtor(session: Session, debtor_id: int, *, at: datetime) -> Known:
    """What the law may ask about one debtor at `at`; contacts begun later than that are not counted."""
    return known_debtors(session, [debtor_id], at=at)[debtor_id]


def known_debtors(session: Session, debtor_ids: Iterable[int], *, at: datetime) -> dict[int, Known]:
    """The same of several, by debtor."""
    rows = session.execute(_KNOWN, {"debtors": list(debtor_ids), "at": at})
    return {row.id: Known(row.time_zone, row.region, row.contact_facts, priors_in(row.contacts)) for row in rows}


_KNOWN = text(f"""
    SELECT debtor.id, debtor.time_zone, debtor.region, debtor.contact_facts, {CONTACTS} AS contacts
    FROM debtor WHERE debtor.id = ANY(:debtors)
""")
