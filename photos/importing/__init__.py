"""Bringing in many pictures at once: folders, files and ZIP archives.

    places.py    what lies there, folder by folder (found.py, kinds.py)
    memory.py    what is remembered of it: a path, its size and time answer the second run
    knowing.py   whether it is here already             sidecars.py  what stands beside it
    bringing.py  one file, walking through `ingest`     troubles.py  why it does not
    filing.py    files of a run in groups: a plug-in, see `register_filing`
    run.py       all of it, in order: Import(owner_id, paths, Options(...)).run()

Files are copied, never moved or changed. A run that was ended goes on when it is started again: bytes that are
there already are an answer, found by path, size and time, or by their hash.
"""

from photos.importing.filing import register_filing
from photos.importing.run import Import
from photos.importing.words import Became, ImportProblem, Options, Outcome, Survey, Tally, shown

__all__ = [
    "Became",
    "Import",
    "ImportProblem",
    "Options",
    "Outcome",
    "Survey",
    "Tally",
    "register_filing",
    "shown",
]
