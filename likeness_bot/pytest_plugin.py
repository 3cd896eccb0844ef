"""The plugin of pytest by which rules become tests; it imports nothing of the core by itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

KIT = "core.conversation.testing.kit"

pytest.register_assert_rewrite(f"{KIT}.rules")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "slow_rule: a rule of the kit that takes some seconds")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each rule."""
    if "kit_rule" not in metafunc.fixturenames or metafunc.cls is None:
        return
    from core.conversation.testing.kit import RULES
    from core.conversation.testing.kit.report import refuse_unknown

    refuse_unknown(metafunc.cls)
    metafunc.parametrize(
        "kit_rule",
        [
            pytest.param(rule, id=name, marks=[pytest.mark.slow_rule] if rule.slow else [])
            for name, rule in RULES.items()
        ],
    )


@pytest.fixture(scope="class")
def kit_house(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The channel of a class of rules, served by a process of its own."""
    with request.cls().opened() as house:
        yield house


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """What a channel need not keep is skipped, with the reason."""
    try:
        yield
    except Exception as error:
        house = sys.modules.get(f"{KIT}.house")
        if house is not None and isinstance(error, house.LeftOut):
            pytest.skip(str(error))
        raise
