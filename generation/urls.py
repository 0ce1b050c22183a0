from django.urls import path

from generation.views import culled, download, finals, generate, home, session, sessions, trashed

urlpatterns = [
    path("", home.home, name="home"),
    path("timeline/<int:year>/<int:month>/", home.month, name="month"),
    path("finals/", finals.finals, name="finals"),
    path("generate/", generate.generate, name="generate"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/<int:pk>/", session.session, name="session"),
    path("sessions/<int:pk>/progress/", session.progress, name="session_progress"),
    path("sessions/<int:pk>/cancel/", session.cancel, name="session_cancel"),
    path("sessions/<int:pk>/go-on/", session.go_on, name="session_go_on"),
    path("sessions/<int:pk>/complete/", session.complete, name="session_complete"),
    path("sessions/<int:pk>/finals.zip", download.finals, name="session_download"),
    path("sessions/<int:pk>/culled/", culled.culled, name="session_culled"),
    path("sessions/<int:pk>/rejects/", culled.rejects, name="session_rejects"),
    path("sessions/<int:pk>/trash/", trashed.trash, name="session_trash"),
    path("sessions/<int:pk>/restore/", trashed.restore, name="session_restore"),
    path("sessions/<int:pk>/delete/", trashed.delete, name="session_delete"),
    path("photos/<int:pk>/uncomplete/", session.uncomplete, name="uncomplete"),
    path("demo/remove/", home.remove_demo, name="remove_demo"),
]
