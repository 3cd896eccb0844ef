"""Tables of orders and of calls of fal; a click opens what they list."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.base.texts import Translator
from core.operation.metrics import training
from core.operation.metrics.pictures.orders import PictureOrder
from dashboard import codes
from dashboard.tables import Column, table
from dashboard.view import View


def columns(t: Translator) -> list[Column]:
    """The columns of a table of runs."""
    return [
        Column("avatar", t("Avatar")),
        Column("training_type", t("Type"), words=codes.TYPE),
        Column("status", t("Status"), words=codes.STATUS),
        Column("error_type", t("Error"), words=codes.REASON),
        Column("progress", t("Progress"), "bar"),
        Column("took", t("Took"), "seconds", t("What fal says that it took, else start to end.")),
        Column("waited", t("Waited"), "seconds", t("From its submission to its start.")),
        Column("position", t("Place in the queue"), "number"),
        Column("cost_usd", t("Cost"), "usd"),
        Column("created_at", t("Created"), "time"),
        Column("finished_at", t("Finished"), "time"),
        Column("test_mode", t("Test"), "yes"),
        Column("error", t("Message")),
        Column("profile", t("Profile")),
        Column("finished_by", t("Known by"), words=codes.HEARD),
        Column("request_id", t("Request id")),
        Column("id", t("Run")),
    ]


def order_columns(t: Translator) -> list[Column]:
    """The columns of a table of orders."""
    return [
        Column("number", t("Order"), "number"),
        Column("fate", t("What became of it"), words=codes.FATE),
        Column("profile", t("Profile")),
        Column("price_usd", t("Price"), "usd"),
        Column("cost_usd", t("Cost"), "usd"),
        Column("error_type", t("Error"), words=codes.REASON),
        Column("http_status", "HTTP", "number"),
        Column("sent_at", t("Sent"), "time"),
        Column("answered_at", t("Answered"), "time"),
        Column("ended_at", t("Finished"), "time"),
        Column("request_id", t("Request id")),
    ]


def event_columns(t: Translator) -> list[Column]:
    """The columns of a table of calls of fal."""
    return [
        Column("at", t("At"), "time"),
        Column("phase", t("Phase"), words=codes.PHASE),
        Column("ok", t("Well"), "yes"),
        Column("http_status", "HTTP", "number"),
        Column("error_type", t("Error"), words=codes.REASON),
        Column("message", t("Message")),
        Column("seconds", t("Took"), "seconds"),
        Column("endpoint", t("Endpoint")),
        Column("run_id", t("Run")),
        Column("request_id", t("Request id")),
    ]


def listed(view: View, key: str, rows: Sequence[training.Run], most: int = 0) -> None:
    """A table of runs; a click opens one."""
    chosen = table(view, key, columns(view.t), rows, choose=True, most=most,
                   empty=view.t("No training."),
                   place=lambda run: view.place("training", run=run.id))  # fmt: skip
    if chosen is not None:
        _open(rows[chosen].id)


def painted(view: View, key: str, rows: Sequence[PictureOrder], most: int = 0) -> None:
    """A table of orders of pictures; a click opens one."""
    t = view.t
    chosen = table(view, key, [
        Column("avatar", t("Avatar")),
        Column("status", t("Status"), words=codes.STATUS),
        Column("purpose", t("Purpose"), words=codes.PURPOSE),
        Column("error_type", t("Error"), words=codes.REASON), Column("pack", t("Style")),
        Column("pictures", t("Pictures"), "number"), Column("blocked", t("Held back"), "number"),
        Column("took", t("Took"), "seconds"), Column("cost_usd", t("Cost"), "usd"),
        Column("created_at", t("Created"), "time"), Column("finished_at", t("Finished"), "time"),
        Column("test_mode", t("Test"), "yes"), Column("error", t("Message")),
        Column("profile", t("Profile")), Column("request_id", t("Request id")),
        Column("id", t("Run")),
    ], rows, choose=True, most=most, empty=t("No order of pictures."),
        place=lambda order: view.place("training", run=order.id))  # fmt: skip
    if chosen is not None:
        _open(rows[chosen].id)


def _open(run_id: str) -> None:
    st.query_params["run"] = run_id
    st.rerun()
