"""The engines page: what an administrator connects, changes and tests there, and that a key never comes out again."""

from __future__ import annotations

import json
import logging

import pytest
from django.test import Client

from generation import looking, registry, setups, trying, workflow
from generation.models import EngineSetup
from tests.factories import SessionFactory
from tests.peers.openai import OpenAIPeer
from tests.peers.sdapi import SdServer

pytestmark = pytest.mark.django_db
KEY = "sk-very-secret-4711"
GRAPH = {
    "3": {"class_type": "KSampler", "inputs": {
        "seed": 5, "steps": 20, "cfg": 8, "sampler_name": "euler", "scheduler": "normal", "denoise": 1,
        "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "ink.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["8", 0]}},
}  # fmt: skip


@pytest.fixture
def root(django_user_model) -> Client:
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("root"))
    return client


@pytest.fixture
def forge():
    with SdServer("forge") as server:
        yield server


def added(root, kind: str, **fields: str) -> EngineSetup:
    answer = root.post(f"/engines/add/?kind={kind}", fields)
    assert answer.status_code == 303, answer.context["form"].errors
    return EngineSetup.objects.latest("pk")


def test_what_is_added_is_on_the_form_and_draws(root, forge, alice, alice_client):
    row = added(root, "sdapi", title="Shed", url=forge.url)
    form = alice_client.get("/generate/").context["form"]
    assert form["engine"].value() == row.alias == "shed"  # before the built-in patterns
    session = workflow.start(alice, prompt="fog", engine="shed", width=64, height=64, count=1, queue=False)
    workflow.run_here(session)
    session.refresh_from_db()
    assert (session.state, session.n_made, registry.title_of("shed")) == ("ready", 1, "Shed")


def test_a_key_never_comes_out_again(root, alice_client, caplog):
    caplog.set_level(logging.DEBUG)
    with OpenAIPeer(key="another") as peer:
        row = added(root, "openai_images", title="Paid", url=peer.url, api_key=KEY, models="")
        trying.run(row.pk)
        pages = [
            client.get(address).content.decode()
            for client in (root, alice_client)
            for address in (
                "/engines/",
                "/engines/paid/",
                "/engines/paid/tested/",
                "/generate/",
                "/api/v1/sessions",
            )
        ]
        refused = root.post("/engines/paid/", {"title": "Paid", "url": "ftp://x", "api_key": KEY})
    lines = root.post("/engines/add/?kind=comfyui", {"url": "ftp://x", "headers": f"X-Key: {KEY}"})
    row.refresh_from_db()
    assert refused.status_code == lines.status_code == 422 and setups.secrets_of(row) == {"api_key": KEY}
    told = [
        *pages,
        refused.content.decode(),
        lines.content.decode(),
        caplog.text,
        row.secrets,
        json.dumps([row.options, row.checked]),
    ]
    assert "401" in json.dumps(row.checked)
    assert not [text[:200] for text in told if KEY in text]


def test_an_empty_field_keeps_the_key_and_a_tick_forgets_it(root):
    row = added(root, "openai_images", title="Paid", url="http://127.0.0.1:9/v1", api_key=KEY)
    wish = {"title": "Dear", "url": "http://127.0.0.1:9/v1"}
    root.post("/engines/paid/", wish)
    row.refresh_from_db()
    assert (row.title, setups.secrets_of(row)) == ("Dear", {"api_key": KEY})
    root.post("/engines/paid/", wish | {"forget_api_key": "on"})
    row.refresh_from_db()
    assert setups.secrets_of(row) == {}


def test_another_secret_of_the_installation_asks_for_the_key_again(root, settings, django_user_model):
    added(root, "openai_images", title="Paid", url="http://127.0.0.1:9/v1", api_key=KEY)
    settings.SECRET_KEY = "another secret, as after a move without the key file"
    registry.forget()
    root.force_login(django_user_model.objects.get(username="root"))
    assert "Enter the key again" in root.get("/engines/paid/").content.decode()
    assert "Enter it again" in root.get("/generate/").content.decode()
    root.post("/engines/paid/", {"title": "Paid", "url": "http://127.0.0.1:9/v1", "api_key": "new"})
    assert setups.secrets_of(EngineSetup.objects.get()) == {"api_key": "new"}


