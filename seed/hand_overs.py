"""Cases that leave the house: proposed by hand or by the night's policy, approved in bulk, exported, called back."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import text

from models import HandOverTo
from seed.desks import Debtor, Desk, Story
from workbench.actions.hand_overs import decide_hand_overs, export_hand_overs, propose, recall
from workbench.rules.refusals import Refused

AGENCY = {"MX": "Despacho Cobranza Integral del Centro", "CO": "Recaudos y Cartera del Norte"}
LAWYERS = {"MX": "Arriaga y Asociados, Abogados", "CO": "Bufete Castaño Villegas"}
BULK = 6  # cases that the manager hands over today at once


def sent_to_the_courts(desk: Desk, about: Debtor) -> Story:
    """Proposed by the supervisor, approved by the manager, exported for the lawyers."""
    at = yield desk.days_ago(12)
    reason = "Sin voluntad de pago tras varios acuerdos incumplidos."
    made = propose(desk.session, desk.supervisor, about.case_id, HandOverTo.JUDICIAL, reason=reason, at=at)
    at = yield desk.days_ago(10)
    _hand_over(desk, [made], LAWYERS[desk.book.country], at)


def called_back(desk: Desk, about: Debtor) -> Story:
    """An agency had it, and the debtor came to pay: ours again."""
    at = yield desk.days_ago(16)
    reason = "Ilocalizable en los teléfonos registrados."
    made = propose(desk.session, desk.supervisor, about.case_id, HandOverTo.AGENCY, reason=reason, at=at)
    at = yield desk.days_ago(15)
    _hand_over(desk, [made], AGENCY[desk.book.country], at)
    at = yield desk.days_ago(3)
    recall(desk.session, desk.manager, [made], note="El cliente se presentó en sucursal y quiere pagar.", at=at)


def not_handed_over(desk: Desk, about: Debtor) -> Story:
    """The manager would rather negotiate."""
    at = yield desk.days_ago(9)
    reason = "No contesta desde hace semanas."
    made = propose(desk.session, desk.supervisor, about.case_id, HandOverTo.AGENCY, reason=reason, at=at)
    at = yield desk.days_ago(8)
    note = "Intentar antes un convenio con descuento."
    decide_hand_overs(desk.session, desk.manager, [made], approve=False, note=note, at=at)


def in_bulk(desk: Desk) -> Story:
    """Of what the night proposed, the manager hands the largest over and exports the file."""
    at = yield desk.minutes_ago(170)
    rows = desk.session.execute(
        _PROPOSED, {"portfolio": desk.portfolio_id, "engaged": desk.engaged, "most": BULK}
    ).all()
    if not rows:
        raise Refused("There is nothing here that you may see.")
    _hand_over(desk, [row.id for row in rows], AGENCY[desk.book.country], at)


def _hand_over(desk: Desk, ids: Sequence[int], recipient: str, at: datetime) -> None:
    decide_hand_overs(
        desk.session, desk.manager, ids, approve=True, recipient=recipient, note="Conforme a política.", at=at
    )
    later = at + timedelta(minutes=3)
    export_hand_overs(desk.session, desk.manager, ids, file="xlsx", language="es", at=later)


HAND_OVERS: tuple[Callable[[Desk, Debtor], Story], ...] = (sent_to_the_courts, called_back, not_handed_over)
OF_THE_BOOK: tuple[Callable[[Desk], Story], ...] = (in_bulk,)
_PROPOSED = text("""
    SELECT id FROM hand_over WHERE portfolio_id = :portfolio AND state = 'proposed' AND goes_to = 'agency'
      AND case_id <> ALL(:engaged)
    ORDER BY balance DESC, id LIMIT :most
""")
