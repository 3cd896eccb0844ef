"""Likeness: the dashboard. What happens, what fails and what it costs, for the operator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from core.base.settings.running.dashboard import Dashboard as Settings
from core.operation.passwords import first_password

if TYPE_CHECKING:
    from core.app.bootstrap import App


class Dashboard:
    """What `likeness dashboard` runs; it is found by its entry point."""

    name: ClassVar[str] = "dashboard"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def configured(self) -> bool:
        """Whether `likeness run` starts it."""
        return self._settings.enabled

    @property
    def address(self) -> str:
        """Where it is found."""
        return ", ".join(self._settings.addresses)

    def prepare(self, folder: Path) -> str | None:
        """Make sure that somebody can log in; the password, where one was made now.

        Raises ConfigurationError where anybody could come and nobody is named.
        """
        return first_password(self._settings, folder)

    def run(self, app: App) -> None:
        """Serve until SIGTERM or SIGINT."""
        from dashboard.serving import serve  # Streamlit takes a second to import

        serve(app, app.settings)
