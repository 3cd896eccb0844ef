"""What the kit promises of its rules, and what it makes of an author's class."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import ConfigurationError
from core.conversation.testing.kit import RULES, Verdict, check, table, tier
from core.conversation.testing.kit.finding import rules_of
from core.conversation.testing.kit.report import EXEMPT, LEFT_OUT, RIGHT, WRONG
from likeness_pigeon.kit import TestPigeon as Pigeon

TEXT, KILL = RULES["text/long"], RULES["kill/between-commit-and-apply"]


def test_every_rule_has_a_name_a_sentence_and_the_version_it_came_with() -> None:
    assert len(RULES) >= 40
    for name, rule in RULES.items():
        assert re.fullmatch(r"[a-z]+/[a-z]+(-[a-z]+)*", name), name
        assert re.fullmatch(r"\d+\.\d+", rule.since), name
        assert rule.says.endswith("."), name


def test_what_is_exempt_and_no_rule_is_a_mistake() -> None:
    rules = exempting({"text/lnog": "a slip"})
    with pytest.raises(ConfigurationError, match="No rule is called text/lnog"):
        check(rules)


def test_a_rule_is_left_out_by_a_reason_or_for_want_of_a_capability_and_both_are_told() -> None:
    rules = exempting({"text/long": "pigeons carry little"})
    found = {v.rule.name: v for v in check(rules, ["text/long", "typed/by-number"])}
    assert found["text/long"].outcome == EXEMPT
    assert found["typed/by-number"].outcome == LEFT_OUT
    lines = "\n".join(table(found.values()))
    assert re.search(r"text/long +exempt +pigeons carry little", lines)
    assert re.search(r"typed/by-number +left out +it has buttons", lines)


@pytest.mark.parametrize(
    ("verdicts", "worth"),
    [
        ([Verdict(TEXT, RIGHT), Verdict(KILL, LEFT_OUT)], "gold"),
        ([Verdict(TEXT, EXEMPT), Verdict(KILL, RIGHT)], "silver"),
        ([Verdict(TEXT, RIGHT), Verdict(KILL, EXEMPT)], "bronze"),
        ([Verdict(TEXT, WRONG), Verdict(KILL, RIGHT)], "none"),
    ],
)
def test_a_tier_says_what_the_exemptions_weigh(verdicts: list[Verdict], worth: str) -> None:
    assert tier(verdicts) == worth


def test_a_rules_class_is_found_by_file_module_and_class() -> None:
    here = Path(__file__).with_name("test_pigeon.py")
    for where in (str(here), "tests.kit.test_pigeon", f"{here}:TestReference"):
        assert rules_of("likeness_pigeon:Pigeon", where).__name__ == "TestReference"
    for where in ("nowhere.py", "no.such.module", f"{here}:Nobody"):
        with pytest.raises(ConfigurationError):
            rules_of("pigeon", where)
    with pytest.raises(ConfigurationError, match="No package brings rules for 'crow'"):
        rules_of("crow")


def test_the_plugin_imports_nothing_of_the_core_until_a_class_of_rules_is_collected(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\n"
        "def test_it():\n"
        "    assert 'likeness_bot.pytest_plugin' in sys.modules\n"
        "    assert not [name for name in sys.modules if name.partition('.')[0] == 'core']\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def exempting(exempt: dict[str, str]) -> Any:
    """Pigeon's rules without some."""
    given = {"exempt": exempt, "channel": "likeness_pigeon:Pigeon"}
    return type("Exempting", (Pigeon,), given)()
