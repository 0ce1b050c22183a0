"""How large a thumbnail is, which a page says before it has seen the file."""

from __future__ import annotations

import pytest

from photos.thumbnails import EAGER, VARIANTS, variant_size


def test_there_are_five_sizes_and_three_are_made_at_once():
    assert list(VARIANTS) == ["h160", "h320", "h640", "l1600", "l2560"]
    assert EAGER == ("h320", "h640", "l1600")


@pytest.mark.parametrize(
    ("variant", "picture", "expected"),
    [
        ("h320", (4000, 3000), (427, 320)),
        ("h640", (3000, 4000), (480, 640)),
        ("l1600", (4000, 3000), (1600, 1200)),
        ("l1600", (3000, 4000), (1200, 1600)),
        ("l2560", (6000, 6000), (2560, 2560)),
    ],
)
def test_rows_share_a_height_and_large_ones_a_long_edge(variant, picture, expected):
    assert variant_size(variant, *picture) == expected


@pytest.mark.parametrize("variant", list(VARIANTS))
def test_a_small_picture_is_never_enlarged(variant):
    assert variant_size(variant, 100, 80) == (100, 80)


def test_a_panorama_is_at_most_four_heights_wide():
    assert variant_size("h320", 20_000, 1_000) == (1280, 64)


@pytest.mark.parametrize("picture", [(100_000_000, 1), (1, 100_000_000)])
def test_a_line_keeps_at_least_one_pixel(picture):
    assert min(variant_size("h320", *picture)) == 1


def test_a_name_that_is_no_size_is_refused():
    with pytest.raises(KeyError):
        variant_size("h321", 10, 10)
