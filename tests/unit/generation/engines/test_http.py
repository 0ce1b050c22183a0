"""HTTP towards generators: every failure a sentence, nothing without a bound."""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import gzip
import io
import ipaddress
import json
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from generation.engines import answers, lines, pictures
from generation.engines.base import EngineError, Request
from generation.engines.comfyui.feed import Feed
from generation.engines.http import Refused, Server, in_background
from generation.engines.openai_images import OpenAIImagesEngine
from tests.peers.comfyui import ComfyPeer
from tests.peers.openai import OpenAIPeer
from tests.pictures import cut, encode, picture

pytestmark = pytest.mark.any_database


class Host(BaseHTTPRequestHandler):
    """Answers as its server's `answers` say, by path: status, body, headers."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.server.seen.append((self.path, dict(self.headers), self.rfile.read(length)))
        answer = self.server.answers[self.path.partition("?")[0]]
        if callable(answer):
            answer(self)
            return
        status, body, headers = answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *words: object) -> None:
        """Nothing between the dots of the tests."""


@pytest.fixture
def host():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    server.daemon_threads, server.seen, server.answers = True, [], {}
    server.handle_error = lambda *_: None
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def said(host, status: int, value, **headers: str) -> Refused:
    """The error that an answer of this kind becomes."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    host.answers["/x"] = (status, body, {name.replace("_", "-"): said for name, said in headers.items()})
    with pytest.raises(Refused) as refused:
        Server(host.url, headers={"X-Key": "sk-harbour"}).get_json("/x")
    return refused.value


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"detail": "Sampler not found"}, "Sampler not found"),
        ({"detail": [{"loc": ["body", "steps"], "msg": "not a number"}]}, "not a number"),
        ({"error": "HTTPException", "detail": "", "errors": "no space"}, "no space"),
        ({"error": "prompt required"}, "prompt required"),
        ({"error": {"message": "too long", "code": 3}}, "too long"),
        (b"just words", "just words"),
        (b"<html><h1>502 Bad Gateway", ""),
        ({"error": "failed in /home/anna/models/ink.ckpt and C:\\Users\\Anna\\x.py, see 3/4"},
         "failed in ink.ckpt and x.py, see 3/4"),
        ({"error": "Traceback (most recent call last):\n  File \"x.py\"\n    run()\nValueError: no"}, "ValueError: no"),
        ({"error": "key sk-harbour\x00\u202e is wrong"}, "key ••• is wrong"),
        ({"error": ["nested"] * 5}, "nested; nested; nested"),
    ],
)  # fmt: skip
def test_a_complaint_is_read_in_every_shape_and_cleaned(host, answer, words):
    trouble = said(host, 500, answer)
    tail = f": {words}" if words else "."
    assert trouble.sentence == f"{host.url} answered with an error (500){tail}"


def test_a_long_complaint_is_cut(host):
    assert len(said(host, 400, {"detail": "x" * 9000}).sentence) < 380


def test_only_what_may_pass_is_worth_another_try(host):
    kinds = {
        status: said(host, status, {}).permanent for status in (400, 401, 404, 408, 422, 425, 429, 500, 503)
    }
    assert [status for status, permanent in kinds.items() if not permanent] == [408, 425, 429, 500, 503]


def test_the_field_a_server_objects_to_and_its_wish_for_rest_are_kept(host):
    trouble = said(host, 422, {"detail": [{"loc": ["body", "steps"], "msg": "no"}]}, Retry_After="12")
    assert (trouble.field, trouble.retry_after_seconds, trouble.answer["detail"][0]["msg"]) == (
        "steps",
        12.0,
        "no",
    )
    later = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert 55 < answers.retry_after(later) <= 60
    assert [answers.retry_after(odd) for odd in ("soon", "nan", "-5", "9e99", None)] == [
        None,
        None,
        0,
        3600,
        None,
    ]


def test_a_page_half_an_answer_and_none_are_told_apart(host):
    host.answers = {
        "/page": (200, b"\n<!doctype html>", {}),
        "/half": (200, b'{"a": [1, 2', {}),
        "/deep": (200, b"[" * 100_000, {}),
        "/short": (200, b"{}", {"Content-Length": "999"}),
        "/empty": (204, b"", {}),
    }
    server = Server(host.url, read_seconds=2)
    for path, words, permanent in (
        ("/page", "web page instead of data", True),
        ("/half", "breaks off or cannot be read", False),
        ("/deep", "breaks off or cannot be read", False),
        ("/short", "broke off before its answer was whole|did not answer", False),
    ):
        with pytest.raises(EngineError, match=words) as trouble:
            server.get_json(path)
        assert trouble.value.permanent is permanent
    assert server.get_json("/empty") is None


