"""The core knows channels by what they can do, and none of them by its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import core
from core.base.errors import FlowError
from core.base.settings.installed import channel_names, installed_channels, pulled, pushing
from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.sending.courier import Courier
from core.operation.metrics import health
from tests import makers

CORE = Path(core.__file__).parent


def texts() -> Iterator[tuple[str, str]]:
    """Every text that code of the core stands on, but for documentation."""
    for path in sorted(CORE.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and id(node) not in said:
                yield f"{path.relative_to(CORE)}:{getattr(node, 'lineno', 0)}", text


def test_no_code_of_the_core_names_a_channel() -> None:
    names = "|".join(channel_names())
    named = re.compile(rf"({names})|.*'({names})'.*", re.DOTALL)
    assert [place for place, text in texts() if named.fullmatch(text)] == []


def test_each_channel_says_whether_it_pushes() -> None:
    assert pushing() == ("telegram",)
    assert pulled() == ("web",)
    terminals = [n for n, kind in installed_channels().items() if kind.capabilities.terminal]
    assert terminals == ["console"]


@pytest.mark.parametrize(("channel", "counted"), [("telegram", 1), ("web", 0), ("console", 0)])
def test_a_screen_is_late_where_its_channel_pushes(db: Any, channel: str, counted: int) -> None:
    conversation = makers.conversation(channel=channel, chat="7")
    conversation.revision, conversation.shown_revision = 2, 1
    conversation.save()
    assert health.unshown().n == counted


def test_a_courier_is_for_channels_that_push(db: Any) -> None:
    bridge = Bridge(1)
    engine: Any = None
    channel: Any = None
    with pytest.raises(FlowError, match="pushes"):
        Courier(engine, bridge, channel, Capabilities(), ("x", "y"))
    bridge.close()
