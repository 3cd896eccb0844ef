"""Spans as a collector receives them: which there are, what hangs together, and no words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from core.app.bootstrap import App, bootstrap
from core.avatars.models import RunStatus
from core.base.errors import ConfigurationError
from core.base.logs import traces
from core.base.settings import Settings
from core.services.tracing import Otlp
from tests import makers
from tests.conversation.test_delivery import Post
from tests.http_house import free_port, opened, wait_for
from tests.privacy.people import Marked, variants

ENDS = ("taken", "made", "kept")


class Collector:
    """Takes OTLP over HTTP, as a collector does."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}/v1/traces"
        self.bodies: list[bytes] = []

    @property
    def spans(self) -> list[Span]:
        requests = map(ExportTraceServiceRequest.FromString, list(self.bodies))
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]


def said(span: Span, name: str) -> Any:
    """The value of one of our attributes."""
    for attribute in span.attributes:
        if attribute.key == f"likeness.{name}":
            kind = attribute.value.WhichOneof("value")
            return getattr(attribute.value, str(kind))
    return None


def began(span: Span) -> int:
    return int(span.start_time_unix_nano)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with _listening() as listening:
        try:
            yield listening
        finally:
            traces.install(None)


def watched(collector: Collector) -> None:
    """Send the spans of this process there from now on."""
    traces.install(Otlp(collector.endpoint, 1.0, "test"))


@contextmanager
def _listening() -> Iterator[Collector]:
    collector = Collector(free_port())

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    port = int(collector.endpoint.split(":")[2].partition("/")[0])
    server = ThreadingHTTPServer(("127.0.0.1", port), Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def app(database_url: str, tmp_path: Path, collector: Collector) -> App:
    environ = {
        "LIKENESS_DATA_DIR": str(tmp_path),
        "LIKENESS_DATABASE__URL": database_url,
        "LIKENESS_LOG__LEVEL": "error",
        "LIKENESS_TRACING__ENDPOINT": collector.endpoint,
    }
    return bootstrap(Settings.load(environ=environ))


def test_what_a_person_does_and_says_is_in_no_span(app: App, collector: Collector) -> None:
    Marked(app).live()
    app.worker().step()
    app.close()
    assert {span.name for span in collector.spans} >= {"receive", "queued", "turn", "job"}
    sent = b"".join(collector.bodies)
    assert [how for how, written in variants().items() if written in sent] == []


def test_a_turn_stands_in_one_trace_with_who_queued_it(app: App, collector: Collector) -> None:
    Marked(app)
    app.close()
    [receive], [turn] = collector.named("receive"), collector.named("turn")
    [queued] = [span for span in collector.named("queued") if span.trace_id == turn.trace_id]
    assert queued.kind == Span.SPAN_KIND_PRODUCER
    assert turn.kind == Span.SPAN_KIND_CONSUMER
    assert queued.parent_span_id == turn.parent_span_id != b""
    assert [link.span_id for link in queued.links] == [receive.span_id]
    assert [link.span_id for link in receive.links] == [queued.span_id]
    assert (said(queued, "kind"), said(queued, "id")) == ("event", said(turn, "turn"))
    assert receive.trace_id != turn.trace_id


def test_all_steps_of_an_order_are_one_trace_whoever_takes_them(
    db: Any, database_url: str, tmp_path: Path, collector: Collector
) -> None:
    quick: Any = {"simulated_queue_seconds": 0.0, "simulated_seconds": 0.2}
    with opened(database_url, tmp_path, **quick) as house:
        watched(collector)
        _, _, run = house.begin()
        wait_for(lambda: makers.fresh(run).status is RunStatus.COMPLETED)
        traces.install(None)
    steps = [span for span in collector.named("order") if said(span, "order") == str(run.id)]
    assert len({step.trace_id for step in steps}) == 1
    jobs = {span.span_id for span in collector.named("job")}
    assert all(step.parent_span_id in jobs for step in steps)
    news = [said(step, "news") for step in sorted(steps, key=began)]
    assert list(dict.fromkeys(what for what in news if what in ENDS)) == list(ENDS)
    told = [span for span in collector.named("queued") if said(span, "kind") == "event"]
    linked = {link.span_id for span in told for link in span.links}
    assert linked & {step.span_id for step in steps}, "its person's turns are linked to it"


def test_a_message_that_goes_out_is_a_span_and_so_is_its_failure(
    db: Any, collector: Collector
) -> None:
    watched(collector)
    post = Post()
    post.channel.before = [RuntimeError("Ты кто?")]
    post.deliver()
    post.clock.now += 60
    post.deliver()
    post.bridge.close()
    traces.install(None)
    failed, well = sorted(collector.named("outbound"), key=began)
    assert {said(span, "what") for span in (failed, well)} == {"screen"}
    assert said(well, "conversation") == post.anna.id
    assert failed.status.code == Status.STATUS_CODE_ERROR != well.status.code
    assert "RuntimeError" in str(failed.attributes)
    assert "Ты кто".encode() not in b"".join(collector.bodies)


def test_nothing_is_sent_unless_an_endpoint_is_named(tmp_path: Path) -> None:
    assert Settings().tracing.endpoint == ""
    with traces.span("turn", ("event", 1)) as note:
        note(trigger="start")
    traces.queued("event", 1)


def test_an_endpoint_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[tracing]\nendpoint = "localhost:4318"\n')
    with pytest.raises(ConfigurationError) as wrong:
        Settings.load(config, environ={})
    assert "tracing.endpoint" in str(wrong.value)
    assert "http://127.0.0.1:4318/v1/traces" in str(wrong.value)
