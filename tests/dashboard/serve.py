"""The dashboard as a process: `python -m tests.dashboard.serve FOLDER PORT`, filled and served."""

import sys
import time
from pathlib import Path

from core.conversation.models import Conversation, InboxEvent
from core.db import connect
from core.demo import Story, fill
from core.heartbeat import beating
from core.logins import hashed
from core.migrations import runner
from core.settings import Settings
from dashboard.serving import serve
from tests.dashboard.conftest import House

PASSWORD = "correct horse"

if __name__ == "__main__":
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    opened = connect(f"sqlite:///{folder}/likeness.db", "normal")
    runner.migrate(opened)
    fill(600, Story(time.time(), days=20, seed=11))
    first = Conversation.select().order_by(Conversation.id).get()
    InboxEvent.create(
        conversation=first, channel="web", bot="web", update_id="1", kind="text",
        received_at=time.time() - 60, failed_at=time.time() - 50, error="it broke",
    )  # fmt: skip
    users = f"anna:admin:{hashed(PASSWORD)} boris:viewer:{hashed(PASSWORD)}"
    settings = Settings.model_validate(
        {"data_dir": folder, "dashboard": {"port": port, "users": users, "cache_seconds": 2}},
        strict=False,
    )
    with beating("worker"):
        serve(House(), settings)
