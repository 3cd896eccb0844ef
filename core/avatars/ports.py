"""What photos, trainings and pictures need from outside; core.services supplies it.

Longer than 300 lines because what services implement is looked for in one place.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, Protocol, runtime_checkable

from core.avatars.platform_port import Platform
from core.base.errors import LikenessError

TrainingStatus = Literal["queued", "training", "completed", "failed"]
Phase = Literal[
    "upload", "submit", "status", "result", "cancel", "webhook", "download",
    "requests", "prices", "delete", "meta",
]  # fmt: skip
"""What a trainer was asked for, or told us; the last four are questions to its platform."""
ErrorClass = Literal["", "person", "retry", "operator"]
"""Who can do something about a failure: the person, time, or the operator."""
CancelAnswer = Literal["requested", "completed", "unknown"]


class ObjectStore(Protocol):
    """Bytes under keys such as `<user>/<avatar>/<sha256>`.

    A key that could leave the store is a ValueError; a store that can't be
    reached or written raises StorageUnavailable, from any method.
    """

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes: whole or not at all, for good, and any number of times."""

    def put_file(self, key: str, file: BinaryIO) -> None:
        """Keep a whole open file as `put` does, without having all of it in memory."""

    def get(self, key: str) -> bytes:
        """The bytes under a key; ObjectMissing where there are none."""

    def stream(self, key: str) -> Iterator[bytes]:
        """The same, piece by piece."""

    def exists(self, key: str) -> bool: ...

    def modified(self, key: str) -> float:
        """When it was last put, in seconds since 1970; ObjectMissing where there is none."""

    def public_link(self, key: str, seconds: int) -> str:
        """A URL at which anybody on the internet can get an object for so many seconds.

        It is "" where the internet can't reach the store. Whether there is such an object is not
        asked.
        """

    def delete(self, key: str) -> None:
        """Remove one object; an absent one is fine."""

    def delete_prefix(self, prefix: str) -> int:
        """Remove all below `<user>/` or `<user>/<avatar>/`, and say how many there were."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key below a prefix ("" is all of them), in no promised order."""


@runtime_checkable
class Halves(Protocol):
    """A store that a killed process leaves half-written files in."""

    def sweep(self, older_than_seconds: float) -> int:
        """Remove those last written more than so many seconds ago, and count them."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something went wrong, already classified.

    `error_type` is fal's own word where there is one, else ours (`http_429`, `bad_answer` …);
    `message` is normalised: without URLs, keys, ids and names, at most 300 characters.
    """

    error_type: str
    error_class: ErrorClass
    message: str
    http_status: int | None = None
    endpoint_gone: bool = False
    """404 or 410 of a submission: this profile takes no more orders."""
    undelivered: bool = False
    """The trainer takes orders and makes nothing of them, whoever orders: another may."""
    ended: bool = False
    """The trainer says that an order is over: only what came of it can't be had."""
    stop_submitting: bool = False
    """The key is refused or the balance exhausted: no order would be taken."""
    retry_after: float | None = None
    """Seconds, where the trainer says so."""


class TrainerError(LikenessError):
    """A trainer could not do what it was asked; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.error_type}: {failure.message}")
        self.failure = failure


class NotSubmitted(TrainerError):
    """Certain: nothing was ordered (no connection, or a refusal that says so)."""


class Uncertain(TrainerError):
    """The order may have been taken, so it must not be repeated."""


class Unreachable(TrainerError):
    """An upload, status, result, cancellation or download can't be had now: ask again later."""


class Forged(LikenessError):
    """A webhook that was not signed by the trainer, or too long ago; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"a webhook is refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Verified:
    """What a webhook says whose signature is right; "OK" or "ERROR" is its status."""

    request_id: str
    user_id: str
    status: str


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """All that a trainer must know of one training run, but its photos."""

    run_id: str
    training_type: str
    avatar_type: str
    trigger_word: str
    profile: str


@dataclass(frozen=True, slots=True)
class PictureOrder:
    """All that a painter must know of one order of pictures, but the model's weights."""

    run_id: str
    """The order's own id."""
    profile: str
    prompt: str
    """English, the model's phrase already at the subject."""
    count: int
    """From 1 to 4."""
    width: int
    """Pixels; with `height` at most 1,000,000 in all."""
    height: int
    seed: int | None
    """Of the first picture; None leaves it to the painter."""
    finetune_id: str = ""
    """The model, for a painter that is told of it by id."""


