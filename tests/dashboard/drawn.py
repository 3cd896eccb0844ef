"""What a page shows, taken from what was drawn: metrics, tables, charts, badges."""

from __future__ import annotations

import json
import re
from typing import Any

from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest


def metrics(tab: AppTest) -> dict[str, Any]:
    """Label to metric, for pages on which no label comes twice."""
    found = {metric.label: metric for metric in tab.metric}
    assert len(found) == len(tab.metric)
    return found


def line(metric: Any) -> list[float]:
    """The small line beside a metric."""
    return list(metric.proto.chart_data)


def table(tab: AppTest, *columns: str) -> list[dict[str, Any]]:
    """The rows of the only table that has these columns."""
    found = [frame.value for frame in tab.dataframe if set(columns) <= set(frame.value)]
    assert len(found) <= 1, columns
    return [] if not found else list(found[0].to_dict("records"))


def charts(tab: AppTest) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each chart's specification and its rows."""
    found = []
    for element in tab.get("vega_lite_chart"):
        proto: Any = element.proto
        (data,) = proto.datasets
        frame = convert_arrow_bytes_to_pandas_df(data.data.data)
        found.append((json.loads(proto.spec), list(frame.to_dict("records"))))
    return found


def chart(tab: AppTest, y: str) -> list[dict[str, Any]]:
    """The rows of the only chart with this title at its upright axis."""
    found = [rows for spec, rows in charts(tab) if title(spec, "y") == y]
    assert len(found) <= 1, y
    return found[0] if found else []


def badges(tab: AppTest) -> dict[str, tuple[str, str]]:
    """A cell's label to its colour and what stands below."""
    found: dict[str, tuple[str, str]] = {}
    label = colour = ""
    for element in tab.main:
        value = str(getattr(element, "value", ""))
        if badge := re.fullmatch(r":(\w+)-badge\[(.*)\]", value):
            colour, label = badge[1], badge[2]
        elif label and element.type == "text":
            found[label] = (colour, value)
            label = ""
    return found


def title(spec: dict[str, Any], axis: str) -> Any:
    layers = spec.get("layer", [spec])
    return layers[0]["encoding"].get(axis, {}).get("title")
