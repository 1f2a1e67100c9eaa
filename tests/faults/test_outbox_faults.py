"""The fault run in small; in large it is run by hand."""

from tests.faults.outbox import run


def test_no_message_is_lost_or_doubled_whatever_is_killed() -> None:
    report = run(120, 2, seed=4, lease=6.0, faults=10, sending=15, receipts=30, seconds=600)
    assert not report.broken, report.told()
    assert report.figures["most_per_key"] == 1
    assert sum(report.faults.values()) >= 10
