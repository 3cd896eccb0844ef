"""The bot of a kit: a process that serves the channel, can be stopped and killed, and its rows."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from core.conversation.testing.kit.channel_rules import ChannelRules
from core.conversation.testing.kit.chat import Chat, can_do
from core.conversation.testing.kit.guest import Guest
from core.conversation.testing.kit.rule import Need, Rule
from core.conversation.testing.serving import dying
from core.conversation.testing.serving.__main__ import channel_class

STARTING_SECONDS = 60.0
"""A start reads every module from the disk; it says nothing of a channel that it is slow."""
PAUSE = 0.03
SERVE = (sys.executable, "-m", "core.conversation.testing.serving")


class LeftOut(Exception):
    """A rule that a channel need not keep, with the reason."""


class House:
    """One channel in its process, for as many rules as one likes; `port` is free for its routes."""

    def __init__(self, rules: ChannelRules, folder: Path) -> None:
        self.rules, self.folder = rules, folder
        self.named = _named(rules.channel)
        self.can = channel_class(self.named).capabilities
        self.port = _free_port()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._guests: list[Guest] = []
        self._met = 0
        self._log = folder / "log"
        self._chat_kind: type[Chat] | None = None

    # The process

    def open(self) -> None:
        """Start the counterpart, then the bot."""
        (self.folder / "data").mkdir()
        settings = dict(self.rules.open(self.folder))
        known = {"channel": self.named, "settings": settings, "port": self.port}
        (self.folder / "kit.json").write_text(json.dumps(known))
        self.start()

    def close(self) -> None:
        """Stop everything."""
        for guest in self._guests:
            with suppress(Exception):  # one that can't leave is no reason to stay
                guest.chat.close()
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes.clear()
        self.rules.close()

    def start(self) -> None:
        """Start the bot, unless each person brings their own process."""
        if self.can.terminal:
            return
        process = self.spawn()
        self.until(
            lambda: self.rules.ready() or self._gone(process),
            "the bot to be ready",
            least=STARTING_SECONDS,
        )
        assert process.poll() is None, f"the bot doesn't start:\n{self.log()}"

    def spawn(
        self, stdin: int | None = None, stdout: int | None = None, **named: object
    ) -> subprocess.Popen[bytes]:
        """A process that serves the channel; a terminal's `run` takes what is `named` as well."""
        path = os.pathsep.join(folder or os.getcwd() for folder in sys.path)
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [*SERVE, str(self.folder), json.dumps(named)],
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=log if stdout is None else stdout,
                stderr=log, cwd=self.folder, env=os.environ | {"PYTHONPATH": path},
            )  # fmt: skip
        self._processes.append(process)
        return process

    def stop(self) -> int:
        """Ask the bot to stop, as SIGTERM does; returns its exit code."""
        process = self._processes[-1]
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(self.rules.patience)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(
                f"the bot doesn't stop when it is asked to:\n{self.log()}"
            ) from None
        finally:
            self._forget(process)

    def restart(self) -> None:
        """Stop the bot and start it again."""
        self.stop()
        self.start()

    @contextmanager
    def killed_at(self, moment: str) -> Iterator[None]:
        """Let the bot die at a moment of what is done meanwhile, then start it again."""
        mark = self.folder / dying.FILE
        mark.write_text(moment)
        try:
            yield
            self.until(self._killed, f"the moment “{moment}”")
        finally:
            mark.unlink(missing_ok=True)
        self.start()
        if self.can.terminal:  # a look opens it again
            for guest in self._guests:
                guest.see()

    @property
    def alive(self) -> bool:
        """Whether the bot's process runs."""
        return bool(self._processes) and self._processes[-1].poll() is None

    def _killed(self) -> bool:
        found = [process for process in self._processes if process.poll() == -signal.SIGKILL]
        for process in found:
            self._forget(process)
        return bool(found)

    def _gone(self, process: subprocess.Popen[bytes]) -> bool:
        return process.poll() is not None

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        if process in self._processes:
            self._processes.remove(process)

    # Who talks with it

    def meet(self) -> Guest:
        """A new person, whose name the dialogue knows."""
        self._met += 1
        name = f"Guest{self._met}"
        chat = self.rules.chat(name)
        self._chat_kind = type(chat)
        guest = Guest(self, chat, name)
        self._guests.append(guest)
        guest.say(f"kit name {name}")
        guest.until(lambda: guest.memory.get("who") == name, "the dialogue to hear the first words")
        return guest

    def hold(self, rule: Rule) -> None:
        """Hold a rule; raises LeftOut where the channel need not keep it, else AssertionError."""
        if reason := self.rules.exempt.get(rule.name):
            raise LeftOut(reason)
        if lacking := self.lacking(rule):
            raise LeftOut(lacking)
        try:
            rule.hold(self)
        finally:
            self._tidy()

    def lacking(self, rule: Rule) -> str:
        """What a rule needs that this channel doesn't have; "" where it has everything."""
        return next((need.lacking for need in rule.needs if not self._has(need)), "")

    def _has(self, need: Need) -> bool:
        if need.can is not None:
            return bool(need.can(self.can))
        if need.messenger == "keeps":
            return self.rules.keeps
        if need.messenger:
            return can_do(type(self.rules), ChannelRules, need.messenger)
        if self._chat_kind is None:
            self.meet()
        assert self._chat_kind is not None
        return can_do(self._chat_kind, Chat, need.chat)

    def _tidy(self) -> None:
        """Whatever a rule has left, the next one finds a bot that runs."""
        (self.folder / dying.FILE).unlink(missing_ok=True)
        if can_do(type(self.rules), ChannelRules, "heal"):
            self.rules.heal()
        for guest in self._guests:
            with suppress(Exception):
                guest.chat.close()
        self._guests.clear()
        if not self.can.terminal and not self.alive:
            self._processes.clear()
            self.start()

    # What has come of it

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What a query finds in the bot's database; nothing before there is one."""
        with closing(sqlite3.connect(self.folder / "kit.db", timeout=10)) as database:
            made = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'transcript'")
            return database.execute(query, parameters).fetchall() if made.fetchone() else []

    def memory(self, name: str) -> Mapping[str, Any]:
        """What the dialogue remembers of a person; empty before it knows them."""
        found = self.rows("SELECT memory FROM conversations WHERE memory LIKE ?", f'%"{name}"%')
        return json.loads(found[0][0]) if found else {}

    def erase(self, name: str) -> None:
        """Erase a person as the core does: their row goes, and all that leads to it."""
        with closing(sqlite3.connect(self.folder / "kit.db", timeout=10)) as database, database:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute(
                "DELETE FROM users WHERE id IN "
                "(SELECT user_id FROM conversations WHERE memory LIKE ?)",
                (f'%"{name}"%',),
            )

    def kept(self) -> bytes:
        """Every row, and every file of the folder that the channel is given."""
        with closing(sqlite3.connect(self.folder / "kit.db", timeout=10)) as database:
            rows = "\n".join(database.iterdump()).encode()
        files = (path for path in (self.folder / "data").rglob("*") if path.is_file())
        spooled = self.folder / "data" / "spool"
        return b"\n".join([rows, *(f.read_bytes() for f in files if f.parent != spooled)])

    def log(self) -> str:
        """The last of what the bot has said of itself."""
        return self._log.read_text(errors="replace")[-3000:] if self._log.exists() else ""

    def until(
        self,
        holds: Callable[[], object],
        what: str,
        seen: Callable[[], str] = str,
        least: float = 0.0,
    ) -> None:
        """Wait until it is so; raises AssertionError, with what is `seen` instead.

        The wait is the driver's patience, and `least` seconds at any rate.
        """
        deadline = time.monotonic() + max(self.rules.patience, least)
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}\n{seen()}\n{self.log()}")
            time.sleep(PAUSE)


def _named(channel: str | type[Any]) -> str:
    if isinstance(channel, str):
        return channel
    return f"{channel.__module__}:{channel.__qualname__}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
