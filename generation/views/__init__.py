"""Pages that know sessions: the timeline, the contact sheet, finals, the form."""

from generation.views.places import session_place
from generation.views.trashed import SESSIONS
from photos.views import bundles, places

places.register(session_place)
bundles.register(SESSIONS)
