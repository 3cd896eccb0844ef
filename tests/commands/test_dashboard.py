"""The commands of those who watch over Likeness, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.app.cli import app
from core.base.errors import ConfigurationError
from core.base.settings.running.dashboard import Dashboard
from core.operation.passwords import PASSWORD_FILE

WORD = "a dozen letters"


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIKENESS_DATA_DIR", str(tmp_path / "data"))
    return CliRunner()


def test_made_up_people_fill_an_empty_database_and_no_other(cli: CliRunner) -> None:
    filled = cli.invoke(app, ["demo-data", "--conversations", "20", "--days", "3"])
    assert filled.exit_code == 0
    assert "20 conversations" in filled.output
    assert cli.invoke(app, ["demo-data", "--conversations", "1"]).exit_code != 0
    assert cli.invoke(app, ["demo-data", "--conversations", "1", "--add"]).exit_code == 0


def test_a_user_is_made_of_a_password_and_fits_the_setting(cli: CliRunner) -> None:
    made = cli.invoke(app, ["password", "boris", "--role", "viewer"], input=f"{WORD}\n{WORD}\n")
    line = made.output.strip().splitlines()[-1]
    (user,) = Dashboard.model_validate({"users": line}).accounts
    assert (user.name, user.role) == ("boris", "viewer")
    assert WORD not in line
    assert cli.invoke(app, ["password", "x", "--role", "boss"], input="a\na\n").exit_code != 0


def test_a_short_password_is_refused_by_its_length(cli: CliRunner) -> None:
    made = cli.invoke(app, ["password"], input="eleven let.\neleven let.\n")
    assert "11 letters. Choose one of 12" in str(made.exception)
    assert "eleven" not in made.output + str(made.exception)


@pytest.mark.parametrize("name", ["a b", "a:b", "", "x" * 65, "=1+1"])
def test_a_name_that_the_setting_would_refuse_is_refused_at_once(cli: CliRunner, name: str) -> None:
    made = cli.invoke(app, ["password", name], input="secret\nsecret\n")
    assert isinstance(made.exception, ConfigurationError)
    assert "Password" not in made.output


def test_the_dashboard_refuses_to_be_open_to_others(
    cli: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LIKENESS_DASHBOARD__HOST", "0.0.0.0")
    assert cli.invoke(app, ["dashboard"]).exit_code != 0
    assert not (tmp_path / "data" / PASSWORD_FILE).exists()
