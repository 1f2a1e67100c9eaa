-- The cases that owed something at the end of the day a strategy was published, as they stood on that day: the columns
-- that its segments ask for, what they owed, and what they have paid since.
-- Balances are re-derived from the payments of before. The probability of not paying and a judicial stage have no
-- history and are today's.
WITH paid_before AS (
    SELECT a.receivable_id, sum(a.amount) AS amount FROM allocation a JOIN payment m ON m.id = a.payment_id
    WHERE m.portfolio_id = %(portfolio)s AND m.paid_on <= %(since)s
      AND (a.released_on IS NULL OR a.released_on > %(since)s) GROUP BY a.receivable_id
), was AS (
    SELECT r.case_id, r.due_on, r.settled_on, r.amount - coalesce(b.amount, 0) AS balance
    FROM receivable r JOIN collection_case c ON c.id = r.case_id LEFT JOIN paid_before b ON b.receivable_id = r.id
    WHERE c.portfolio_id = %(portfolio)s AND c.opened_on <= %(since)s AND coalesce(r.issued_on <= %(since)s, true)
), owed AS (
    SELECT case_id, sum(balance) AS balance,
           coalesce(min(due_on) FILTER (WHERE balance > 0 AND due_on < %(since)s),
                    min(due_on) FILTER (WHERE balance > 0)) AS anchor,
           count(*) FILTER (WHERE settled_on <= %(since)s) AS settled,
           count(*) FILTER (WHERE settled_on <= %(since)s AND settled_on > due_on + {horizon}) AS late
    FROM was GROUP BY case_id HAVING sum(balance) > 0
), spoken_of AS (
    SELECT w.case_id, sum(w.balance) AS amount
    FROM was w JOIN owed o ON o.case_id = w.case_id
    WHERE w.balance > 0 AND (w.due_on < %(since)s OR w.due_on = o.anchor) GROUP BY w.case_id
), broken AS (
    SELECT case_id, count(*) AS promises FROM promise
    WHERE portfolio_id = %(portfolio)s AND state = 'broken' AND closed_on <= %(since)s GROUP BY case_id
), paid AS (
    SELECT case_id, sum(amount) AS received FROM payment
    WHERE portfolio_id = %(portfolio)s AND kind = 'payment' AND reversed_on IS NULL
      AND paid_on > %(since)s AND paid_on <= %(on)s GROUP BY case_id
), product AS (
    SELECT a.case_id, bit_or(n.bit) AS bits
    FROM account a JOIN unnest(%(products)s::text[], %(products_bits)s::int8[]) n (name, bit) ON n.name = a.product
    WHERE a.portfolio_id = %(portfolio)s GROUP BY a.case_id
)
SELECT c.debtor_id, %(since)s::date - o.anchor AS day,
       CASE WHEN s.stage = 'judicial' THEN 3 WHEN %(since)s::date - o.anchor > %(extrajudicial)s THEN 2
            WHEN %(since)s::date > o.anchor THEN 1 ELSE 0 END AS stage,
       coalesce(f.amount, 0) * 100 AS amount, o.settled, o.late, coalesce(b.promises, 0) AS broken,
       coalesce(s.p_unpaid, 0) AS p_unpaid, coalesce(t.bits, 0) AS products,
       coalesce(region.bit, 0) AS regions, coalesce(city.bit, 0) AS cities,
       o.balance * 100 AS owed, coalesce(p.received, 0) * 100 AS received
FROM collection_case c JOIN owed o ON o.case_id = c.id JOIN debtor d ON d.id = c.debtor_id
LEFT JOIN spoken_of f ON f.case_id = c.id
LEFT JOIN broken b ON b.case_id = c.id
LEFT JOIN paid p ON p.case_id = c.id
LEFT JOIN product t ON t.case_id = c.id
LEFT JOIN case_standing s ON s.case_id = c.id
LEFT JOIN unnest(%(regions)s::text[], %(regions_bits)s::int8[]) region (name, bit) ON region.name = d.region
LEFT JOIN unnest(%(cities)s::text[], %(cities_bits)s::int8[]) city (name, bit) ON city.name = d.city
