"""What stands above the debtor on the agent's desk."""

from pathlib import Path

from models import Debtor
from tests.cast import Cast, owe
from workbench import db

DESK = str(Path(__file__).parents[2] / "pages/my_queue.py")


def test_the_day_so_far_is_the_portfolio_s_also_before_a_debtor_of_another_zone(fresh_cast: Cast, page_as) -> None:
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, name="Elena Ruiz", zone="America/Cancun")
        session.get_one(Debtor, item.debtor_id).time_zone = "America/Cancun"
    page = page_as(DESK, fresh_cast.ana)
    page = next(each for each in page.button if each.label == "Take the next debtor").click().run()
    [header] = [each.proto.body for each in page.get("html") if "<h1>" in each.proto.body]
    assert "since midnight in Mexico City" in header
    assert any("11:00 Cancún" in each.proto.body for each in page.get("html"))
