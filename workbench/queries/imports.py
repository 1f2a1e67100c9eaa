"""How far an import is, and what it reported."""

from dataclasses import dataclass

from sqlmodel import Session

from models import ImportRun, RunState
from workbench.rules.access import Permission, Viewer
from workbench.rules.import_reports import ImportReport
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """One import as its page shows it; `report` once there is one."""

    file_name: str
    state: RunState
    done: int
    total: int
    error: str | None
    report: ImportReport | None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in (RunState.DONE, RunState.FAILED)


def import_progress(session: Session, who: Viewer, run_id: int) -> ImportProgress:
    """One import; refused, as if it did not exist, outside the viewer's portfolios."""
    who.require(Permission.IMPORT)
    run = session.get(ImportRun, run_id)
    if run is None or run.portfolio_id not in who.portfolio_ids:
        raise Refused("There is no such import.")
    report = ImportReport.from_kept(run.report) if run.report else None
    return ImportProgress(run.file_name, run.state, run.rows_done, run.rows_total, run.error, report)
