"""What a channel needs; docs/adding-a-channel.md shows how the parts fit together."""

from core.base.checkup import Check, Doubt
from core.base.db import INFRASTRUCTURE
from core.base.settings import Section
from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.channel import Capabilities, Channel, Host, Place
from core.conversation.delivery.receiving.intake import commit
from core.conversation.delivery.receiving.reception import Incoming, Messenger, Receiver, Reception
from core.conversation.delivery.rendering import Rendered, drawn
from core.conversation.delivery.screens import File, Messages, Posted, Screens, Show
from core.conversation.delivery.sending.courier import Courier
from core.conversation.delivery.sending.outbox import Parcel, parcel, shown, take_notices
from core.conversation.delivery.service import Service, until_asked
from core.conversation.engine import Engine
from core.conversation.inbox import find
from core.conversation.messages import (
    NOBODY,
    Address,
    Attachment,
    Event,
    Introduction,
    Kind,
    Motion,
    Person,
    Picture,
    Update,
)
from core.conversation.tokens import RenderedButton, lasting

__all__ = [
    "INFRASTRUCTURE",
    "NOBODY",
    "Address",
    "Attachment",
    "Bridge",
    "Capabilities",
    "Channel",
    "Check",
    "Courier",
    "Doubt",
    "Engine",
    "Event",
    "File",
    "Host",
    "Incoming",
    "Introduction",
    "Kind",
    "Messages",
    "Messenger",
    "Motion",
    "Parcel",
    "Person",
    "Picture",
    "Place",
    "Posted",
    "Receiver",
    "Reception",
    "Rendered",
    "RenderedButton",
    "Screens",
    "Section",
    "Service",
    "Show",
    "Update",
    "commit",
    "drawn",
    "find",
    "lasting",
    "parcel",
    "shown",
    "take_notices",
    "until_asked",
]
