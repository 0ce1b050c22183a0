from django.apps import AppConfig


class PhotosConfig(AppConfig):
    name = "photos"

    def ready(self) -> None:
        from photos import checks, deletion, tasks, working  # noqa: F401  (checks register themselves)

        working.register(delete_files=tasks.delete_files)
        working.on_sweep(deletion.delete_pending)
