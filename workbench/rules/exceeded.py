"""A limit that something asked for goes beyond: what is outside one person's authority and inside another's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

Figure = Decimal | int | date


@dataclass(frozen=True, slots=True)
class Exceeded:
    """One limit gone beyond: its code, where it lies and what is asked; an amount, a share (0 to 1), a count or a day."""

    code: str
    limit: Figure
    asked: Figure


def as_stored(found: Iterable[Exceeded]) -> list[dict[str, Any]]:
    """The limits as JSON keeps them: amounts and days as text."""
    return [{"code": each.code, "limit": _plain(each.limit), "asked": _plain(each.asked)} for each in found]


def from_stored(kept: Sequence[dict[str, Any]]) -> tuple[Exceeded, ...]:
    """The limits as they were stored."""
    return tuple(Exceeded(each["code"], _figure(each["limit"]), _figure(each["asked"])) for each in kept)


def _plain(figure: Figure) -> str | int:
    return figure if isinstance(figure, int) else figure.isoformat() if isinstance(figure, date) else str(figure)


def _figure(kept: str | int) -> Figure:
    if isinstance(kept, int):
        return kept
    return date.fromisoformat(kept) if kept.count("-") == 2 and len(kept) == len("2026-11-18") else Decimal(kept)
