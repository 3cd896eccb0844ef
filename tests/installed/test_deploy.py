"""The files of `deploy/` are right by their own tools, and do what they say."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from core.base.settings import Settings
from tests.fakes.s3 import free_ports
from tests.installed.dockerfile import Image
from tests.installed.environments import answers
from tests.patience import LONG, until

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = ("likeness@.service", "likeness.target", "likeness-migrate.service")
PROCESSES = ("telegram", "worker", "web", "http", "dashboard")
SECRETS = {
    "POSTGRES_PASSWORD": "p" * 32,
    "LIKENESS_STORAGE__ACCESS_KEY": "likeness",
    "LIKENESS_STORAGE__SECRET_KEY": "k" * 32,
    "LIKENESS_DASHBOARD__USERS": "anna:admin:$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA",
}


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def checked(*words: str | Path) -> str:
    done = subprocess.run(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def services() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(DEPLOY / "compose.yaml")["services"]
    return found


def test_nothing_is_to_be_said_of_the_dockerfile() -> None:
    assert checked(tool("hadolint"), DEPLOY / "Dockerfile") == ""


def test_the_image_gets_no_secret_and_no_data() -> None:
    """Everything is ignored but what is copied."""
    first, *rest = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()[1:]
    let_in = {line[1:] for line in rest if line.startswith("!")}
    copied = re.findall(
        r"(?m)^COPY (?!--from)(.*) \S+$", (DEPLOY / "Dockerfile").read_text("utf-8")
    )
    assert first == "*"
    assert let_in == {name for line in copied for name in line.split()}
    assert not {".env", "data", "deploy", "tests"} & let_in


def test_the_compose_file_is_one_by_its_specification() -> None:
    checked(
        tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"
    )


def test_every_process_is_there_twice_and_waits_for_the_schema() -> None:
    for name in PROCESSES:
        service = services()[name]
        assert service["command"] == name
        assert service["deploy"]["replicas"] == 2
        assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_each_image_from_elsewhere_has_a_version() -> None:
    images = [service["image"] for service in services().values()]
    elsewhere = [image for image in images if image != "likeness"]
    assert [image for image in elsewhere if not re.search(r":\d+\.\d+", image)] == []
    assert len(set(elsewhere)) == 2


@pytest.mark.parametrize("name", ["migrate", *PROCESSES])
def test_the_settings_of_every_container_are_right(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Those of compose.yaml and .env.example, filled in."""
    text = (DEPLOY / ".env.example").read_text("utf-8")
    example = dict(
        line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#")
    )
    example |= dict(re.findall(r"(?m)^# (LIKENESS_\w+)=(.+)$", text))
    filled = {key: SECRETS.get(key, value.strip("'")) for key, value in example.items()}
    assert SECRETS.keys() <= filled.keys()
    for key in [key for key in os.environ if key.startswith("LIKENESS_")]:
        monkeypatch.delenv(key)
    own = {
        key: re.sub(r"\$\{(\w+):\?\}", lambda found: filled[found[1]], value)
        for key, value in services()[name]["environment"].items()
    }
    for key, value in (filled | own | {"LIKENESS_DATA_DIR": str(tmp_path)}).items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(tmp_path)
    settings = Settings.load()
    assert settings.storage.backend == "minio"
    assert (
        settings.database_url
        == settings.jobs.queue
        == (f"postgresql://likeness:{'p' * 32}@database/likeness")
    )


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    names = []
    for unit in UNITS:
        text = (DEPLOY / "systemd" / unit).read_text("utf-8")
        names.append(unit.replace("@", "@web"))
        (tmp_path / names[-1]).write_text(
            text.replace("/opt/likeness/bin", str(Path(sys.executable).parent))
        )
    said = checked("systemd-analyze", "verify", *(tmp_path / name for name in names))
    assert said == ""
    checked("systemd-analyze", "security", "--offline=true", "--threshold=20", tmp_path / names[0])


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_steps_of_the_dockerfile_make_a_program_that_runs(tmp_path: Path) -> None:
    """In folders instead of layers; packages come from the registry, and nothing is configured."""
    image = Image(DEPLOY / "Dockerfile", ROOT, tmp_path / "image")
    chat, dashboard = free_ports(2)
    env = image.env | {
        "HOME": str(image.home),
        "LIKENESS_WEB__PORT": str(chat),
        "LIKENESS_DASHBOARD__PORT": str(dashboard),
    }
    program = shutil.which(image.entrypoint[0], path=env["PATH"])
    assert program
    assert Path(program).is_relative_to(tmp_path / "image" / "root")
    log = tmp_path / "said"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [program, *image.entrypoint[1:], *image.command],
            cwd=image.home, env=env, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        for port in (chat, dashboard):
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                until(lambda client=client: answers(client), log.read_text)  # type: ignore[misc]
        until(lambda: "worker" in alive(program, env), log.read_text)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) == 0, log.read_text()
        shutil.rmtree(tmp_path / "image")


def alive(program: str, env: dict[str, str]) -> str:
    """What the image's health check says."""
    done = subprocess.run([program, "alive"], env=env, capture_output=True, text=True, check=False)
    return done.stdout
