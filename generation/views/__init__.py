"""Pages that know sessions: the timeline, the contact sheet, finals, the form."""

from generation.views.places import session_place
from photos.views import places

places.register(session_place)
