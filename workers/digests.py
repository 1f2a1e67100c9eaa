"""The job that sends digests: each is written and noted as begun, handed to the mail server, and noted as ended."""

from models import Channel
from workbench import clock, db, settings
from workbench.actions import digests
from workbench.channels import adapters, pace
from workbench.channels.adapters import Adapter
from workbench.logs import logger
from workers import leases
from workers.handing_over import handed_over, note

log = logger(__name__)

PATIENCE = 60.0  # seconds for a turn at the mail server; debtors' letters have the same line


def send_digests(issue_ids: list[int]) -> None:
    """Sends those that are still meant to leave, each at most once."""
    using = settings.load()
    adapter = adapters.adapter_for(Channel.EMAIL, using)
    for issue_id in issue_ids:
        try:
            _send(issue_id, adapter, using.public_url)
        except Exception as error:  # noqa: BLE001 - the others still have to leave; the sweep finds this one
            log.error("digest_not_sent", issue=issue_id, error=leases.reason(error))


def _send(issue_id: int, adapter: Adapter, home: str | None) -> None:
    if not pace.wait_turn(adapter.provider, adapter.per_second, patience=PATIENCE):
        return  # the sweep plans it again
    try:
        with db.transaction() as session:
            outgoing = digests.begin(session, issue_id, home=home, at=clock.now())
    except Exception as error:
        if not db.is_away(error):  # else the issue is not to blame
            with db.transaction() as session:
                digests.put_off(session, issue_id, error=leases.reason(error), at=clock.now())
        raise
    if outgoing is not None:
        outcome = handed_over(adapter, outgoing, issue=issue_id)
        note(lambda session: digests.finish(session, issue_id, outcome, at=clock.now()), issue=issue_id)
