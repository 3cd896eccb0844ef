"""The verdicts on a channel: rule by rule, and as a tier."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from core.base.errors import ConfigurationError
from core.conversation.testing.kit.channel_rules import ChannelRules
from core.conversation.testing.kit.house import LeftOut
from core.conversation.testing.kit.rule import RULES, Rule

RIGHT, EXEMPT, LEFT_OUT, WRONG = "right", "exempt", "left out", "wrong"
LASTING = ("deliver", "kill", "restart", "album", "press", "poison", "limit", "block", "erase")
"""The families on which it hangs that nothing is lost, doubled or paid by mistake."""
_WIDTH = 44


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule, and why."""

    rule: Rule
    outcome: str
    why: str = ""


def refuse_unknown(rules: ChannelRules | type[ChannelRules]) -> None:
    """Raise ConfigurationError where something is exempt that is no rule."""
    if unknown := sorted(set(rules.exempt) - set(RULES)):
        raise ConfigurationError(f"No rule is called {', '.join(unknown)}. See `exempt`.")


def check(
    rules: ChannelRules,
    wanted: Collection[str] = (),
    tell: Callable[[Verdict], None] = lambda _: None,
) -> list[Verdict]:
    """Hold every rule, or the `wanted` ones; `tell` hears of each as it ends."""
    refuse_unknown(rules)
    verdicts = []
    with rules.opened() as house:
        for rule in RULES.values():
            if wanted and not any(rule.name.startswith(name) for name in wanted):
                continue
            try:
                house.hold(rule)
                verdict = Verdict(rule, RIGHT)
            except LeftOut as reason:
                outcome = EXEMPT if rule.name in rules.exempt else LEFT_OUT
                verdict = Verdict(rule, outcome, str(reason))
            except Exception as error:  # noqa: BLE001  whatever the channel or its driver raises
                verdict = Verdict(rule, WRONG, str(error) or type(error).__name__)
            verdicts.append(verdict)
            tell(verdict)
    return verdicts


def table(verdicts: Collection[Verdict]) -> Iterator[str]:
    """The verdicts as lines: rule, outcome, and in one line why."""
    for verdict in verdicts:
        why = verdict.why.strip().split("\n")[0] or verdict.rule.says
        yield f"{verdict.rule.name:<{_WIDTH}} {verdict.outcome:<9} {why}"


def tier(verdicts: Collection[Verdict]) -> str:
    """The tier that these verdicts are worth.

    "none" where a rule is wrong; "bronze" where one of those is exempt on which it hangs that
    nothing is lost or doubled; "silver" where any other is; "gold" where none is.
    """
    if any(verdict.outcome == WRONG for verdict in verdicts):
        return "none"
    exempt = [verdict.rule.family for verdict in verdicts if verdict.outcome == EXEMPT]
    if any(family in LASTING for family in exempt):
        return "bronze"
    return "silver" if exempt else "gold"
