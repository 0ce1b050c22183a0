"""The prompt where the IPTC puts it (Photo Metadata Standard 2025.1): finals that carry theirs have it there.

No settings come with it. So what else is known of a picture's recipe counts before it: see `images.completed`.
"""

from __future__ import annotations

from photos.images import IPTC_READER, RecipeFacts
from photos.recipes.found import Found

NAME = IPTC_READER
VERSION = 1


def read(found: Found) -> RecipeFacts | None:
    prompt = found.xmp.get("Iptc4xmpExt:AIPromptInformation", "")
    if not prompt:
        return None
    system = found.xmp.get("Iptc4xmpExt:AISystemUsed", "")
    return RecipeFacts(generator=system or "unknown", prompt=prompt, raw=prompt)
