"""ComfyUI: the graph that made the picture, traced back from the node that saved it.

    prompt      the API graph: what ran, {"3": {"class_type": "KSampler", "inputs": {"seed": 5, "model": ["4", 0]}}}
    workflow    the canvas: what the person saw; asked only where there is no API graph

    graph, canvas   both forms as one kind of graph         resolve   texts and values behind links
    trace           from the save node to the sampler       settings  what the sampler was given

PNG text by these keywords; in EXIF "prompt:{...}" as camera model and "workflow:{...}" as make and in the tags below
(WebP), or in the description; JSON with both as UserComment; XMP properties of these names (AVIF).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from photos.images import RecipeFacts
from photos.recipes import automatic1111
from photos.recipes.comfyui.canvas import from_workflow
from photos.recipes.comfyui.graph import from_prompt
from photos.recipes.comfyui.trace import traced
from photos.recipes.found import Found, together
from photos.recipes.values import as_decimal, as_seed, as_text, as_whole, parse_object

NAME = "comfyui"
VERSION = 1

TOO_LARGE = "The graph is too large, too deep or damaged, and was not read."


def read(found: Found) -> RecipeFacts | None:
    """From the API graph, else from the canvas. A text that a saver wrote beside it says the prompt best."""
    pieces = _pieces(found)
    if not pieces:
        return None
    animated = not found.png_text if found.png_text or found.exif else None  # PNG text, or EXIF of a WebP
    recipe = _from_prompt(pieces.get("prompt", ""), animated)
    recipe = recipe or _from_canvas(pieces.get("workflow", ""), animated)
    said = automatic1111.read(found)
    if said:
        pieces["parameters"] = said.raw
        recipe = _completed(said, recipe)
    recipe = recipe or RecipeFacts(generator="ComfyUI", note=TOO_LARGE)
    others = {key: text for key, text in found.png_text.items() if key not in pieces and text[:1] == "{"}
    if "smproj" in others:
        recipe = dataclasses.replace(recipe, generator="Stability Matrix")  # which drives ComfyUI
    return dataclasses.replace(recipe, raw=together(pieces | others))


def _pieces(found: Found) -> dict[str, str]:
    """The texts that are graphs, under "prompt" and "workflow"; the first of each counts."""
    pieces: dict[str, str] = {}
    for key, text in _candidates(found):
        key = key.lower()
        if key in ("prompt", "workflow") and key not in pieces and _looks_like_a_graph(text):
            pieces[key] = text
    return pieces


def _candidates(found: Found) -> Iterator[tuple[str, str]]:
    """Texts that may be graphs, under what they call themselves."""
    yield from found.png_text.items()
    for text in found.exif.values():
        label, colon, rest = text[:40].partition(":")
        if colon and rest.lstrip()[:1] == "{":
            yield label.strip(), text[len(label) + 1 :].strip()
    yield from ((name, found.xmp[name]) for name in ("prompt", "workflow") if name in found.xmp)
    for text in (found.user_comment, found.comment, found.exif.get("ImageDescription", "")):
        yield from _inside(text)
    for key in ("parameters", "generation_data"):
        yield from _inside(found.png_text.get(key, ""))


def _inside(text: str) -> Iterator[tuple[str, str]]:
    """Graphs behind a label, in one JSON object of both, or alone as Civitai writes them."""
    label = text[:40].partition(":")[0].strip()
    if label.lower() in ("prompt", "workflow"):
        yield label, text[text.index(":") + 1 :].strip()
    elif '"class_type"' in text or '"last_node_id"' in text or '"nodes"' in text:
        said = parse_object(text)
        for key in ("prompt", "workflow"):
            if isinstance(said.get(key), dict | str):
                yield (
                    key,
                    said[key] if isinstance(said[key], str) else json.dumps(said[key], ensure_ascii=False),
                )
        yield ("prompt" if from_prompt(said) else "workflow"), text


def _looks_like_a_graph(text: str) -> bool:
    """Without parsing it: what is too deep or damaged to be parsed is a graph all the same."""
    if text.lstrip(' \t\r\n"')[:1] != "{":
        return False
    return "class_type" in text or '"nodes"' in text or text.count('{"', 0, 10_000) > 100


def _from_prompt(text: str, animated: bool | None) -> RecipeFacts | None:
    data = parse_object(text)
    recipe = traced(from_prompt(data), animated=animated) if data else None
    more = parse_object(as_text(data.get("extraMetadata")))
    return _of_civitai(more, recipe) if more else recipe


def _from_canvas(text: str, animated: bool | None) -> RecipeFacts | None:
    data = parse_object(text)
    return traced(from_workflow(data), animated=animated) if data else None


def _of_civitai(more: dict[str, Any], recipe: RecipeFacts | None) -> RecipeFacts:
    """Civitai's generator hangs its own form of the settings to the graph."""
    recipe = recipe or RecipeFacts(generator="Civitai")
    return dataclasses.replace(
        recipe,
        generator="Civitai",
        prompt=as_text(more.get("prompt")) or recipe.prompt,
        negative_prompt=as_text(more.get("negativePrompt")) or recipe.negative_prompt,
        sampler=as_text(more.get("sampler")) or recipe.sampler,
        steps=as_whole(more.get("steps")) or recipe.steps,
        cfg=as_decimal(more.get("cfgScale")) or recipe.cfg,
        seed=as_seed(more.get("seed")) or recipe.seed,
    )


def _completed(said: RecipeFacts, graph: RecipeFacts | None) -> RecipeFacts:
    """What the text leaves out is taken from the graph, unless they speak of two pictures."""
    generator = said.generator if said.generator not in ("Automatic1111", "Civitai") else "ComfyUI"
    if graph is None or (said.seed and graph.seed and said.seed != graph.seed):
        return dataclasses.replace(said, generator=generator)
    names = [field.name for field in dataclasses.fields(graph) if field.name not in ("generator", "note")]
    missing = {name: getattr(graph, name) for name in names if getattr(said, name) in ("", None, ())}
    return dataclasses.replace(said, generator=generator, **missing)
