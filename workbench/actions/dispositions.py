from dataclasses import asdict

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from models import Disposition
from workbench.rules.dispositions import SHIPPED


def install_dispositions(session: Session) -> None:
    """Adds the shipped dispositions that are missing; those a manager has changed stay as they are."""
    rows = []
    for position, shipped in enumerate(SHIPPED):
        action, result = shipped.code.split(".")
        rows.append(
            asdict(shipped)
            | {
                "action": action,
                "result": result,
                "position": position,
                "requires": list(shipped.requires),
                "active": True,
            }
        )
    session.execute(insert(Disposition).on_conflict_do_nothing(), rows)
