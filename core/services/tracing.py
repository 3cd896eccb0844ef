"""OpenTelemetry: spans for a collector that takes OTLP over HTTP.

Headers, certificates and the name of the service are OpenTelemetry's own variables (`OTEL_…`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags

from core.base.errors import kind_of
from core.base.logs import log_ids
from core.base.logs.traces import Note, Thing
from core.base.processes.process import own_name

_PREFIX = "likeness."


class Otlp:
    """See `Tracer`. `share` of all traces are sent, whole: every process leaves out the same."""

    def __init__(self, endpoint: str, share: float, version: str) -> None:
        resource = Resource.create({
            "service.name": os.environ.get("OTEL_SERVICE_NAME", "likeness"),
            "service.version": version,
            "service.instance.id": own_name(),
        })  # fmt: skip
        self._provider = TracerProvider(sampler=TraceIdRatioBased(share), resource=resource)
        session = requests.Session()
        session.trust_env = False  # proxies are named in config.toml
        exporter = OTLPSpanExporter(endpoint, session=session)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("likeness", version)

    @contextmanager
    def span(self, name: str, about: Thing | None, attributes: dict[str, object]) -> Iterator[Note]:
        """A span; one that fails says with which kind of error, and nothing of its words."""
        around = trace.get_current_span().get_span_context()
        context = None if about is None else _waiting(about)
        links = [Link(around)] if context is not None and around.is_valid else []
        with self._tracer.start_as_current_span(
            name,
            context,
            kind=SpanKind.INTERNAL if about is None else SpanKind.CONSUMER,
            attributes=_plain({**log_ids.known(), **attributes}),
            links=links,
            record_exception=False,
            set_status_on_exception=False,
        ) as begun:
            try:
                yield lambda **more: begun.set_attributes(_plain(more))
            except BaseException as error:
                begun.set_attribute("error.type", kind_of(error))
                begun.set_status(trace.StatusCode.ERROR)
                raise

    def queued(self, thing: Thing) -> None:
        """A span of no length where its trace begins, linked to the current one both ways."""
        current = trace.get_current_span()
        around = current.get_span_context()
        made: Span = self._tracer.start_span(
            "queued",
            _waiting(thing),
            kind=SpanKind.PRODUCER,
            attributes=_plain({**log_ids.known(), "kind": thing[0], "id": thing[1]}),
            links=[Link(around)] if around.is_valid else [],
        )
        current.add_link(made.get_span_context())
        made.end()

    def close(self) -> None:
        """Send what has not been sent."""
        self._provider.shutdown()


def _waiting(thing: Thing) -> Context:
    """The trace of what waits: the same in every process."""
    mark = hashlib.sha256("{} {}".format(*thing).encode()).digest()
    trace_id, span_id = int.from_bytes(mark[:16]), int.from_bytes(mark[16:24])
    flags = TraceFlags(TraceFlags.SAMPLED)
    return trace.set_span_in_context(
        NonRecordingSpan(SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags))
    )


def _plain(attributes: dict[str, object]) -> dict[str, str | int | float | bool]:
    """Attributes as OpenTelemetry takes them, by our own names."""
    return {
        f"{_PREFIX}{name}": value if isinstance(value, str | int | float | bool) else str(value)
        for name, value in attributes.items()
    }
