"""Every profile of fal.ai, by the name that the configuration uses: trainers and painters."""

from collections.abc import Mapping
from dataclasses import replace

from core.avatars.ports import Failure
from core.base.settings.product.fal import Fal
from core.services.fal.profiles import painters, trainers
from core.services.fal.profiles.profile import Profile, UnexpectedResult

__all__ = [
    "BY_NAME", "Profile", "UnexpectedResult", "kept", "most_bytes", "painters", "steps", "trainers",
]  # fmt: skip

BY_NAME: Mapping[str, Profile] = {**trainers.BY_NAME, **painters.BY_NAME}


def steps(settings: Fal, name: str) -> int | None:
    """The steps that a trainer's logs count; None for a painter, whose logs nobody asks for."""
    return trainers.section(settings, name).steps if name in trainers.BY_NAME else None


def most_bytes(settings: Fal, name: str) -> int:
    """The largest file that a result may have."""
    return settings.weights_bytes if name in trainers.BY_NAME else painters.LARGEST_BYTES


def kept(name: str, failure: Failure) -> Failure:
    """A failure as it may be kept.

    A painter's loses its message: fal's sentence may repeat what a person typed.
    """
    return failure if name in trainers.BY_NAME else replace(failure, message="")
