"""The SQL of a deal and of its undoing: one statement each over everything they touch."""

from workbench.queries.owners import works

# in the order of their ids, as payments and nights lock them; what was waited for is seen by the next statement only
LOCK_CASES = """
    SELECT count(*) FROM (
        SELECT c.id FROM collection_case c JOIN {source} t ON t.case_id = c.id ORDER BY c.id FOR NO KEY UPDATE OF c) locked"""

# Open items of the chosen cases are locked without waiting. One that cannot be, or is claimed, is in somebody's hands:
# then nothing of that debtor moves.
_LOCKED = """
    open AS MATERIALIZED (
        SELECT w.id, w.case_id, chosen.debtor_id FROM chosen JOIN work_item w ON w.case_id = chosen.id AND w.state <> 'closed'
    ), locked AS MATERIALIZED (
        SELECT w.id, w.case_id, w.state, w.band, w.reserved_for FROM work_item w
        WHERE w.id IN (SELECT id FROM open) AND w.state IN ('ready', 'waiting') FOR NO KEY UPDATE SKIP LOCKED
    ), in_hand AS MATERIALIZED (
        SELECT open.debtor_id FROM open WHERE NOT EXISTS (SELECT FROM locked WHERE locked.id = open.id)
        UNION SELECT debtor_id FROM work_item WHERE state = 'claimed'
    )"""

APPLY = f"""
WITH chosen AS MATERIALIZED (
    SELECT c.id, c.debtor_id, nullif(t.owner_before, 0) AS before, nullif(t.owner_after, 0) AS after,
        nullif(t.receiver, 0) AS receiver, t.owner_before = t.owner_after AS tied, c.owner_id
    FROM {{source}} t JOIN collection_case c ON c.id = t.case_id
), {_LOCKED}, dealt AS MATERIALIZED (
    SELECT * FROM chosen WHERE owner_id IS NOT DISTINCT FROM before
      AND NOT EXISTS (SELECT FROM in_hand WHERE in_hand.debtor_id = chosen.debtor_id)
), owners AS (
    UPDATE collection_case c SET owner_id = dealt.after FROM dealt WHERE c.id = dealt.id AND NOT dealt.tied
), cases AS (
    INSERT INTO deal_case (deal_id, case_id, owner_before, owner_after) SELECT :deal, id, before, after FROM dealt
), items AS MATERIALIZED (
    SELECT locked.id, locked.reserved_for AS before,
        CASE WHEN dealt.tied AND NOT coalesce(locked.reserved_for = ANY(CAST(:givers AS int8[])), false)
            OR :keep AND locked.state = 'waiting' AND locked.band = 1 AND locked.reserved_for IS NOT NULL
            THEN locked.reserved_for ELSE dealt.receiver END AS after
    FROM locked JOIN dealt ON dealt.id = locked.case_id
), reserved AS (
    UPDATE work_item w SET reserved_for = items.after FROM items
    WHERE w.id = items.id AND items.before IS DISTINCT FROM items.after RETURNING w.id
), noted_items AS (
    INSERT INTO deal_item (deal_id, work_item_id, reserved_before, reserved_after) SELECT :deal, id, before, after FROM items
), promises AS MATERIALIZED (
    SELECT p.id, p.followed_by AS before, dealt.receiver AS after FROM dealt
    JOIN promise p ON p.case_id = dealt.id AND p.state = 'open'
    WHERE NOT :keep AND dealt.receiver IS NOT NULL AND coalesce(p.followed_by, p.taken_by) IS DISTINCT FROM dealt.receiver
      AND (NOT dealt.tied OR coalesce(p.followed_by, p.taken_by) = ANY(CAST(:givers AS int8[])))
), followed AS (
    UPDATE promise p SET followed_by = promises.after FROM promises WHERE p.id = promises.id
), noted_promises AS (
    INSERT INTO deal_promise (deal_id, promise_id, followed_before, followed_after) SELECT :deal, id, before, after FROM promises
)
SELECT (SELECT count(*) FROM dealt) AS cases, (SELECT count(*) FROM reserved) AS items, (SELECT count(*) FROM promises) AS promises,
    ARRAY(SELECT id FROM chosen WHERE NOT EXISTS (SELECT FROM dealt WHERE dealt.id = chosen.id) ORDER BY id) AS left_cases"""

# The author of a callback that was agreed since keeps it until its hour. A list of interactions is read by case, whatever joins cost.
_AGREED_SINCE = """CASE WHEN locked.state = 'waiting' AND locked.band = 1 THEN EXISTS (
            SELECT FROM interaction i WHERE i.case_id = locked.case_id AND i.user_id = locked.reserved_for
              AND i.follow_up_at IS NOT NULL AND i.ended_at >= (SELECT made_at FROM deal WHERE id = :deal)) ELSE false END"""

