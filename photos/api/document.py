"""The OpenAPI document, and the page made of it: both from the operations themselves, once a process.

Ninja writes parameters, bodies and answers; `complete` adds what every operation has beside them: the refusals that
can happen there, as problems, and examples.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from ninja import NinjaAPI

from photos.api import problems
from photos.api.auth import Token
from photos.throttle import TooManyFailures

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is for programs and stays; `detail` is a sentence for people.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["field", "detail"],
            },
        },
        "current": {"description": "At 412: what it was to be changed, as it is now."},
    },
    "required": ["type", "title", "status", "code", "detail"],
}
HEADERS = {
    401: {"WWW-Authenticate": "How to come in."},
    429: {"Retry-After": "Seconds."},
    503: {"Retry-After": "Seconds."},
    201: {"Location": "Where it is."},
    302: {"Location": "Where the bytes are; good for a day or two."},
}  # fmt: skip
NAMES_A_THING = re.compile(r"\{\w+_id\}")


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Declare every refusal that can happen, and give examples."""
    schema = json.loads(json.dumps(schema))  # Ninja shares parts between operations
    schema["components"]["schemas"]["Problem"] = PROBLEM
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            for status in _refusals(path, method, operation):
                answers.setdefault(str(status), {})
            for status, answer in answers.items():
                _describe(int(status), answer, schema)
            operation["responses"] = dict(sorted(answers.items()))
            for content in operation.get("requestBody", {}).get("content", {}).values():
                content["example"] = example_of(content["schema"], schema)
    return schema


def _refusals(path: str, method: str, operation: dict) -> list[int]:
    refused = [401, 429]
    if method != "get":
        refused += [403, 413]
    if NAMES_A_THING.search(path):
        refused += [404, 422]
    if operation.get("parameters"):
        refused += [422]
    if "requestBody" in operation:
        refused += [400, 422]
    return refused


def _describe(status: int, answer: dict, schema: dict) -> None:
    answer["description"] = HTTPStatus(status).phrase
    if status >= 400:
        code, detail = problems.WORDS[status]
        example = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
        example |= {"code": code, "detail": detail}
        content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
        answer["content"] = {problems.CONTENT_TYPE: content}
    for content in answer.get("content", {}).values():
        content.setdefault("example", example_of(content["schema"], schema))
    if status in HEADERS:
        answer["headers"] = {
            name: {"description": words, "schema": {"type": "string"}}
            for name, words in HEADERS[status].items()
        }


def example_of(part: dict, schema: dict) -> Any:
    """A value that fits: what the part itself gives as an example, else something plain."""
    if "$ref" in part:
        return example_of(resolved(part, schema), schema)
    if part.get("examples"):
        return part["examples"][0]
    if "const" in part or "enum" in part:
        return part.get("const", part.get("enum", [None])[0])
    if "properties" in part:
        return {name: example_of(value, schema) for name, value in part["properties"].items()}
    if "anyOf" in part:
        return example_of(part["anyOf"][0], schema)
    if part.get("type") == "array":
        return [example_of(part["items"], schema)]
    plain = {
        "integer": max(1, part.get("minimum", 1)),
        "number": 0.5,
        "boolean": False,
        "object": {},
        "string": "",
    }
    return part.get("default", plain.get(part.get("type")))


def resolved(part: dict, schema: dict) -> dict:
    """What a reference stands for; a body that may be left out has its own wrapped once more."""
    (part,) = part["allOf"] if len(part.get("allOf", ())) == 1 else (part,)
    return schema["components"]["schemas"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part


# --- served -------------------------------------------------------------------------------------------


@login_not_required
@require_safe
def openapi(request: HttpRequest, api: NinjaAPI) -> HttpResponse:
    """The document, made once: whoever asks again gets the same bytes. With a token, or signed in."""
    if not _may_read(request):
        return problems.problem(401)
    response = HttpResponse(text(api), content_type="application/json")
    response["Cache-Control"] = "private, max-age=300"
    return response


@login_not_required
@never_cache
@require_safe
def page(request: HttpRequest, api: NinjaAPI) -> HttpResponse:
    """The same for people: every operation with what it takes and answers. Asks nothing of another machine."""
    if not _may_read(request):
        return redirect_to_login(request.get_full_path())
    about = _paragraphs(schema(api)["info"]["description"])
    return render(request, "api/docs.html", {"groups": groups(api), "about": about})


@cache
def schema(api: NinjaAPI) -> dict[str, Any]:
    return complete(api.get_openapi_schema())


@cache
def text(api: NinjaAPI) -> bytes:
    return json.dumps(schema(api), indent=1, ensure_ascii=False).encode()


@cache
def groups(api: NinjaAPI) -> list[Group]:
    return groups_of(schema(api))


def _may_read(request: HttpRequest) -> bool:
    try:
        return request.user.is_authenticated or Token()(request) is not None
    except (problems.Refusal, TooManyFailures):
        return False


# --- the page -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Parameter:
    name: str
    where: str  # "in the address", "in the query", "header", "in the body", "in the form"
    kind: str  # "whole number, 1 to 200"
    about: SafeString
    required: bool


@dataclass(frozen=True, kw_only=True)
class Operation:
    id: str
    method: str
    path: str
    about: list[SafeString]
    parameters: list[Parameter]
    curl: str
    answers: list[tuple[str, str]]  # status and what it means
    example: str  # of the first answer, as JSON; "" where there is none

    @property
    def short(self) -> str:
        """The path within this version."""
        return self.path.removeprefix("/api/v1")


@dataclass(frozen=True, kw_only=True)
class Group:
    id: str
    name: str
    operations: list[Operation]


WHERE = {"path": _("in the address"), "query": _("in the query"), "header": _("header")}


def groups_of(schema: dict[str, Any]) -> list[Group]:
    """The operations by their tag, in the order of the document."""
    groups: dict[str, list[Operation]] = {}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(path, method, operation, schema))
    return [
        Group(id=name, name=name.capitalize(), operations=operations) for name, operations in groups.items()
    ]


