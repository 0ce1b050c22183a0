from django.contrib.auth.views import LogoutView
from django.urls import path

from photos.views import account, decide, health, photo

urlpatterns = [
    path("photos/<int:pk>/", photo.photo, name="photo"),
    path("photos/<int:pk>/download/", photo.download, name="download"),
    path("photos/<int:pk>/decide/", decide.decide, name="decide"),
    path("decide/", decide.decide_many, name="decide_many"),
    path("undo/", decide.undo, name="undo"),
    path("theme/", account.look, name="look"),
    path("accounts/login/", account.SignIn.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("sign-in/<str:token>/", account.sign_in, name="sign_in"),
    path("healthz/", health.healthz, name="healthz"),
]