def test_a_row_wins_over_the_settings_and_a_change_is_noticed(root, forge, settings):
    settings.GALLERY_ENGINES = {"sd": {"CLASS": "tests.doubles.ScriptedEngine"}}
    assert registry.get("sd").title == "Scripted"
    row = added(root, "sdapi", title="Ours", alias="sd", url=forge.url)
    assert registry.get("sd").title == "Ours" and list(registry.engines()) == ["sd"]
    EngineSetup.objects.filter(pk=row.pk).update(title="Theirs", revision=7)  # by another process
    assert registry.get("sd").title == "Theirs"
    root.post("/engines/sd/remove/")
    assert registry.get("sd").title == "Scripted"


def test_what_is_switched_off_is_offered_to_nobody(root, alice_client, forge):
    added(root, "sdapi", title="Shed", url=forge.url)
    root.post("/engines/shed/switch/", {"on": "0"})
    assert "shed" not in alice_client.get("/generate/").context["form"].engines
    with pytest.raises(registry.UnknownEngine, match="switched off"):
        registry.get("shed")
    root.post("/engines/procedural/switch/", {"on": "0"})
    assert alice_client.get("/generate/").status_code == 200 and not registry.engines()


def test_order_is_a_matter_of_two_arrows(root, forge):
    for title in ("One", "Two"):
        added(root, "sdapi", title=title, url=forge.url)
    root.post("/engines/procedural/test/")  # gives the built-in patterns a row, and no other place
    assert registry.aliases() == ["one", "two", "procedural"]
    added(root, "sdapi", title="Three", url=forge.url)
    root.post("/engines/two/move/", {"to": "up"})
    assert registry.aliases() == ["two", "one", "three", "procedural"]


def test_sessions_keep_the_name_of_what_was_removed(root, alice, alice_client, forge):
    added(root, "sdapi", title="Shed of anna", url=forge.url)
    session = SessionFactory(owner=alice, engine="shed-of-anna")
    root.post("/engines/shed-of-anna/remove/")
    assert "Shed of anna" in alice_client.get(f"/sessions/{session.pk}/").content.decode()
    assert "shed-of-anna" not in registry.aliases(with_off=True)
    refused = root.post("/engines/add/?kind=sdapi", {"alias": "shed-of-anna", "url": forge.url})
    assert refused.status_code == 422


@pytest.mark.any_database
@pytest.mark.parametrize(
    "url",
    ["ftp://x", "file:///etc/passwd", "http://169.254.169.254/latest", "http://2852039166/", "http://[fd00:ec2::254]/",
     "http://[::ffff:169.254.169.254]/", "http://0xa9fea9fe/", "7860", "http://", "http://anna:pw@127.0.0.1:7860"],
)  # fmt: skip
def test_some_addresses_are_not_asked(root, url):
    refused = root.post("/engines/add/?kind=sdapi", {"title": "X", "url": url})
    assert refused.status_code == 422 and refused.context["form"].errors["url"]


def test_a_test_is_run_by_a_worker_and_told_row_by_row(root, forge):
    row = added(root, "sdapi", title="Shed", url=forge.url)
    root.post("/engines/shed/test/")
    assert "Waiting for a worker" in root.get("/engines/shed/").content.decode()
    trying.run(row.pk)
    shown = root.get("/engines/shed/tested/").content.decode()
    assert "Stable Diffusion web UI Forge" in shown and "hx-get" not in shown
    assert "Stable Diffusion web UI Forge" in root.get("/engines/").content.decode()


@pytest.mark.any_database
def test_two_of_a_kind_are_told_apart_by_their_titles(root, forge):
    first, second = added(root, "sdapi", url=forge.url), added(root, "sdapi", url=forge.url)
    assert (first.title, second.title) == ("Stable Diffusion web UI", "Stable Diffusion web UI 2")
    assert (
        root.get("/engines/add/?kind=sdapi").context["form"]["title"].value() == "Stable Diffusion web UI 3"
    )


@pytest.mark.any_database
def test_generators_on_this_machine_are_found(root, forge):
    with OpenAIPeer() as peer:
        ports = [forge.server_port, int(peer.url.split(":")[2].partition("/")[0]), 9]
        found = looking.look(ports)
    assert [one.kind for one in found] == ["sdapi", "openai_images"] and found[0].url == forge.url
    shown = root.get("/engines/?found=comfyui:8188,sdapi:1,evil:8188,comfyui:x").context["found"]
    assert [(kind.title, one.port) for kind, one, _known in shown] == [("ComfyUI", 8188)]


