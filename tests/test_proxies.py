"""Which way HTTP goes: through the proxy that a setting names, and never to this machine."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from channels.telegram import Settings as TelegramSettings
from core.base import proxies
from core.base.errors import ConfigurationError
from core.base.settings import Settings
from core.base.settings.product.fal import Fal
from core.services.fal.wire import Wire
from tests.channels.telegram.feedback import TOKEN, channel
from tests.fakes.telegram import FakeTelegram, Person


class Socks(socketserver.ThreadingTCPServer):
    """A SOCKS5 proxy (RFC 1928, no password) that leads every name to one port of this machine."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target = port
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"socks5://127.0.0.1:{self.server_address[1]}"


class _Connection(socketserver.BaseRequestHandler):
    server: Socks

    def handle(self) -> None:
        methods = self.request.recv(2)[1]
        self.request.recv(methods)
        self.request.sendall(b"\x05\x00")
        kind = self.request.recv(4)[3]
        length = {1: 4, 4: 16}.get(kind) or self.request.recv(1)[0]
        name = self.request.recv(length)
        self.request.recv(2)
        self.server.asked.append(name.decode() if kind == 3 else "an address")
        self.request.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        with socket.create_connection(("127.0.0.1", self.server.target)) as out:
            back = threading.Thread(target=_pump, args=(out, self.request), daemon=True)
            back.start()
            _pump(self.request, out)
            back.join(5)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture
def tg() -> Iterator[FakeTelegram]:
    with FakeTelegram(TOKEN) as tg:
        yield tg


@pytest.fixture
def socks(tg: FakeTelegram) -> Iterator[Socks]:
    with Socks(tg.port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def anna(tg: FakeTelegram) -> Person:
    return tg.person(id=1)


DATA = b"a picture" * 100


def reference(tg: FakeTelegram) -> dict[str, object]:
    return {"file_id": tg.pending_updates[-1]["message"]["document"]["file_id"], "size": 0}


def test_a_socks_proxy_leads_to_telegram(tg: FakeTelegram, socks: Socks, anna: Person) -> None:
    far = "http://telegram.example/bot", "http://telegram.example/file/bot"
    anna.send_file(DATA)
    telegram = channel(*far, proxy=socks.url)
    assert telegram.fetch(reference(tg), len(DATA)) == DATA
    assert set(socks.asked) == {"telegram.example"}


def test_the_bot_itself_goes_through_it_too(socks: Socks) -> None:
    import asyncio

    from channels.telegram.api import Api

    async def name() -> str:
        far = "http://telegram.example/bot", "http://telegram.example/file/bot"
        async with Api(TOKEN, *far, proxy=socks.url) as api:
            return str(api.username)

    assert asyncio.run(name()) == "likeness_test_bot"
    assert set(socks.asked) == {"telegram.example"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_what_is_on_this_machine_is_asked_straight(
    tg: FakeTelegram, socks: Socks, anna: Person, host: str
) -> None:
    near = f"http://{host}:{tg.port}/bot", f"http://{host}:{tg.port}/file/bot"
    anna.send_file(DATA)
    assert channel(*near, proxy=socks.url).fetch(reference(tg), len(DATA)) == DATA
    assert socks.asked == []


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "http_proxy"])
def test_the_environment_changes_nothing(
    tg: FakeTelegram, anna: Person, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    anna.send_file(DATA)
    assert channel(tg.base_url, tg.base_file_url).fetch(reference(tg), len(DATA)) == DATA
    assert proxies.unused({variable: "http://127.0.0.1:9", "PATH": "/bin"}) == [variable]


def test_fal_is_reached_through_its_own_proxy(tg: FakeTelegram, socks: Socks) -> None:
    wire = Wire(Fal.model_validate({"proxy": socks.url}), lambda _: None)
    assert wire.api.get("http://fal.example/").status_code == 404
    assert wire.api.get(f"http://127.0.0.1:{tg.port}/").status_code == 404
    assert socks.asked == ["fal.example"]
    wire.close()


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://127.0.0.1:8081/bot", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]:80/", True),
        ("http://localhost:1/", True),
        ("http://api.localhost/", True),
        ("http://localhost.:1/", True),
        ("http://[::ffff:127.0.0.1]:1/", True),
        ("http://[::ffff:192.168.0.1]:1/", False),
        ("http://192.168.0.1/", False),
        ("https://api.telegram.org/bot", False),
        ("http://localhost.example/", False),
    ],
)
def test_this_machine_is_known_by_all_its_names(address: str, here: bool) -> None:
    assert proxies.loopback(address) is here


@pytest.mark.parametrize(
    "proxy", ["proxy:3128", "ftp://a:1", "socks4://a:1", "http://", "http://a/b"]
)
def test_what_is_no_proxy_is_refused_with_key_value_and_remedy(tmp_path: Path, proxy: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[telegram]\nproxy = "{proxy}"\n')
    with pytest.raises(ConfigurationError, match=r"telegram\.proxy") as caught:
        Settings.load(config, {})
    assert proxy in str(caught.value)
    assert "remove the line" in str(caught.value)


def test_socks_without_its_package_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.base.settings.addresses.find_spec", lambda name: None)
    with pytest.raises(ValidationError, match="socksio"):
        TelegramSettings.model_validate({"proxy": "socks5://127.0.0.1:1080"})


def test_certificates_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    with pytest.raises(FileNotFoundError):
        httpx.Client(**proxies.way(""))
