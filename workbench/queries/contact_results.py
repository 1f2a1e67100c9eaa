"""What came of messages: arrived, read, answered, paid; the columns that learning reads and the page sums up.

An asking message is one that wants payment: a step's or a promise's, neither a thank-you nor an agent's reply. It
arrived when its receipt says so, or its debtor answered; e-mail has no receipts, so one that was sent and did not
bounce counts as arrived.
"""

from datetime import datetime, timedelta

from sqlmodel import Session

from workbench.queries.columns import read_columns
from workbench.rules.best_contact import WRITTEN, Results

LOOKS_BACK = timedelta(days=180)
PAID_WITHIN = timedelta(days=3)  # of a message: what is paid in this time came of it

ASKING = "m.cause IN ('step', 'promise_due', 'promise_broken', 'installment_due')"
ANSWERED = "coalesce(i.disposition_code = 'message.answered', false)"
ARRIVED = f"(m.state IN ('delivered', 'read') OR (m.channel = 'email' AND m.state = 'sent') OR {ANSWERED})"
# who answers has read; counted only where reading is told of at all, so that the others show no share of it
READ = f"(m.state = 'read' OR (m.channel = 'whatsapp' AND {ANSWERED}))"
# What was recorded before the message left cannot have come of it.
PAID = """EXISTS (
        SELECT FROM payment y WHERE y.case_id = m.case_id AND y.kind = 'payment' AND y.reversed_on IS NULL
        AND y.recorded_at > m.sent_at
        AND y.paid_on BETWEEN (m.sent_at AT TIME ZONE p.time_zone)::date
            AND (m.sent_at AT TIME ZONE p.time_zone)::date + 3)"""
SENT = f"""
    FROM message m
    JOIN portfolio p ON p.id = m.portfolio_id
    JOIN debtor d ON d.id = m.debtor_id
    LEFT JOIN interaction i ON i.id = m.interaction_id AND i.disposition_code = 'message.answered'
    WHERE {ASKING} AND m.sent_at IS NOT NULL AND {ARRIVED}"""

_COLUMNS = {"debtor_id": "i8", "channel": "i8", "hour": "i8", "sandbox": "i8", "deliveries": "i8", "answers": "i8"}
_NUMBER = " ".join(f"WHEN '{channel}' THEN {number}" for number, channel in enumerate(WRITTEN))
_RESULTS = f"""
    SELECT m.debtor_id, CASE m.channel {_NUMBER} END AS channel,
        extract(hour FROM m.sent_at AT TIME ZONE d.time_zone) AS hour,
        coalesce(m.provider = 'sandbox', false)::int AS sandbox,
        count(*) AS deliveries, count(*) FILTER (WHERE {ANSWERED} OR {PAID}) AS answers
    {SENT} AND m.portfolio_id = %(portfolio)s AND m.planned_at >= %(since)s
        AND m.sent_at >= %(since)s AND m.sent_at < %(until)s
    GROUP BY 1, 2, 3, 4"""


def contact_results(session: Session, portfolio_id: int, *, at: datetime) -> Results:
    """A portfolio's asking messages of half a year that arrived, and their answers (replied, or paid within three days).

    Those of the last three days are left out: their answers may still come. What the sandbox played counts only as
    long as nothing has left for real.
    """
    asked = {"portfolio": portfolio_id, "since": at - LOOKS_BACK, "until": at - PAID_WITHIN}
    columns = read_columns(session, _RESULTS, _COLUMNS, asked)
    played = columns.pop("sandbox").astype(bool)
    if not played.all():
        columns = {name: column[~played] for name, column in columns.items()}
    return Results(**columns)
