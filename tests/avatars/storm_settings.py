"""A house's settings as variables: real trainings, at a fal that is the test's own."""

from __future__ import annotations

import os
from pathlib import Path

from core.services.fal.simulation import FalServer


def environ_for(fal: FalServer, url: str, folder: Path, port: int) -> dict[str, str]:
    """What a process with this database and this fal is started with."""
    (folder / "config.toml").touch()
    return {
        **{name: value for name, value in os.environ.items() if name != "FAL_KEY"},
        "FAL_KEY": "storm",
        "LIKENESS_CONFIG": str(folder / "config.toml"),
        "LIKENESS_DATA_DIR": str(folder / "data"),
        "LIKENESS_DATABASE__URL": url,
        "LIKENESS_DATABASE__SYNCHRONOUS": "normal",
        "LIKENESS_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LIKENESS_HTTP__PORT": str(port),
        "LIKENESS_FAL__QUEUE_URL": f"{fal.base}/queue",
        "LIKENESS_FAL__REST_URL": f"{fal.base}/rest",
        "LIKENESS_FAL__CDN_URL": f"{fal.base}/cdn",
        "LIKENESS_FAL__JWKS_URL": f"{fal.base}/rest/.well-known/jwks.json",
        "LIKENESS_FAL__ANSWER_SECONDS": "1",
        "LIKENESS_FAL__SUBMIT_SECONDS": "1",
        "LIKENESS_TRAINING__MIN_PHOTOS": "4",
        "LIKENESS_TRAINING__BREAKER_MINUTES": "0.05",  # soon tried again
        "LIKENESS_TRAINING__POLL_PORTRAIT_SECONDS": "1",
        "LIKENESS_JOBS__SWEEP_SECONDS": "5",
        "LIKENESS_LOG__LEVEL": "warning",
    }
