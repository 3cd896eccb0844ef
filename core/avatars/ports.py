"""What photos and training need from outside; core.services supplies it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

TrainingStatus = Literal["queued", "training", "completed", "failed", "cancelled"]
ErrorClass = Literal["", "person", "retry", "operator"]
"""Who can do something about a failure: the person, time, or whoever runs Likeness."""


class ObjectStore(Protocol):
    """Bytes under keys such as `<user>/<avatar>/<sha256>`.

    A key that could leave the store is a ValueError; a store that can't be
    reached or written raises StorageUnavailable, from any method.
    """

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes: whole or not at all, for good, and any number of times."""

    def get(self, key: str) -> bytes:
        """The bytes under a key; ObjectMissing where there are none."""

    def exists(self, key: str) -> bool: ...

    def modified(self, key: str) -> float:
        """When it was last put, in seconds since 1970; ObjectMissing where there is none."""

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
class TrainingOrder:
    """All that a trainer must know of one training run."""

    run_id: str
    training_type: str
    avatar_type: str
    trigger_word: str
    photo_keys: tuple[str, ...]
    ordered_at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a training stands at the moment."""

    status: TrainingStatus
    progress: int
    """From 0 to 100."""
    position: int | None
    """The place in the queue while queued."""
    error: str = ""
    """The trainer's own code of a failure."""
    error_class: ErrorClass = ""
    result: Mapping[str, object] = field(default_factory=dict)
    """Of a completed training: `finetune_id`, and whatever else is worth keeping."""


class Trainer(Protocol):
    """Whoever turns photos into an avatar: fal.ai, or the simulation of it."""

    @property
    def test_mode(self) -> bool:
        """Whether trainings are simulated and cost nothing."""

    @property
    def repeatable(self) -> bool:
        """Whether submitting the same order again is still the same training, paid once."""

    def submit(self, order: TrainingOrder) -> str:
        """Order a training, which may cost money, and get its request id."""

    def check(self, request_id: str) -> Standing: ...

    def cancel(self, request_id: str) -> None: ...


class Waker(Protocol):
    """Makes the worker prompt; nothing depends on it."""

    def wake(self, kind: str, id: str) -> None:
        """Have a "photo", a "run", a conversation ("drain") … looked at now. Never raises."""
