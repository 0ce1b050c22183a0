"""Exports: images leave the house, and whoever takes them out reads what is in each.

chosen.py     which images: a list by its scope, or a selection; their order, count and bytes
profiles.py   what a profile writes of one image: Full, Share, Archive
share.py      one file for others: no prompt, no place, no name that tells; the mark "made by AI" in it
beside.py     what stands beside an original: the prompt as text, the mark as XMP, every fact as JSON
facts.py      every fact of an image as a row: columns, CSV, JSON lines
names.py      names inside an export: safe and unique       table.py  what was written, by reading it back
archive.py    all of it as a ZIP, streamed                  folder.py  all of it into a folder, resumable

    with share_file(photo, number=1, title="Harbour") as shared:
        shared.path, shared.papers, shared.name      # "Harbour-01.png"

    for block in archive.blocks(Job(chosen=Chosen(owner=alice, scope="album:12"), profile=SHARE)): ...
"""

from photos.exporting import archive, facts, folder
from photos.exporting.chosen import AT_MOST, Chosen, Measured, register_order
from photos.exporting.facts import Column, register_columns
from photos.exporting.faults import ExportError
from photos.exporting.profiles import ARCHIVE, FULL, PROFILES, SHARE, Job, samples
from photos.exporting.share import Shared, mark_of, register_credit, share_file
from photos.exporting.table import Seen, has_prompt

__all__ = [
    "ARCHIVE",
    "AT_MOST",
    "FULL",
    "PROFILES",
    "SHARE",
    "Chosen",
    "Column",
    "ExportError",
    "Job",
    "Measured",
    "Seen",
    "Shared",
    "archive",
    "facts",
    "folder",
    "has_prompt",
    "mark_of",
    "register_columns",
    "register_credit",
    "register_order",
    "samples",
    "share_file",
]
