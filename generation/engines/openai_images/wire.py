"""What goes over the wire: the official client without its retries, and each of its failures as a sentence.

A request that was sent may have been paid for, whatever became of its answer. With a key, `charges`, such a failure is
permanent: nobody but a person asks again. What the server refused, or never got, costs nothing.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from generation.engines import answers, lines, pictures
from generation.engines.background import on_line
from generation.engines.base import EngineError
from generation.engines.http import MAX_JSON_BYTES, Server

CONNECT_SECONDS = 3.0
PASSING = {408, 409, 425, 429}
SPENT = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "quota_exceeded"}
UNWANTED = {"moderation_blocked", "content_policy_violation", "content_filter", "image_generation_user_error"}
FIELDS = {"size": "width", "n": "count", "image": "source_image", "output_compression": "output_format"}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The images of one request, and what was said about them."""

    images: tuple[bytes, ...]
    usage: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)  # quality, size, revised_prompt, request_id


class Wire:
    """One service at `url`. Its images may also lie on `image_hosts`; the key is told to the service alone."""

    def __init__(
        self, url: str, *, api_key: str, read_seconds: float, image_hosts: frozenset[str] = frozenset()
    ) -> None:
        self.server = Server(url, read_seconds=read_seconds)
        self.charges = bool(api_key)
        self._key, self._seconds, self._hosts = api_key, read_seconds, image_hosts
        self._client = openai.OpenAI(
            api_key=api_key or "none",
            base_url=self.server.url,
            max_retries=0,
            timeout=httpx2.Timeout(read_seconds, connect=CONNECT_SECONDS),
            default_headers={"Accept-Encoding": "identity", "User-Agent": "photo-gallery"},
            http_client=httpx2.Client(
                transport=_Bounded(self.server.url, read_seconds), follow_redirects=False, trust_env=False
            ),
        )

    def models(self) -> tuple[list[str], Mapping[str, str]]:
        """Names of the models the service has, and the headers of its answer."""
        with _Said(self):
            raw = self._client.models.with_raw_response.list(timeout=min(self._seconds, 5.0))
            rows = self._read(raw.content)
        listed = rows.get("data") if isinstance(rows.get("data"), list) else []
        names = [row["id"] for row in listed if isinstance(row, dict) and isinstance(row.get("id"), str)]
        return [answers.cleaned(name)[:200] for name in names[:2_000]], raw.headers

    def ask(self, wish: Mapping[str, Any], *, partial: Callable[[int, bytes], None] | None = None) -> Answer:
        """The images of one request; `wish` are arguments of the client, an edit where it has an "image".

        With `partial` the service sends its images while they come into being: it is called with number and bytes.
        """
        images = self._client.images
        with _Said(self):
            if partial is not None:
                return self._followed((images.edit if "image" in wish else images.generate)(**wish), partial)
            raw = images.with_raw_response
            reply = (raw.edit if "image" in wish else raw.generate)(**wish)
            said = self._read(reply.content)
            request_id = reply.headers.get("x-request-id", "")
        return self._answer(said, said.get("data"), request_id)

    def _followed(self, stream: Any, partial: Callable[[int, bytes], None]) -> Answer:
        for event in stream:
            said = event.to_dict() if hasattr(event, "to_dict") else {}
            kind = str(said.get("type", ""))
            if kind.endswith(".partial_image"):
                preview = pictures.from_base64(said.get("b64_json"), address=self.server.address)
                partial(_whole(said.get("partial_image_index")), preview)
            elif kind.endswith(".completed"):
                return self._answer(said, [said], "")
        raise self.ambiguous(f"{self.server.address} ended without an image.")

    def _answer(self, said: Mapping[str, Any], rows: Any, request_id: str) -> Answer:
        found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        if not found:
            raise self.ambiguous(f"{self.server.address} answered without an image.")
        known = {name: said.get(name) for name in ("quality", "size", "background", "output_format")}
        known |= {"revised_prompt": found[0].get("revised_prompt"), "request_id": request_id}
        usage = said.get("usage")
        return Answer(
            images=tuple(self._picture(row) for row in found[:10]),
            usage=usage if isinstance(usage, dict) else {},
            said={name: value[:20_000] for name, value in known.items() if value and isinstance(value, str)},
        )

    def _picture(self, row: Mapping[str, Any]) -> bytes:
        try:
            if row.get("b64_json"):
                return pictures.from_base64(row["b64_json"], address=self.server.address)
            return pictures.checked(self._fetched(row.get("url")), address=self.server.address)
        except EngineError as error:
            raise error if error.permanent else self.ambiguous(error.sentence) from error

    def _fetched(self, url: Any) -> bytes:
        """An image behind an address: of the service itself, or of a host that the configuration allows."""
        try:
            parts = urlsplit(url if isinstance(url, str) else "")
            own = urlsplit(self.server.url)
            here = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
            allowed = here or (parts.hostname or "") in self._hosts
        except ValueError:
            parts, here, allowed = urlsplit(""), False, False
        if parts.scheme not in ("http", "https") or not allowed:
            raise EngineError(
                f"{self.server.address} answered with an image on {(parts.hostname or 'no host')[:100]}, "
                "which is not allowed. Add that host to the engine's image hosts.",
                permanent=True,
            )
        headers = {"Authorization": f"Bearer {self._key}"} if here and self._key else None
        place = Server(f"{parts.scheme}://{parts.netloc}", headers=headers, read_seconds=self._seconds)
        return place.get_bytes(f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")

    def _read(self, content: bytes) -> Mapping[str, Any]:
        try:
            value = answers.read_json(content, address=self.server.address)
        except EngineError as error:
            raise EngineError(error.sentence, permanent=error.permanent or self.charges) from error
        if not isinstance(value, dict):
            raise self.ambiguous(f"{self.server.address} {answers.NOT_UNDERSTOOD}")
        return value

    def ambiguous(self, sentence: str) -> EngineError:
        """The request may have been carried out, and paid for."""
        if self.charges:
            sentence += " It may have been charged, so it is not asked again by itself."
        return EngineError(sentence, permanent=self.charges)

    def without_key(self, words: str) -> str:
        return words.replace(self._key, "•••") if len(self._key) > 3 else words


class _Said:
    """A `with` block whose failures leave as EngineError."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is None or isinstance(error, EngineError) or not isinstance(error, Exception):
            return
        if said := _cause(error, EngineError):  # where the line leads
            raise EngineError(said.sentence, permanent=said.permanent, field=said.field) from error
        if too_much := _cause(error, _TooMuch):
            raise EngineError(str(too_much), permanent=True) from error
        if isinstance(error, openai.APIStatusError):
            raise _refusal(self._wire, error) from error
        raise _broken(self._wire, error) from error


def _broken(wire: Wire, error: Exception) -> EngineError:
    """No answer, or half of one."""
    address = wire.server.address
    if _cause(error, ssl.SSLError):
        return EngineError(
            f"No secure connection to {address}: its certificate is not trusted here.", permanent=True
        )
    if _cause(error, httpx2.ConnectError) or _cause(error, httpx2.ConnectTimeout):
        return EngineError(f"{address} cannot be reached. Is the server running?")
    if isinstance(error, openai.APITimeoutError) or _cause(error, httpx2.TimeoutException):
        return wire.ambiguous(f"{address} did not answer within {wire.server.read_seconds:.0f} seconds.")
    if type(error) is openai.APIError:  # said in the middle of a stream
        words = wire.without_key(answers.cleaned(error.message))
        if error.code in UNWANTED:
            return EngineError(f"The service refuses this prompt: {words}", permanent=True, field="prompt")
        return wire.ambiguous(f"{address} gave up: {words}.")
    return wire.ambiguous(f"{address} broke off before its answer was whole.")


def _refusal(wire: Wire, error: openai.APIStatusError) -> EngineError:
    """An answer with an error: refusals, faults, and what only waiting helps against."""
    status, address = error.status_code, wire.server.address
    body = _body(error)
    details = body.get("error") if isinstance(body, dict) and isinstance(body.get("error"), dict) else {}
    code = str(details.get("code") or details.get("type") or "")
    words = wire.without_key(answers.complaint(body))
    tail = f": {words}{'' if words.endswith(('.', '!', '?', '…')) else '.'}" if words else "."
    name = details.get("param")
    about = FIELDS.get(name, name) if isinstance(name, str) else answers.field_of(body)
    if code in UNWANTED or (status == 400 and "safety system" in words.lower()):
        return EngineError(f"The service refuses this prompt{tail}", permanent=True, field="prompt")
    if code in SPENT:
        return EngineError(f"The account at {address} is used up{tail}", permanent=True)
    if status == 401:
        return EngineError(
            f"{address} does not accept the key (401). Check the key of this engine.", permanent=True
        )
    if status == 404:
        return EngineError(
            f"{address} does not have this model or address (404){tail}", permanent=True, field="model"
        )
    if 300 <= status < 400:
        return EngineError(f"{address} sends on to another place, which is not followed.", permanent=True)
    again = error.response.headers.get("x-should-retry", "").lower() != "false"
    passing = again and (status in PASSING or status >= 500)
    wait = answers.retry_after(error.response.headers.get("retry-after"))
    busy = "has too much to do" if status == 429 else "answered with an error"
    return EngineError(
        f"{address} {busy} ({status}){tail}",
        permanent=not passing,
        field=str(about or "")[:60],
        retry_after_seconds=wait,
    )


def _body(error: openai.APIStatusError) -> Any:
    try:
        content = error.response.content[: 256 * 2**10]
        return "" if answers.is_page(content) else json.loads(content)
    except (ValueError, RecursionError, httpx2.StreamError):
        return error.message if isinstance(error.body, str) else ""


class _TooMuch(Exception):
    """An answer beyond its bounds; the text is a sentence."""


class _Bounded(httpx2.BaseTransport):
    """Counts the bytes and the seconds of each answer, and lets a call be hung up on."""

    def __init__(self, url: str, seconds: float) -> None:
        verify = ssl.create_default_context() if url.startswith("https") else False
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._inner = httpx2.HTTPTransport(verify=verify, trust_env=False, limits=limits)
        self._seconds = seconds

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        keeping, ends = contextlib.ExitStack(), time.monotonic() + self._seconds
        try:
            listen = keeping.enter_context(lines.kept_until(ends, tell=on_line))
            request.extensions = {**request.extensions, "trace": listen}
            response = self._inner.handle_request(request)
            if response.headers.get("content-encoding", "identity") != "identity":
                raise _TooMuch(
                    "The server sends its answers compressed though it was asked not to; a proxy before it may do that."
                )
        except BaseException as error:
            keeping.close()
            if time.monotonic() >= ends and isinstance(error, httpx2.TransportError):
                raise httpx2.ReadTimeout("the whole answer took too long") from error
            raise
        response.stream = _Counted(response.stream, ends, keeping)
        return response

    def close(self) -> None:
        self._inner.close()


class _Counted(httpx2.SyncByteStream):
    """The body of an answer; `keeping` is closed with it."""

    def __init__(self, inner: Any, ends: float, keeping: contextlib.ExitStack) -> None:
        self._inner, self._ends, self._keeping = inner, ends, keeping

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        try:
            for part in self._inner:
                size += len(part)
                if size > MAX_JSON_BYTES:
                    raise _TooMuch(f"The answer is larger than {MAX_JSON_BYTES // 2**20} MB.")
                yield part
        except httpx2.TransportError:
            if time.monotonic() < self._ends:
                raise
        if time.monotonic() >= self._ends:  # a line that was hung up may look like the end of an answer
            raise httpx2.ReadTimeout("the whole answer took too long")

    def close(self) -> None:
        self._keeping.close()
        self._inner.close()


def _cause(error: BaseException | None, kind: type[BaseException]) -> BaseException | None:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 10 else 0
