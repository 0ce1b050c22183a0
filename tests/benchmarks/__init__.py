"""How fast the gallery is, and what it needs: measured, never asserted. `python -m tests.benchmarks --help`.

Each benchmark is a module with `TITLE`, `add_options(parser)` and `run(options, scratch) -> Report`. The part
that needs Django runs in a child on a scratch library (`scratch.Library.call`), so that nothing of a person's own
library, and nothing of one measurement, reaches the next. Ratios of one run are the figures to trust, then processor
time: on a crowded machine that grows by about half, the time on the clock by any amount.
"""
