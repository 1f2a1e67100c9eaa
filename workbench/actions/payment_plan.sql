-- name: rooms
-- The temporary table that receives the file; it leaves with the transaction.
DROP TABLE IF EXISTS pg_temp.in_payment, pg_temp.plan_owner;
CREATE TEMPORARY TABLE in_payment (
    row_number int, reference text, reversal bool, charge_back bool, paid_on date, amount numeric(18, 2),
    debtor_ref text, tax_id text, account_number text, document_number text
) ON COMMIT DROP

-- name: analyze
ANALYZE in_payment

-- name: owners
-- Each row beside what the debtor, the tax id and the account that it names lead to.
CREATE TEMPORARY TABLE plan_owner ON COMMIT DROP AS
SELECT r.row_number, r.document_number, d.case_id AS of_debtor, t.case_id AS of_tax_id, coalesce(t.cases, 0) AS tax_ids,
       a.id AS account_id, a.case_id AS of_account,
       coalesce(d.case_id, a.case_id, CASE WHEN t.cases = 1 THEN t.case_id END) AS case_id
FROM in_payment r
LEFT JOIN (
    SELECT d.reference, k.id AS case_id FROM debtor d
    JOIN collection_case k ON k.debtor_id = d.id AND k.portfolio_id = :portfolio
    WHERE d.creditor_id = :creditor AND d.reference IN (SELECT debtor_ref FROM in_payment)
) d ON d.reference = r.debtor_ref
LEFT JOIN (
    SELECT d.tax_id, min(k.id) AS case_id, count(*) AS cases FROM debtor d
    JOIN collection_case k ON k.debtor_id = d.id AND k.portfolio_id = :portfolio
    WHERE d.tax_id IN (SELECT tax_id FROM in_payment) GROUP BY d.tax_id
) t ON t.tax_id = r.tax_id
LEFT JOIN account a ON a.portfolio_id = :portfolio AND a.number = r.account_number;
ANALYZE plan_owner

-- name: hits
-- The documents are looked for among the debtor's own, or in the whole portfolio when nothing else says whose they are.
SELECT r.row_number, r.reference, r.reversal, r.charge_back, r.paid_on, (r.amount * 100)::bigint AS amount, r.debtor_ref,
       r.tax_id, r.account_number, r.document_number, o.of_debtor, o.of_tax_id, o.tax_ids, o.account_id, o.of_account,
       x.case_id AS of_document, coalesce(x.documents, 0) AS documents
FROM in_payment r JOIN plan_owner o ON o.row_number = r.row_number
LEFT JOIN (
    SELECT row_number, min(case_id) AS case_id, count(*) AS documents
    FROM (
        SELECT o.row_number, x.case_id
        FROM plan_owner o JOIN receivable x ON x.case_id = o.case_id AND x.number = o.document_number
        WHERE o.account_id IS NULL OR x.account_id = o.account_id
        UNION ALL
        SELECT o.row_number, x.case_id
        FROM plan_owner o JOIN receivable x ON x.number = o.document_number
        JOIN account a ON a.id = x.account_id AND a.portfolio_id = :portfolio
        WHERE o.case_id IS NULL
    ) found GROUP BY row_number
) x ON x.row_number = r.row_number

-- name: known
-- What the portfolio has under these references already.
SELECT p.id, p.reference, p.kind, p.case_id, d.reference AS debtor_ref, (p.amount * 100)::bigint AS amount, p.paid_on,
       p.reversed_on
FROM payment p JOIN collection_case k ON k.id = p.case_id JOIN debtor d ON d.id = k.debtor_id
WHERE p.portfolio_id = :portfolio AND p.reference IN (SELECT reference FROM in_payment)

-- name: lock_cases
-- Every other deed on these cases' money waits until the file is saved.
SELECT count(*) FROM (
    SELECT id FROM collection_case WHERE id = ANY(:cases) ORDER BY id FOR NO KEY UPDATE
) locked
