"""What stands on top of a card: who and what it is, and its steps with their times."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import streamlit as st

from dashboard.formats import lasting
from dashboard.view import View

STYLE = """
<style>
.card-title { font-size: 1.125rem; font-weight: 600; margin: 0; padding: .25rem 0; }
ol.card-steps { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0 !important;
  padding: 0 !important; list-style: none; }
.card-steps li { margin: 0 !important; padding: 0 0 0 .75rem !important;
  border-left: 3px solid #5b5bd6; }
.card-steps li.to-come { border-left-color: #b4bac9; opacity: .75; }
.card-steps b, .card-steps span { display: block; }
</style>
"""


class Step(NamedTuple):
    """A moment of a course: what it is called, when it came (None: it has not)."""

    name: str
    at: float | None


def title(*parts: str) -> None:
    """“Anna · portrait · failed after 9 min”: each part isolated, whatever its direction."""
    told = " · ".join(f"<bdi>{escape(part)}</bdi>" for part in parts if part)
    st.html(f'<h3 class="card-title">{told}</h3>')


def steps(view: View, known: Sequence[Step]) -> None:
    """The steps in order, each with its clock and how long it took from the one before."""
    t, items, before = view.t, [], None
    for step in known:
        if step.at is None:
            items.append(f'<li class="to-come"><b>{escape(step.name)}</b><span>–</span></li>')
            continue
        said = f"{view.moment(step.at):%Y-%m-%d %H:%M:%S}"
        if before is not None:
            said = t("{time}, after {length}", time=said, length=lasting(t, step.at - before))
        items.append(f"<li><b>{escape(step.name)}</b><span>{escape(said)}</span></li>")
        before = step.at
    st.html(f'<ol class="card-steps">{"".join(items)}</ol>')
