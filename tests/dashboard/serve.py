"""The dashboard as a process: `python -m tests.dashboard.serve FOLDER PORT [ISSUER]`, filled and
served; with passwords, or with an issuer in their place."""

import sys
import time
from pathlib import Path

from core.base.db import connect
from core.base.migrations import runner
from core.base.processes.heartbeat import beating
from core.base.settings import Settings
from core.base.settings.running.dashboard import Dashboard
from core.conversation.models import Conversation, InboxEvent
from core.operation.demo import Story, fill
from core.operation.passwords import hashed
from dashboard.serving import serve
from tests.dashboard.conftest import House
from tests.dashboard.voucher import vouched

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
    if len(sys.argv) > 3:
        own = vouched(sys.argv[3], port=port, cache_seconds=2)
    else:
        users = f"anna:admin:{hashed(PASSWORD)} boris:viewer:{hashed(PASSWORD)}"
        own = Dashboard.model_validate(
            {"port": port, "users": users, "cache_seconds": 2}, strict=False
        )
    settings = Settings().model_copy(update={"data_dir": folder, "dashboard": own})
    with beating("worker"):
        serve(House(), settings)
