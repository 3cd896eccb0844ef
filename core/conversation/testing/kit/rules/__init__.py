"""The rules, a module for each kind of trouble; importing this makes all of them known."""

from core.conversation.testing.kit.rules import (
    albums,
    deliveries,
    fetching,
    kills,
    people,
    presses,
    showing,
    texts,
    typed,
)

FAMILIES = (texts, typed, presses, showing, albums, fetching, deliveries, people, kills)
"""The modules, in the order of the table."""
