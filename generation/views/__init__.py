"""Pages that know sessions: the timeline, the contact sheet, finals, the form."""

from generation.views.lineage import lineage_of
from generation.views.places import session_place
from generation.views.trashed import SESSIONS
from photos.views import bundles, lineage, places

places.register(session_place)
lineage.register(lineage_of)
bundles.register(SESSIONS)
