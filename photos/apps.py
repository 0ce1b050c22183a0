from django.apps import AppConfig
from django.db.models.signals import pre_migrate


class PhotosConfig(AppConfig):
    name = "photos"

    def ready(self) -> None:
        from photos import (  # noqa: F401  (checks register themselves)
            bulk,
            checks,
            curate,
            deletion,
            devices,
            importing_runs,
            lookalikes,
            pending,
            reasons,
            tasks,
            trash,
            watchers,
            working,
        )
        from photos import search as search_index
        from photos.db import lift_timeouts
        from photos.views import albums, alike, search, upload

        pre_migrate.connect(lift_timeouts, dispatch_uid="photos.db.lift_timeouts")

        working.register(delete_files=tasks.delete_files, redraw_thumbnails=tasks.redraw_thumbnails)
        working.register(draw_pending=tasks.draw_pending)
        working.on_sweep(pending.sweep)
        working.on_day(pending.ask)
        search_index.register("reason", reasons.rejected_for)
        working.register(bulk=tasks.do_in_bulk, take_back=tasks.take_back)
        working.register(delete_batch=tasks.delete_batch, empty_trash=tasks.empty_trash)
        working.on_sweep(deletion.delete_pending)
        working.on_day(trash.tidy)
        working.register(catch_up_search=tasks.catch_up_search)
        working.on_day(search_index.ask_to_catch_up)
        working.register(find_duplicates=tasks.find_duplicates, clear_exact=tasks.clear_exact)
        working.on_sweep(lookalikes.sweep)
        working.on_day(lookalikes.ask_all)
        curate.on_change(lookalikes.follow)
        trash.on_emptied(lookalikes.forget_merges)
        bulk.register_scope("alike", alike.looking_like)
        bulk.register_scope("stack", alike.in_stack)
        working.register(run_import=tasks.run_import)
        working.on_sweep(importing_runs.sweep)
        working.beside("library", watchers.watch_for_ever)
        bulk.register_scope("album", albums.in_album)
        bulk.register_scope("search", search.found_by)
        bulk.register_scope("batch", upload.in_batch)
