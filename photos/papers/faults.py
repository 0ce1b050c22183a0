"""The one error of writing a file with papers."""

from __future__ import annotations


class MarkError(Exception):
    """A file that cannot be written with its papers, or was not written as promised.

    `code` is "format", "signed", "damaged", "exists", "too-long", "unwritable" or "unverified"; `sentence` is for
    people and names no path.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def damaged(what: str) -> MarkError:
    return MarkError("damaged", f"The image file is damaged: {what}. No final was written.")


def signed() -> MarkError:
    return MarkError("signed", "This image is signed. A marked copy would break the signature.")