@pytest.mark.any_database
def test_a_generator_behind_a_password_is_found_and_added_with_it(root):
    with (
        SdServer("forge", auth="anna:secret", only_api=True) as forge,
        SdServer("forge", auth="a:b") as silent,
    ):
        found = {one.port: one for one in looking.look([forge.server_port, silent.server_port])}
        asks, guess = found[forge.server_port], found[silent.server_port]
        assert (asks.kind, asks.door, guess.door) == ("sdapi", "asks", "guess")
        shown = root.get("/engines/?found=sdapi:7860:asks,comfyui:8188:guess").content.decode()
        assert (
            "kind=sdapi&amp;url=http%3A%2F%2F127.0.0.1%3A7860&amp;asks=1" in shown
            and "guess by its port" in shown
        )
        address = "/engines/add/?kind=sdapi&asks=1"
        assert "asks who calls" in root.get(address).content.decode()
        root.post(address, {"url": asks.url, "username": "anna", "password": "secret"})
        assert registry.get(EngineSetup.objects.get().alias).engine.describe().name.endswith("Forge")


@pytest.mark.any_database
def test_only_an_administrator_lengthens_the_list_of_settings_of_a_web_ui(root, forge, alice, alice_client):
    added(root, "sdapi", title="Shed", url=forge.url)
    wish = {"prompt": "fog", "engine": "shed", "width": 64, "height": 64, "count": 1}

    def asked(said: str):
        body = wish | {"options": {"override_settings": said}}
        return alice_client.post("/api/v1/sessions", body, "application/json")

    outdir = '{"outdir_samples": "/srv/www"}'
    refused = asked(outdir)
    assert refused.status_code == 422 and "outdir_samples" in refused.content.decode()
    assert asked('{"sd_vae": ["a list"]}').status_code == 422
    assert asked('{"CLIP_stop_at_last_layers": 2, "sd_vae": "None"}').status_code == 201
    root.post(
        "/engines/shed/", {"title": "Shed", "url": forge.url, "more_settings": "s_noise, outdir_samples"}
    )
    assert asked(outdir).status_code == 201


def test_a_workflow_is_brought_recognised_and_marked(root):
    row = added(root, "comfyui", title="Comfy", url="http://127.0.0.1:9")
    went = root.post("/engines/comfy/workflows/", {"name": "Ink", "text": json.dumps(GRAPH)})
    roles = {role[0]: role for role in root.get(went["Location"]).context["roles"]}
    assert "a lighthouse" in roles["prompt"][2] and "blurry" in roles["negative_prompt"][2]
    assert "Prompt, Leave out, Seed" in root.get("/engines/comfy/").content.decode()
    saved = root.post(went["Location"], {"prompt": "7.text", "negative_prompt": "-"})
    assert saved.status_code == 303
    row.refresh_from_db()
    (template,) = registry.get("comfy").engine.templates
    assert [str(place) for place in template.places["prompt"]] == ["7.text"]
    assert not template.takes("negative_prompt") and template.takes("seed")
    root.post(
        "/engines/comfy/", {"title": "Comfy", "url": "http://127.0.0.1:9"}
    )  # the form leaves them alone
    assert registry.get("comfy").engine.templates[0].name == "Ink"
    root.post(went["Location"], {"do": "remove"})
    assert registry.get("comfy").engine.templates[0].name != "Ink"


@pytest.mark.any_database
@pytest.mark.parametrize("text", ["", "no", "[]", '{"nodes": []}', "[" * 100_000, '{"3": {"class_type": 5}}'])
def test_what_is_no_workflow_is_said_and_not_kept(root, text):
    row = added(root, "comfyui", title="Comfy", url="http://127.0.0.1:9")
    went = root.post("/engines/comfy/workflows/", {"text": text}, follow=True)
    row.refresh_from_db()
    assert not row.options.get("templates") and [str(one) for one in went.context["messages"]]


def test_a_workflow_with_halves_of_characters_is_kept_and_shown(root):
    added(root, "comfyui", title="Comfy", url="http://127.0.0.1:9")
    text = json.dumps(GRAPH).replace("a lighthouse", "\\ud800 \\u0000 <script>")
    went = root.post("/engines/comfy/workflows/", {"name": "Odd", "text": text}, follow=True)
    assert went.status_code == 200 and "<script>" not in went.content.decode().split("<main")[1]
