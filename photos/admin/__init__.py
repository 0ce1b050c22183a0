"""The admin: a curation desk for superusers. Every row of everybody, and the same flows as the pages.

site      who may come in, what the desk is called
lists     lists that never count a library: keyset pages, no OFFSET
filters   collection, verdict, stars, date, owner, trash
actions   pick, reject, trash, restore, purge ... on a selection, through `photos.curate`
photos, albums, shares, people      what is registered
"""

from photos.admin import albums, people, photos, shares, site  # noqa: F401  (each registers what it knows)
