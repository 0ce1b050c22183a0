"""Servers that speak `/sdapi/v1`, as real ones were seen to answer: Forge, SD.Next, and stable-diffusion.cpp's own.
They draw flat colours, one for each seed, number of steps and length of the prompt.

    with SdServer("forge") as server:
        SdapiEngine(server.url)

`faults` are taken one for each request to draw: functions of the handler, from the end of this file, or None. `step`
seconds pass for each step, `busy_with` lets somebody else's job run first, until `released`. What was asked is in
`asked` (path, body), and in `interrupts` how often it was told to stop.
"""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image, PngImagePlugin

MODELS = {
    "forge": "ink-xl.safetensors [31e35c80fc]",
    "sdnext": "Diffusers/tiny-sd [c1b2a3]",
    "sdcpp": "ink-xl",
}
SAMPLERS = {
    "forge": ["DPM++ 2M", "Euler a", "Euler"],
    "sdnext": ["Default", "──── FlowMatch ────", "Euler", "Euler a"],
    "sdcpp": ["euler", "euler_a", "heun"],
}
# Left out of a request, they do not agree: what an engine forgets to send shows in the picture.
DEFAULTS = {
    "forge": {"steps": 50, "width": 512, "height": 512, "cfg_scale": 7.0},
    "sdnext": {"steps": 20, "width": 1024, "height": 1024, "cfg_scale": 6.0},
    "sdcpp": {"steps": 20, "width": 512, "height": 512, "cfg_scale": 7.0},
}


class SdServer(ThreadingHTTPServer):
    """One of them, on a free port of this machine. `auth`: "name:password" it insists on, for everything or,
    `only_api`, below its API alone, as AUTOMATIC1111 does with --api-auth."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, flavour: str, *, auth: str = "", only_api: bool = False, step: float = 0.0, port: int = 0
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.flavour, self.auth, self.only_api, self.step = flavour, auth, only_api, step
        self.asked: list[tuple[str, Any]] = []
        self.sent: list[bytes] = []  # the files of all images
        self.broken_lists: dict[str, int] = {}
        self.faults: list[Any] = []
        self.interrupts = 0
        self.busy_with = ""  # the name of somebody else's job
        self.released = threading.Event()  # ends that job
        self.interrupted = False
        self.job: dict[str, Any] | None = None
        self.waiting: list[str] = []
        self.finished: list[str] = []
        self.queue_lock = threading.Lock()
        self.extra_images: list[bytes] = []  # put before the image, as grids are
        self.model_loaded = True
        self.models = [MODELS[flavour]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> SdServer:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *trouble: object) -> None:
        self.released.set()
        self.step = 0.0
        self.interrupted = True
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hangs up is no news."""

    def drawn(self) -> list[dict[str, Any]]:
        return [body for path, body in self.asked if path.endswith(("txt2img", "img2img", "single-image"))]


