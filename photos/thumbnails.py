"""The sizes a picture is shown in: their names, their bounds, their arithmetic.

hNNN bounds the height, because the pictures of a row share one; lNNNN bounds the long edge. Where the
files lie and what they are called is known by `photos.storage` alone, how they are drawn by
`photos.pixels`.
"""

from __future__ import annotations

from dataclasses import dataclass

# A row of 320 px pictures with a 10:1 panorama in it would be one picture wide: wider than this, the
# width decides.
WIDEST = 4


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One size. Exactly one of `height` and `long_edge` is set, in pixels; `quality` is WebP's 0..100."""

    name: str
    height: int | None = None
    long_edge: int | None = None
    quality: int = 80
    eager: bool = False  # made when the picture comes in; the others when first asked for

    @property
    def box(self) -> tuple[int, int]:
        """Width and height, in pixels, that the picture must fit in."""
        if self.height is not None:
            return WIDEST * self.height, self.height
        assert self.long_edge is not None
        return self.long_edge, self.long_edge


VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(name="h160", height=160, quality=76),
        Variant(name="h320", height=320, quality=76, eager=True),
        Variant(name="h640", height=640, quality=76, eager=True),
        Variant(name="l1600", long_edge=1600, quality=80, eager=True),
        Variant(name="l2560", long_edge=2560, quality=80),
    )
}
EAGER: tuple[str, ...] = tuple(name for name, variant in VARIANTS.items() if variant.eager)


def variant_size(variant: Variant | str, width: int, height: int) -> tuple[int, int]:
    """Pixels of the variant's file, for a picture displayed at `width` x `height`.

    Never larger than the picture, never below 1. Whole numbers throughout, halves rounded up, so that
    a page says exactly what the decoder drew. An unknown name raises KeyError.
    """
    if isinstance(variant, str):
        variant = VARIANTS[variant]
    box_width, box_height = variant.box
    if width <= box_width and height <= box_height:
        return width, height
    if width * box_height >= height * box_width:
        return box_width, max(1, (2 * height * box_width + width) // (2 * width))
    return max(1, (2 * width * box_height + height) // (2 * height)), box_height
