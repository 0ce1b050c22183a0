"""Pipelines of the diffusers library, run in the worker itself: `DiffusersEngine`."""

from generation.engines.diffusers.engine import DiffusersEngine

__all__ = ["DiffusersEngine"]
