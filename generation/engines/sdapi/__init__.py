"""Servers that speak `/sdapi/v1`: AUTOMATIC1111, Forge, reForge, SD.Next, and stable-diffusion.cpp's own.

{"sd": {"CLASS": "generation.engines.sdapi.SdapiEngine", "OPTIONS": {"url": "http://127.0.0.1:7860"}}}

outlook.py    what the server is and has: its flavour, models, samplers, LoRAs
options.py    ... as settings a person can change
overrides.py  other settings of the server, as far as a session may change them
wish.py       a request in the server's words
answer.py     its answer in ours
watch.py      how far it is, and stopping it
engine.py     the engine, which puts these together
"""

from generation.engines.sdapi.engine import SdapiEngine

__all__ = ["SdapiEngine"]
