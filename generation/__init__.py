"""A prompt and its candidates.

    queued -> running -> ready (choose; complete, again and again)      cancelled, failed: with a sentence, can go on

`engines` make images and know no Django; `workflow` has every transition of a session; each image walks
into the gallery through `photos.ingest`, as every picture does.
"""
