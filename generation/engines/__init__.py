"""Engines: they take words and give pictures, and know nothing of this gallery.

How to write one: make a class with `title`, `digital_source_type`, `capabilities()` and `generate()`, as the
complete example in `generation.engines.base` does. Take addresses and keys in the constructor, raise
`EngineError` with a sentence a person can act on, stop yielding once `cancelled()` is true, and hand the
class to `check_engine` of the tests (`tests/unit/generation/engines/contract.py`) until it is content. One
that asks a server is written step by step in `docs/adding-an-engine.md`.
"""

from generation.engines.base import (
    Capabilities,
    Engine,
    EngineError,
    GeneratedImage,
    Option,
    Peer,
    Progress,
    Request,
)

__all__ = ["Capabilities", "Engine", "EngineError", "GeneratedImage", "Option", "Peer", "Progress", "Request"]
