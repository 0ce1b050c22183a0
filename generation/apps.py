from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        from generation import (
            arriving,
            counting,
            finals,
            searching,
            tasks,
            timeline,
            trashing,
            verifying,
            workflow,
        )
        from photos import bulk, curate, importing, search, titles, trash, working
        from photos import verifying as photos_verifying

        working.register(
            run_session=tasks.run_session, file_finals=tasks.file_finals, try_engine=tasks.try_engine
        )
        working.on_sweep(workflow.sweep)
        curate.on_change(counting.follow)
        curate.on_change(trashing.follow)
        importing.register_filing("sessions", arriving.Arriving)
        search.register("session", searching.pictures_of)
        titles.register(finals.untyped_titles)
        bulk.register_scope("timeline", timeline.in_timeline)
        bulk.register_scope("finals", timeline.in_finals)
        bulk.register_scope("session", timeline.on_sheet)
        bulk.register_way_back("session", trashing.take_back)
        trash.on_emptied(trashing.forget)
        photos_verifying.on_audit(verifying.audit)
        photos_verifying.on_stray(verifying.claim)
