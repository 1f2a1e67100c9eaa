-- name: rooms
-- Temporary tables that receive the file; they leave with the transaction.
DROP TABLE IF EXISTS pg_temp.in_row, pg_temp.in_debtor, pg_temp.in_contact, pg_temp.plan_row, pg_temp.plan_debtor,
    pg_temp.plan_account, pg_temp.plan_credit, pg_temp.plan_receivable, pg_temp.plan_release, pg_temp.plan_part,
    pg_temp.plan_payment, pg_temp.plan_flow, pg_temp.plan_netted, pg_temp.plan_net;
CREATE TEMPORARY TABLE in_row (
    row_number int, debtor_ref text, account_number text, document_number text, product text, issued_on date,
    due_on date, paid_on date, amount numeric(18, 2), balance numeric(18, 2), credit_note bool, settled bool
) ON COMMIT DROP;
CREATE TEMPORARY TABLE in_debtor (
    reference text, name text, folded_name text, tax_id text, tax_id_valid bool, address text, city text, region text,
    law_region text, address_zone text, phone_zone text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE in_contact (
    row_number int, debtor_ref text, kind text, value text, raw text, phone_kind text, usable bool, reason text,
    time_zone text
) ON COMMIT DROP

-- name: analyze
ANALYZE in_row;
ANALYZE in_debtor;
ANALYZE in_contact

-- name: foreign_accounts
-- Rows whose account is another debtor's already: an account does not change hands by a file.
DELETE FROM in_row r USING account a, collection_case k, debtor d
WHERE a.portfolio_id = :portfolio AND a.number = r.account_number AND k.id = a.case_id AND d.id = k.debtor_id
  AND d.reference <> r.debtor_ref
RETURNING r.row_number, r.account_number AS value, d.reference AS owner

-- name: lock_cases
-- Every other deed on these cases' money waits until the import is saved.
SELECT count(*) FROM (
    SELECT k.id FROM collection_case k JOIN debtor d ON d.id = k.debtor_id
    WHERE k.portfolio_id = :portfolio AND (:absent <> 'keep' OR d.reference IN (SELECT reference FROM in_debtor))
    ORDER BY k.id FOR NO KEY UPDATE OF k
) locked

-- name: rows
-- Each row beside what is known of it.
CREATE TEMPORARY TABLE plan_row ON COMMIT DROP AS
SELECT r.*, a.id AS account_id, x.id AS receivable_id, x.amount AS old_amount, x.balance AS old_balance,
       x.due_on AS old_due_on, x.issued_on AS old_issued_on, p.id AS credit_id, p.amount AS credit_amount
FROM in_row r
LEFT JOIN account a ON a.portfolio_id = :portfolio AND a.number = r.account_number
LEFT JOIN receivable x ON x.account_id = a.id AND x.number = r.document_number AND NOT r.credit_note
LEFT JOIN payment p ON r.credit_note AND p.portfolio_id = :portfolio AND p.kind = 'credit_note'
     AND p.reversed_on IS NULL
     AND p.reference = 'credit_note:' || jsonb_build_array(r.account_number, r.document_number)::text

-- name: skip_settled
-- What is settled, and either unknown to us or without an amount of its own, leaves nothing to remember.
DELETE FROM plan_row
WHERE balance = 0 AND CASE WHEN credit_note THEN credit_id IS NULL ELSE amount = 0 AND receivable_id IS NULL END

-- name: debtors
CREATE TEMPORARY TABLE plan_debtor ON COMMIT DROP AS
SELECT now_.*, is_new OR (old_name, old_tax_id, old_valid, old_address, old_city, old_region, old_law_region, old_zone,
               old_origin) IS DISTINCT FROM (name, tax_id, tax_id_valid, address, city, region, law_region, zone, zone_origin)
           AS changed
FROM (
    SELECT i.reference, coalesce(d.id, nextval('debtor_id_seq')) AS debtor_id,
           d.id IS NULL AS is_new, coalesce(k.id, nextval('collection_case_id_seq')) AS case_id,
           k.id IS NULL AS case_is_new,
           CASE WHEN coalesce(i.name, i.reference) = i.reference THEN coalesce(d.name, i.reference) ELSE i.name END AS name,
           CASE WHEN coalesce(i.name, i.reference) = i.reference THEN coalesce(d.folded_name, i.folded_name, '')
                ELSE i.folded_name END AS folded_name,
           coalesce(i.tax_id, d.tax_id) AS tax_id,
           CASE WHEN i.tax_id IS NULL THEN d.tax_id_valid ELSE i.tax_id_valid END AS tax_id_valid,
           coalesce(i.address, d.address) AS address, coalesce(i.city, d.city) AS city,
           coalesce(i.region, d.region) AS region,
           CASE WHEN i.region IS NULL THEN d.law_region ELSE i.law_region END AS law_region,
           CASE WHEN i.address_zone IS NOT NULL THEN i.address_zone
                WHEN coalesce(d.zone_origin, 'portfolio') <> 'portfolio' THEN d.time_zone
                ELSE coalesce(i.phone_zone, d.time_zone, :zone) END AS zone,
           CASE WHEN i.address_zone IS NOT NULL THEN 'address'
                WHEN coalesce(d.zone_origin, 'portfolio') <> 'portfolio' THEN d.zone_origin
                WHEN i.phone_zone IS NOT NULL THEN 'phone' ELSE 'portfolio' END AS zone_origin,
           d.name AS old_name, d.tax_id AS old_tax_id, d.tax_id_valid AS old_valid, d.address AS old_address,
           d.city AS old_city, d.region AS old_region, d.law_region AS old_law_region, d.time_zone AS old_zone,
           d.zone_origin AS old_origin
    FROM in_debtor i
    LEFT JOIN debtor d ON d.creditor_id = :creditor AND d.reference = i.reference
    LEFT JOIN collection_case k ON k.portfolio_id = :portfolio AND k.debtor_id = d.id
    WHERE k.id IS NOT NULL OR i.reference IN (SELECT debtor_ref FROM plan_row)
) now_

-- name: strangers
-- Contacts of somebody who has no case here, nor gets one by this file.
SELECT c.row_number, min(c.debtor_ref) AS value
FROM in_contact c LEFT JOIN plan_debtor d ON d.reference = c.debtor_ref
WHERE d.reference IS NULL GROUP BY c.row_number ORDER BY c.row_number

-- name: accounts
CREATE TEMPORARY TABLE plan_account ON COMMIT DROP AS
SELECT r.account_number AS number, coalesce(r.account_id, nextval('account_id_seq')) AS account_id,
       r.account_id IS NULL AS is_new, d.case_id, r.product
FROM (
    SELECT account_number, debtor_ref, account_id, min(product) AS product
    FROM plan_row WHERE NOT credit_note OR account_id IS NOT NULL GROUP BY 1, 2, 3
) r JOIN plan_debtor d ON d.reference = r.debtor_ref

-- name: credits
-- The file's credit notes; `open` is what the creditor has not yet set against an invoice.
CREATE TEMPORARY TABLE plan_credit ON COMMIT DROP AS
SELECT coalesce(r.credit_id, nextval('payment_id_seq')) AS payment_id, r.credit_id IS NULL AS is_new,
       d.case_id, r.row_number, r.credit_amount AS old_amount, -r.balance AS open,
       greatest(r.credit_amount, -r.balance) AS amount, coalesce(least(r.issued_on, :on), :on) AS dated,
       'credit_note:' || jsonb_build_array(r.account_number, r.document_number)::text AS reference
FROM plan_row r JOIN plan_debtor d ON d.reference = r.debtor_ref
WHERE r.credit_note;
CREATE INDEX ON plan_credit (payment_id);
ANALYZE plan_credit

-- name: receivables
-- `stood` is what is open but for the file's own credit notes; `gross` follows the steps below.
-- Every receivable that may change: `before` is open now (of a new one: all of it), `target` what the file says is open.
-- Bystanders, receivables of a case with credit notes that are not in the file, have no target.
CREATE TEMPORARY TABLE plan_receivable ON COMMIT DROP AS
SELECT coalesce(r.receivable_id, nextval('receivable_id_seq')) AS id,
       r.receivable_id IS NULL AS is_new, false AS absent, a.account_id, a.case_id, r.row_number, r.debtor_ref,
       r.document_number AS number, coalesce(r.issued_on, r.old_issued_on) AS issued_on, r.due_on,
       r.receivable_id IS NOT NULL AND (r.old_due_on <> r.due_on OR coalesce(r.old_issued_on <> r.issued_on,
           r.issued_on IS NOT NULL)) AS dates_changed,
       coalesce(r.old_amount, r.amount) AS amount, coalesce(r.old_balance, r.amount) AS before, r.balance AS target,
       coalesce(r.old_balance, r.amount) AS stood, coalesce(r.old_balance, r.amount) AS gross, 0::numeric(18, 2) AS raised, 0::numeric(18, 2) AS lowered,
       0::numeric(18, 2) AS netted, r.receivable_id IS NOT NULL OR r.balance > 0 AS may_use_credit,
       CASE WHEN r.settled AND r.paid_on IS NOT NULL THEN 'payment' ELSE 'balance_update' END AS kind,
       -- a settled invoice first heard of, with no word when it was paid, counts as paid on time
       CASE WHEN r.settled AND r.paid_on IS NOT NULL THEN r.paid_on
            WHEN r.settled AND r.receivable_id IS NULL THEN least(r.due_on, :on) ELSE :on END AS dated
FROM plan_row r JOIN plan_account a ON a.number = r.account_number
WHERE NOT r.credit_note
UNION ALL
SELECT x.id, false, true, x.account_id, x.case_id, NULL, d.reference, x.number, x.issued_on, x.due_on, false, x.amount,
       x.balance, 0, x.balance, x.balance, 0, 0, 0, :absent = 'paid',
       CASE WHEN :absent = 'cancelled' THEN 'write_off' ELSE 'balance_update' END, :on
FROM receivable x
JOIN account a ON a.id = x.account_id
JOIN collection_case k ON k.id = x.case_id
JOIN debtor d ON d.id = k.debtor_id
WHERE :absent <> 'keep' AND k.portfolio_id = :portfolio AND x.balance > 0
  AND NOT EXISTS (SELECT FROM in_row r WHERE r.account_number = a.number AND r.document_number = x.number);
INSERT INTO plan_receivable
SELECT x.id, false, false, x.account_id, x.case_id, NULL, NULL, x.number, x.issued_on, x.due_on, false, x.amount,
       x.balance, NULL, x.balance, x.balance, 0, 0, 0, false, 'balance_update', :on
FROM receivable x
WHERE x.case_id IN (SELECT case_id FROM plan_credit) AND x.id NOT IN (SELECT id FROM plan_receivable)
  AND (x.balance > 0 OR EXISTS (
      SELECT FROM allocation l JOIN plan_credit c ON c.payment_id = l.payment_id
      WHERE l.receivable_id = x.id AND l.released_on IS NULL));
CREATE INDEX ON plan_receivable (id);
ANALYZE plan_receivable

-- name: flow
-- What moves between payments and receivables; netted at the end, so that what comes back is not touched at all.
CREATE TEMPORARY TABLE plan_flow ON COMMIT DROP AS
SELECT l.payment_id, l.receivable_id, -l.amount AS amount, false AS whole
FROM plan_credit c JOIN allocation l ON l.payment_id = c.payment_id AND l.released_on IS NULL
WHERE NOT c.is_new;
UPDATE plan_receivable x SET stood = x.before + back.amount, gross = x.before + back.amount
FROM (SELECT receivable_id, -sum(amount) AS amount FROM plan_flow GROUP BY 1) back WHERE back.receivable_id = x.id

-- name: know_better
-- Money dated on or after the business date is not in the file yet: it explains a balance that is lower than the file's.
-- Nor is credit that was set here against what opened later: the creditor's books may show the two side by side.
UPDATE plan_receivable x SET target = greatest(x.gross, x.target - late.amount)
FROM (
    SELECT l.receivable_id, sum(l.amount) AS amount
    FROM plan_receivable y
    JOIN allocation l ON l.receivable_id = y.id AND l.released_on IS NULL
    JOIN payment p ON p.id = l.payment_id AND (p.kind = 'payment' AND p.paid_on >= :on OR l.from_credit)
    WHERE y.gross < y.target GROUP BY 1
) late
WHERE late.receivable_id = x.id

-- name: releases
-- A balance that rises takes back what had lowered it, what came from files first, before the amount is raised.
CREATE TEMPORARY TABLE plan_release ON COMMIT DROP AS
SELECT payment_id, receivable_id, whole, CASE WHEN whole THEN amount ELSE least(amount, wanted - ahead) END AS amount
FROM (
    SELECT l.payment_id, l.receivable_id, l.amount, x.target - x.gross AS wanted,
           p.kind IN ('balance_update', 'write_off') AS whole,
           sum(l.amount) OVER (PARTITION BY l.receivable_id
               ORDER BY p.kind IN ('balance_update', 'write_off') DESC, p.paid_on DESC, l.id DESC) - l.amount AS ahead
    FROM plan_receivable x
    JOIN allocation l ON l.receivable_id = x.id AND l.released_on IS NULL
    JOIN payment p ON p.id = l.payment_id AND NOT (p.kind = 'payment' AND p.paid_on >= :on OR l.from_credit)
    WHERE x.gross < x.target AND NOT EXISTS (SELECT FROM plan_credit c WHERE c.payment_id = p.id)
) candidate
WHERE ahead < wanted;
INSERT INTO plan_flow SELECT payment_id, receivable_id, -amount, whole FROM plan_release;
UPDATE plan_receivable x SET gross = x.gross + back.amount
FROM (SELECT receivable_id, sum(amount) AS amount FROM plan_release GROUP BY 1) back WHERE back.receivable_id = x.id

-- name: differences
UPDATE plan_receivable SET raised = greatest(target - gross, 0), lowered = greatest(gross - target, 0)
WHERE gross <> target

-- name: known_money
-- Payments already recorded, and credit notes the creditor has applied, explain lower balances first, the oldest first.
CREATE TEMPORARY TABLE plan_part ON COMMIT DROP AS
WITH need AS (
    SELECT id, case_id, lowered AS amount, sum(lowered) OVER (PARTITION BY case_id ORDER BY due_on, id) AS upto
    FROM plan_receivable WHERE lowered > 0 AND may_use_credit
), free AS (
    SELECT p.id, p.case_id, p.paid_on, p.amount - p.allocated + coalesce(back.amount, 0) AS amount
    FROM payment p
    LEFT JOIN (SELECT payment_id, sum(amount) AS amount FROM plan_release WHERE NOT whole GROUP BY 1) back
         ON back.payment_id = p.id
    WHERE p.case_id IN (SELECT case_id FROM need) AND p.kind IN ('payment', 'credit_note') AND p.reversed_on IS NULL
      AND NOT EXISTS (SELECT FROM plan_credit c WHERE c.payment_id = p.id)
    UNION ALL
    SELECT payment_id, case_id, dated, amount - open FROM plan_credit
), credit AS (
    SELECT id, case_id, amount, sum(amount) OVER (PARTITION BY case_id ORDER BY paid_on, id) AS upto
    FROM free WHERE amount > 0
)
SELECT credit.id AS payment_id, need.id AS receivable_id,
       least(need.upto, credit.upto) - greatest(need.upto - need.amount, credit.upto - credit.amount) AS amount
FROM need JOIN credit ON credit.case_id = need.case_id
     AND least(need.upto, credit.upto) > greatest(need.upto - need.amount, credit.upto - credit.amount);
INSERT INTO plan_flow SELECT payment_id, receivable_id, amount, false FROM plan_part

-- name: payments
-- What is left to explain becomes a payment of its own; its reference counts the allocations its receivable ever had.
CREATE TEMPORARY TABLE plan_payment ON COMMIT DROP AS
SELECT nextval('payment_id_seq') AS payment_id, x.id AS receivable_id, x.case_id, x.kind, x.dated,
       x.lowered - coalesce(known.amount, 0) AS amount,
       'import:' || x.id || ':' || CASE WHEN x.is_new THEN 0 ELSE
           (SELECT count(*) FROM allocation l WHERE l.receivable_id = x.id) END AS reference
FROM plan_receivable x
LEFT JOIN (SELECT receivable_id, sum(amount) AS amount FROM plan_part GROUP BY 1) known ON known.receivable_id = x.id
WHERE x.lowered > coalesce(known.amount, 0);
INSERT INTO plan_flow SELECT payment_id, receivable_id, amount, false FROM plan_payment

-- name: open_credits
-- Credit notes still open pay what is open in their case, the oldest first; what nothing can take stays credit.
CREATE TEMPORARY TABLE plan_netted ON COMMIT DROP AS
WITH need AS (
    SELECT id, case_id, gross + raised - lowered AS amount,
           sum(gross + raised - lowered) OVER (PARTITION BY case_id ORDER BY due_on, id) AS upto
    FROM plan_receivable
    WHERE gross + raised - lowered > 0 AND case_id IN (SELECT case_id FROM plan_credit)
), credit AS (
    SELECT payment_id, case_id, open AS amount, sum(open) OVER (PARTITION BY case_id ORDER BY dated, payment_id) AS upto
    FROM plan_credit WHERE open > 0
)
SELECT credit.payment_id, need.id AS receivable_id,
       least(need.upto, credit.upto) - greatest(need.upto - need.amount, credit.upto - credit.amount) AS amount
FROM need JOIN credit ON credit.case_id = need.case_id
     AND least(need.upto, credit.upto) > greatest(need.upto - need.amount, credit.upto - credit.amount);
UPDATE plan_receivable x SET netted = part.amount
FROM (SELECT receivable_id, sum(amount) AS amount FROM plan_netted GROUP BY 1) part WHERE part.receivable_id = x.id;
INSERT INTO plan_flow SELECT payment_id, receivable_id, amount, false FROM plan_netted;
DROP TABLE plan_netted

-- name: verdict
-- In a word, what happens to each receivable; the creditor's own credit notes are not news about an invoice.
ALTER TABLE plan_receivable ADD COLUMN what text;
UPDATE plan_receivable x SET what = CASE
    WHEN target IS NULL THEN 'bystander'
    WHEN absent THEN 'absent'
    WHEN is_new AND target = 0 THEN 'history'
    WHEN is_new THEN 'new'
    WHEN raised = 0 AND NOT moves.money THEN CASE WHEN dates_changed THEN 'dates' ELSE 'unchanged' END
    WHEN gross + raised - lowered < stood THEN CASE WHEN target = 0 THEN 'settled' ELSE 'lowered' END
    WHEN gross + raised - lowered > stood THEN 'raised'
    WHEN dates_changed THEN 'dates'
    ELSE 'unchanged' END
FROM (
    SELECT y.id, f.receivable_id IS NOT NULL AS money FROM plan_receivable y
    LEFT JOIN (
        SELECT DISTINCT receivable_id FROM plan_flow GROUP BY payment_id, receivable_id HAVING sum(amount) <> 0
    ) f ON f.receivable_id = y.id
) moves
WHERE moves.id = x.id;
UPDATE plan_receivable SET stood = gross + raised - lowered WHERE what IN ('dates', 'unchanged');
ANALYZE plan_receivable;
ANALYZE plan_flow

-- name: tally
SELECT what, count(*) AS receivables, coalesce(sum(CASE WHEN is_new THEN target ELSE gross + raised - lowered - stood END), 0)
       AS amount, coalesce(sum(amount) FILTER (WHERE is_new), 0) AS billed
FROM plan_receivable WHERE what <> 'bystander' GROUP BY what

-- name: tally_others
SELECT (SELECT count(*) FROM plan_debtor WHERE is_new) AS new_debtors,
       (SELECT count(*) FROM plan_debtor WHERE changed AND NOT is_new) AS changed_debtors,
       (SELECT count(*) FROM plan_debtor WHERE case_is_new) AS new_cases,
       (SELECT count(*) FROM plan_account WHERE is_new) AS new_accounts,
       (SELECT count(*) FROM plan_credit WHERE is_new) AS new_credit_notes,
       (SELECT coalesce(sum(amount), 0) FROM plan_credit WHERE is_new) AS credit_amount,
       (SELECT count(*) FROM plan_payment) AS payments,
       (SELECT count(*) FROM plan_receivable WHERE raised > 0) AS amounts_raised,
       (SELECT count(*) FROM in_row) - (SELECT count(*) FROM plan_row) AS skipped,
       count(*) FILTER (WHERE known.id IS NULL AND c.usable) AS new_contacts,
       count(*) FILTER (WHERE known.id IS NULL AND NOT c.usable) AS unusable_contacts
FROM in_contact c JOIN plan_debtor d ON d.reference = c.debtor_ref
LEFT JOIN contact_point known ON known.debtor_id = d.debtor_id AND known.kind = c.kind AND known.value = c.value

-- name: samples
SELECT what, row_number, debtor_ref AS debtor, number AS document, due_on, stood AS before,
       gross + raised - lowered AS after
FROM (
    SELECT *, row_number() OVER (PARTITION BY what ORDER BY abs(gross + raised - lowered - stood) DESC, amount DESC, id) AS n
    FROM plan_receivable WHERE what NOT IN ('bystander', 'unchanged')
) ranked
WHERE n <= 5 ORDER BY what, n
