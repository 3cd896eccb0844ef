"""A table drawn as a Mermaid state diagram, for people: generated, so that it can't be wrong.

Groups become boxes. What applies to every state, what leads back, and what stays where it is are
left out: they would hide the way through.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.avatars.flow import TABLE
from core.conversation.flow import QUIET, SAME, Table


def diagram(table: Table = TABLE, omit: tuple[str, ...] = ("back",)) -> str:
    """Mermaid source; `omit` are triggers that are not drawn."""
    lines = ["stateDiagram-v2", "    direction TB", *_boxes(table)]
    lines.append(f"    [*] --> {table.initial}")
    arrows: dict[tuple[str, str], list[str]] = {}
    for source, dest, trigger in _arrows(table):
        triggers = arrows.setdefault((source, dest), [])
        if trigger not in omit and trigger not in triggers:
            triggers.append(trigger)
    lines += [f"    {a} --> {b}: {', '.join(ts)}" for (a, b), ts in arrows.items() if ts]
    return "\n".join(lines)


def _boxes(table: Table) -> Iterator[str]:
    """The groups that hold neither a smaller group nor another's state."""
    taken: set[str] = set()
    for name, states in sorted(table.groups.items(), key=lambda item: len(item[1])):
        if taken.isdisjoint(states):
            taken.update(states)
            yield f"    state {name} {{"
            yield from (f"        {state}" for state in states)
            yield "    }"


def _arrows(table: Table) -> Iterator[tuple[str, str, str]]:
    for row in table.rows:
        if row.dest in (SAME, QUIET, *table.places):
            continue
        for source in row.sources:
            for trigger in row.triggers:
                inside = source == row.dest or source == "ANY"
                if not inside and row.dest not in table.groups.get(source, ()):
                    yield from _drawn(table, source, row.dest, trigger)


def _drawn(table: Table, source: str, dest: str, trigger: str) -> Iterator[tuple[str, str, str]]:
    """An arrow from a box where the group is drawn as one, else from each of its states."""
    drawn = {line.split()[1] for line in _boxes(table) if line.startswith("    state ")}
    if source in table.groups and source not in drawn:
        yield from ((state, dest, trigger) for state in table.groups[source] if state != dest)
    else:
        yield (source, dest, trigger)
