"""My queue: one debtor at a time, the outcome, and the next one."""

from models import Queue
from workbench.rules.access import Permission, Viewer
from workbench.ui import access, answers, coaching, conversation, desk
from workbench.ui.i18n import _, ngettext


def start(who: Viewer, free: desk.Free) -> None:
    """Before one is taken: how many are ready, what was answered to one's requests, and who wrote."""
    desk.head(_("My queue"), who, free)
    ready = ngettext("{n} debtor is ready to be called.", "{n} debtors are ready to be called.", free.due.ready)
    desk.readiness(free, ready)
    coaching.notice(who)
    answers.show(who)
    conversation.waiting_list(who, free.place.portfolio_id)
    desk.take_button(free, Queue.CALL)


who = access.require(Permission.WORK_QUEUE)
found = desk.open_desk(who, Queue.CALL)
if found is None:
    desk.no_team(_("My queue"), who)
elif isinstance(found, desk.Free):
    start(who, found)
else:
    desk.work(_("My queue"), who, found, Queue.CALL)
