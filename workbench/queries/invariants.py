"""What always holds, as questions to the database whose right answer is: no rows.

Each statement yields the ids of what is broken, over one portfolio or (none) all, in a few passes over the tables:
a million cases are read, never fetched. What a constraint already forbids is not asked again.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from workbench.queries.credits import FREE_CREDIT
from workbench.queries.digest_invariants import DIGEST_INVARIANTS
from workbench.queries.invariant_shapes import Invariant
from workbench.rules.pauses import BARS_CONTACT, STOPS_CLOCK
from workbench.rules.words import N_

EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that does not hold: which (an English message id), on rows of which table, how many, and the first ids."""

    rule: str
    subject: str
    count: int
    examples: tuple[int, ...]


_STOPS = ", ".join(f"'{kind}'" for kind in STOPS_CLOCK)
_BARS = ", ".join(f"'{kind}'" for kind in BARS_CONTACT)
INVARIANTS = (
    Invariant(
        N_("A receivable's balance is its amount less its live allocations."),
        "receivable",
        """
        SELECT receivable.id FROM receivable
        JOIN collection_case ON collection_case.id = receivable.case_id
        LEFT JOIN (SELECT receivable_id, sum(amount) AS paid FROM allocation WHERE released_on IS NULL GROUP BY 1) live
               ON live.receivable_id = receivable.id
        WHERE (CAST(:portfolio AS bigint) IS NULL OR collection_case.portfolio_id = :portfolio)
          AND receivable.balance <> receivable.amount - coalesce(live.paid, 0)
        """,
    ),
    Invariant(
        N_("What a payment has allocated is the sum of its live allocations."),
        "payment",
        """
        SELECT payment.id FROM payment
        LEFT JOIN (SELECT payment_id, sum(amount) AS paid FROM allocation WHERE released_on IS NULL GROUP BY 1) live
               ON live.payment_id = payment.id
        WHERE (CAST(:portfolio AS bigint) IS NULL OR payment.portfolio_id = :portfolio)
          AND payment.allocated <> coalesce(live.paid, 0)
        """,
    ),
    Invariant(
        N_("A payment pays receivables of its own case only."),
        "allocation",
        """
        SELECT allocation.id FROM allocation
        JOIN payment ON payment.id = allocation.payment_id
        JOIN receivable ON receivable.id = allocation.receivable_id
        WHERE (CAST(:portfolio AS bigint) IS NULL OR payment.portfolio_id = :portfolio)
          AND receivable.case_id <> payment.case_id
        """,
    ),
    Invariant(
        N_("No credit lies free beside a debt of its case."),
        "collection_case",
        f"""
        SELECT DISTINCT p.case_id FROM payment p JOIN receivable ON receivable.case_id = p.case_id AND receivable.balance > 0
        WHERE (CAST(:portfolio AS bigint) IS NULL OR p.portfolio_id = :portfolio) AND {FREE_CREDIT}
        """,
    ),
    Invariant(
        N_("A settled receivable was settled by money, none of it dated later."),
        "receivable",
        """
        SELECT DISTINCT receivable.id FROM receivable
        JOIN allocation ON allocation.receivable_id = receivable.id AND allocation.released_on IS NULL
        JOIN payment ON payment.id = allocation.payment_id
        WHERE (CAST(:portfolio AS bigint) IS NULL OR payment.portfolio_id = :portfolio)
          AND payment.paid_on > receivable.settled_on
        """,
    ),
    Invariant(
        N_("Every case has a standing."),
        "collection_case",
        """
        SELECT collection_case.id FROM collection_case
        LEFT JOIN case_standing ON case_standing.case_id = collection_case.id
        WHERE (CAST(:portfolio AS bigint) IS NULL OR collection_case.portfolio_id = :portfolio)
          AND case_standing.case_id IS NULL
        """,
    ),
    Invariant(
        N_("A case's balance is the sum of its receivables' balances."),
        "collection_case",
        """
        SELECT case_standing.case_id FROM case_standing
        LEFT JOIN (SELECT case_id, sum(balance) AS owed FROM receivable WHERE balance > 0 GROUP BY 1) open
               ON open.case_id = case_standing.case_id
        WHERE (CAST(:portfolio AS bigint) IS NULL OR case_standing.portfolio_id = :portfolio)
          AND case_standing.balance <> coalesce(open.owed, 0)
        """,
    ),
    Invariant(
        # A call or a payment may have refreshed a case on a later day than the last night, so the right sum is the
        # one up to that night or up to any later due date; what the night finds is exact.
        N_("What is past due is the sum of the balances that were due, since the oldest of them."),
        "collection_case",
        """
        SELECT standing.case_id FROM case_standing standing
        JOIN portfolio ON portfolio.id = standing.portfolio_id AND portfolio.business_date IS NOT NULL
        LEFT JOIN (
            SELECT receivable.case_id, min(receivable.due_on) AS oldest,
                   coalesce(sum(receivable.balance) FILTER (WHERE receivable.due_on < portfolio.business_date), 0) AS late
            FROM receivable
            JOIN collection_case ON collection_case.id = receivable.case_id
            JOIN portfolio ON portfolio.id = collection_case.portfolio_id
            WHERE receivable.balance > 0
              AND (CAST(:portfolio AS bigint) IS NULL OR collection_case.portfolio_id = :portfolio)
            GROUP BY 1) open ON open.case_id = standing.case_id
        WHERE (CAST(:portfolio AS bigint) IS NULL OR standing.portfolio_id = :portfolio)
          AND (standing.past_due <> coalesce(open.late, 0) OR standing.past_due > 0 AND standing.oldest_due_on <> open.oldest)
          AND NOT (standing.oldest_due_on IS NOT DISTINCT FROM open.oldest AND EXISTS (
              SELECT FROM receivable cut
              WHERE cut.case_id = standing.case_id AND cut.balance > 0 AND cut.due_on >= portfolio.business_date
                AND standing.past_due = (
                    SELECT sum(due.balance) FROM receivable due
                    WHERE due.case_id = standing.case_id AND due.balance > 0 AND due.due_on <= cut.due_on)))
        """,
    ),
    Invariant(
        N_("Days past due are counted from the oldest due day, or a later one."),
        "collection_case",
        """
        SELECT case_id FROM case_standing
        WHERE (CAST(:portfolio AS bigint) IS NULL OR portfolio_id = :portfolio)
          AND (counted_from < oldest_due_on OR counted_from IS NOT NULL AND oldest_due_on IS NULL)
        """,
    ),
    Invariant(
        N_("Two pauses that stop the clock share no day."),
        "pause",
        f"""
        WITH span AS (
            SELECT pause.id, pause.case_id, pause.account_id, from_on,
                   coalesce(least(until_on, (ended_at AT TIME ZONE portfolio.time_zone)::date), 'infinity') AS last_on
            FROM pause JOIN portfolio ON portfolio.id = pause.portfolio_id
            WHERE (CAST(:portfolio AS bigint) IS NULL OR portfolio_id = :portfolio) AND kind IN ({_STOPS})
              AND coalesce((ended_at AT TIME ZONE portfolio.time_zone)::date >= from_on, true))
        SELECT later.id FROM span one JOIN span later ON later.case_id = one.case_id AND later.id > one.id
         AND (one.account_id IS NULL OR later.account_id IS NULL OR one.account_id = later.account_id)
         AND one.from_on < later.last_on AND later.from_on < one.last_on
        """,
    ),
    Invariant(
        # two clocks may differ, and what had begun before is written down
        N_("Nobody was contacted whose debtor died, is before a court or was handed over."),
        "interaction",
        f"""
        SELECT DISTINCT interaction.id FROM pause
        JOIN interaction ON interaction.case_id = pause.case_id AND interaction.direction = 'outbound'
        JOIN disposition ON disposition.code = interaction.disposition_code AND disposition.counts_attempt
        WHERE (CAST(:portfolio AS bigint) IS NULL OR pause.portfolio_id = :portfolio)
          AND pause.kind IN ({_BARS}) AND pause.account_id IS NULL
          AND interaction.started_at > pause.created_at + interval '1 minute'
          AND interaction.started_at < coalesce(pause.ended_at, (pause.until_on + 1)::timestamp, 'infinity')
        """,
    ),
    Invariant(
        N_("Every case that is past due has a place in the call queue."),
        "collection_case",
        """
        SELECT standing.case_id FROM case_standing standing
        LEFT JOIN work_item ON work_item.case_id = standing.case_id AND work_item.queue = 'call'
        WHERE (CAST(:portfolio AS bigint) IS NULL OR standing.portfolio_id = :portfolio)
          AND standing.past_due > 0 AND work_item.id IS NULL
        """,
    ),
    Invariant(
        N_("A promise for an account is about an account of its case."),
        "promise",
        """
        SELECT promise.id FROM promise JOIN account ON account.id = promise.account_id
        WHERE (CAST(:portfolio AS bigint) IS NULL OR promise.portfolio_id = :portfolio)
          AND account.case_id <> promise.case_id
        """,
    ),
    Invariant(
        N_("A promise never counts more money than its case has paid since."),
        "promise",
        """
        SELECT promise.id FROM promise
        WHERE (CAST(:portfolio AS bigint) IS NULL OR promise.portfolio_id = :portfolio) AND promise.paid > (
            SELECT coalesce(sum(payment.amount), 0) FROM payment
            WHERE payment.case_id = promise.case_id AND payment.reversed_on IS NULL AND payment.paid_on >= promise.taken_on)
        """,
    ),
    Invariant(
        # what was written off or lowered by the creditor since can no longer be forgiven: less is there, nothing is open
        N_("A discount is there exactly while its agreement is active or completed."),
        "agreement",
        """
        SELECT DISTINCT agreement.id FROM agreement
        CROSS JOIN LATERAL (VALUES ('principal', discount_principal), ('interest', discount_interest),
            ('fees', discount_fees)) forgiven (component, amount)
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(payment.amount), 0) AS amount FROM payment
            WHERE payment.agreement_id = agreement.id AND payment.kind = 'discount' AND payment.reversed_on IS NULL
              AND split_part(payment.reference, ':', 3) = forgiven.component) live
        WHERE (CAST(:portfolio AS bigint) IS NULL OR agreement.portfolio_id = :portfolio)
          AND CASE WHEN agreement.state NOT IN ('active', 'completed') THEN live.amount > 0
              WHEN live.amount > forgiven.amount THEN true
              ELSE live.amount < forgiven.amount AND EXISTS (
                  SELECT FROM receivable WHERE receivable.case_id = agreement.case_id AND receivable.balance > 0
                  AND receivable.component = forgiven.component
                  AND receivable.account_id = coalesce(agreement.account_id, receivable.account_id)) END
        """,
    ),
    Invariant(
        N_("An agreement's installments add up to its total."),
        "agreement",
        """
        SELECT agreement.id FROM agreement
        LEFT JOIN (SELECT agreement_id, sum(amount) AS amount, sum(paid) AS paid FROM installment GROUP BY 1) parts
               ON parts.agreement_id = agreement.id
        WHERE (CAST(:portfolio AS bigint) IS NULL OR agreement.portfolio_id = :portfolio)
          AND (parts.amount IS DISTINCT FROM agreement.total OR parts.paid IS DISTINCT FROM agreement.paid)
        """,
    ),
    Invariant(
        N_("An agreement never counts more money than its case has paid since."),
        "agreement",
        """
        SELECT agreement.id FROM agreement
        WHERE (CAST(:portfolio AS bigint) IS NULL OR agreement.portfolio_id = :portfolio)
          AND agreement.state IN ('active', 'completed', 'broken') AND agreement.paid > (
            SELECT coalesce(sum(payment.amount), 0) FROM payment
            WHERE payment.case_id = agreement.case_id AND payment.reversed_on IS NULL AND payment.kind <> 'discount'
              AND payment.paid_on >= agreement.signed_on)
        """,
    ),
    Invariant(
        N_("Nobody was contacted against the law without a supervisor's reason."),
        "interaction",
        """
        SELECT interaction.id FROM interaction
        WHERE (CAST(:portfolio AS bigint) IS NULL OR interaction.portfolio_id = :portfolio)
          AND interaction.decision ->> 'allowed' = 'false' AND interaction.direction = 'outbound'
          AND coalesce(btrim(interaction.override_reason), '') = ''
        """,
    ),
    Invariant(
        N_("What was handed to a provider has its text, and is a contact of its case."),
        "message",
        """
        SELECT message.id FROM message LEFT JOIN interaction ON interaction.id = message.interaction_id
        WHERE (CAST(:portfolio AS bigint) IS NULL OR message.portfolio_id = :portfolio)
          AND message.state IN ('sending', 'sent', 'delivered', 'read', 'unconfirmed')
          AND (message.body IS NULL OR interaction.case_id IS DISTINCT FROM message.case_id)
        """,
    ),
    Invariant(
        # two clocks may differ, and what had begun when the debtor's word came leaves
        N_("Nobody was written to on a channel after asking for no messages there."),
        "message",
        """
        SELECT DISTINCT message.id FROM opt_out
        JOIN message ON message.debtor_id = opt_out.debtor_id AND message.channel = opt_out.channel
        JOIN interaction ON interaction.id = message.interaction_id
        WHERE (CAST(:portfolio AS bigint) IS NULL OR message.portfolio_id = :portfolio)
          AND interaction.started_at > opt_out.since + interval '1 minute'
          AND (opt_out.ended_at IS NULL OR interaction.started_at < opt_out.ended_at)
        """,
    ),
    Invariant(
        N_("No message was left lying by a lost worker."),
        "message",
        """
        SELECT message.id FROM message
        WHERE (CAST(:portfolio AS bigint) IS NULL OR message.portfolio_id = :portfolio)
          AND message.lease_until < now() - interval '15 minutes'
        """,
    ),
    Invariant(
        N_("Every state of a message has been told by somebody."),
        "message",
        """
        SELECT message.id FROM message
        LEFT JOIN message_event ON message_event.message_id = message.id AND message_event.state = message.state
        WHERE (CAST(:portfolio AS bigint) IS NULL OR message.portfolio_id = :portfolio)
          AND message.state <> 'planned' AND message_event.id IS NULL
        """,
    ),
    Invariant(
        # a night looks at its own morning, `workbench check` of everything at all of them
        N_("The mornings of a case follow one another without a gap or an overlap."),
        "case_history",
        """
        SELECT history.case_id FROM case_history history JOIN portfolio ON portfolio.id = history.portfolio_id
        LEFT JOIN case_history next ON next.case_id = history.case_id AND next.from_on = history.until_on
        WHERE history.portfolio_id = :portfolio AND history.until_on >= portfolio.business_date AND next.case_id IS NULL
        UNION
        SELECT case_id FROM (
            SELECT case_id, until_on, lead(from_on) OVER (PARTITION BY case_id ORDER BY from_on) AS next_on
            FROM case_history WHERE CAST(:portfolio AS bigint) IS NULL) span
        WHERE until_on IS DISTINCT FROM next_on
        """,
    ),
    Invariant(
        N_("The sums of a morning are those of its cases."),
        "portfolio",
        """
        SELECT DISTINCT portfolio.id FROM portfolio
        JOIN LATERAL (
            SELECT portfolio.business_date AS day UNION SELECT on_date FROM book_day
            WHERE portfolio_id = portfolio.id
              AND on_date > portfolio.business_date - CASE WHEN CAST(:portfolio AS bigint) IS NULL THEN 7 ELSE 1 END
        ) morning ON true
        JOIN LATERAL (
            SELECT count(*) AS cases, count(queue) AS listed, sum(balance) AS balance, sum(past_due) AS past_due
            FROM case_history WHERE portfolio_id = portfolio.id AND from_on <= morning.day
              AND (until_on > morning.day OR until_on IS NULL)) one ON true
        JOIN LATERAL (
            SELECT coalesce(sum(cases), 0) AS cases, coalesce(sum(listed), 0) AS listed, sum(balance) AS balance,
                   sum(past_due) AS past_due
            FROM book_day WHERE portfolio_id = portfolio.id AND on_date = morning.day) summed ON true
        WHERE (CAST(:portfolio AS bigint) IS NULL OR portfolio.id = :portfolio) AND portfolio.business_date IS NOT NULL
          AND (one.cases, one.listed, one.balance, one.past_due)
              IS DISTINCT FROM (summed.cases, summed.listed, summed.balance, summed.past_due)
        """,
    ),
    *DIGEST_INVARIANTS,
)


def broken_invariants(session: Session, portfolio_id: int | None) -> list[Violation]:
    """What does not hold in one portfolio, or (none) anywhere."""
    found = (_broken(session, invariant, portfolio_id) for invariant in INVARIANTS)
    return [violation for violation in found if violation]


def _broken(session: Session, invariant: Invariant, portfolio_id: int | None) -> Violation | None:
    counted = f"""
        SELECT count(*), (array_agg(id ORDER BY id))[1:{EXAMPLES}] FROM ({invariant.broken}) AS broken (id)
    """
    count, examples = session.execute(text(counted), {"portfolio": portfolio_id}).one()
    return Violation(invariant.rule, invariant.subject, count, tuple(examples)) if count else None
