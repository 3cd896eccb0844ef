"""The framework's tables. A moment is a float: seconds since 1970, UTC.

`visit` rises when the person enters a state (or presses there again), `revision` with every change
worth showing. A conversation whose `revision` is ahead of its `shown_revision` is not shown yet;
where `post_revision` is ahead of it too, the screen must come as a new message at the bottom.
"""

from __future__ import annotations

import secrets
import uuid

import peewee

from core.base.db import Model


def new_key() -> str:
    """A secret for the button tokens of one conversation."""
    return secrets.token_hex(16)


class User(Model):
    """A person. `language` is what they read; `language_chosen` says that they chose it.

    `username` is what their channel calls them in public, "" where it doesn't. `sought` is
    their name, folded.
    `erasing_at` is when they asked to be forgotten, until nothing of before is left anywhere.
    One with `joined_id` is part of that person by now: what is left of them is their identifier,
    which names the objects that they brought.
    """

    id = peewee.UUIDField(primary_key=True, default=uuid.uuid4)
    name = peewee.CharField(default="")
    username = peewee.CharField(max_length=64, default="")
    sought = peewee.TextField(default="")
    language = peewee.CharField(max_length=8, default="en")
    language_chosen = peewee.BooleanField(default=False)
    created_at = peewee.DoubleField()
    erasing_at = peewee.DoubleField(null=True)
    joined_id = peewee.UUIDField(null=True)

    class Meta:
        table_name = "users"


class Conversation(Model):
    """One person's dialogue on one channel.

    What was drawn before `forgotten_revision` is not written down any more. `home_id` is who its
    person was before they were linked with another one; null where they never were. `name` and
    `username` are those of this channel, null where they are the user's still.
    """

    id = peewee.BigAutoField()
    user = peewee.ForeignKeyField(User, backref="conversations", on_delete="CASCADE")
    user_id: uuid.UUID
    channel = peewee.CharField(max_length=32)
    bot = peewee.CharField(max_length=64)
    chat = peewee.CharField(max_length=128)
    home_id = peewee.UUIDField(null=True)
    name = peewee.CharField(null=True)
    username = peewee.CharField(max_length=64, null=True)
    token_key = peewee.CharField(max_length=32, default=new_key)

    state = peewee.CharField(max_length=64)
    visit = peewee.BigIntegerField(default=1)
    revision = peewee.BigIntegerField(default=0)
    memory = peewee.TextField(default="{}")

    shown_revision = peewee.BigIntegerField(default=0)
    post_revision = peewee.BigIntegerField(default=0)
    shown = peewee.TextField(null=True)
    shown_buttons = peewee.TextField(default="[]")
    shown_at = peewee.DoubleField(default=0)

    differs_since = peewee.DoubleField(default=0)
    due_at = peewee.DoubleField(default=0)
    rank = peewee.SmallIntegerField(default=0)
    not_before = peewee.DoubleField(default=0)
    failures = peewee.IntegerField(default=0)
    unreachable = peewee.BooleanField(default=False)
    thread = peewee.CharField(max_length=64, default="")
    """Where in the chat the person last spoke, as the channel calls it; "" where it has no such."""
    reached_at = peewee.DoubleField(default=0)
    """When the channel last said that the person can be written to again."""
    posting = peewee.TextField(null=True)
    """What was known of the chat before a message that may have arrived and was not recorded."""

    wake_at = peewee.DoubleField(null=True)
    wake_trigger = peewee.CharField(max_length=64, default="")
    wake_visit = peewee.BigIntegerField(default=0)

    photo_at = peewee.DoubleField(default=0)
    created_at = peewee.DoubleField()
    active_at = peewee.DoubleField()
    entered_at = peewee.DoubleField(default=0)
    """When it came to its state; 0 while it never left the first one."""
    forgotten_revision = peewee.BigIntegerField(default=0)

    class Meta:
        table_name = "conversations"


class InboxEvent(Model):
    """An update or a signal, kept until it has been applied once.

    `failed_at` quarantines it: it stays here to be looked at and replayed.
    """

    id = peewee.BigAutoField()
    conversation = peewee.ForeignKeyField(Conversation, backref="inbox", on_delete="CASCADE")
    channel = peewee.CharField(max_length=32)
    bot = peewee.CharField(max_length=64)
    update_id = peewee.CharField(max_length=128)
    kind = peewee.CharField(max_length=16)
    payload = peewee.TextField(default="")
    received_at = peewee.DoubleField()
    handled_at = peewee.DoubleField(null=True)
    attempts = peewee.SmallIntegerField(default=0)
    retry_at = peewee.DoubleField(default=0)
    failed_at = peewee.DoubleField(null=True)
    error = peewee.TextField(default="")

    class Meta:
        table_name = "inbox"


class PendingNotice(Model):
    """A notice to be posted once; `key` keeps it from being posted twice."""

    id = peewee.BigAutoField()
    conversation = peewee.ForeignKeyField(Conversation, backref="notices", on_delete="CASCADE")
    key = peewee.CharField(max_length=128, unique=True)
    name = peewee.CharField(max_length=64)
    parameters = peewee.TextField(default="{}")
    created_at = peewee.DoubleField()
    attempted_at = peewee.DoubleField(null=True)
    sent_at = peewee.DoubleField(null=True)
    outcome = peewee.CharField(max_length=16, default="pending")
    attempts = peewee.SmallIntegerField(default=0)
    message = peewee.CharField(max_length=128, default="")
    """The channel's own numbers of the messages that hold it, as far as they are known."""

    class Meta:
        table_name = "notices"


class TransitionLog(Model):
    """One applied event: what fired, from where to where."""

    id = peewee.BigAutoField()
    conversation = peewee.ForeignKeyField(Conversation, backref="log", on_delete="CASCADE")
    event_id = peewee.BigIntegerField()
    kind = peewee.CharField(max_length=16)
    trigger = peewee.CharField(max_length=64)
    source = peewee.CharField(max_length=64)
    dest = peewee.CharField(max_length=64)
    visit = peewee.BigIntegerField()
    revision = peewee.BigIntegerField()
    at = peewee.DoubleField()
    stayed = peewee.DoubleField(null=True)
    """Seconds in `source` until it was left; None where it was not, or nobody knows."""

    class Meta:
        table_name = "transitions"


class TranscriptEntry(Model):
    """What was said in a chat that forgets: `author` is "person" or "bot", `content` JSON."""

    id = peewee.BigAutoField()
    conversation = peewee.ForeignKeyField(Conversation, backref="transcript", on_delete="CASCADE")
    author = peewee.CharField(max_length=8)
    content = peewee.TextField()
    at = peewee.DoubleField()

    class Meta:
        table_name = "transcript"


class Lease(Model):
    """Who receives for a bot, or sends for a share of it, and until when by the database's clock.

    `token` grows with every change of hands of a share.
    """

    name = peewee.CharField(max_length=128, primary_key=True)
    holder = peewee.CharField(max_length=128)
    until = peewee.DoubleField()
    token = peewee.BigIntegerField(default=0)

    class Meta:
        table_name = "leases"


class Limit(Model):
    """What a bot may send in all: see `core.conversation.delivery.sending.limits`."""

    name = peewee.CharField(max_length=128, primary_key=True)
    allowance = peewee.DoubleField()
    refilled_at = peewee.DoubleField()
    silent_until = peewee.DoubleField()

    class Meta:
        table_name = "limits"
