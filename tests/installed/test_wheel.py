"""What is installed from the wheel is the whole product: its files, its pages, its commands."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

from tests.installed.conftest import PRODUCT
from tests.installed.environments import built, plain, served

PAGES = ("/", "/training", "/running", "/errors", "/funnel", "/people", "/operations", "/cost")


def files(folder: Path) -> set[str]:
    below = (path for name in PRODUCT for path in (folder / name).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in below}


def test_every_file_of_the_product_is_in_the_wheel_and_nothing_else(
    tree: Path, wheel: Path
) -> None:
    expected = files(tree)
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == expected
    assert {
        "channels/web/looks/page.js",
        "channels/web/looks/page.html",
        "dashboard/start/app.py",
    } <= packed
    assert {"core/py.typed", "likeness_bot/py.typed"} <= packed


def test_the_wheel_says_under_which_licence_it_is_and_what_it_rests_on(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        about = {Path(name).name: name for name in archive.namelist() if ".dist-info/" in name}
        assert "License-Expression: Apache-2.0" in archive.read(about["METADATA"]).decode()
        assert {"LICENSE", "NOTICE"} <= about.keys()
        assert "likeness = likeness_bot.__main__:main" in (
            archive.read(about["entry_points.txt"]).decode()
        )


def test_a_file_of_any_kind_in_any_folder_would_be_packed_as_well(
    tree: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "source"
    shutil.copytree(tree, changed, ignore=shutil.ignore_patterns("build", "*.egg-info"))
    added = {"core/avatars/model.onnx", "channels/web/looks/deep/face.woff2", "dashboard/LICENSE"}
    for name in added:
        (changed / name).parent.mkdir(parents=True, exist_ok=True)
        (changed / name).write_bytes(b"x")
    with zipfile.ZipFile(built(changed, tmp_path)) as archive:
        assert added <= set(archive.namelist())


def test_the_installed_chat_page_is_served_with_all_that_it_names(
    python: Path, tmp_path: Path
) -> None:
    with served(python, tmp_path, "web") as client:
        page = client.get("/")
        assert page.status_code == 200
        named = re.findall(r'(?:src|href)="(/looks/[^"]+)"', page.text)
        assert {name.rpartition("/")[2] for name in named} >= {
            "icon", "page.js", "view.js"
        }  # fmt: skip
        assert {name: client.get(name).status_code for name in named} == dict.fromkeys(named, 200)


def test_the_installed_dashboard_serves_its_pages(python: Path, tmp_path: Path) -> None:
    users = f"anna:admin:{hashed(python, 'correct horse')}"
    with served(python, tmp_path, "dashboard", LIKENESS_DASHBOARD__USERS=users) as client:
        assert client.get("/login").status_code == 200
        client.post("/login", data={"name": "anna", "password": "correct horse"})
        answers = {page: client.get(page).status_code for page in PAGES}
        assert answers == dict.fromkeys(PAGES, 200)


def test_the_installed_program_speaks_russian(python: Path, tmp_path: Path) -> None:
    said = "from core.base.texts import translator; print(translator('ru')('Cancel') != 'Cancel')"
    speaking = [
        said.replace("core.base.texts", module).replace("'Cancel'", f"'{text}'")
        for module, text in (("core.base.texts", "✅ Choose"), ("dashboard.words", "Overview"))
    ]
    for line in speaking:
        done = subprocess.run(
            [python, "-c", line], cwd=tmp_path, env=plain(tmp_path), capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        assert done.stdout == "True\n"


def hashed(python: Path, password: str) -> str:
    line = f"from core.operation.passwords import hashed; print(hashed({password!r}))"
    done = subprocess.run([python, "-c", line], capture_output=True, text=True, check=True)
    return done.stdout.strip()
