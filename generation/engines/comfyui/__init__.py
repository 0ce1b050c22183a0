"""ComfyUI: any workflow exported in API form, with a request's words and numbers written into it.

{"comfy": {"CLASS": "generation.engines.comfyui.ComfyUIEngine", "OPTIONS": {"url": "http://127.0.0.1:8188"}}}

graph, guessing   a workflow, and which of its inputs are prompt, seed, size ...
template          a workflow under a name, with those inputs; builtin: the one for who has none
filling           the values of one image written into it
feed, status      what the server says by itself, and what it says when asked
run, progress     one prompt on its way; complaints: what went wrong with it, in words for people
options, lists    what a person may set, and the names that the server offers for it
engine            the engine, which puts these together
"""

from generation.engines.comfyui.engine import ComfyUIEngine
from generation.engines.comfyui.graph import TemplateError
from generation.engines.comfyui.template import Template, inspect_template, read_templates

__all__ = ["ComfyUIEngine", "Template", "TemplateError", "inspect_template", "read_templates"]
