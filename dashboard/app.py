"""The dashboard's frame: what is drawn for whichever page somebody looks at.

Nobody gets past `Doors` without a log-in; here it is asked for once more before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape

import streamlit as st

from core.base.db import release
from core.base.texts import Translator
from dashboard import filters, site
from dashboard.cards import acting, heading
from dashboard.pages import (
    audit,
    cost,
    errors,
    failures,
    funnel,
    operations,
    overview,
    people,
    photos,
    pictures,
    row,
    running,
    training,
)
from dashboard.view import HOME, View

Draw = Callable[[View], None]

UNLISTED = ("row",)
"""Pages to which only links lead."""
LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 132 32" role="img"
aria-label="Likeness"><circle cx="16" cy="16" r="14" fill="#5b5bd6"/><circle cx="16" cy="13"
r="5" fill="#fff"/><path d="M6 26a10 8 0 0 1 20 0" fill="#fff"/><text x="38" y="22"
font-family="system-ui, sans-serif" font-size="18" font-weight="700"
fill="#5b5bd6">Likeness</text></svg>"""
STYLE = """
<style>
[data-testid="stElementToolbar"] { display: none; }
[data-testid="stMetricValue"] { font-size: 1.35rem; }
[data-testid="stMetricLabel"] p, .stMarkdownBadge { white-space: normal !important; }
[data-testid="stHeading"] h2, [data-testid="stHeading"] h3 { font-size: 1.125rem;
  padding: .25rem 0; }
[data-testid="stSidebarNavLink"] span { white-space: normal; }
[data-testid="stVegaLiteChart"] { min-height: 15rem; }
.stMainBlockContainer { padding: 3rem 2rem 2rem; }
form[action="/logout"] button { font: inherit; padding: .35rem .8rem; border-radius: .5rem;
  border: 1px solid color-mix(in srgb, currentcolor 30%, transparent); background: transparent;
  color: inherit; cursor: pointer; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 3.5rem 1rem 2rem; }
  [data-testid="stColumn"]:has([data-testid="stMetric"]):not(
    :has([data-testid="stHorizontalBlock"])) { min-width: calc(50% - .5rem); }
  [class*="st-key-alert-"] > :first-child { min-width: 100%; }
}
</style>
"""
"""The tables' own download knows nothing of formulas, so their toolbar is away."""


def pages(t: Translator) -> list[tuple[str, str, str, Draw]]:
    """Every page: its address, its title, its icon, and who draws it."""
    return [
        ("overview", t("Overview"), ":material/monitoring:", overview.draw),
        ("training", t("Training"), ":material/timer:", training.draw),
        ("pictures", t("Pictures"), ":material/photo_library:", pictures.draw),
        ("running", t("Running now"), ":material/progress_activity:", running.draw),
        ("failures", t("What fails"), ":material/running_with_errors:", failures.draw),
        ("errors", t("fal errors"), ":material/error:", errors.draw),
        ("funnel", t("Funnel"), ":material/filter_alt:", funnel.draw),
        ("photos", t("Photos"), ":material/add_a_photo:", photos.draw),
        ("people", t("People and avatars"), ":material/group:", people.draw),
        ("operations", t("Operations"), ":material/build:", operations.draw),
        ("cost", t("Cost"), ":material/payments:", cost.draw),
        ("audit", t("Audit"), ":material/fact_check:", audit.draw),
        ("row", t("One row"), ":material/table_rows:", row.draw),
    ]


def page() -> None:
    """Draw everything; the thread's connection is given back, for Streamlit ends the thread."""
    try:
        _page(site.current())
    finally:
        release()


def _page(here: site.Site) -> None:
    brand = here.settings.brand
    st.set_page_config(page_title=brand.name, page_icon=brand.picture or "🎭", layout="wide")
    visitor = here.visitor(st.context.cookies)
    t = filters.language()
    if visitor is None:
        st.navigation([st.Page(lambda: None, title=brand.name, default=True)], position="hidden")
        st.info(t("Your session has ended."))
        log_in = escape(t("Log in"))  # no button: its script is for those who have logged in
        st.html(f'<a href="/login" style="color: inherit">{log_in}</a>')
        st.stop()
    st.html(STYLE + heading.STYLE)
    st.logo(LOGO, size="large", link=None)
    known = pages(t)
    named = {
        path: st.Page(partial(_draw, draw), title=title, icon=icon, url_path=path,
                      default=path == HOME, visibility="hidden" if path in UNLISTED else "visible")
        for path, title, icon, draw in known
    }  # fmt: skip
    chosen = st.navigation(list(named.values()))
    view = filters.sidebar(here, visitor, t)
    view.title, view.pages = chosen.title, named
    st.session_state["view"] = view
    st.header(chosen.title, anchor=False)
    filters.told(view)
    acting.told(view)
    chosen.run()


def _draw(draw: Draw) -> None:
    view: View = st.session_state.pop("view")
    draw(view)
    if view.asked:
        view.as_of()
