"""python -m tests.benchmarks.raw_libvips OUT PART OF FILE...: what thumbnails cost at least, with nothing around them.

The variants that ingest makes, by libvips alone: shrink while loading, then each from the one before (1600 > 640 >
320), WebP of quality 80 and effort 2. This process takes every OF-th file, from number PART on.
No hash, no facts, no row.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["VIPS_CONCURRENCY"] = "1"  # as the decoder has it: there is a process for each core

import pyvips

from photos.thumbnails import EAGER, variant_size

pyvips.cache_set_max(0)


def make_variants(path: Path, out: Path) -> None:
    whole = pyvips.Image.new_from_file(str(path))
    sizes = {name: variant_size(name, whole.width, whole.height) for name in EAGER}
    picture = None
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        width, height = sizes[name]
        if picture is None:
            picture = pyvips.Image.thumbnail(str(path), width, height=height, size="force")
        else:
            picture = picture.thumbnail_image(width, height=height, size="force")
        picture = picture.copy_memory()
        (out / f"{path.name}.{name}.webp").write_bytes(picture.webpsave_buffer(Q=80, effort=2, keep="none"))


if __name__ == "__main__":
    for file in sys.argv[4:][int(sys.argv[2]) :: int(sys.argv[3])]:
        make_variants(Path(file), Path(sys.argv[1]))
