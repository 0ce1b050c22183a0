"""What a picture carries on its way out of the house: written, proved, and read.

    packet     the XMP packet: title, creator, rights, the AI mark          faults  MarkError
    writing    a new file with the same picture and that packet alone       reading what any file carries
    png, jpeg, webp   how each format is taken apart and put together       iso, gif  where the others keep theirs

Image data is copied byte for byte; nothing here decodes or encodes a picture. Text that a generator hid in the
pixels themselves ("stealth") can therefore not be taken out; `Papers.hides_text` says so.
"""

from photos.papers.faults import MarkError
from photos.papers.packet import TERM_ADDRESS, packet
from photos.papers.reading import Papers, read, read_packet
from photos.papers.writing import can_write, verify, write

__all__ = [
    "TERM_ADDRESS",
    "MarkError",
    "Papers",
    "can_write",
    "packet",
    "read",
    "read_packet",
    "verify",
    "write",
]
