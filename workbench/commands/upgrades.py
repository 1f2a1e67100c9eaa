"""`workbench migrate`: what a database needs so that this version can work on it."""

from workbench import clock, db, settings
from workbench.actions.dispositions import install_dispositions
from workbench.actions.law_versions import record_versions
from workbench.actions.templates import install_templates
from workbench.commands import reporting
from workbench.terminal import _, connected, say


def migrate() -> None:
    """Bring the database's tables to this version; does nothing when they already are."""
    with connected(settings.load()):
        bring_up_to_date()
        say(_("The database is up to date."))


def bring_up_to_date() -> None:
    """The tables of this version, its dispositions and texts, its law files on record, and the views of reports."""
    db.migrate()
    with db.transaction() as session:
        install_dispositions(session)
        install_templates(session, at=clock.now())
        record_versions(session, at=clock.now())
    reporting.bring_up_to_date()
