"""What an event means: the trigger that a press, a text, a caption or an edit fires."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from core.conversation import listing
from core.conversation.flow import Flow
from core.conversation.listing import Lists, Old
from core.conversation.messages import Kind
from core.conversation.replies import read_reply
from core.conversation.tokens import Press, RenderedButton, digest, sign, verify
from core.conversation.turn import Turn

STALE = ""
"""Stands for the trigger of a button whose moment has passed."""
OLD_NUMBER = "#"
"""Stands for the trigger of a number that was read from an older list."""
OLD_TEXT = "✎"
"""Stands for the trigger of a text that was edited when nothing could be done about it any more."""
UNHEARD = {STALE: "stale", OLD_NUMBER: "old_number", OLD_TEXT: "old_text"}
"""What is said of these."""
CORRECTABLE = 5
"""So many texts that can be corrected later are remembered."""


class Reader:
    """Reads events by a flow: it fills in a turn's argument, and notes what was read of it."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def captioned(self, turn: Turn) -> bool:
        """Whether what stands beside a file will act: a command, a text that is asked for, an edit.

        Any other caption is no answer to anything, and no mistake either.
        """
        event = turn.event
        if event.kind not in (Kind.PHOTO, Kind.FILE) or not event.caption.strip():
            return False
        if event.edited or self._flow.takes_text(turn.state):
            return True
        known = self._named(event.caption)[0] or read_reply(event.caption, self._flow.unseen)
        return known is not None

    def trigger(self, turn: Turn, key: str) -> str | None:
        """The trigger that an event means; None where it shall pass without a word."""
        event = turn.event
        turn.argument = event.argument
        if event.kind is Kind.PRESS:
            return self._press(turn, key, event.value)
        if event.kind in (Kind.PHOTO, Kind.FILE):
            return self._flow.table.files
        if event.kind is Kind.SIGNAL:
            return event.value if event.visit in (None, turn.visit) else None
        return self._correction(turn, key) if event.edited else self._typed(turn, key)

    def _typed(self, turn: Turn, key: str) -> str | None:
        """What a text or a command means now; remembered, for its message may be edited."""
        visit, message = turn.visit, turn.event.message
        trigger = self._worded(turn, key)
        turn.memory.pop("typed", None)
        if message:
            turn.memory["typed"] = [message, visit]
            self._remember(turn, message, trigger)
        return trigger

    def _remember(self, turn: Turn, message: str, trigger: str | None) -> None:
        """Note what an edit of this message would correct, if anything."""
        known = turn.memory.get("correctable", {})
        known.pop(message, None)
        if trigger in self._flow.table.corrections:
            known[message] = trigger
        turn.memory["correctable"] = dict([*known.items()][-CORRECTABLE:])

    def _correction(self, turn: Turn, key: str) -> str | None:
        """What an edited text means: anew while its answer is still wanted, else what corrects it.

        What stands beside a file and answers nothing passes without a word, edited or not.
        """
        message = turn.event.message
        if message and turn.memory.get("typed") == [message, turn.visit]:
            return self._typed(turn, key)
        turn.argument = turn.event.value
        trigger = turn.memory.get("correctable", {}).get(message, "")
        return self._flow.table.corrections.get(trigger, None if turn.captioned else OLD_TEXT)

    def _worded(self, turn: Turn, key: str) -> str | None:
        event = turn.event
        if event.kind is Kind.COMMAND:
            command = self._flow.table.commands.get(event.value.lower())
        else:
            command, argument = self._named(event.value)
            turn.argument = argument
        if command is not None:
            return command
        turn.argument = event.value
        if event.kind is Kind.COMMAND:
            return self._flow.table.typed[-1]
        lists = listing.read(turn.shown_buttons)
        numbered = self._numbered(turn, lists)
        if numbered is Old.NUMBER:
            return OLD_NUMBER
        reply = numbered.token if numbered else self._reply(turn, key, lists)
        return self._flow.typed(turn.state) if reply is None else self._press(turn, key, reply)

    def _numbered(self, turn: Turn, lists: Lists) -> RenderedButton | Old | None:
        """What a number means by the list that was in sight when it came.

        Where a text is asked for the lists have no numbers, and one of an older list is a text.
        """
        number = listing.number_in(turn.event.value)
        found = None if number is None else lists.meant(number, turn.event_id)
        return None if found is Old.NUMBER and self._flow.takes_text(turn.state) else found

    def _named(self, text: str) -> tuple[str | None, str]:
        """The trigger of the command that a text begins with, and what follows it."""
        name, *rest = text.split(maxsplit=1) or [""]
        if not name.startswith("/"):
            return None, ""
        name = name[1:].partition("@")[0]  # in Telegram's groups a command names its bot
        return self._flow.table.commands.get(name.lower()), "".join(rest)

    def _reply(self, turn: Turn, key: str, lists: Lists) -> str | None:
        """The token of the button that a text means by its words: as last shown, as it reads in
        another language, or one that is nowhere to be seen.

        What pays or destroys is spelled out where it is not what was shown last.
        """
        text, whole = turn.event.value, turn.lies_above
        offer = read_reply(text, lists.in_sight, whole=whole)
        if offer is not None:
            return offer.token
        offers = lists.in_sight
        if turn.revision > turn.seen:  # what will be shown next counts, known by heart
            offers = tuple(self._drawn(turn, key))
            shown = {offer.token for offer in lists.shown.offers}
            whole = whole or not {offer.token for offer in offers if offer.words} <= shown
        for language in self._flow.languages:
            said = [self._reworded(offer, language) for offer in offers]
            offer = read_reply(text, said, whole=whole)
            if offer is not None:
                return offer.token
        unseen = read_reply(text, self._flow.unseen)
        return None if unseen is None else sign(key, turn.visit, unseen)

    def _drawn(self, turn: Turn, key: str) -> Iterator[RenderedButton]:
        """The buttons of the screen as it stands, which nobody has seen yet."""
        for button in self._flow.draw(turn.position).each_button():
            yield RenderedButton(button.label, sign(key, turn.visit, button), button.spelled)

    def _reworded(self, offer: RenderedButton, language: str) -> RenderedButton:
        reworded = self._flow.reworded
        words = offer.words and reworded(offer.words, language)
        return replace(offer, label=reworded(offer.label, language), words=words)

    def _press(self, turn: Turn, key: str, token: str) -> str | None:
        """The trigger of a button; of an old one STALE, but a double press passes in silence."""
        press = verify(key, token)
        stale = press is None or press.visit not in (None, turn.visit)
        if press is None or stale or not self._still_offered(turn, press):
            return None if turn.memory.get("pressed") == token else STALE
        turn.argument = press.argument
        turn.pressed = turn.memory["pressed"] = token
        return press.trigger

    def _still_offered(self, turn: Turn, press: Press) -> bool:
        """Whether what a button confirms is still so."""
        if not press.confirms:
            return True
        buttons = self._flow.draw(turn.position).each_button()
        offered = {(b.trigger, digest(b.confirms)) for b in buttons if b.confirms}
        return (press.trigger, press.confirms) in offered
