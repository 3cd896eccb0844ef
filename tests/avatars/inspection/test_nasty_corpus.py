"""Every file of the corpus gets its verdict soon and cheaply, and the process lives."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.avatars.photos.inspection.inspector import Inspector
from core.avatars.photos.inspection.verdict import MISTAKABLE
from tests.nasty_corpus import corpus
from tests.nasty_files import SIGNATURE
from tests.photographs import ASTRONAUT, encoded, jpeg, photograph

ROOT = Path(__file__).parents[3]
CORPUS = corpus()
SECONDS, CONVERTED, MEGABYTES = 0.2, 1.0, 150
"""Of a processor, of a processor and another process, of memory."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")


@lru_cache
def judged() -> dict[str, dict[str, Any]]:
    """All of them, one after the other, in one fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.nasty_corpus"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["name"]: row for row in rows}


def test_it_is_a_corpus_of_more_than_a_hundred_files() -> None:
    assert len(CORPUS) > 100


@linux
@pytest.mark.soak
@pytest.mark.sized  # one process looks at all of them: it is all or nothing
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", CORPUS)
def test_it_gets_its_verdict_and_the_process_lives(name: str) -> None:
    found, wanted = judged()[name], CORPUS[name]
    assert found["verdict"] == [wanted.status, wanted.reason]
    assert found["elsewhere"] == wanted.made
    if wanted.status == "invalid":
        assert found["megabytes"] < MEGABYTES


@linux
@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [name for name in CORPUS if CORPUS[name].status == "invalid"])
def test_it_is_refused_soon(name: str) -> None:
    found = judged()[name]
    assert min(found["worked"], found["seconds"]) < (CONVERTED if CORPUS[name].made else SECONDS)


# anything at all

REASONS = {
    *("empty", "too_big", "not_a_picture", "wrong_format", "broken"),
    *("too_many_pixels", "too_complex", "animated", "too_small"),
    *MISTAKABLE,
}
INSPECTOR = Inspector(None)


def is_clear(data: bytes) -> bool:
    """Whether the verdict is one that the person can be told."""
    verdict = INSPECTOR.inspect(data)
    if verdict.status == "valid":
        return verdict.reason is None and verdict.data is not None
    return verdict.reason in REASONS


@lru_cache
def real(kind: str) -> bytes:
    picture = photograph(ASTRONAUT)
    return (
        jpeg(picture, progressive=kind == "progressive")
        if kind != "PNG"
        else encoded(picture, kind)
    )


@given(st.binary(max_size=3000))
def test_random_bytes_get_a_clear_verdict(junk: bytes) -> None:
    for head in (b"", b"\xff\xd8\xff", SIGNATURE, real("JPEG")[:400], real("PNG")[:60]):
        assert is_clear(head + junk)


@settings(deadline=None, max_examples=60)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "progressive"]),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 60), st.binary(max_size=60)),
        min_size=1,
        max_size=6,
    ),
)
def test_a_real_photo_that_was_tampered_with_gets_a_clear_verdict(
    kind: str, edits: list[tuple[float, int, bytes]]
) -> None:
    data = real(kind)
    for share, removed, added in edits:
        place = int(share * len(data))
        data = data[:place] + added + data[place + removed :]
    assert is_clear(data)