# A cover gives nothing back to who is gone, or whose work was given away for good meanwhile: it stays where it is, in every part.
_GONE = """NOT EXISTS (SELECT FROM app_user u JOIN team_member m ON m.user_id = u.id JOIN team_portfolio t ON t.team_id = m.team_id
            WHERE u.id = :of AND u.active AND t.portfolio_id = c.portfolio_id)
        OR EXISTS (SELECT FROM deal l WHERE l.kind = 'leaver' AND l.state = 'applied' AND l.id > :deal
            AND CAST(l.asked ->> 'of_user' AS int8) = :of
            AND (l.asked -> 'portfolio_ids' = '[]' OR l.asked -> 'portfolio_ids' @> to_jsonb(c.portfolio_id)))"""

# What is reserved goes back as it was, unless that person works there no more: then it is everybody's. An item opened since belongs
# to the case: it goes with its owner. What a later deal gave away, and perhaps back, is that deal's; a cover waits for a later one.
PUT_BACK = f"""
WITH chosen AS MATERIALIZED (
    SELECT c.id, c.debtor_id, d.owner_before, d.owner_after, d.owner_before IS NOT DISTINCT FROM d.owner_after AS tied, c.owner_id,
        CAST(:of AS int8) IS NOT NULL AND ({_GONE}) AS gone
    FROM deal_case d JOIN collection_case c ON c.id = d.case_id WHERE d.deal_id = :deal
), {_LOCKED}, later AS MATERIALIZED (
    SELECT k.case_id, bool_or(l.kind = 'cover') AS lent FROM chosen
    JOIN deal_case k ON k.case_id = chosen.id AND k.deal_id > :deal AND k.owner_before IS DISTINCT FROM k.owner_after
    JOIN deal l ON l.id = k.deal_id AND l.state = 'applied' GROUP BY k.case_id
), judged AS MATERIALIZED (
    SELECT chosen.*, CASE WHEN owner_id IS DISTINCT FROM owner_after AND owner_id IS NOT DISTINCT FROM owner_before THEN 'back'
        WHEN chosen.gone THEN 'gone' WHEN later.lent THEN 'lent' WHEN owner_id IS DISTINCT FROM owner_after OR later.case_id IS NOT NULL THEN 'changed'
        WHEN in_hand.debtor_id IS NOT NULL THEN 'in_hand' END AS why
    FROM chosen LEFT JOIN in_hand ON in_hand.debtor_id = chosen.debtor_id LEFT JOIN later ON later.case_id = chosen.id
), restored AS MATERIALIZED (SELECT * FROM judged WHERE why IS NULL
), owners AS (
    UPDATE collection_case c SET owner_id = restored.owner_before FROM restored WHERE c.id = restored.id AND NOT restored.tied
    RETURNING c.id
), items AS MATERIALIZED (
    SELECT locked.id, locked.case_id, d.work_item_id IS NULL AS later, locked.reserved_for AS now, d.reserved_after,
        CASE WHEN d.work_item_id IS NULL THEN restored.owner_before ELSE d.reserved_before END AS before,
        CASE WHEN {_AGREED_SINCE} THEN false WHEN d.work_item_id IS NULL
            THEN NOT restored.tied AND locked.reserved_for = restored.owner_after
            ELSE locked.reserved_for IS NOT DISTINCT FROM d.reserved_after END AS same
    FROM locked JOIN restored ON restored.id = locked.case_id
    LEFT JOIN deal_item d ON d.deal_id = :deal AND d.work_item_id = locked.id
), reserved AS (
    UPDATE work_item w SET reserved_for = CASE WHEN {works("items.before", "w.portfolio_id")} THEN items.before END FROM items
    WHERE w.id = items.id AND items.same AND items.before IS DISTINCT FROM items.now RETURNING w.case_id
), promises AS MATERIALIZED (
    SELECT p.id, p.case_id, d.followed_before, p.followed_by IS NOT DISTINCT FROM d.followed_after AND p.state = 'open' AS same,
        p.state = 'open' AND p.followed_by IS DISTINCT FROM d.followed_before AS stands
    FROM deal_promise d JOIN promise p ON p.id = d.promise_id JOIN restored ON restored.id = p.case_id WHERE d.deal_id = :deal
), followed AS (
    UPDATE promise p SET followed_by = promises.followed_before FROM promises WHERE p.id = promises.id AND promises.same
    RETURNING p.case_id
), altered AS (
    SELECT case_id FROM items WHERE NOT same AND NOT later AND now IS DISTINCT FROM before
    UNION SELECT case_id FROM promises WHERE NOT same AND stands
)
SELECT (SELECT count(*) FROM (SELECT id FROM owners UNION SELECT case_id FROM reserved UNION SELECT case_id FROM followed) w) AS restored,
    ARRAY(SELECT id FROM judged WHERE why = 'in_hand' ORDER BY id) AS in_hand,
    ARRAY(SELECT id FROM judged WHERE why = 'gone' ORDER BY id) AS gone,
    EXISTS (SELECT FROM judged WHERE why = 'lent') AS lent,
    ARRAY(SELECT id FROM judged WHERE why IN ('changed', 'lent') UNION SELECT case_id FROM altered ORDER BY 1) AS changed"""
