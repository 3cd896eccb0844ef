"""What a page is drawn with: who looks, at which period, in which language; numbers on request."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

import streamlit as st

from core.base.db import release
from core.base.processes import mode as modes
from core.base.processes.mode import Own
from core.base.texts import Translator
from core.operation.admin_actions import AdminActions
from core.operation.auth import Visitor
from core.operation.metrics.scope import Scope, side_by_side
from dashboard.site import Site

CALM_SECONDS = 60.0
HOME = "overview"
"""The page that stands at the root."""
CHOICES = ("period", "from", "to", "mode", "lang")
"""What is chosen at the side, as the address names it."""

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")


@dataclass
class View:
    """One drawing of a page."""

    site: Site
    visitor: Visitor
    t: Translator
    scope: Scope
    span: float
    """Seconds of a period that ends now; 0 where it ended at some time."""
    title: str = ""
    """Of the page."""
    patience: float = 0.0
    """Seconds that its numbers may be old at least; see `calm`."""
    asked: list[float] = field(default_factory=list)
    pages: Mapping[str, Any] = field(default_factory=dict)
    """Streamlit's pages by their path."""

    def ask(self, number: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """A number of the metrics; within a few seconds nobody asks the database twice."""
        seconds = max(self.site.own.cache_seconds, self.patience)
        at, found = asked(seconds, number, *args, **kwargs)
        self.asked.append(at)
        return found

    def ask_two(
        self, first: Callable[P, A], second: Callable[P, B], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[A, B]:
        """Two slow numbers, asked at once."""

        def both(*args: P.args, **kwargs: P.kwargs) -> tuple[A, B]:
            return side_by_side(partial(first, *args, **kwargs), partial(second, *args, **kwargs))

        both.__qualname__ = f"{_named(first)} {_named(second)}"
        return self.ask(both, *args, **kwargs)

    @property
    def now(self) -> float:
        """Now, to the seconds that a number may be old."""
        return rounded(self.site.own.cache_seconds)

    @property
    def calm(self) -> View:
        """The same for numbers that take a second: they are kept for longer.

        The period ends at most a five-thousandth of it ago: of 7 days two minutes.
        """
        patience = max(CALM_SECONDS, self.span / 5000, self.site.own.cache_seconds)
        if not self.span:
            return replace(self, patience=patience)
        now = rounded(patience)
        scope = replace(self.scope, start=now - self.span, end=now)
        return replace(self, patience=patience, scope=scope)

    @property
    def fresh(self) -> View:
        """The same a little later: for what draws itself anew."""
        if not self.span:
            return replace(self, asked=[])
        now = self.now
        return replace(self, asked=[], scope=replace(self.scope, start=now - self.span, end=now))

    @property
    def ordered(self) -> Own:
        """The mode that trainings are made in at present."""
        return self.ask(modes.ordered, self.site.known, self.now)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.scope.zone)

    @property
    def actions(self) -> AdminActions:
        """The visitor's admin actions."""
        return AdminActions(self.site.app, self.visitor)

    @property
    def address(self) -> str:
        """The address one came by, without a path."""
        came = urlsplit(str(st.context.url or ""))
        return f"{came.scheme}://{came.netloc}" if came.netloc else self.site.own.addresses[0]

    def moment(self, at: float | None) -> datetime.datetime | None:
        """A moment in the zone of the day."""
        return None if at is None else datetime.datetime.fromtimestamp(at, self.zone)

    def place(self, page: str, **named: str) -> str:
        """The address of something on a page, seen through the same choices."""
        wanted = self._choices | {name: value for name, value in named.items() if value}
        path = "" if page == HOME else page
        return f"/{path}?{urlencode(wanted)}" if wanted else f"/{path}"

    def go(self, place: str) -> None:
        """Go to an address of ours."""
        page, named = self._parts(place)
        st.switch_page(page, query_params=named)

    def _parts(self, place: str) -> tuple[Any, dict[str, str]]:
        parts = urlsplit(place)
        return self.pages[parts.path.strip("/") or HOME], dict(parse_qsl(parts.query))

    def link(self, label: str, place: str, icon: str = ":material/arrow_forward:") -> None:
        """A link to an address of ours; it opens here, not in another tab."""
        page, named = self._parts(place)
        st.page_link(page, label=label, icon=icon, query_params=named, width="content")

    def row(self, kind: str, id: object) -> str:
        """The address of one row; see `core.operation.metrics.records`."""
        return self.place("row", of=kind, id=str(id))

    def as_of(self) -> None:
        """Say how old the numbers are."""
        at = self.moment(min(self.asked, default=time.time()))
        zone = self.scope.zone
        st.caption(self.t("Data as of {time} ({zone})", time=f"{at:%Y-%m-%d %H:%M:%S}", zone=zone))

    @cached_property
    def _choices(self) -> dict[str, str]:
        """Once for a drawing: a table has hundreds of rows."""
        return {name: st.query_params[name] for name in CHOICES if name in st.query_params}

    def live(self, draw: Callable[[View], None], seconds: float = 10.0, dated: bool = True) -> None:
        """Draw a part that draws itself anew, and leaves the rest of the page alone.

        It is `dated`, unless what stands in it says how old it is.
        """

        def part() -> None:
            try:
                if self.site.visitor(st.context.cookies, by_hand=False) is None:
                    st.rerun()
                fresh = self.fresh
                draw(fresh)
                if dated:
                    fresh.as_of()
            finally:
                release()

        st.fragment(part, run_every=seconds)()


def asked(
    seconds: float, number: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> tuple[float, R]:
    """A number that everybody sees for so many seconds, and when the database was asked."""
    return _asking(_named(number), rounded(seconds), args, kwargs, number)


def _named(number: Callable[..., object]) -> str:
    return f"{number.__module__}.{number.__qualname__}"


def rounded(seconds: float) -> float:
    """Now, as a whole number of so many seconds: a question soon after is the same."""
    return time.time() // seconds * seconds


def forget() -> None:
    """Forget every number: something was changed by hand."""
    st.cache_data.clear()


@st.cache_data(ttl=3600, max_entries=2000, show_spinner=False)
def _asking(
    name: str,  # noqa: ARG001  # by name and slot the cache tells one question from another
    slot: float,  # noqa: ARG001
    args: Any,
    kwargs: Any,
    _number: Callable[..., object],
) -> tuple[float, Any]:
    return time.time(), _number(*args, **kwargs)
