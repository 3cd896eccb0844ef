"""The files for Prometheus and Grafana name what is exposed, and lead to what is to be done."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from core.base.processes import meters
from core.base.processes.heartbeat import beating, write_meters
from core.operation.metrics.health import beats
from core.operation.metrics.prometheus import exposition
from tests.metrics.history import NOW, make
from tests.observing.processes import ROOT
from tests.observing.promtool import promtool
from tests.patience import until

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
CASES = Path(__file__).with_name("alerts.test.yml")
GRAFANA = ROOT / "deploy" / "grafana" / "likeness.json"
RUNBOOK = ROOT / "docs" / "operating.md"

_NAMED = re.compile(r"(likeness_\w+)(?:\{([^}]*)\})?")
_SAMPLE = re.compile(r"(likeness_\w+)(?:\{(.*)\})? \S+")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def alerts() -> dict[str, str]:
    """Each rule as it is written, by its name."""
    _, *found = re.split(r"- alert: ", RULES.read_text("utf-8"))
    return {rule.split("\n", 1)[0]: rule for rule in found}


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(GRAFANA.read_text("utf-8"))["panels"]
    return found


def expressions() -> Iterator[str]:
    """Whatever asks for a number."""
    for name, rule in alerts().items():
        yield rule.removeprefix(name).split("labels:")[0]
    for panel in panels():
        yield from (target["expr"] for target in panel["targets"])


@pytest.fixture
def exposed(sqlite_db: Any) -> dict[str, set[tuple[str, str]]]:
    """Every name that `/metrics` shows, with the labels and values that it has there."""
    meters.take()
    make(60)
    for channel in ("web", "telegram"):
        for receipt in ("accepted", "overflow"):
            meters.count("updates_received", channel=channel, receipt=receipt)
    meters.observe("fal_request_seconds", 1.0, phase="submit")
    write_meters()
    with beating("worker"):
        until(beats)
        text = exposition.text(NOW)
    found: dict[str, set[tuple[str, str]]] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE"):
            found.setdefault(line.split()[2], set())
        elif match := _SAMPLE.fullmatch(line):
            found.setdefault(match[1], set()).update(_LABEL.findall(match[2] or ""))
    return found


def test_every_number_that_is_asked_for_is_exposed(
    exposed: dict[str, set[tuple[str, str]]],
) -> None:
    asked = [named for text in expressions() for named in _NAMED.findall(text)]
    assert len(asked) > 40
    assert sorted({name for name, _ in asked} - exposed.keys()) == []
    wanted = [
        (name, label)
        for name, chosen in asked
        for label in _LABEL.findall(chosen.replace('=~"', "~").replace('!="', "!"))
        if "$" not in label[1]
    ]
    assert len(wanted) > 10
    assert [(name, label) for name, label in wanted if label not in exposed[name]] == []


def test_prometheus_takes_the_rules_and_they_fire_when_they_should() -> None:
    assert "SUCCESS" in promtool("check", "rules", RULES)
    assert "SUCCESS" in promtool("test", "rules", CASES)


def test_each_rule_is_tried_as_it_fires_and_as_it_must_not() -> None:
    tried = re.findall(r"alertname: (\w+)\n +exp_alerts:(.*)", CASES.read_text("utf-8"))
    assert {name for name, quiet in tried if not quiet} == alerts().keys()
    assert {name for name, quiet in tried if quiet} == alerts().keys()


def test_each_rule_leads_to_what_is_to_be_done() -> None:
    page = RUNBOOK.read_text("utf-8")
    headings = re.findall(r"^#### (Likeness\w+)\n\n\S", page, re.MULTILINE)
    assert headings == list(alerts())
    for name, rule in alerts().items():
        assert re.findall(r"runbook: (\S+)", rule) == [f"docs/operating.md#{name.lower()}"]
        assert re.findall(r"severity: (\w+)", rule)[0] in ("critical", "warning")


def test_the_panels_lie_side_by_side() -> None:
    places = [panel["gridPos"] for panel in panels()]
    assert len({panel["id"] for panel in panels()}) == len(places)
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above
