-- name: debtors
INSERT INTO debtor (id, creditor_id, reference, name, folded_name, kind, tax_id, tax_id_valid, address, city, region,
    law_region, time_zone, zone_origin)
SELECT debtor_id, :creditor, reference, name, folded_name, 'person', tax_id, tax_id_valid, address, city, region, law_region,
    zone, zone_origin
FROM plan_debtor WHERE is_new;
UPDATE debtor d SET name = p.name, folded_name = p.folded_name, tax_id = p.tax_id, tax_id_valid = p.tax_id_valid,
    address = p.address, city = p.city, region = p.region, law_region = p.law_region, time_zone = p.zone,
    zone_origin = p.zone_origin
FROM plan_debtor p WHERE d.id = p.debtor_id AND p.changed AND NOT p.is_new;
UPDATE work_item w SET zone = d.place
FROM plan_debtor p JOIN debtor d ON d.id = p.debtor_id
WHERE w.debtor_id = p.debtor_id AND p.changed AND NOT p.is_new AND w.zone <> d.place

-- name: cases
INSERT INTO collection_case (id, portfolio_id, debtor_id, opened_on)
SELECT case_id, :portfolio, debtor_id, :on FROM plan_debtor WHERE case_is_new

-- name: contacts
-- What a person learned about a number stays: a known one is left as it is.
INSERT INTO contact_point (debtor_id, kind, value, raw, phone_kind, status, status_reason, time_zone_hint, source,
    attempts, right_parties)
SELECT d.debtor_id, c.kind, c.value, c.raw, c.phone_kind, CASE WHEN c.usable THEN 'active' ELSE 'unusable' END,
    CASE WHEN NOT c.usable THEN c.reason END, c.time_zone, 'import', 0, 0
FROM in_contact c JOIN plan_debtor d ON d.reference = c.debtor_ref
ON CONFLICT (debtor_id, kind, value) DO NOTHING

-- name: accounts
INSERT INTO account (id, portfolio_id, case_id, number, product)
SELECT account_id, :portfolio, case_id, number, product FROM plan_account WHERE is_new;
UPDATE account a SET product = p.product
FROM plan_account p
WHERE a.id = p.account_id AND NOT p.is_new AND p.product IS NOT NULL AND a.product IS DISTINCT FROM p.product

-- name: payments
INSERT INTO payment (id, portfolio_id, case_id, reference, kind, amount, allocated, paid_on, recorded_at)
SELECT payment_id, :portfolio, case_id, reference, kind, amount, amount, dated, :at FROM plan_payment;
INSERT INTO payment (id, portfolio_id, case_id, reference, kind, amount, allocated, paid_on, recorded_at)
SELECT c.payment_id, :portfolio, c.case_id, c.reference, 'credit_note', c.amount, coalesce(sum(f.amount), 0), c.dated, :at
FROM plan_credit c LEFT JOIN plan_flow f ON f.payment_id = c.payment_id
WHERE c.is_new GROUP BY c.payment_id, c.case_id, c.reference, c.amount, c.dated;
UPDATE payment p SET allocated = p.allocated + moved.amount, reversed_on = CASE WHEN moved.whole THEN :on END,
    amount = coalesce(c.amount, p.amount)
FROM (
    SELECT payment_id, sum(amount) AS amount, bool_or(whole) AS whole FROM plan_flow
    WHERE payment_id NOT IN (SELECT payment_id FROM plan_payment)
      AND payment_id NOT IN (SELECT payment_id FROM plan_credit WHERE is_new) GROUP BY 1
) moved LEFT JOIN plan_credit c ON c.payment_id = moved.payment_id
WHERE p.id = moved.payment_id AND (moved.amount <> 0 OR coalesce(c.amount, p.amount) <> p.amount)

-- name: receivables
INSERT INTO receivable (id, account_id, case_id, number, issued_on, due_on, amount, balance, settled_on)
SELECT x.id, x.account_id, x.case_id, x.number, x.issued_on, x.due_on, x.amount,
    x.gross - x.lowered - x.netted, CASE WHEN x.gross = x.lowered + x.netted THEN money.last END
FROM plan_receivable x
LEFT JOIN (
    SELECT f.receivable_id, max(p.paid_on) AS last FROM plan_flow f JOIN payment p ON p.id = f.payment_id
    WHERE f.amount > 0 GROUP BY 1
) money ON money.receivable_id = x.id
WHERE x.is_new

-- name: allocations
-- Netted by payment and receivable; what stays the same is not written.
CREATE TEMPORARY TABLE plan_net ON COMMIT DROP AS
SELECT f.payment_id, f.receivable_id, f.amount, l.id AS live_id, coalesce(l.amount, 0) + f.amount AS left_over
FROM (SELECT payment_id, receivable_id, sum(amount) AS amount FROM plan_flow GROUP BY 1, 2 HAVING sum(amount) <> 0) f
LEFT JOIN allocation l ON l.payment_id = f.payment_id AND l.receivable_id = f.receivable_id AND l.released_on IS NULL;
UPDATE allocation l SET released_on = :on FROM plan_net n WHERE l.id = n.live_id;
INSERT INTO allocation (payment_id, receivable_id, amount)
SELECT payment_id, receivable_id, left_over FROM plan_net WHERE left_over > 0

-- name: balances
UPDATE receivable r SET amount = x.amount + x.raised, balance = x.gross + x.raised - x.lowered - x.netted,
    issued_on = x.issued_on, due_on = x.due_on,
    settled_on = CASE WHEN x.gross + x.raised = x.lowered + x.netted THEN (
        SELECT max(p.paid_on) FROM allocation l JOIN payment p ON p.id = l.payment_id
        WHERE l.receivable_id = r.id AND l.released_on IS NULL) END
FROM plan_receivable x
WHERE r.id = x.id AND NOT x.is_new
  AND ((r.amount, r.balance, r.issued_on, r.due_on)
       IS DISTINCT FROM (x.amount + x.raised, x.gross + x.raised - x.lowered - x.netted, x.issued_on, x.due_on)
       OR r.id IN (SELECT receivable_id FROM plan_net))

-- name: touched
-- The cases whose standing may have changed.
SELECT case_id FROM plan_debtor WHERE case_is_new
UNION SELECT case_id FROM plan_receivable WHERE what NOT IN ('bystander', 'unchanged')
UNION SELECT x.case_id FROM plan_net n JOIN plan_receivable x ON x.id = n.receivable_id
UNION SELECT case_id FROM plan_credit WHERE is_new
UNION SELECT case_id FROM plan_debtor WHERE changed
UNION SELECT d.case_id FROM plan_debtor d JOIN contact_point c ON c.debtor_id = d.debtor_id AND c.id > :last_contact

-- name: raised
-- For the audit: whose amount a file raised, and by how much.
SELECT id, amount AS before, amount + raised AS after FROM plan_receivable WHERE raised > 0 ORDER BY id LIMIT 200
