"""What always holds of boards by e-mail: none leaves twice, none is forgotten, none reaches who may not have it.

What is late is measured by the timetable's own last run for digests: while nothing runs, nothing is late.
"""

from workbench.queries.invariant_shapes import Invariant
from workbench.rules.access import GRANTED, Permission
from workbench.rules.digests import NEEDS
from workbench.rules.words import N_

_OF = """FROM digest_issue issue JOIN digest ON digest.id = issue.digest_id
    AND (CAST(:portfolio AS bigint) IS NULL OR digest.portfolio_id = :portfolio)"""
_ABOUT = "told.subject = 'digest_issue' AND told.subject_id = issue.id"
_SENT = "told.deed = 'send_digest' AND told.details ->> 'outcome' = 'sent'"
_LOOKED = "(SELECT max(due_at) FROM scheduled_run WHERE name = 'digests' AND state = 'done')"
# what had begun to leave when its reader's rights ended leaves
_BEGUN = "interval '10 minutes'"


def _roles(needed: Permission) -> str:
    return ", ".join(f"'{role.value}'" for role, given in GRANTED.items() if needed in given)


_MAY = " OR ".join(f"digest.board = '{board}' AND had.role IN ({_roles(needed)})" for board, needed in NEEDS.items())
DIGEST_INVARIANTS = (
    Invariant(
        N_("A board leaves by e-mail once for each day, unless its reader asked for it again."),
        "digest_issue",
        f"""
        SELECT issue.id {_OF} JOIN audit_entry told ON {_ABOUT} GROUP BY issue.id
        HAVING count(*) FILTER (WHERE {_SENT}) > 1 + count(*) FILTER (WHERE told.deed = 'send_digest_again')
        """,
    ),
    Invariant(
        N_("A board by e-mail is sent when its leaving was told, and says why when it did not leave."),
        "digest_issue",
        f"""
        SELECT issue.id {_OF}
        WHERE CASE issue.state
            WHEN 'planned' THEN issue.sent_at IS NOT NULL
            WHEN 'queued' THEN issue.sent_at IS NOT NULL
            WHEN 'sending' THEN issue.sent_at IS NOT NULL OR issue.tries = 0
            WHEN 'sent' THEN issue.sent_at IS NULL OR issue.tries = 0 OR issue.error IS NOT NULL
                OR NOT EXISTS (SELECT FROM audit_entry told WHERE {_ABOUT} AND {_SENT})
            WHEN 'unconfirmed' THEN issue.sent_at IS NOT NULL OR issue.tries = 0 OR issue.error IS NULL
            WHEN 'failed' THEN issue.sent_at IS NOT NULL OR issue.error IS NULL
            WHEN 'cancelled' THEN issue.sent_at IS NOT NULL OR issue.error IS NULL
            ELSE true END
        """,
    ),
    Invariant(
        N_("No board by e-mail is due for an hour and not on its way."),
        "digest",
        f"""
        SELECT digest.id {_OF} WHERE issue.state = 'planned' AND issue.not_before < {_LOOKED} - interval '1 hour'
        UNION
        SELECT digest.id FROM digest
        JOIN app_user ON app_user.id = digest.user_id AND app_user.active
        JOIN portfolio ON portfolio.id = digest.portfolio_id
        CROSS JOIN LATERAL (SELECT date_trunc(digest.every,
            ({_LOOKED} - interval '1 hour') AT TIME ZONE portfolio.time_zone - make_interval(hours => digest.hour)
            ) AS day) due
        WHERE digest.active AND (CAST(:portfolio AS bigint) IS NULL OR digest.portfolio_id = :portfolio)
          AND (due.day + make_interval(hours => digest.hour)) AT TIME ZONE portfolio.time_zone > digest.created_at
          AND NOT EXISTS (SELECT FROM digest_issue WHERE digest_id = digest.id AND on_date >= due.day)
        """,
    ),
    Invariant(
        N_("No board by e-mail was left lying by a lost worker."),
        "digest_issue",
        f"SELECT issue.id {_OF} WHERE issue.lease_until < {_LOOKED} - interval '15 minutes'",
    ),
    Invariant(
        N_("Nobody got a board by e-mail who had ended it, was shown out, or had a role that may not see it."),
        "digest_issue",
        f"""
        SELECT issue.id {_OF} JOIN app_user ON app_user.id = digest.user_id
        CROSS JOIN LATERAL (
            SELECT coalesce((
                SELECT told.details ->> 'before' FROM audit_entry told
                WHERE told.subject = 'app_user' AND told.subject_id = digest.user_id AND told.deed = 'change_role'
                  AND told.at > issue.sent_at - {_BEGUN} ORDER BY told.at, told.id LIMIT 1), app_user.role) AS role) had
        WHERE issue.sent_at IS NOT NULL AND (NOT ({_MAY}) OR EXISTS (
            SELECT FROM audit_entry told
            WHERE (told.subject, told.subject_id, told.deed) IN (('digest', digest.id, 'unsubscribe'),
                ('app_user', digest.user_id, 'deactivate')) AND told.at < issue.sent_at - {_BEGUN}))
        """,
    ),
)
