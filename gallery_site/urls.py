"""Every address. Pictures first, then what knows sessions too, then the admin and the API."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from gallery_site import api


class Favicon(RedirectView):
    """For those who ask without having read the page."""

    def get_redirect_url(self, *args, **kwargs) -> str:
        return static("favicon.svg")


urlpatterns = [
    path("", include("generation.urls")),
    path("", include("photos.urls")),
    path("favicon.ico", login_not_required(Favicon.as_view())),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
]

handler400 = "photos.views.errors.bad_request"
handler403 = "photos.views.errors.forbidden"
handler404 = "photos.views.errors.not_found"
handler500 = "photos.views.errors.server_error"
