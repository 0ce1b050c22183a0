"""Pages that know sessions: the timeline, the contact sheet, finals, the form."""

from generation.views.completing import settings_section
from generation.views.known import known_of, next_to_choose
from generation.views.lineage import lineage_of
from generation.views.places import session_place
from generation.views.trashed import SESSIONS
from photos.views import account, bundles, known, lineage, places

account.register(settings_section)
places.register(session_place)
lineage.register(lineage_of)
known.register(known_of, next_to_choose)
bundles.register(SESSIONS)
