"""Links for people without an account: an album, or some pictures, to whoever has the address.

links       a link's life: made, changed, off and on, a new address, deleted; finding one by its token
shown       the pictures of a link, page by page, as they stand now
names       what a picture is called in a link's addresses: nothing that tells its number or its bytes
given       the very bytes the receiver gets
proof       those bytes read back, for the owner to see what goes out
packing     all of it as one ZIP

Only the hash of a token is kept. Whether a link is open, and whether a picture is still in it, is asked anew for each
page and each file: switching off, taking out and trashing count at once.
"""

from photos.sharing.links import (
    DAYS,
    MOST_CHOSEN,
    ShareError,
    delete,
    edit,
    make,
    note_opening,
    open_for,
    renew,
    switch,
)

__all__ = [
    "DAYS",
    "MOST_CHOSEN",
    "ShareError",
    "delete",
    "edit",
    "make",
    "note_opening",
    "open_for",
    "renew",
    "switch",
]
