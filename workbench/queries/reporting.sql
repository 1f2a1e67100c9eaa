-- The schema `reporting`: what a report of one's own may read, row by row of the portfolios its log-in was given.
--
-- Every view runs with its owner's rights, because a log-in may read no table; `session_user` is the log-in of the
-- connection whatever role is set since, and a barrier keeps a function in somebody's WHERE from seeing other rows.
-- No view has a debtor's or an agent's name, an address, a number of a phone, a document or an account, or a free text.
-- `mine` is the array of the log-in's portfolios; nobody's is empty, so whoever was closed sees nothing.

CREATE VIEW reporting.portfolios WITH (security_barrier) AS
SELECT p.id AS portfolio_id, p.code, c.code AS creditor_code, p.country, p.currency, p.time_zone, p.business_date,
    p.bucket_starts, p.delinquency_grace, p.grace_days, p.attribution_days, p.minute_cost, p.message_costs
FROM public.portfolio p JOIN public.creditor c ON c.id = p.creditor_id
WHERE p.id = ANY (${mine});

-- somebody of several teams has a row for each; only teams that work one of the log-in's portfolios
CREATE VIEW reporting.agents WITH (security_barrier) AS
SELECT u.id AS agent_id, t.code AS team_code, u.role, u.active
FROM public.app_user u JOIN public.team_member m ON m.user_id = u.id JOIN public.team t ON t.id = m.team_id
WHERE EXISTS (SELECT FROM public.team_portfolio tp WHERE tp.team_id = t.id AND tp.portfolio_id = ANY (${mine}));

CREATE VIEW reporting.dispositions WITH (security_barrier) AS
SELECT d.code AS disposition_code, d.action, d.result, d.outcome, d.label_es, d.label_en, d.counts_attempt,
    d.counts_contact, d.counts_rpc, d.counts_promise, d.active
FROM public.disposition d;

CREATE VIEW reporting.cases WITH (security_barrier) AS
SELECT k.id AS case_id, k.portfolio_id, k.owner_id, k.opened_on, s.balance, s.past_due, s.oldest_due_on,
    CASE WHEN s.past_due > 0 THEN greatest(0, p.business_date - coalesce(s.counted_from, s.oldest_due_on)) ELSE 0 END
        AS days_past_due,
    s.bucket, s.stage, s.settled_count, s.late_count, s.broken_promises, s.p_unpaid, s.reach, s.score
FROM public.collection_case k
JOIN public.case_standing s ON s.case_id = k.id
JOIN public.portfolio p ON p.id = k.portfolio_id
WHERE k.portfolio_id = ANY (${mine});

CREATE VIEW reporting.work_items WITH (security_barrier) AS
SELECT w.id AS work_item_id, w.case_id, w.portfolio_id, w.queue, w.state, w.band, w.score, w.reserved_for, w.not_before,
    w.claimed_by, w.claimed_at
FROM public.work_item w
WHERE w.portfolio_id = ANY (${mine});

CREATE VIEW reporting.interactions WITH (security_barrier) AS
SELECT i.id AS interaction_id, i.portfolio_id, i.case_id, i.user_id AS agent_id, i.channel, i.direction,
    i.disposition_code, d.outcome, d.counts_attempt, d.counts_contact, d.counts_rpc, d.counts_promise,
    i.started_at, i.ended_at, i.claimed_at,
    (i.started_at AT TIME ZONE p.time_zone)::date AS local_date,
    extract(hour FROM i.started_at AT TIME ZONE p.time_zone)::smallint AS local_hour,
    extract(isodow FROM i.started_at AT TIME ZONE p.time_zone)::smallint AS local_weekday,
    (i.decision ->> 'allowed')::boolean AS lawful, i.override_reason IS NOT NULL AS overridden
FROM public.interaction i
JOIN public.disposition d ON d.code = i.disposition_code
JOIN public.portfolio p ON p.id = i.portfolio_id
WHERE i.portfolio_id = ANY (${mine});

-- cases sent away or given back without an outcome: the time was spent all the same, by who held the case
CREATE VIEW reporting.put_downs WITH (security_barrier) AS
SELECT e.id AS put_down_id, w.portfolio_id, w.case_id, coalesce((e.details ->> 'holder')::bigint, e.by_id) AS agent_id,
    e.deed, e.at, (e.details ->> 'claimed_at')::timestamptz AS claimed_at
FROM public.audit_entry e JOIN public.work_item w ON w.id = e.subject_id
WHERE e.deed IN ('skip', 'release') AND e.subject = 'work_item' AND w.portfolio_id = ANY (${mine});

