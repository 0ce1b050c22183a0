"""HTTP towards a generator: bounded, patient where it must be, and every failure a sentence.

What a `Server` answers is untrusted. Its size is bounded, a redirect leads nowhere but to the same server, proxies of
the environment are not asked, and no exception but EngineError comes out. Every request has a connection of its
own: a server that closes an idle one at the wrong moment would cost an image, and a call can be hung up on.
"""

from __future__ import annotations

import base64
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from generation.engines import answers, lines
from generation.engines.background import Background, in_background, on_line
from generation.engines.base import EngineError

__all__ = ["MAX_IMAGE_BYTES", "MAX_JSON_BYTES", "Background", "Refused", "Server", "in_background"]

MAX_JSON_BYTES = 128 * 2**20  # holds an image in base64, and its previews
MAX_IMAGE_BYTES = 64 * 2**20
MAX_ERROR_BYTES = 256 * 2**10  # of an answer that is an error
MAX_REDIRECTS = 3
PASSING = {408, 425, 429}  # the 4xx that may be different a moment later


class Refused(EngineError):
    """The server answered with an error: its `status`, and its `answer` (parsed JSON, else text)."""

    def __init__(self, sentence: str, *, status: int, answer: Any, **kwargs: Any) -> None:
        super().__init__(sentence, **kwargs)
        self.status, self.answer = status, answer


class Server:
    """One server at `url`, which may end in a path. `headers` and `basic_auth` (name, password) go along always.

    `connect_seconds` for reaching it, `read_seconds` for its whole answer, its own queue included. Raises EngineError
    when `url` is no http address. Threads may share one.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        basic_auth: tuple[str, str] | None = None,
        connect_seconds: float = 3.0,
        read_seconds: float = 60.0,
    ) -> None:
        parsed = _parsed(url)
        if basic_auth is None and parsed.userinfo:
            basic_auth = (parsed.username, parsed.password)
        self.url = str(parsed.copy_with(userinfo=b"", query=None, fragment=None)).rstrip("/")
        self.read_seconds = read_seconds
        self._connect_seconds = connect_seconds
        self._headers = {"Accept-Encoding": "identity", "User-Agent": "photo-gallery", **(headers or {})}
        self._secrets = [value for value in (headers or {}).values() if len(value) > 3]
        if basic_auth:
            pair = base64.b64encode(":".join(basic_auth).encode()).decode()
            self._headers.setdefault("Authorization", f"Basic {pair}")
            self._secrets += [word for word in (basic_auth[1], pair) if len(word) > 3]
        self._made: httpx.Client | None = None

    @property
    def address(self) -> str:
        """For sentences: scheme, host, port and path, without a name or a password."""
        return self.url

    @property
    def headers(self) -> dict[str, str]:
        """What goes along with every request, for a line of another kind to the same server. Holds secrets."""
        return dict(self._headers)

    def get_json(self, path: str, *, params: Mapping[str, Any] | None = None, **limits: Any) -> Any:
        """The parsed answer, None where it is empty. `limits`: read_seconds, max_bytes."""
        body = self._ask("GET", path, params=params, **limits)
        return answers.read_json(body, address=self.address)

    def post_json(self, path: str, value: Any, **limits: Any) -> Any:
        """Like `get_json`, with `value` as the JSON body."""
        return answers.read_json(self._ask("POST", path, json=value, **limits), address=self.address)

    def post_multipart(
        self,
        path: str,
        *,
        fields: Mapping[str, str],
        files: Mapping[str, tuple[str, bytes, str]],
        **limits: Any,
    ) -> Any:
        """Like `post_json`, as a form; `files` are (file name, bytes, media type) by field."""
        body = self._ask("POST", path, data=dict(fields), files=dict(files), **limits)
        return answers.read_json(body, address=self.address)

    def get_bytes(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        max_bytes: int = MAX_IMAGE_BYTES,
        **limits,
    ) -> bytes:
        """The answer as it is."""
        return self._ask("GET", path, params=params, max_bytes=max_bytes, **limits)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        read_seconds: float | None = None,
        max_bytes: int = MAX_JSON_BYTES,
        **content: Any,
    ) -> bytes:
        seconds = self.read_seconds if read_seconds is None else read_seconds
        ends = time.monotonic() + seconds
        with self._errors_said(seconds, ends), lines.kept_until(ends, tell=on_line) as listen:
            request = self._client().build_request(
                method,
                self.url + path,
                timeout=httpx.Timeout(seconds, connect=min(seconds, self._connect_seconds)),
                extensions={"trace": listen},
                **content,
            )
            for _ in range(MAX_REDIRECTS + 1):
                answer = self._client().send(request, stream=True)
                try:
                    if answer.status_code < 300:
                        return self._read(answer, max_bytes, ends)
                    if answer.status_code >= 400:
                        raise self._refused(answer, ends)
                    request = self._next(answer)
                finally:
                    answer.close()
        raise EngineError(f"{self.address} sends every request on to another place.", permanent=True)

    def _read(self, answer: httpx.Response, max_bytes: int, ends: float, *, cut: bool = False) -> bytes:
        """The body. One that is longer than `max_bytes` is refused, or `cut` there; a packed one is never opened."""
        if answer.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise EngineError(
                f"{self.address} sends its answers compressed though it was asked not to; a proxy may do that.",
                permanent=True,
            )
        parts, size = [], 0
        for part in answer.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > max_bytes and cut:
                break
            if size > max_bytes:
                raise EngineError(
                    f"The answer of {self.address} is larger than {max_bytes // 2**20} MB.", permanent=True
                )
        if time.monotonic() >= ends:  # a line that was hung up may look like the end of an answer
            raise httpx.ReadTimeout("the whole answer took too long")
        return b"".join(parts)

    def _refused(self, answer: httpx.Response, ends: float) -> Refused:
        status, body = answer.status_code, self._read(answer, MAX_ERROR_BYTES, ends, cut=True)
        try:
            said: Any = answers.read_json(body, address=self.address)
        except EngineError:
            said = "" if answers.is_page(body) else body[:2000].decode(errors="replace")
        words = self._without_secrets(answers.complaint(said))
        return Refused(
            _sentence(self.address, status, words),
            status=status,
            answer=said,
            permanent=400 <= status < 500 and status not in PASSING,
            field=answers.field_of(said),
            retry_after_seconds=answers.retry_after(answer.headers.get("retry-after")),
        )

    def _next(self, answer: httpx.Response) -> httpx.Request:
        """Where a redirect leads, if that is the same server and the same kind of request."""
        request, onward = answer.request, answer.next_request
        if onward is None or _origin(onward.url) != _origin(request.url) or onward.method != request.method:
            raise EngineError(
                f"{self.address} sends on to another place ({answer.status_code}), which is not followed. "
                "Give the address it really has.",
                permanent=True,
            )
        onward.extensions = request.extensions
        return onward

    def _without_secrets(self, words: str) -> str:
        for secret in self._secrets:
            words = words.replace(secret, "•••")
        return words

    @contextmanager
    def _errors_said(self, seconds: float, ends: float) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectError as error:
            if isinstance(_root(error), ssl.SSLError):
                raise EngineError(
                    f"No secure connection to {self.address}: its certificate is not trusted here, or it speaks "
                    "no https.",
                    permanent=True,
                ) from error
            raise EngineError(f"{self.address} cannot be reached. Is the server running?") from error
        except httpx.ConnectTimeout as error:
            raise EngineError(f"{self.address} cannot be reached. Is the server running?") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            if isinstance(error, httpx.TimeoutException) or time.monotonic() >= ends:
                raise EngineError(f"{self.address} did not answer within {seconds:g} seconds.") from error
            raise EngineError(
                f"{self.address} broke off before its answer was whole. Was the server restarted?"
            ) from error

    def _client(self) -> httpx.Client:
        if self._made is None:
            # The certificates of this machine, not a list of httpx's own; loading them takes a moment.
            verify = ssl.create_default_context() if self.url.startswith("https") else False
            self._made = httpx.Client(
                headers=self._headers,
                trust_env=False,
                verify=verify,
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        return self._made


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, TypeError, AttributeError):
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise EngineError(
            "The address of a server begins with http:// or https://, such as http://127.0.0.1:7860.",
            permanent=True,
            field="url",
        )
    return parsed


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme, 0)


def _root(error: BaseException) -> BaseException:
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error


def _sentence(address: str, status: int, words: str) -> str:
    tail = f": {words}" if words else "."
    if status == 401:
        return f"{address} wants to know who asks (401). Check the name and password, or the key, of this engine."
    if status == 403:
        return f"{address} does not allow it (403){tail}"
    if status == 429:
        return f"{address} has too much to do (429){tail}"
    return f"{address} answered with an error ({status}){tail}"
