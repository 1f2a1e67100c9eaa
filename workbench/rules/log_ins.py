"""How often a wrong password may be tried before the door stays shut for a while."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many failures in so long."""

    failures: int
    window: timedelta


BY_NAME = Limit(5, timedelta(minutes=15))
BY_ADDRESS = Limit(20, timedelta(minutes=15))  # an office shares one address


def shut_until(failed_at: Sequence[datetime], limit: Limit, *, at: datetime) -> datetime | None:
    """When the next try is allowed, if the failures of the last window have used the limit up."""
    recent = sorted(moment for moment in failed_at if moment > at - limit.window)
    return recent[-limit.failures] + limit.window if len(recent) >= limit.failures else None


def minutes_until(moment: datetime, *, at: datetime) -> int:
    """Whole minutes to wait, never less than one."""
    return max(1, math.ceil((moment - at) / timedelta(minutes=1)))


def address_key(address: str) -> str:
    """The address failures are counted by: one household has a whole IPv6 /64 to try from."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
    return str(parsed)
