from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        from generation import (
            arriving,
            counting,
            finals,
            rounds,
            searching,
            tasks,
            telling,
            timeline,
            trashing,
            varying,
            verifying,
            workflow,
        )
        from photos import bulk, curate, exporting, importing, search, titles, trash, working
        from photos import verifying as photos_verifying

        working.register(
            run_session=tasks.run_session, file_finals=tasks.file_finals, try_engine=tasks.try_engine
        )
        working.register(
            read_marks=tasks.read_marks, mend_finals=tasks.mend_finals, write_titles=tasks.write_titles
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
        bulk.register_way_back("vary", varying.take_back)
        bulk.register_way_back("look_again", rounds.look_again)
        exporting.register_order("session", "candidate__number", "id")
        exporting.register_credit(telling.credit)
        exporting.register_columns(telling.COLUMNS, telling.of_sessions)
        trash.on_emptied(trashing.forget)
        photos_verifying.on_audit(verifying.audit)
        photos_verifying.on_stray(verifying.claim)