class _Handler(BaseHTTPRequestHandler):
    server: SdServer

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            body = json.loads(raw)
        except ValueError:
            self.say(
                {"detail": [{"type": "json_invalid", "loc": ["body", 0], "msg": "JSON decode error"}]}, 422
            )
            return
        self._answer(body)

    def say(self, value: Any, status: int = 200, **headers: str) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        kind = headers.pop("kind", "application/json")
        self.send_response(status)
        for name, said in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), said)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        """Nothing between the dots of the tests."""

    def _answer(self, body: Any) -> None:
        server, path = self.server, urlsplit(self.path).path
        is_shut = server.auth and (path.startswith("/sdapi/") or not server.only_api)
        if is_shut and self.headers.get("Authorization") != _basic(server.auth):
            self.say({"detail": "Not authenticated"}, 401, WWW_Authenticate="Basic")
            return
        if body is not None:
            server.asked.append((path, body))
        if path in ("/sdapi/v1/txt2img", "/sdapi/v1/img2img", "/sdapi/v1/extra-single-image"):
            if body is None or (path.endswith("single-image") and server.flavour == "sdcpp"):
                self._absent()
            elif server.faults and (fault := server.faults.pop(0)) is not None:
                fault(self)
            else:
                self._draw(path.rsplit("/", 1)[1], body)
            return
        word = path.removeprefix("/sdapi/v1/")
        if word in server.broken_lists:
            self.say({"error": "ResponseValidationError", "detail": "", "errors": "bad list"},
                     server.broken_lists[word])  # fmt: skip
            return
        if word == "checkpoint" and body is not None and server.flavour == "sdnext":
            server.model_loaded = parse_qs(urlsplit(self.path).query)["sd_model_checkpoint"] == [
                MODELS["sdnext"]
            ]
            self.say({"ok": server.model_loaded})
            return
        known = {**_lists(server), **self._signs()}
        if path == "/internal/progress" and body is not None and server.flavour != "sdcpp":
            self.say(self._task_progress(body))
        elif path == "/sdapi/v1/interrupt" and body is not None and server.flavour != "sdcpp":
            server.interrupts += 1
            server.interrupted = True
            self.say(b"", 204) if server.flavour == "sdnext" else self.say({})
        elif path in known and body is None:
            self.say(known[path])
        else:
            self._absent()

    def _absent(self) -> None:
        if self.server.flavour == "sdcpp":
            self.say(b"", 404, kind="")
        else:
            self.say({"detail": "Not Found"}, 404)

    def _signs(self) -> dict[str, Any]:
        flavour = self.server.flavour
        if flavour == "sdcpp":
            return {"/sdapi/v1/options": {"samples_format": "png", "sd_model_checkpoint": MODELS[flavour]}}
        signs = {"/sdapi/v1/options": {"sd_model_checkpoint": MODELS[flavour], "samples_format": "png"},
                 "/sdapi/v1/progress": self._progress()}  # fmt: skip
        if flavour == "sdnext":
            return signs | {
                "/sdapi/v1/version": {"app": "sd.next", "updated": "2026-07-23", "commit": "058a7f0c"}
            }
        return signs | {
            "/sdapi/v1/sd-modules": [],
            "/internal/pending-tasks": {"size": len(self.server.waiting), "tasks": self.server.waiting},
        }

    def _progress(self) -> dict[str, Any]:
        job = self.server.job or {}
        done = job.get("step", 0) / job["steps"] if job else 0
        asked = parse_qs(urlsplit(self.path).query).get("skip_current_image", ["false"])
        picture = _b64(_flat((1, 2, 3), (8, 8), "JPEG")) if job and asked != ["true"] else None
        state = {"skipped": False, "interrupted": self.server.interrupted, "job": job.get("job", ""),
                 "job_count": 1 if job else 0, "job_timestamp": job.get("stamp", "0"), "job_no": 0,
                 "sampling_step": job.get("step", 0), "sampling_steps": job.get("steps", 0)}  # fmt: skip
        said = {
            "progress": done,
            "eta_relative": 0.0,
            "state": state,
            "current_image": picture,
            "textinfo": None,
        }
        return said | (
            {"id": f"{len(self.server.asked)}-{time.monotonic_ns()}"}
            if self.server.flavour == "sdnext"
            else {}
        )

    def _task_progress(self, body: dict[str, Any]) -> dict[str, Any]:
        server, name = self.server, body["id_task"]
        job = server.job if server.flavour == "forge" else None
        active = job is not None and job["task"] == name
        said = {
            "active": active,
            "queued": name in server.waiting,
            "completed": name in server.finished,
            "progress": None,
            "eta": None,
            "live_preview": None,
            "id_live_preview": -1,
            "textinfo": "Waiting...",
        }
        if active:
            picture = "data:image/png;base64," + _b64(_flat((job["step"], 2, 3), (8, 8)))
            said |= {"progress": job["step"] / job["steps"], "id_live_preview": job["step"],
                     "live_preview": picture if body.get("live_preview") else None}  # fmt: skip
        return said

    def _draw(self, kind: str, body: dict[str, Any]) -> None:
        server = self.server
        if trouble := _refusal(server.flavour, kind, body):
            self.say(*trouble)
            return
        if kind == "extra-single-image":
            self.say({"html_info": "<p>Upscaled</p>", "image": _b64(_enlarged(body))})
            return
        if not server.model_loaded:
            no_image(self)
            return
        asked = DEFAULTS[server.flavour] | body
        task = str(asked.get("force_task_id") or "task(own)")
        server.waiting.append(task)
        with server.queue_lock:
            if server.busy_with:
                server.job = {
                    "task": "other",
                    "job": server.busy_with,
                    "stamp": "other",
                    "step": 9,
                    "steps": 10,
                }
                server.released.wait(20)
                server.job = None
            server.waiting.remove(task)
            server.interrupted = False
            server.job = {"task": task, "job": "txt2img", "stamp": task, "step": 0, "steps": asked["steps"]}
            for step in range(asked["steps"]):
                if server.interrupted or not server.step:
                    break
                server.job["step"] = step * 2 % asked["steps"]  # two passes, each counted from nothing
                time.sleep(server.step)
            server.job = None
            server.finished.append(task)
        self.say(_drawn(server, asked))


