"""A picture and its life.

The walk, which every picture takes whichever door it came through:

    bytes -> images.examine -> original on disk -> thumbnails -> one row -> page

`images` and `decoder` know formats and limits, `metadata` and `recipes` what is written in a file,
`storage` where files lie, `ingest` the order of the steps, `curate` what people decide afterwards.
Nothing here knows of prompts being run: that is `generation`, which may import this package.
"""
