"""What has become of everybody, by the servers' journals and the database: six counts of wrongs.

It asks nothing of the product's own functions.
"""

from __future__ import annotations

import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.crowd import PHOTOS, Crowd, Visit
from tests.chaos.page import PageChat
from tests.chaos.town import Host, Town


@dataclass
class Wrongs:
    """Each a list of sentences; all are empty where nothing went wrong."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    paid_twice: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    """Processes that ended though nobody killed them."""

    @property
    def counts(self) -> Mapping[str, int]:
        return {name: len(found) for name, found in vars(self).items()}


def check(town: Town, crowd: Crowd, ended: Iterable[str]) -> Wrongs:
    """Look at everything, once nobody does anything any more."""
    found, host = Wrongs(ended=list(ended)), next(iter(town.hosts.values()))
    stayed = [visit for visit in crowd.visits if not visit.stuck and not visit.erased]
    found.stuck += [f"person {v.number} ({v.channel}): {v.stuck}" for v in crowd.visits if v.stuck]
    for visit in stayed:
        found.lost += _lost(host, visit)
        found.lost += _refused(visit)
        _said(host, visit, found)
    found.lost += _undelivered(town, host, {visit.address for visit in stayed})
    found.lost += _unhandled(host)
    found.doubled += _doubled(host)
    found.out_of_order += _out_of_order(host)
    erased = [visit for visit in crowd.visits if visit.erased]
    found.paid_twice += _paid_twice(town, host, len(erased))
    found.left_behind += _left_behind(town, erased)
    return found


def _lost(host: Host, visit: Visit) -> Iterator[str]:
    """Photos and the avatar of somebody who did everything."""
    kept = host.kept_of(visit.channel, visit.address)
    valid = kept.photos_that_are("valid")
    if len(valid) != PHOTOS or len({photo["file_hash"] for photo in valid}) != PHOTOS:
        yield f"person {visit.number}: {len(valid)} valid photos of {len(kept.photos)}"
    if kept.statuses != ["completed"] or kept.names != [visit.name]:
        yield f"person {visit.number}: avatars are {kept.names}, {kept.statuses}"


def _refused(visit: Visit) -> Iterator[str]:
    """What a page was told is wrong, though nothing was."""
    broken = visit.chat.page.broken if isinstance(visit.chat, PageChat) else ()
    yield from (f"person {visit.number}: {told}" for told in broken)


def _undelivered(town: Town, host: Host, chats: set[str]) -> Iterator[str]:
    """Updates that were taken from Telegram, by its own journal, and are not in the inbox."""
    there = {row["update_id"] for row in host.rows("SELECT update_id FROM inbox")}
    for delivery in town.telegram.world.deliveries:
        taken = 200 <= delivery.status < 300 and str(delivery.chat) in chats
        if taken and str(delivery.update_id) not in there:
            yield f"update {delivery.update_id} of chat {delivery.chat} was taken and is nowhere"


def _said(host: Host, visit: Visit, found: Wrongs) -> None:
    """What somebody's page shows of what they did: all of it, once, in order."""
    if not isinstance(visit.chat, PageChat):
        return
    rows = host.rows(
        "SELECT t.content FROM transcript t JOIN conversations c ON c.id = t.conversation_id "
        "WHERE c.chat = ? AND t.author = 'person' ORDER BY t.id",
        visit.address,
    )
    shown = [_shown(json.loads(row["content"])) for row in rows]
    sent = [(letter.shown, letter.files) for letter in visit.chat.page.letters]
    who = f"person {visit.number} on the page"
    lost, more = Counter(sent) - Counter(shown), Counter(shown) - Counter(sent)
    found.lost += [f"{who}: {what} is not shown" for what in lost.elements()]
    found.doubled += [f"{who}: {what} is shown again" for what in more.elements()]
    if not lost and not more and shown != sent:
        found.out_of_order.append(f"{who}: {shown} instead of {sent}")


def _shown(content: Mapping[str, Any]) -> tuple[str, int]:
    return content["text"], len(content["files"])


def _unhandled(host: Host) -> Iterator[str]:
    waiting = host.rows("SELECT id, kind, error FROM inbox WHERE handled_at IS NULL")
    yield from (f"event {row['id']} ({row['kind']}) waits: {row['error']}" for row in waiting)
    pending = host.rows(
        "SELECT id, name, outcome FROM notices WHERE outcome NOT IN ('sent', 'shown', 'uncertain')"
    )
    yield from (f"notice {row['id']} ({row['name']}) is {row['outcome']}" for row in pending)


def _doubled(host: Host) -> Iterator[str]:
    """What acted twice: an update, a photo, a training."""
    runs = host.rows("SELECT avatar_id, count(*) AS n FROM training_runs GROUP BY avatar_id")
    yield from (f"avatar {r['avatar_id']} has {r['n']} trainings" for r in runs if r["n"] > 1)
    photos = host.rows(
        "SELECT avatar_id, count(*) AS n FROM avatar_photos WHERE avatar_id IS NOT NULL "
        "GROUP BY avatar_id"
    )
    yield from (f"avatar {r['avatar_id']} has {r['n']} photos" for r in photos if r["n"] > PHOTOS)
    turns = host.rows(
        "SELECT event_id, count(*) AS n FROM transitions WHERE event_id > 0 "
        "GROUP BY event_id HAVING count(*) > 1"
    )
    yield from (f"event {row['event_id']} was applied {row['n']} times" for row in turns)