def _refusal(flavour: str, kind: str, body: dict[str, Any]) -> tuple[Any, int] | None:
    if flavour == "sdcpp":
        nulls = [name for name, value in body.items() if value is None]
        if nulls:
            return {"error": "server_error", "message": f"type must be string, but is null: {nulls}"}, 500
        return ({"error": "prompt required"}, 400) if not body.get("prompt") else None
    if kind == "extra-single-image":
        return None
    if not isinstance(body.get("steps", 1), int):
        said = {"type": "int_parsing", "loc": ["body", "steps"], "msg": "Input should be a valid integer"}
        return {"detail": [said]}, 422
    if body.get("sampler_name") not in SAMPLERS[flavour]:
        status = 404 if flavour == "sdnext" else 400
        return {"error": "HTTPException", "detail": "Sampler not found", "body": "", "errors": ""}, status
    if not isinstance(body.get("override_settings"), dict):
        return {
            "error": "AttributeError",
            "detail": "",
            "body": "",
            "errors": "'NoneType' object has no attribute",
        }, 500
    if kind == "img2img" and not body.get("init_images"):
        if flavour == "sdnext":
            return {"error": "Init image is none"}, 400
        return {"detail": "Init image not found"}, 404
    return None


def _drawn(server: SdServer, asked: dict[str, Any]) -> dict[str, Any]:
    seed, size = asked["seed"], (asked["width"], asked["height"])
    if asked.get("enable_hr") and (server.flavour != "sdnext" or asked.get("hr_force")):
        size = tuple(int(edge * asked["hr_scale"]) for edge in size)
    colour = (seed % 256, asked["steps"] % 256, len(asked["prompt"]) % 256)
    text = (
        f"{asked['prompt']}\nNegative prompt: {asked['negative_prompt']}\nSteps: {asked['steps']}, "
        f"Sampler: {asked['sampler_name']}, CFG scale: {asked['cfg_scale']}, Seed: {seed}, "
        f"Size: {size[0]}x{size[1]}, Model: ink-xl"
    )
    kind = "JPEG" if server.flavour == "sdnext" else "PNG"
    images = [_b64(extra) for extra in server.extra_images]
    info = json.dumps({
        "prompt": asked["prompt"], "seed": seed, "all_seeds": [seed], "width": size[0], "height": size[1],
        "steps": asked["steps"], "cfg_scale": asked["cfg_scale"], "sampler_name": asked["sampler_name"],
        "sd_model_name": "ink-xl", "sd_model_hash": "31e35c80fc", "index_of_first_image": len(images),
        "infotexts": ["a grid"] * len(images) + [text], "version": "f2.0.1",
        "extra_generation_params": {"Schedule type": "Karras"},
    })  # fmt: skip
    server.sent.append(_flat(colour, size, kind, text))
    images.append(_b64(server.sent[-1]))
    return {"images": images, "parameters": asked, "info": "" if server.flavour == "sdcpp" else info}


