"""Pages that know sessions: the timeline, the contact sheet, finals, the form."""

from generation.views.places import session_place, untyped_titles
from generation.views.trashed import bundles
from photos.views import guests, places, trash

guests.register(untyped_titles)
places.register(session_place)
trash.register(bundles)
