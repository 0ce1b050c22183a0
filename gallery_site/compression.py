"""Pages are sent compressed; pictures and archives, which do not get smaller, are left alone."""

from django.middleware.gzip import GZipMiddleware


class CompressedPages(GZipMiddleware):
    """Only whole texts. A stream (a ZIP of known length, a static file) keeps its length and its encoding.

    Each answer is padded by a random length, as Django does it, and each CSRF token is masked anew: what is in a page
    cannot be guessed from its size.
    """

    TYPES = ("text/html", "application/json", "text/plain")

    def process_response(self, request, response):
        if response.streaming or not response.get("Content-Type", "").startswith(self.TYPES):
            return response
        return super().process_response(request, response)
