"""What a server's answer says: its JSON, its complaint in words for people, how long it wants to be left alone.

Each server complains in a shape of its own; all of them are read here::

    {"detail": "Sampler not found"}          {"detail": [{"loc": ["body", "steps"], "msg": "not a number"}]}
    {"error": "prompt required"}             {"error": {"message": "..."}}             {"errors": "out of memory"}

Answers are untrusted: a complaint is cleaned of markup, paths of the server's disk and tracebacks, and cut.
"""

from __future__ import annotations

import json
import math
import re
import time
from email.utils import parsedate_to_datetime
from typing import Any

from generation.engines.base import EngineError

NOT_UNDERSTOOD = "answered in a form that is not understood here. Is that the address of the generator's API?"
MAX_COMPLAINT = 300  # characters
MAX_RETRY_AFTER_SECONDS = 3600.0
MAX_VALUES = 2_000_000  # in one answer: a byte of JSON can become a hundred in memory

_TRACEBACK = re.compile(r"Traceback \(most recent call last\).*\n(?=\S)", re.DOTALL)
# /srv/models/x.ckpt and C:\models\x.ckpt, but neither 3/4 nor the path of an http address
_PATH = re.compile(r"(?:(?<![\w.:/\\])(?:[A-Za-z]:)?|(?<=\b[A-Za-z]:))(?:[/\\]+[^\s/\\:'\"<>|,]+){2,}[/\\]?")
_NO_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\s]+")


def read_json(body: bytes, *, address: str) -> Any:
    """The value in `body`, None for an empty one. Raises EngineError: a web page, or JSON that breaks off."""
    if not body.strip():
        return None
    if sum(map(body.count, (b"[", b"{", b","))) > MAX_VALUES:
        raise EngineError(f"{address} answered with more than can be looked through.", permanent=True)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        if is_page(body):
            raise EngineError(
                f"{address} answered with a web page instead of data. Is that the address of the generator's API?",
                permanent=True,
            ) from error
        raise EngineError(f"{address} sent an answer that breaks off or cannot be read.") from error


def is_page(body: bytes) -> bool:
    return body[:512].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def complaint(answer: Any) -> str:
    """What an error answer says, "" where it says nothing. `answer` is parsed JSON, or text."""
    if isinstance(answer, dict):
        for key in ("detail", "errors", "error", "message", "body"):
            if said := complaint(answer.get(key)):
                return said
        return ""
    if isinstance(answer, list):
        said = [complaint(one.get("msg") if isinstance(one, dict) else one) for one in answer[:3]]
        return cleaned("; ".join(filter(None, said)))
    return cleaned(answer) if isinstance(answer, str) else ""


def cleaned(text: str) -> str:
    """One line of at most MAX_COMPLAINT characters without control characters, paths and tracebacks."""
    text = _TRACEBACK.sub("", text[:20_000])
    text = _PATH.sub(lambda path: re.split(r"[/\\]", path[0].rstrip("/\\"))[-1], text)
    text = _UNSEEN.sub(" ", text).strip()
    return text if len(text) <= MAX_COMPLAINT else text[: MAX_COMPLAINT - 1].rstrip() + "…"


def name_of(value: Any, longest: int = 500) -> str:
    """What a server calls a thing, word for word, as it will be asked for; "" for what cannot be shown or sent back."""
    return value if isinstance(value, str) and len(value) <= longest and not _NO_NAME.search(value) else ""


def number(value: Any) -> float | None:
    """A finite number, None for anything else; JSON has integers that no float can hold."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def field_of(answer: Any) -> str:
    """The field an error answer is about, in the server's own word: FastAPI's `detail[].loc`. "" where unsaid."""
    detail = answer.get("detail") if isinstance(answer, dict) else None
    for one in detail if isinstance(detail, list) else ():
        where = one.get("loc") if isinstance(one, dict) else None
        names = [name for name in where or () if isinstance(name, str) and name != "body"]
        if names:
            return names[0][:60]
    return ""


def retry_after(value: str | None) -> float | None:
    """Seconds from a Retry-After header: a number or a date. None where there is none to be read."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(MAX_RETRY_AFTER_SECONDS, max(0.0, seconds)) if seconds == seconds else None