def test_an_answer_is_only_read_up_to_its_bound(host):
    def endless(handler: Host) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b" " * 65536)

    def dripping(handler: Host) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b" ")
            time.sleep(0.02)

    host.answers = {"/endless": endless, "/dripping": dripping}
    with pytest.raises(EngineError, match="larger than 1 MB"):
        Server(host.url).get_bytes("/endless", max_bytes=2**20)
    with pytest.raises(EngineError, match="did not answer within 0.2 seconds"):
        Server(host.url, read_seconds=0.2).get_json("/dripping")


def test_a_redirect_is_followed_to_the_same_server_only(host):
    host.answers = {
        "/here": (307, b"", {"Location": "/there"}),
        "/there": (200, b"[1]", {}),
        "/away": (307, b"", {"Location": "http://localhost:9/steal"}),
        "/login": (302, b"", {"Location": "/there"}),
        "/round": (307, b"", {"Location": "/round"}),
    }
    server = Server(host.url, headers={"X-Key": "sk-harbour"})
    assert server.post_json("/here", {"a": 1}) == [1] and host.seen[-1][2] == b'{"a":1}'
    for path in ("/away", "/login", "/round"):
        with pytest.raises(EngineError, match="another place") as trouble:
            server.post_json(path, {})
        assert trouble.value.permanent


def test_name_and_password_go_along_and_into_no_sentence(host):
    host.answers["/x"] = (401, b'{"detail": "bad password fog-horn"}', {})
    server = Server(host.url.replace("//", "//anna:fog-horn@") + "/?key=1")
    with pytest.raises(EngineError, match="wants to know who asks .401.") as trouble:
        server.get_json("/x")
    assert host.seen[-1][1]["Authorization"] == "Basic YW5uYTpmb2ctaG9ybg=="
    assert "fog-horn" not in trouble.value.sentence and server.address == host.url


def test_a_form_carries_fields_and_a_file(host):
    host.answers["/up"] = (200, b'{"name": "a.png"}', {})
    Server(host.url).post_multipart(
        "/up", fields={"type": "input"}, files={"image": ("a.png", b"PNG!", "image/png")}
    )
    body = host.seen[-1][2]
    assert b'name="type"\r\n\r\ninput' in body and b'filename="a.png"' in body and b"PNG!" in body


