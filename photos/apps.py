from django.apps import AppConfig
from django.db.models.signals import pre_migrate


class PhotosConfig(AppConfig):
    name = "photos"

    def ready(self) -> None:
        from photos import bulk, checks, deletion, devices, tasks, trash, working  # noqa: F401  (checks register themselves)
        from photos.db import lift_timeouts
        from photos.views import albums, search, upload

        pre_migrate.connect(lift_timeouts, dispatch_uid="photos.db.lift_timeouts")

        working.register(delete_files=tasks.delete_files, redraw_thumbnails=tasks.redraw_thumbnails)
        working.register(bulk=tasks.do_in_bulk, take_back=tasks.take_back)
        working.register(delete_batch=tasks.delete_batch, empty_trash=tasks.empty_trash)
        working.on_sweep(deletion.delete_pending)
        working.on_day(trash.tidy)
        bulk.register_scope("album", albums.in_album)
        bulk.register_scope("search", search.found_by)
        bulk.register_scope("batch", upload.in_batch)
