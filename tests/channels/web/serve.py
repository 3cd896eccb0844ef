"""The form behind a chat page, as a process: `python -m tests.channels.web.serve FOLDER PORT`."""

import json
import sys
from pathlib import Path

from channels.web import Web
from core.base.db import connect
from core.base.migrations import runner
from tests.channels.web.form import FormHouse, settings

if __name__ == "__main__":
    folder, port, *changes = sys.argv[1:]
    opened = connect(f"sqlite:///{folder}/likeness.db", "normal")
    runner.migrate(opened)
    Web(settings(int(port), **json.loads(changes[0] if changes else "{}"))).run(
        FormHouse(Path(folder))
    )
