from django.urls import path

from generation.views import finals, generate, home, session, sessions

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
    path("sessions/<int:pk>/decide/", session.decide_on_sheet, name="session_decide"),
    path("photos/<int:pk>/uncomplete/", session.uncomplete, name="uncomplete"),
    path("demo/remove/", home.remove_demo, name="remove_demo"),
]
