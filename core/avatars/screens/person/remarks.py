"""What just happened to the link between two chats."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.base.texts import mark

FIXED: Mapping[str, str] = MappingProxyType(
    {
        "link_unknown": mark(
            "I don’t know this code. Check it, or ask for a new one in the other chat with /link."
        ),
        "link_expired": mark(
            "This code has expired. Ask for a new one in the other chat with /link."
        ),
        "link_used": mark(
            "This code has been used already. Ask for a new one in the other chat with /link."
        ),
        "link_own": mark("This is the code of this chat. Type it in your other chat."),
        "link_same": mark("This chat and the other one are linked already."),
        "link_too_often": mark("Too many wrong codes. Please try again in ten minutes."),
        "link_training": mark(
            "A training is running in both chats. Link them when one of the two has finished."
        ),
        "link_pictures": mark(
            "Pictures are being made in both chats. Link them when one of the two is done."
        ),
        "link_erasing": mark(
            "One of the two chats is just being deleted. Please try again in a few minutes."
        ),
        "link_declined": mark("All right, the chats stay as they were."),
        "link_refused": mark("The other chat said no: both stay as they were."),
        "link_late": mark("That wasn’t confirmed in time. To try again, use /link."),
        "linked": mark("👥 Done: everything you have is now in both chats."),
        "unlinked": mark("👤 The chats are separate now. Each has what was made in it."),
        "unlink_begun": mark("👤 One moment: I’m separating the chats."),
        "unlink_alone": mark("This chat isn’t linked with another one. To link it, use /link."),
        "unlink_checking": mark(
            "I’m still looking at photos that came through another chat. Please try again in a "
            "minute."
        ),
        "unlink_erasing": mark("Everything is just being deleted. Please try again in a minute."),
    }
)
"""A sentence for each code that a turn may say."""