def _out_of_order(host: Host) -> Iterator[str]:
    """What people did that was received or applied in another order than they did it in.

    Signals are left out: two transactions that overlap get their numbers in one order, and may be
    committed in the other one.
    """
    received = host.rows("SELECT conversation_id, update_id FROM inbox WHERE channel = 'telegram' "
                         "ORDER BY id")  # fmt: skip
    newest: dict[int, int] = defaultdict(int)
    for row in received:
        conversation, update = row["conversation_id"], int(row["update_id"])
        if update < newest[conversation]:
            yield f"conversation {conversation}: update {update} after {newest[conversation]}"
        newest[conversation] = max(newest[conversation], update)
    turns = host.rows(
        "SELECT t.conversation_id, t.event_id FROM transitions t JOIN inbox i ON i.id = t.event_id "
        "WHERE i.channel <> 'signal' ORDER BY t.id"
    )
    last: dict[int, int] = defaultdict(int)
    for turn in turns:
        conversation, event = turn["conversation_id"], turn["event_id"]
        if event < last[conversation]:
            yield f"conversation {conversation}: event {event} after {last[conversation]}"
        last[conversation] = max(last[conversation], event)


def _paid_twice(town: Town, host: Host, erased: int) -> Iterator[str]:
    """By fal's own journal: every training was ordered once; those without a row are the erased's.

    Each of them launched one.
    """
    ordered = Counter(order.run for order in town.fal.orders)
    yield from (f"training {run} was ordered {n} times" for run, n in ordered.items() if n > 1)
    known = {row["id"] for row in host.rows("SELECT id FROM training_runs")}
    nameless = [run for run in ordered if run not in known]
    if len(nameless) > erased:
        yield f"{len(nameless)} trainings have no row, and {erased} people were erased"
    yield from town.fal.wrong


def _left_behind(town: Town, erased: Iterable[Visit]) -> Iterator[str]:
    """Bytes of an erased person in any data folder or row, and objects of theirs in the store."""
    host, erased = next(iter(town.hosts.values())), list(erased)
    sent = [data[200:1200] for visit in erased for data in visit.photos]
    names = [visit.name for visit in erased]
    sent += [name.encode() for name in names]
    for folder in (town.folder / name for name in town.hosts):
        for path in filter(Path.is_file, folder.rglob("*")):
            data = path.read_bytes()
            yield from (f"{path.name} holds a photo or a name" for part in sent if part in data)
    for table in host.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        table = table["tablename"]
        rows = host.rows(f"SELECT t::text AS row FROM {table} t WHERE t::text ~ ?", "|".join(names))
        yield from (f"{table} has a name: {row['row'][:200]}" for row in rows if names)
    people = {row["id"] for row in host.rows("SELECT id FROM users WHERE erasing_at IS NULL")}
    known = {row["user_id"] for row in host.rows("SELECT user_id FROM avatars")}
    store = town.store.store("likeness")
    for key in store.keys(""):
        owner = key.partition("/")[0]
        if owner == "spool":  # a stray one has no owner, and is swept after a day
            data = store.get(key)
            yield from (f"object {key} is a photo of theirs" for part in sent if part in data)
        elif owner not in people or owner not in known:
            yield f"object {key} belongs to nobody"
    waiting = host.rows("SELECT id FROM users WHERE erasing_at IS NOT NULL")
    yield from (f"user {row['id']} still waits to be erased" for row in waiting)


def summary(wrongs: Wrongs, crowd: Crowd, told: Iterable[str]) -> str:
    """The counts, how long people waited, and each wrong in a line."""
    out = io.StringIO()
    waits = sorted(wait for visit in crowd.visits for wait in visit.waits)
    done = sum(visit.done is not None for visit in crowd.visits)
    pages = sum(visit.channel == "web" for visit in crowd.visits)
    print(f"{len(crowd.visits)} people ({pages} on the page), {done} at their end, "
          f"{sum(visit.erased for visit in crowd.visits)} erased", file=out)  # fmt: skip
    if waits:
        named = {"p50": 0.5, "p99": 0.99}
        places = {name: waits[min(len(waits) - 1, int(share * len(waits)))][0]
                  for name, share in named.items()}  # fmt: skip
        print("waited " + ", ".join(f"{n} {s:.1f} s" for n, s in places.items()), file=out)
        for seconds, what in reversed(waits[-3:]):
            print(f"  {seconds:.0f} s {what}", file=out)
    print(", ".join(f"{n} {name.replace('_', ' ')}" for name, n in wrongs.counts.items()), file=out)
    for name, found in vars(wrongs).items():
        for sentence in found[:20]:
            print(f"  {name}: {sentence}", file=out)
    if any(wrongs.counts.values()):
        print("\n".join(told), file=out)
    return out.getvalue()