@dataclass(frozen=True, slots=True)
class Handle:
    """An order that was sent. URLs are as the provider gave them.

    They are empty where only the id was learnt, from a webhook or from the admin: then the
    provider derives them from the profile and the id.
    """

    run_id: str
    profile: str
    request_id: str
    status_url: str = ""
    response_url: str = ""
    cancel_url: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an order stands at the moment."""

    status: TrainingStatus
    percent: int | None = None
    """From 0 to 100, where the trainer's logs tell."""
    position: int | None = None
    """The place in the queue while queued."""
    training_seconds: float | None = None
    """What the provider itself says that it took."""
    failure: Failure | None = None
    """Of a failed order. A painter's has no message: it might repeat what a person typed."""
    result: Mapping[str, object] = field(default_factory=dict)
    """Of a completed one. A training: `finetune_id`, or `weights_url` and perhaps `config_url`.
    Pictures: `images`, a list of {"url": str, "flagged": bool}, and `seed`, an int or None."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One call of a trainer and its outcome, fit to be kept: no URL, no key, no name."""

    run_id: str
    endpoint: str
    phase: Phase
    ok: bool
    http_status: int | None = None
    error_type: str = ""
    error_class: ErrorClass = ""
    message: str = ""
    seconds: float | None = None
    request_id: str = ""
    test_mode: bool = False
    """Whether it is about a simulated run; what is about none counts as real."""


Observe = Callable[[Observation], None]
"""Given to a trainer when it is made, and told of every call. Never raises."""


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes on their way; `size` where it was announced. Iterating may raise Unreachable."""

    chunks: Iterator[bytes]
    size: int | None = None


class Provider(Protocol):
    """Where orders of any kind are sent, asked after and fetched from."""

    @property
    def test_mode(self) -> bool:
        """Whether orders are simulated and cost nothing."""

    @property
    def platform(self) -> Platform:
        """Its own records of what was ordered."""

    def endpoint(self, profile: str) -> str: ...

    def price_usd(self, profile: str) -> float | None:
        """What one order costs by the configuration; None where that is not known."""

    def priced(self, profile: str, usd: float, unit: str) -> float | None:
        """The same by the provider's own price of a unit; None where that says nothing of it."""

    def check(self, handle: Handle) -> Standing:
        """Where it stands, with the result once it is completed. Raises Unreachable."""

    def cancel(self, handle: Handle) -> CancelAnswer:
        """Ask for an end; one that is running may complete all the same. Raises Unreachable."""

    def download(self, handle: Handle, url: str) -> AbstractContextManager[Download]:
        """A result's file. Raises Unreachable."""


class Trainer(Provider, Protocol):
    """What turns photos into an avatar: fal.ai, or the test server that speaks as it does."""

    @property
    def upload_seconds(self) -> float:
        """How long an upload can be ordered with: before it expires, with time to queue."""

    def profiles(self, training_type: str) -> tuple[str, ...]:
        """The names of the profiles that serve a training type, in order of preference."""

    def max_photos(self, profile: str) -> int: ...

    def base_model(self, profile: str) -> str:
        """The model that a profile's trainer builds on, which paints with what it has made."""

    def arguments(self, order: TrainingOrder, data_url: str) -> dict[str, object]:
        """What is sent as an order."""

    def upload(
        self,
        run_id: str,
        photos: Iterable[tuple[str, Callable[[], bytes]]],
        alive: Callable[[], object],
    ) -> str:
        """Send photos, given as safe file names and readers, and get their URL.

        `alive` is called again and again meanwhile. Raises Unreachable; what a reader raises comes
        through.
        """

    def submit(self, order: TrainingOrder, data_url: str, webhook_url: str) -> Handle:
        """Order a training, which may cost money, by one request.

        `webhook_url` may be "". Raises NotSubmitted or Uncertain, and nothing else.
        """


class Painter(Provider, Protocol):
    """What makes pictures with a trained model.

    Its `price_usd` and `priced` are of one picture of at most one megapixel, in exact dollars.
    """

    @property
    def upload_seconds(self) -> float:
        """How long uploaded weights can be ordered with, as a Trainer's photos."""

    def profiles(self, base_model: str) -> tuple[str, ...]:
        """The profiles that paint with such a model, in order of preference; () if none does."""

    def takes_weights(self, profile: str) -> bool:
        """Whether it is sent the weights' URL; if not, it is told the finetune id."""

    def arguments(self, order: PictureOrder, weights_url: str) -> dict[str, object]:
        """What is sent as an order."""

    def upload_weights(
        self, run_id: str, chunks: Callable[[], Iterator[bytes]], alive: Callable[[], object]
    ) -> str:
        """Send a model's weights, read piece by piece, and get their URL.

        `alive` is called again and again meanwhile. Raises Unreachable; what the reader raises
        comes through.
        """

    def submit(self, order: PictureOrder, weights_url: str, webhook_url: str) -> Handle:
        """Order pictures, which may cost money, by one request.

        `weights_url` is "" for a painter that takes none, and `webhook_url` may be "". Raises
        NotSubmitted or Uncertain, and nothing else.
        """


class Waker(Protocol):
    """Makes the worker prompt; nothing depends on it."""

    def wake(self, kind: str, id: str) -> None:
        """Have a "photo", a "training", a conversation ("turn") … looked at now. Never raises."""