def _operation(path: str, method: str, said: dict, schema: dict) -> Operation:
    media_type, body = next(iter(said.get("requestBody", {}).get("content", {}).items()), ("", {}))
    examples = [
        content["example"]
        for status, answer in said["responses"].items() if status < "300"
        for content in answer.get("content", {}).values()
    ]  # fmt: skip
    parameters = [
        _parameter(one["name"], WHERE[one["in"]], one["schema"], schema, required=one["required"])
        for one in said["parameters"]
    ]
    fields = resolved(body["schema"], schema) if body else {"properties": {}}
    where = _("in the form") if media_type.startswith("multipart") else _("in the body")
    needed = fields.get("required", ())
    parameters += [
        _parameter(name, where, part, schema, required=name in needed)
        for name, part in fields["properties"].items()
    ]
    return Operation(
        id=said["operationId"],
        method=method.upper(),
        path=path,
        about=_paragraphs(said["description"]),
        parameters=parameters,
        curl=_curl(path, method, media_type, body.get("example")),
        answers=[(status, _meaning(status, answer)) for status, answer in said["responses"].items()],
        example=json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else "",
    )


def _paragraphs(text: str) -> list[SafeString]:
    return [_with_code(words) for words in text.strip().split("\n\n")]


def _with_code(words: str) -> SafeString:
    """What stands between backticks, in the machine's letters."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(words)))


def _parameter(name: str, where: str, part: dict, schema: dict, *, required: bool) -> Parameter:
    about = _with_code(part.get("description", ""))
    return Parameter(name=name, where=where, kind=_kind(part, schema), about=about, required=required)


def _kind(part: dict, schema: dict) -> str:
    """ "whole number, 1 to 200", "one of: shown, added", "text, at most 500 characters"."""
    part = resolved(part, schema)
    if "anyOf" in part:
        kinds = dict.fromkeys(_kind(one, schema) for one in part["anyOf"] if one.get("type") != "null")
        return _(" or ").join(kinds)
    if "enum" in part:
        return _("one of: %s") % ", ".join(map(str, part["enum"]))
    kind, low, high = part.get("type"), part.get("minimum"), part.get("maximum")
    if kind == "array":
        return _("list of at most %(n)s: %(kind)s") % {
            "n": part.get("maxItems", "?"), "kind": _kind(part["items"], schema),
        }  # fmt: skip
    if kind == "string":
        most = part.get("maxLength")
        words = {"date": _("day"), "date-time": _("instant"), "binary": _("file")}.get(
            part.get("format"), _("text")
        )
        return words + (_(", at most %s characters") % f"{most:,}" if most and words == _("text") else "")
    words = {"integer": _("whole number"), "number": _("number"), "boolean": _("true or false")}.get(
        kind, _("object")
    )
    is_ranged = low is not None and high is not None and high < 2**31
    return words + (_(", %(low)s to %(high)s") % {"low": low, "high": high} if is_ranged else "")


def _meaning(status: str, answer: dict) -> str:
    problem = answer.get("content", {}).get(problems.CONTENT_TYPE)
    return problem["example"]["detail"] if problem else answer["description"]


def _curl(path: str, method: str, media_type: str, example: Any) -> str:
    """A line to copy; GALLERY_URL and GALLERY_TOKEN are as in the README."""
    address = NAMES_A_THING.sub("17", path).replace("{variant}", "l1600")
    parts = ["curl", '-H "Authorization: Bearer $GALLERY_TOKEN"', f'"$GALLERY_URL{address}"']
    if method not in ("get", "post") or (method == "post" and not media_type):
        parts.insert(1, f"-X {method.upper()}")
    if media_type.startswith("multipart"):
        parts.insert(1, "-F file=@harbour.jpg")
    elif media_type:
        parts.insert(1, f"-d '{json.dumps(example, ensure_ascii=False)}'")
    if path.endswith("{variant}"):
        parts.insert(1, "-L -o l1600.webp")
    return " ".join(parts)
