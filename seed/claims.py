"""Claims of the desks' debtors: disputes with their evidence, hardship, legal holds, deaths; open, overdue, decided."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from models import ApprovalKind, DisputeKind, Resolution
from seed.desks import Debtor, Desk, Story
from seed.papers import letter, receipt
from workbench.actions.approvals import request_approval
from workbench.actions.disputes import resolve_dispute
from workbench.actions.evidence import add_evidence
from workbench.rules.approvals import WriteDown, as_kept

HALF = Decimal("0.5")


def paid_before(desk: Desk, about: Debtor) -> Story:
    """Says one bill was paid, and brings the receipt."""
    at = yield desk.days_ago(4)
    amount = desk.rounded(desk.owed(about) * Decimal("0.4"))
    note = "Dice que pagó una factura en ventanilla el mes pasado."
    account_id = desk.account(about)
    claim = desk.claim(about, DisputeKind.DISPUTE, "paid_before", note, at, disputed=amount)
    lines = (
        "Pago recibido en ventanilla",
        f"Cuenta {account_id:08d}",
        f"Importe {amount:,.2f}",
        "Folio 004127",
        "GRACIAS",
    )
    papers = {
        "comprobante.png": receipt("COMPROBANTE DE PAGO", lines),
        "foto-del-recibo.jpg": receipt("RECIBO", (*lines[:3], "Caja 3", "Sello del banco"), photo=True),
    }
    at = yield at + timedelta(minutes=40)
    for name, data in papers.items():
        add_evidence(desk.session, about.agent, claim.id or 0, name, data, at=at)


def charge_unknown(desk: Desk, about: Debtor) -> Story:
    """Reports a fraud; nobody has decided in time."""
    at = yield desk.days_ago(20)
    note = "No reconoce las compras: perdió sus documentos y presentó denuncia."
    claim = desk.claim(about, DisputeKind.DISPUTE, "fraud", note, at)
    lines = (
        "Ante la autoridad comparece quien firma y declara",
        "que no realizó las compras que se le cobran.",
        "Folio 88-2231.",
    )
    add_evidence(desk.session, about.agent, claim.id or 0, "denuncia.pdf", letter("Denuncia", lines), at=at)


def lost_job(desk: Desk, about: Debtor) -> Story:
    """Hardship, with the letter of the employer."""
    at = yield desk.days_ago(6)
    note = "Perdió el empleo hace un mes; pide tres meses de espera."
    claim = desk.claim(about, DisputeKind.HARDSHIP, "no_income", note, at)
    lines = (
        "Por medio de la presente se informa la terminación",
        "de la relación laboral con quien suscribe.",
        "Recursos Humanos",
    )
    add_evidence(
        desk.session, about.agent, claim.id or 0, "carta-baja-laboral.pdf", letter("Terminación laboral", lines), at=at
    )


def represented(desk: Desk, about: Debtor) -> Story:
    """A lawyer speaks for the debtor: nobody contacts them any more."""
    at = yield desk.days_ago(8)
    note = "Su abogada envía poder: toda comunicación por su despacho."
    claim = desk.claim(about, DisputeKind.LEGAL_HOLD, "lawyer", note, at)
    lines = ("Otorgo poder para que me represente", "ante la entidad acreedora.")
    add_evidence(desk.session, about.agent, claim.id or 0, "poder.pdf", letter("Carta poder", lines), at=at)


def death_reported(desk: Desk, about: Debtor) -> Story:
    """A relative says the debtor has died; the certificate is still missing."""
    at = yield desk.days_ago(5)
    desk.call(about, "call.death_reported", at, "Su hija informa el fallecimiento; enviará el acta.")


def death_confirmed(desk: Desk, about: Debtor) -> Story:
    """It is so: the pause stays for good."""
    at = yield desk.days_ago(15)
    claim = desk.claim(about, DisputeKind.DECEASED, "death_reported", "Un familiar informa el fallecimiento.", at)
    at = yield desk.days_ago(13)
    lines = ("El Registro Civil certifica la defunción", "de la persona titular.", "Acta 00318")
    add_evidence(desk.session, about.agent, claim.id or 0, "acta.pdf", letter("Acta de defunción", lines), at=at)
    at = yield desk.days_ago(12)
    note = "Acta verificada en el Registro Civil."
    resolve_dispute(desk.session, desk.supervisor, claim.id or 0, Resolution.CONFIRMED, note=note, at=at)


def written_down(desk: Desk, about: Debtor) -> Story:
    """Charged twice: the manager writes the second one down."""
    at = yield desk.days_ago(11)
    amount = desk.rounded(desk.owed(about) * Decimal("0.2"))
    note = "Le cobraron dos veces el mismo mes."
    claim = desk.claim(about, DisputeKind.DISPUTE, "charged_twice", note, at, disputed=amount)
    lines = ("Mes facturado dos veces", f"Importe {amount:,.2f}")
    add_evidence(
        desk.session, about.agent, claim.id or 0, "estado-de-cuenta.png", receipt("ESTADO DE CUENTA", lines), at=at
    )
    at = yield desk.days_ago(9)
    note = "El cargo estaba duplicado."
    resolve_dispute(
        desk.session, desk.manager, claim.id or 0, Resolution.WRITTEN_DOWN, note=note, written_down=amount, at=at
    )


def write_down_asked(desk: Desk, about: Debtor) -> Story:
    """The supervisor would write a part down, and asks the manager."""
    at = yield desk.days_ago(3)
    amount = desk.rounded(desk.owed(about) * Decimal("0.25"))
    note = "El equipo llegó con falla y lo devolvió."
    claim = desk.claim(about, DisputeKind.DISPUTE, "not_delivered", note, at, disputed=amount)
    lines = ("Devolución de equipo", "Motivo: no enciende", "Recibido en tienda")
    paper = receipt("NOTA DE DEVOLUCIÓN", lines, photo=True)
    add_evidence(desk.session, about.agent, claim.id or 0, "devolucion.jpg", paper, at=at)
    at = yield desk.minutes_ago(64)
    kind, reason = ApprovalKind.WRITE_DOWN, "La tienda confirma la devolución."
    terms = as_kept(kind, WriteDown(claim.id or 0, amount))
    request_approval(desk.session, desk.supervisor, about.case_id, kind, terms, reason=reason, key=desk.key(), at=at)


def not_so(desk: Desk, about: Debtor) -> Story:
    """The amount was right: collection goes on."""
    at = yield desk.days_ago(14)
    claim = desk.claim(about, DisputeKind.DISPUTE, "wrong_amount", "Dice que el saldo es menor.", at)
    at = yield desk.days_ago(10)
    note = "El saldo coincide con el estado de cuenta; se le explicó."
    resolve_dispute(desk.session, desk.supervisor, claim.id or 0, Resolution.RESUMED, note=note, at=at)


def one_account(desk: Desk, about: Debtor) -> Story:
    """Disputes one account only; the others go on."""
    at = yield desk.days_ago(2)
    note = "Desconoce esta línea; reconoce las demás."
    desk.claim(about, DisputeKind.DISPUTE, "not_theirs", note, at, account_id=desk.account(about))


def ill(desk: Desk, about: Debtor) -> Story:
    """Hardship that nobody looked at in time."""
    at = yield desk.days_ago(18)
    note = "Está en tratamiento médico; su esposa pide suspender las llamadas."
    desk.claim(about, DisputeKind.HARDSHIP, "illness", note, at)


def insolvent(desk: Desk, about: Debtor) -> Story:
    """Insolvency proceedings."""
    at = yield desk.days_ago(10)
    note = "Notifican inicio de procedimiento de insolvencia."
    claim = desk.claim(about, DisputeKind.LEGAL_HOLD, "insolvency", note, at)
    lines = ("Se admite la solicitud y se ordena suspender", "las gestiones de cobro.", "Auto 512")
    add_evidence(desk.session, about.agent, claim.id or 0, "auto.pdf", letter("Auto de admisión", lines), at=at)


CLAIMS: tuple[Callable[[Desk, Debtor], Story], ...] = (
    paid_before,
    charge_unknown,
    lost_job,
    represented,
    death_reported,
    written_down,
    write_down_asked,
    not_so,
    one_account,
    ill,
    insolvent,
    death_confirmed,
)
