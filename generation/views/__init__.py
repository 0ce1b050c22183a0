"""Pages that know sessions: the timeline, the contact sheet, finals, the form."""

from generation.views.places import session_place
from generation.views.trashed import bundles
from photos.views import places, trash

places.register(session_place)
trash.register(bundles)
