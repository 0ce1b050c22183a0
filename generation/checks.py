"""What must be true before the gallery can be trusted. `manage.py check`, and every start, says what is not."""
from django.core import checks  # noqa: F401
