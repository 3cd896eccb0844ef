"""The tables that hold something of a person: what is exported, and what is erased.

Who adds such a table names it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import peewee

from core.avatars.linking.codes import Link
from core.avatars.models import (
    Admission,
    Avatar,
    AvatarPhoto,
    Consent,
    TrainedModel,
    TrainingRun,
)
from core.avatars.models.pictures import Picture, PictureRun
from core.avatars.orders.submissions import Submission
from core.avatars.photos.held import HeldPhoto
from core.avatars.restrictions import Block, Grant
from core.avatars.support import SupportMessage
from core.base.db import Model
from core.conversation.models import InboxEvent, PendingNotice, TranscriptEntry, TransitionLog

RULINGS: tuple[type[Model], ...] = (Consent, Admission, Block, Grant)
"""What a person has agreed to and others have ruled about them: rows with nothing behind them."""

OF_PERSON: tuple[Any, ...] = (
    Avatar,
    AvatarPhoto,
    TrainedModel,
    TrainingRun,
    PictureRun,
    Picture,
    HeldPhoto,
    SupportMessage,
    *RULINGS,
)
"""Their rows name a user."""

OF_RUN = (Submission,)
"""Their rows name an order, and go with it."""

WRITTEN: Mapping[Any, peewee.DoubleField[float]] = MappingProxyType(
    {
        TranscriptEntry: TranscriptEntry.at,
        TransitionLog: TransitionLog.at,
        PendingNotice: PendingNotice.created_at,
        Link: Link.made_at,
    }
)
"""What was written about a conversation, and the column that says when."""

OF_CONVERSATION: tuple[Any, ...] = (TranscriptEntry, TransitionLog, InboxEvent, PendingNotice, Link)
"""Their rows name a conversation."""