CREATE VIEW reporting.blocked_contacts WITH (security_barrier) AS
SELECT b.id AS blocked_contact_id, b.portfolio_id, b.case_id, b.user_id AS agent_id, b.channel, b.at, b.target, b.rule,
    b.law, b.confidence, b.next_allowed
FROM public.blocked_contact b
WHERE b.portfolio_id = ANY (${mine});

CREATE VIEW reporting.promises WITH (security_barrier) AS
SELECT r.id AS promise_id, r.portfolio_id, r.case_id, r.interaction_id, r.taken_by, r.followed_by, r.channel, r.amount,
    r.paid, r.paid_late, r.taken_on, r.due_on, r.state, r.closed_on, r.replaced_by
FROM public.promise r
WHERE r.portfolio_id = ANY (${mine});

CREATE VIEW reporting.payments WITH (security_barrier) AS
SELECT y.id AS payment_id, y.portfolio_id, y.case_id, y.kind, y.amount, y.allocated, y.paid_on, y.reversed_on,
    y.reversal, y.recorded_at, y.agreement_id, y.kind = 'payment' AND y.reversed_on IS NULL AS received
FROM public.payment y
WHERE y.portfolio_id = ANY (${mine});

CREATE VIEW reporting.agreements WITH (security_barrier) AS
SELECT a.id AS agreement_id, a.portfolio_id, a.case_id, a.kind, a.frequency, a.principal, a.interest, a.fees,
    a.discount_principal, a.discount_interest, a.discount_fees, a.total, a.paid, a.missed, a.signed_on, a.state,
    a.closed_on, a.taken_by, a.replaced_by
FROM public.agreement a
WHERE a.portfolio_id = ANY (${mine});

CREATE VIEW reporting.installments WITH (security_barrier) AS
SELECT n.agreement_id, a.portfolio_id, a.case_id, n.number, n.due_on, n.amount, n.paid, n.paid_on
FROM public.installment n JOIN public.agreement a ON a.id = n.agreement_id
WHERE a.portfolio_id = ANY (${mine});

CREATE VIEW reporting.messages WITH (security_barrier) AS
SELECT g.id AS message_id, g.portfolio_id, g.case_id, g.cause, g.step, g.segment, g.arm, g.channel, g.template_code,
    g.language, g.state, g.held ->> 'code' AS held_code, g.planned_at, g.sent_at, g.ended_at, g.tries, g.segments,
    g.cost AS cost_usd
FROM public.message g
WHERE g.portfolio_id = ANY (${mine});

CREATE VIEW reporting.disputes WITH (security_barrier) AS
SELECT e.id AS dispute_id, e.portfolio_id, e.case_id, e.kind, e.category, e.disputed, e.opened_by, e.opened_on,
    e.deadline_on, e.resolution, e.resolved_at, e.written_down
FROM public.dispute e
WHERE e.portfolio_id = ANY (${mine});

-- a row holds from `from_on` until the day before `until_on`
CREATE VIEW reporting.mornings WITH (security_barrier) AS
SELECT h.case_id, h.portfolio_id, h.from_on, h.until_on, h.owner_id, h.balance, h.past_due, h.counted_from, h.bucket,
    h.stage, h.p_unpaid, h.score, h.queue, h.state, h.band
FROM public.case_history h
WHERE h.portfolio_id = ANY (${mine});

CREATE VIEW reporting.book_days WITH (security_barrier) AS
SELECT b.portfolio_id, b.on_date, b.owner_id, b.bucket, b.stage, b.cases, b.listed, b.balance, b.past_due, b.late_cases,
    b.late_balance, b.late_balance_days, b.past_due_30, b.past_due_90, b.expected
FROM public.book_day b
WHERE b.portfolio_id = ANY (${mine});

CREATE VIEW reporting.receipt_forecasts WITH (security_barrier) AS
SELECT f.portfolio_id, f.made_on, f.for_on, f.source, f.due, f.expected, f.items
FROM public.receipt_forecast f
WHERE f.portfolio_id = ANY (${mine});

-- of people whose every portfolio is the log-in's: time at work belongs to no portfolio
CREATE VIEW reporting.presences WITH (security_barrier) AS
SELECT s.id AS presence_id, s.user_id AS agent_id, s.state, s.started_at, s.seen_at, s.ended_at, s.ended_because
FROM public.presence s
WHERE NOT EXISTS (
        SELECT FROM public.team_member m JOIN public.team_portfolio tp ON tp.team_id = m.team_id
        WHERE m.user_id = s.user_id AND tp.portfolio_id <> ALL (${mine}))
  AND EXISTS (
        SELECT FROM public.team_member m JOIN public.team_portfolio tp ON tp.team_id = m.team_id
        WHERE m.user_id = s.user_id)
