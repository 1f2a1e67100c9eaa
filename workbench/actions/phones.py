"""What a call teaches about a debtor's numbers."""

from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from models import ContactStatus
from workbench.rules.outcomes import InteractionForm
from workbench.rules.phones import read_phones
from workbench.rules.refusals import Refused


def note_result(session: Session, form: InteractionForm, disposition: Row[Any], *, debtor_id: int) -> None:
    """Adds a call to its number's tally and marks a wrong, dead or refused number.

    `disposition` is a row with that table's columns. A wrong number concerns that number only; who asks not to be
    called is called on none of their numbers.
    """
    if form.contact_point_id is None:
        return
    values = {
        "point": form.contact_point_id,
        "debtor": debtor_id,
        "attempt": int(disposition.counts_attempt),
        "right_party": int(disposition.counts_rpc and disposition.counts_attempt),
        "code": disposition.code,
        "at": form.started_at,
        "status": _learned_status(disposition),
    }
    if not session.execute(_TALLY, values).first():
        raise Refused("Choose a phone of this debtor that may be called.", field="phone")
    if disposition.stops_channel:
        session.execute(_STOP_CALLS, {"debtor": debtor_id, "code": disposition.code})


def add_phone(session: Session, debtor_id: int, typed: str, *, country: str) -> None:
    """Keeps a number that was given in a call; refused when it cannot be dialled.

    A known number becomes usable again, unless the debtor asked not to be called there.
    """
    found = read_phones(typed, country)
    if len(found) != 1 or found[0].e164 is None:
        raise Refused("This is not a phone number that can be called: {number}.", number=typed, field="new_phone")
    phone = found[0]
    values = {
        "debtor": debtor_id,
        "value": phone.e164,
        "raw": phone.raw,
        "phone_kind": phone.kind.value,
        "zone": phone.time_zone,
    }
    session.execute(_ADD_PHONE, values)


def _learned_status(disposition: Row[Any]) -> str | None:
    """Somebody answered and it was not the debtor, or nobody can be reached there; none = as it was."""
    if disposition.stops_channel:
        return ContactStatus.OPTED_OUT.value
    if not disposition.invalidates_phone:
        return None
    return (ContactStatus.WRONG_PERSON if disposition.counts_contact else ContactStatus.INVALID).value


_TALLY = text("""
    UPDATE contact_point SET attempts = attempts + :attempt, right_parties = right_parties + :right_party,
        last_disposition = :code, last_at = :at,
        status = coalesce(:status, status),
        status_reason = CASE WHEN CAST(:status AS text) IS NULL THEN status_reason ELSE :code END
    WHERE id = :point AND debtor_id = :debtor AND kind = 'phone' AND status = 'active'
    RETURNING id
""")
_STOP_CALLS = text("""
    UPDATE contact_point SET status = 'opted_out', status_reason = :code
    WHERE debtor_id = :debtor AND kind = 'phone' AND status = 'active'
""")
_ADD_PHONE = text("""
    INSERT INTO contact_point
        (debtor_id, kind, value, raw, phone_kind, status, source, time_zone_hint, attempts, right_parties)
    VALUES (:debtor, 'phone', :value, :raw, :phone_kind, 'active', 'call', :zone, 0, 0)
    ON CONFLICT (debtor_id, kind, value) DO UPDATE SET status = 'active', status_reason = NULL
    WHERE contact_point.status <> 'opted_out'
""")
