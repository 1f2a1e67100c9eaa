"""A digest for the tests: somebody asked for it, somebody worked the day before, and what its PDF says."""

import base64
import os
import re
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from models import Board, Channel, Direction, Interaction, Period
from tests.cast import NOW, Cast, owe
from workbench.actions import digests
from workbench.rules.access import Viewer

MORNING = datetime(2026, 11, 18, 13, 30, tzinfo=UTC)  # 07:30 in Mexico City


def subscribed(session: Session, who: Viewer, portfolio: int, board: Board = Board.PERFORMANCE, **fields: Any) -> int:
    wanted = {"every": Period.DAY, "hour": 7, "at": NOW - timedelta(days=2)} | fields
    return digests.subscribe(session, who, board, portfolio, **wanted)


def worked(session: Session, cast: Cast) -> None:
    """Ana's yesterday: three calls, of which one reached the debtor and none a promise."""
    case = owe(session, cast.mexico).case_id
    for minutes, code in enumerate(("call.no_answer", "call.no_answer", "call.will_not_pay")):
        began = NOW - timedelta(days=1, minutes=10 * minutes)
        session.add(
            Interaction(
                submission_key=os.urandom(16).hex(),
                portfolio_id=cast.mexico.id,
                case_id=case,
                user_id=cast.ana.user_id,
                channel=Channel.CALL,
                direction=Direction.OUTBOUND,
                disposition_code=code,
                started_at=began,
                ended_at=began + timedelta(minutes=3),
            )
        )
    session.flush()


def words_of(pdf: bytes) -> str:
    """What a PDF of ours says, word after word."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    said = []
    for each in streams:
        try:
            drawn = zlib.decompress(base64.a85decode(each.strip().removesuffix(b"~>")))
        except (ValueError, zlib.error):
            continue
        said += [_unescaped(part) for part in re.findall(rb"\((.*?)(?<!\\)\) Tj", drawn, re.DOTALL)]
    return " ".join(" ".join(said).split())


def _unescaped(part: bytes) -> str:
    octal = re.sub(rb"\\(\d{3})", lambda found: bytes([int(found[1], 8)]), part)
    return re.sub(rb"\\(.)", rb"\1", octal).decode("cp1252", "replace")
