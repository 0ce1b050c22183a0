"""Built-in patterns: pictures drawn with numpy from the colours, moods and scenes in a prompt.

A prompt becomes a `Reading` (`words`), a reading becomes a `Palette` (`palette`), and a family draws:
`landscape`, `silk`, `flow`, `attractor`, `bauhaus` or `mosaic`. `engine` joins them to the contract.
"""

from generation.engines.procedural.engine import ProceduralEngine

__all__ = ["ProceduralEngine"]
