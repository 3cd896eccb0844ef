"""What shall go wrong in the simulated fal, and a ledger of what came; for tests alone.

A fault is a word. Of any call: `hang`, `reset`, `500`, `503_html` and `malformed` happen after the
server has done what was asked; with `_untaken` behind, before. `400`, `401`, `402`, `403`, `404`,
`405`, `408`, `409`, `410`, `413`, `415`, `429`, `451` and `balance` refuse;
`422:face_detection_error` refuses with a type. Of an order:
`no_id`, `foreign_urls`. Of a status: `missing_logs`, `missing_position`, `unknown_status`. Of a
download: `truncated`. Of a webhook: `twice`, `ten`, `late`, `early` or `reordered` (before the
end), `null_payload`, `never`; `forged`, `stale`, `tampered`, `unknown_key`, after which the true
one comes. Of a training: how it ends (see `orders`). Of a picture: that too, or `blocked`, or how
they come out (see `results`): `flagged`, `broken`, `html`, `expired` and `expired_410` are all of
an order's pictures, `one_flagged`, `one_broken` … the last one.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import NamedTuple


class Post(NamedTuple):
    """One order as it came, whether or not it was taken."""

    run: str
    endpoint: str
    arguments: dict[str, object]
    webhook_url: str


class Sent(NamedTuple):
    """One webhook that was sent; `status` is the answer's code, 0 where none came."""

    run: str
    kind: str
    status: int


class Ledger:
    """What came to a server, for tests to look at."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.taken: defaultdict[str, list[str]] = defaultdict(list)
        """The request ids of each run's orders that were taken: each would have been paid."""
        self.cancelled: list[str] = []
        self.deleted: list[str] = []
        """The request ids whose payloads and files were deleted."""
        self.uploads: dict[str, bytes] = {}
        """What was uploaded, by the file's name; empty bytes unless `keeps_uploads`."""
        self.uploaded_bytes = 0
        self.upload_headers: list[dict[str, str]] = []
        self.webhooks: list[Sent] = []
        self.keeps_uploads = False

    def posts_of(self, run_id: str) -> int:
        """How often a run was ordered."""
        return Counter(post.run for post in self.posts)[run_id.replace("-", "")]

    @property
    def doubled(self) -> list[str]:
        """Runs that were ordered more than once."""
        counted = Counter(post.run for post in self.posts)
        return [run for run, times in counted.items() if times > 1]


class Plan:
    """The faults to come: in order of `add`, else whatever `choose(phase, run)` says."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, deque[tuple[str, str]]] = defaultdict(deque)
        self.choose: Callable[[str, str], str] = _no_fault

    def add(self, phase: str, fault: str, times: int = 1, run_id: str = "") -> None:
        """Have a phase go wrong, of one run, or of the next one.

        It is a port's Phase, "training" or "picture".
        """
        with self._lock:
            self._waiting[phase].extend([(run_id.replace("-", ""), fault)] * times)

    def take(self, phase: str, run: str) -> str:
        """The fault of this call, "" where all goes well."""
        with self._lock:
            waiting = self._waiting[phase]
            for number, (whose, fault) in enumerate(waiting):
                if whose in ("", run):
                    del waiting[number]
                    return fault
        return self.choose(phase, run)


def _no_fault(phase: str, run: str) -> str:  # noqa: ARG001  # the shape of `choose`
    return ""