def test_proxies_of_the_environment_are_not_asked(host, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    host.answers["/x"] = (200, b"1", {})
    assert Server(host.url).get_json("/x") == 1


@pytest.mark.parametrize("url", ["", "127.0.0.1:7860", "ftp://x", "http://", "file:///etc/passwd", None])
def test_what_is_no_address_is_refused_at_once(url):
    with pytest.raises(EngineError, match="begins with http://") as trouble:
        Server(url)
    assert (trouble.value.field, trouble.value.permanent) == ("url", True)


def test_a_server_that_is_off_or_speaks_no_https_is_named(host):
    with pytest.raises(EngineError, match="http://127.0.0.1:9 cannot be reached") as off:
        Server("http://127.0.0.1:9").get_json("/")
    with pytest.raises(EngineError, match="No secure connection") as plain:
        Server(host.url.replace("http:", "https:")).get_json("/")
    assert (off.value.permanent, plain.value.permanent) == (False, True)


def test_a_call_in_the_background_can_be_hung_up_on(host):
    released = threading.Event()
    host.answers = {"/never": lambda handler: released.wait(10), "/quick": (200, b"5", {})}
    server = Server(host.url, read_seconds=30)
    quick = in_background(lambda: server.get_json("/quick"))
    assert quick.wait(5) and quick.result() == 5
    call, began = in_background(lambda: server.get_json("/never")), time.monotonic()
    assert not call.wait(0.05)
    call.hang_up()
    assert call.wait(2) and time.monotonic() - began < 2
    with pytest.raises(EngineError, match="broke off"):
        call.result()
    released.set()


def test_a_call_over_https_can_be_hung_up_on_too(tmp_path, monkeypatch):
    """TLS wraps the line in another one: whoever shuts the first has shut nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
    heard, ended = threading.Event(), threading.Event()

    def listen() -> None:
        line = context.wrap_socket(listener.accept()[0], server_side=True)
        while line.recv(4096):  # and never a word in return
            heard.set()
        ended.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=listen, daemon=True).start()
        server = Server(f"https://localhost:{listener.getsockname()[1]}", read_seconds=30)
        call = in_background(lambda: server.get_json("/"))
        assert heard.wait(5)
        call.hang_up()
        assert call.wait(5) and ended.wait(5)


def _certificate(folder) -> str:
    """For localhost, signed by itself; with its key in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "both.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *plain) + made.public_bytes(serialization.Encoding.PEM)
    )
    return str(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_half_an_image_is_noticed_before_anything_is_decoded(kind):
    data = encode(picture((64, 64)), kind)
    assert pictures.checked(data, address="x") == data
    for broken, words in ((cut(data, 0.6), "only a part of an image"), (b"MZ" + data, "no image")):
        with pytest.raises(EngineError, match=words):
            pictures.checked(broken, address="http://x")


def test_a_line_is_hung_up_in_time_however_slowly_the_head_of_an_answer_drips(host):
    def dripping(handler: Host) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
        with contextlib.suppress(OSError):
            while True:
                handler.wfile.write(b"z" * 200)  # a head has its bounds too, far behind
                time.sleep(0.02)

    host.answers = {"/": dripping}
    with pytest.raises(EngineError, match="did not answer within 0.3 seconds"):
        Server(host.url, read_seconds=0.3).get_json("/")
    with OpenAIPeer() as peer, pytest.raises(EngineError, match="did not answer within"):
        peer.script = [dripping]
        list(_openai(peer.url, timeout_seconds=0.3))


def test_what_is_packed_or_has_too_many_parts_is_not_opened(host):
    bomb = gzip.compress(bytes(2**20))
    host.answers = {
        "/packed": (200, bomb, {"Content-Encoding": "gzip"}),
        "/packed-error": (500, bomb, {"Content-Encoding": "gzip"}),
        "/parts": (200, b"[" + b"[]," * 1_000_000 + b"[]]", {}),
    }
    for path, words in (
        ("/packed", "compressed"),
        ("/packed-error", "compressed"),
        ("/parts", "more than can be looked"),
    ):
        with pytest.raises(EngineError, match=words) as trouble:
            Server(host.url).get_json(path)
        assert trouble.value.permanent


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "http://[", "ftp://127.0.0.1/", "//169.254.169.254/", ""]
)
def test_a_redirect_to_nowhere_good_is_not_followed(host, place):
    host.answers["/"] = (307, b"", {"Location": place})
    with pytest.raises(EngineError) as trouble:
        Server(host.url).get_json("/")
    assert "root:" not in trouble.value.sentence and len(host.seen) == (4 if place == "" else 1)


def test_a_name_that_means_another_address_by_now_is_told_nothing(host, monkeypatch):
    """As if the name had been given to a forbidden address after it was looked at; nothing is said over such a line."""
    with OpenAIPeer() as paid, ComfyPeer() as comfy:
        monkeypatch.setattr(lines, "REFUSED", (ipaddress.ip_network("127.0.0.0/8"),))
        with pytest.raises(EngineError, match="not asked") as trouble:
            Server(host.url.replace("127.0.0.1", "localhost")).get_json("/")
        with pytest.raises(EngineError, match="not asked"):
            list(_openai(paid.url.replace("127.0.0.1", "localhost"), api_key="sk-harbour"))
        with Feed(comfy.url, client_id="x", headers={"X-Key": "sk-harbour"}) as feed:
            assert feed.was_tried(5) and not feed.times_opened
        assert trouble.value.permanent and host.seen == paid.asked == comfy.asked == []


def _openai(url: str, **options):
    request = Request(prompt="fog", width=64, height=64, seeds=(1,))
    engine = OpenAIImagesEngine(url, model="painter-1", **options)
    return engine.generate(request, report=lambda progress: None, cancelled=lambda: False)


@pytest.mark.parametrize("size", [(321, 123), (16, 4097)])
def test_the_size_of_a_preview_is_read_from_its_first_bytes(size):
    for kind, more in (
        ("PNG", {}),
        ("JPEG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": b"x"}),
    ):
        file = io.BytesIO()
        Image.new("RGB", size).save(file, kind, **more)
        assert pictures.size_of(file.getvalue()) == size
        assert pictures.size_of(file.getvalue()[:15]) is None
    assert pictures.size_of(b"\xff\xd8\xff" + b"\xff\x00\x00\x00" * 50) is None
