"""OpenAI's images API and the servers that speak it: `OpenAIImagesEngine`."""

from generation.engines.openai_images.engine import OpenAIImagesEngine

__all__ = ["OpenAIImagesEngine"]
