"""Pages about pictures alone. Pages that know sessions too (timeline, finals) live in `generation.views`."""
