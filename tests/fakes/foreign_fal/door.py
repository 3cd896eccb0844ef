"""The socket of a stranger's fal: every path of the protocol, and 404 for all others."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.foreign_fal.painting import PAINTERS, picture, wrong_with
from tests.fakes.foreign_fal.platform import BASE, PlatformDoor
from tests.fakes.foreign_fal.weather import ERRORS, Quiet, WeatherDoor, error
from tests.weights import safetensors

if TYPE_CHECKING:
    from tests.fakes.foreign_fal.fake import ForeignFal, Order

WEIGHTS = safetensors(1_000_000)
CONFIG = b'{"trained_by": "a stranger"}'
REQUIRED = {
    "fal-ai/flux-lora-portrait-trainer": ("images_data_url",),
    "fal-ai/flux-pro-trainer": ("data_url", "finetune_comment"),
    "fal-ai/flux-lora-fast-training": ("images_data_url",),
    "fal-ai/flux-2-trainer": ("image_data_url",),
}


class Server:
    """A port that is answered while it is started."""

    def __init__(self, fal: ForeignFal) -> None:
        kind = type("Bound", (Door,), {"fal": fal, "protocol_version": fal.liberties.http})
        self._http = Quiet(("127.0.0.1", 0), kind)
        self.base = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class Door(BaseHTTPRequestHandler, PlatformDoor, WeatherDoor):
    """One connection."""

    fal: ForeignFal
    timeout = 20

    def do_POST(self) -> None:
        path, query = self._where()
        body = self._body()
        if path == "/storage/auth/token":
            self._token()
        elif path == "/storage/upload/initiate":
            self._initiate()
        elif path.startswith("/files/upload"):
            self._cdn(path.endswith("/multipart"), body)
        elif path.endswith("/complete") and "/multipart/" in path:
            self._complete(path, json.loads(body))
        else:
            self._order(path.strip("/"), query, body)

    def do_PUT(self) -> None:
        path, _ = self._where()
        body = self._body()
        if path.startswith("/signed/"):
            if "Authorization" in self.headers:
                self.fal.wrong.append("a key was sent to a signed address")
            self.fal.files[path.removeprefix("/signed/")] = body
            self._say(200, None)
        elif "/multipart/" in path:
            name, _, number = path.partition("/multipart/")
            self.fal.files[f"{name.removeprefix('/in/')}#{number.split('/')[1]}"] = body
            self._say(200, None, {"ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"'})
        elif found := self._known(path, "/cancel"):
            late = self.fal.training_of(found) == "COMPLETED"
            found.cancelled = not late
            if not late and found.endpoint in PAINTERS:
                found.outcome = "client_cancelled"
            said = (400, "ALREADY_COMPLETED") if late else (202, "CANCELLATION_REQUESTED")
            self._say(said[0], {"status": said[1]})

    def do_GET(self) -> None:
        path, query = self._where()
        if path == "/.well-known/jwks.json":
            self._say(200, self.fal.jwks())
        elif path.startswith(f"{BASE}/"):
            self.platform("GET", path.removeprefix(BASE))
        elif path.startswith("/out/"):
            self._file(path)
        elif path.startswith("/in/"):
            name = path.removeprefix("/in/")
            gone = name not in self.fal.files
            self._say(404, None) if gone else self._give(self.fal.files[name])
        elif path.endswith("/status"):
            if found := self._known(path, "/status"):
                self._status(found, query)
        elif found := self._known(path, ""):
            self._result(found)

    def do_DELETE(self) -> None:
        path, _ = self._where()
        self.platform("DELETE", path.removeprefix(BASE))

    # uploads

    def _token(self) -> None:
        if self.suffers("token"):
            return
        if not self.fal.liberties.tokens:
            self._say(404, {"detail": "Not Found"})
        elif self._paid_for():
            word = {"token": "cdn-word", "token_type": "Bearer", "base_url": self.fal.cdn}
            self._say(200, {**word, "expires_at": "2099-01-01T00:00:00+00:00"})

    def _initiate(self) -> None:
        if self._paid_for():
            name = self._new_file()
            urls = {"upload_url": f"{self.fal.cdn}/signed/{name}?sig=1"}
            self._say(200, {**urls, "file_url": f"{self.fal.cdn}/in/{name}"})

    def _cdn(self, in_parts: bool, body: bytes) -> None:
        if self.headers.get("Authorization") != "Bearer cdn-word":
            self._say(401, {"detail": "Unauthorized"})
            return
        if self.suffers("upload"):
            return
        name = self._new_file()
        url = f"{self.fal.cdn}/in/{name}"
        if in_parts:
            self._say(200, {"access_url": url, "uploadId": "up-1"})
        else:
            self.fal.files[name] = body
            self._say(201, {"access_url": url})

    def _complete(self, path: str, told: dict[str, Any]) -> None:
        name = path.partition("/multipart/")[0].removeprefix("/in/")
        parts = sorted(told["parts"], key=lambda part: int(part["partNumber"]))
        pieces = [self.fal.files.pop(f"{name}#{part['partNumber']}") for part in parts]
        for piece, part in zip(pieces, parts, strict=True):
            if part["etag"].strip('"') != hashlib.sha256(piece).hexdigest()[:16]:
                self.fal.wrong.append(f"part {part['partNumber']} has another etag")
        self.fal.files[name] = b"".join(pieces)
        self._say(200, None)

    def _new_file(self) -> str:
        name = f"{uuid.uuid4().hex}.zip"
        self.fal.file_headers[name] = dict(self.headers)
        return name

    # the queue

    def _order(self, endpoint: str, query: dict[str, str], body: bytes) -> None:
        if not self._paid_for():
            return
        if self.suffers("submit", self.fal.run_of(dict(self.headers))):
            return
        arguments = json.loads(body)
        if endpoint in PAINTERS:
            if wrong := wrong_with(endpoint, arguments, self.fal):
                self.fal.wrong.append(f"{endpoint}: {wrong}")
            self._take(endpoint, arguments, query.get("fal_webhook", ""))
        elif endpoint not in REQUIRED:
            self._say(404, {"detail": f"Application '{endpoint}' not found"})
        elif missing := [n for n in REQUIRED[endpoint] if not isinstance(arguments.get(n), str)]:
            error = {"msg": "field required", "type": "missing"}
            self._say(422, {"detail": [{**error, "loc": ["body", name]} for name in missing]})
        else:
            self._take(endpoint, arguments, query.get("fal_webhook", ""))

    def _take(self, endpoint: str, arguments: dict[str, Any], webhook: str) -> None:
        order = self.fal.take(endpoint, arguments, dict(self.headers), webhook)
        chosen = self.fal.liberties
        where = {"base": self.fal.queue, "app": endpoint, "id": order.id}
        url = chosen.addresses.format(**where)
        said = {"request_id": order.id, "response_url": url,
                "status_url": f"{url}/status", "cancel_url": f"{url}/cancel"}  # fmt: skip
        more = {"gateway_request_id": order.id, "status": "IN_QUEUE"} if chosen.extra else {}
        self._say(200, {**said, **more})

    def _status(self, order: Order, query: dict[str, str]) -> None:
        order.polls += 1
        if self.suffers("status", order.run):
            return
        chosen, word = self.fal.liberties, self.fal.training_of(order)
        said: dict[str, Any] = {"status": word, "request_id": order.id}
        if word == "IN_QUEUE" and chosen.position is not None:
            said["queue_position"] = chosen.position
        if word != "IN_QUEUE" and chosen.logs:
            line = {"message": " 50%|█████     | 5/10 [00:01<00:01]", "level": "STDERR"}
            bar = [{**line, "timestamp": "2026-01-01T00:00:00"}]
            said["logs"] = bar if chosen.logs == "bar" and query.get("logs") else None
        if word == "COMPLETED" and chosen.extra:
            said |= {"metrics": {"inference_time": None}, "error": None, "error_type": None}
        waits, trains = chosen.codes
        if word == "COMPLETED" and ERRORS.get(order.outcome, 422) != 422:
            said |= {"error": "The request failed.", "error_type": order.outcome}
        codes = {"IN_QUEUE": waits, "IN_PROGRESS": trains, "COMPLETED": 200}
        self._say(codes[word], said)

    def _result(self, order: Order) -> None:
        if self.suffers("result", order.run):
            return
        if self.fal.training_of(order) != "COMPLETED":
            self._say(400, {"detail": "not yet"})
        elif order.outcome in ERRORS:
            self._say(*error(order))
        else:
            self._say(200, self.fal.result(order))

    def _known(self, path: str, end: str) -> Order | None:
        """The order that a path names; who asks without the key is told so."""
        if not self._paid_for():
            return None
        name = unquote(path.removesuffix(end).rpartition("/")[2])
        found = next((order for order in self.fal.orders if order.id == name), None)
        if found is None:
            self.fal.wrong.append(f"{self.command} {path}")
            self._say(404, {"detail": "Not Found"})
        return found

    # how

    def _where(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        return parts.path, {name: given[-1] for name, given in parse_qs(parts.query).items()}

    def _body(self) -> bytes:
        size = self.headers.get("Content-Length")
        if size is None and self.headers.get("Transfer-Encoding"):
            self.fal.wrong.append(f"{self.path}: a storage takes no chunked upload")
            self.close_connection = True
        return self.rfile.read(int(size or 0))

    def _paid_for(self) -> bool:
        if self.headers.get("Authorization") == f"Key {self.fal.key}":
            return True
        self.fal.wrong.append(f"{self.command} {self.path} without the key")
        self._say(401, {"detail": "Cannot access application. Authentication is required."})
        return False

    def _file(self, path: str) -> None:
        """A file that a training made, unless it is deleted; or what a test puts in its place."""
        _, _, request_id, name = path.split("/")
        if request_id in self.fal.deleted:
            self._say(404, None)
        elif self.fal.instead is not None:
            self.fal.instead(self)
        elif name.endswith(".jpg"):
            self._picture(self.fal.taken(request_id), int(name.removesuffix(".jpg")))
        else:
            self._give(CONFIG if name.endswith("json") else WEIGHTS)

    def _picture(self, order: Order, number: int) -> None:
        if not self.suffers("download", order.run):
            self.fal.garbled[order.id] += self.fault == "malformed"
            code, data = picture(order, number)
            self._give(data, code)

    def _give(self, data: bytes, code: int = 200) -> None:
        if "Authorization" in self.headers:
            self.fal.wrong.append("the key was sent to the CDN")
        if self.fault not in ("", "truncated"):
            self._say(code, None)
            return
        fault, self.fault = self.fault, ""
        self.send_response(code)
        if self.fal.liberties.sizes:
            self.send_header("Content-Length", str(len(data)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.close_connection |= bool(fault)
        self.wfile.write(data[: len(data) // 2] if fault else data)

    def _say(self, code: int, said: Any, more: dict[str, str] | None = None) -> None:
        answer = self.spoilt(code, said)
        if answer is None:
            return
        code, body = answer
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **(more or {})}.items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
