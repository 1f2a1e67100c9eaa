"""Charts as they are sent to the browser."""

from workbench.ui import kpi_charts
from workbench.ui.kpi_charts import HeatCell


def test_only_the_squares_of_a_map_are_coloured_by_value() -> None:
    """Two layers that encode a colour share its scale, and the browser draws neither."""
    cells = [HeatCell("Mon", "9:00", value, str(value), str(value)) for value in (1, 20)]
    drawn = kpi_charts.heat(cells, "Contacts", rows=["Mon"], columns=["9:00"], row_title="Day", column_title="Hour")
    squares, *words = drawn.to_dict()["layer"]
    assert "color" in squares["encoding"]
    assert [layer["encoding"]["text"]["field"] for layer in words] == ["word", "word"]
    assert not [layer for layer in words if "color" in layer["encoding"]]