def _lists(server: SdServer) -> dict[str, Any]:
    flavour = server.flavour
    lists = {
        "/sdapi/v1/sd-models": [{"title": name, "filename": "/srv/x"} for name in server.models],
        "/sdapi/v1/samplers": [{"name": name, "aliases": [], "options": {}} for name in SAMPLERS[flavour]],
        "/sdapi/v1/schedulers": [
            {"name": "automatic", "label": "Automatic"},
            {"name": "karras", "label": "Karras"},
        ],
        "/sdapi/v1/upscalers": [{"name": name} for name in ("None", "Lanczos", "ESRGAN_4x")],
        "/sdapi/v1/latent-upscale-modes": [{"name": "Latent"}],
        "/sdapi/v1/loras": [
            {"name": "ink", "path": "style/ink.safetensors"},
            {"name": "fog", "path": "fog.gguf"},
        ],
    }
    return lists if flavour == "sdcpp" else lists | {"/sdapi/v1/prompt-styles": [{"name": "Woodcut"}]}


# --- faults: what goes wrong with a request to draw -----------------------------------------------


def web_page(handler: _Handler) -> None:
    handler.say(b"<!doctype html><title>Gradio</title>", kind="text/html")


def half_json(handler: _Handler) -> None:
    handler.say(b'{"images": ["iVBORw0KGgo')


def other_json(handler: _Handler) -> None:
    handler.say({"pictures": 3})


def breaks_off(handler: _Handler) -> None:
    """The server dies in the middle of its answer."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b'{"images": [')
    handler.wfile.flush()
    handler.close_connection = True


def no_image(handler: _Handler) -> None:
    handler.say({"images": [], "parameters": {}, "info": ""})


def half_image(handler: _Handler) -> None:
    handler.say({"images": [_b64(_flat((1, 2, 3), (64, 64))[:-20])], "info": ""})


def no_picture(handler: _Handler) -> None:
    handler.say({"images": [_b64(b"MZ this is a program")], "info": ""})


def sampler_gone(handler: _Handler) -> None:
    handler.say({"error": "HTTPException", "detail": "Sampler not found", "body": "", "errors": ""}, 404)


def model_gone(handler: _Handler) -> None:
    handler.say({"error": "RuntimeError", "detail": "", "body": "", "errors": "model 'x' not found"}, 500)


def out_of_memory(handler: _Handler) -> None:
    said = 'CUDA out of memory. Tried to allocate 9 GiB\nTraceback (most recent call last):\n  File "/srv/x.py"\nEnd'
    handler.say({"error": "OutOfMemoryError", "detail": "", "body": "", "errors": said}, 500)


def fails(handler: _Handler) -> None:
    said = "Expected all tensors on one device, in /home/anna/webui/modules/processing.py"
    handler.say({"error": "RuntimeError", "detail": "", "body": "", "errors": said}, 500)


def stumbles(handler: _Handler) -> None:
    """SD.Next of July 2026, whenever it has enlarged something."""
    said = "1 validation error for ResProcessImage\nhtml_info\n  Input should be a valid string"
    handler.say({"error": "ValidationError", "code": 500, "detail": "", "body": "", "errors": said}, 500)


def wants_rest(handler: _Handler) -> None:
    handler.say({"detail": "rate limit exceeded"}, 429, Retry_After="7")


def wrong_steps(handler: _Handler) -> None:
    said = {"type": "int_parsing", "loc": ["body", "cfg_scale"], "msg": "Input should be a valid number"}
    handler.say({"detail": [said]}, 422)


def elsewhere(handler: _Handler) -> None:
    handler.say(b"", 307, Location="http://127.0.0.2:9/steal")


def never(handler: _Handler) -> None:
    """A queue that never ends."""
    handler.server.released.wait(20)


# --- pictures -------------------------------------------------------------------------------------


def _flat(colour: tuple[int, ...], size: tuple[int, int], kind: str = "PNG", text: str = "") -> bytes:
    file, said = io.BytesIO(), PngImagePlugin.PngInfo()
    if text:
        said.add_text("parameters", text)
    Image.new("RGB", size, colour).save(
        file, kind, **({"pnginfo": said} if kind == "PNG" else {"quality": 95})
    )
    return file.getvalue()


def _enlarged(body: dict[str, Any]) -> bytes:
    with Image.open(io.BytesIO(base64.b64decode(body["image"]))) as source:
        size = tuple(round(edge * body["upscaling_resize"]) for edge in source.size)
        file = io.BytesIO()
        source.resize(size).save(file, "PNG")
    return file.getvalue()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _basic(pair: str) -> str:
    return "Basic " + _b64(pair.encode())
