"""The agent's day so far: when the next callback is, and that one has waited too long."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.cast import NOW
from workbench.queries.my_day import MyDay
from workbench.ui import i18n
from workbench.ui.days import day_line

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("due", "told"),
    [
        (NOW + HOUR, "próxima rellamada 11:00"),
        (NOW + 24 * HOUR, "próxima rellamada jue 19 nov 10:00"),
        (NOW - HOUR, "rellamada pendiente desde 09:00"),
        (NOW - 24 * HOUR, "rellamada pendiente desde mar 17 nov 10:00"),
        (NOW, "rellamada pendiente desde 10:00"),
        (NOW + 13 * HOUR, "próxima rellamada 23:00"),
        (NOW + 14 * HOUR, "próxima rellamada jue 19 nov 00:00"),
    ],
    ids=str,
)
def test_a_callback_says_its_day_unless_that_is_today_in_the_portfolio_s_zone(due: datetime, told: str) -> None:
    i18n.use("es")
    day = MyDay(0, 0, 0, 0, Decimal(0), "MXN", due, 0)
    assert f"<span>{told}</span>" in day_line(day, "America/Mexico_City", at=NOW)
