"""The one error of an export as a whole; what is wrong with one image is a line in its table."""

from __future__ import annotations


class ExportError(Exception):
    """Why there is no such export; `sentence` is for the person who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
