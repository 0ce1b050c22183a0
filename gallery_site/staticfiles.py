"""Static files under names that carry their hash, also where one script imports another."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Without it a module would import its neighbours by their plain names: cached briefly, and of another version."""

    support_js_module_import_aggregation = True
    # Our own modules alone: those of packages import names that no file has.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )
