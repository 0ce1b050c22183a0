from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        from generation import checks, counting, tasks, verifying, workflow  # noqa: F401  (checks register themselves)
        from photos import curate, working
        from photos import verifying as photos_verifying

        working.register(run_session=tasks.run_session, file_finals=tasks.file_finals)
        working.on_sweep(workflow.sweep)
        curate.on_change(counting.follow)
        photos_verifying.on_audit(verifying.audit)
        photos_verifying.on_stray(verifying.claim)
