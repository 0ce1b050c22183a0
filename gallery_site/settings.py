"""All settings, read once: the environment first, then <data>/.env, then the defaults here.

Every variable is described in `.env.example`. The data folder holds what is a person's own (database,
media, secret key, logs); the code folder holds none of it unless nobody chose another place.
"""

from __future__ import annotations

from pathlib import Path

import environ
from csp.constants import NONE, SELF, UNSAFE_INLINE

from gallery_site.library import data_folder, local_time_zone

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_folder(BASE_DIR)

env = environ.Env()
if (DATA_DIR / ".env").is_file():
    env.read_env(DATA_DIR / ".env")

# --- who we are -----------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
# Empty means: none was made yet; ./run_gallery.sh and ./manage.py make one on first use.
SECRET_KEY = env.str("SECRET_KEY", default="") or (
    (DATA_DIR / "secret_key").read_text().strip() if (DATA_DIR / "secret_key").is_file() else ""
)
ALLOWED_HOSTS = env.list("GALLERY_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("GALLERY_ORIGINS", default=[])

ROOT_URLCONF = "gallery_site.urls"
WSGI_APPLICATION = "gallery_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "generation",
    "photos",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "sorl.thumbnail",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # Media bytes first: they carry their own signature and need neither log-in session nor page policy.
    "photos.media.MediaMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "gallery_site.compression.CompressedPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Bodies are judged by their headers here: all checks that read a form (CSRF) come later, before the view.
    "photos.gate.gate",
    "photos.views.account.SignInFirst",
    "photos.views.account.last_seen",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "photos.views.errors.refusals",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "generation.views.navigation.navigation",
            ],
        },
    }
]

# --- database -------------------------------------------------------------------------------------
SERVER_THREADS = env.int("GALLERY_THREADS", default=8)
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'gallery.sqlite3'}")}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        # The write lock is taken first: a read that becomes a write cannot wait for it and fails at once.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: with NORMAL a power cut loses commits a person was already told of.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8000;",
    }
    _database["CONN_MAX_AGE"] = None  # opening the file anew was half of what a thumbnail cost
elif _database["ENGINE"] == "django.db.backends.postgresql":
    _database["CONN_MAX_AGE"] = 0  # the pool keeps connections, not Django
    _database.setdefault("OPTIONS", {}).update(
        pool={"min_size": 1, "max_size": SERVER_THREADS + 2, "timeout": 15},
        options="-c jit=off -c statement_timeout=60s -c lock_timeout=15s -c idle_in_transaction_session_timeout=60s",
    )
    _database["CONN_HEALTH_CHECKS"] = True
ATOMIC_REQUESTS = False  # a transaction a page view would take the write lock for every reader

# --- files ----------------------------------------------------------------------------------------
MEDIA_ROOT = DATA_DIR / "media"
TMP_DIR = DATA_DIR / "tmp"  # never below media/: what lies there is a picture or a thumbnail of one
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
_media = {"BACKEND": "photos.storage.LocalMediaStorage", "OPTIONS": {"location": MEDIA_ROOT}}
STORAGES = {
    "default": _media,
    "media": _media,  # originals
    "thumbnails": _media,  # derived; may lie elsewhere
    "linked": {
        "BACKEND": "photos.storage.LinkedStorage"
    },  # files that stay where a person keeps them; only read
    "staticfiles": {"BACKEND": "gallery_site.staticfiles.HashedStaticFiles"},
}
WHITENOISE_MANIFEST_STRICT = False
FILE_UPLOAD_TEMP_DIR = str(TMP_DIR)
FILE_UPLOAD_MAX_MEMORY_SIZE = 0  # every upload spools to tmp/
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # form fields, not files
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # a sheet of 600 images with a box each
DATA_UPLOAD_MAX_NUMBER_FILES = 500  # of a form; each is an open file meanwhile, and a process has 1,024
GALLERY_MAX_FILE_BYTES = env.int("GALLERY_MAX_FILE_MB", default=300) * 1024 * 1024
# Folders of this machine that people with the right may import from on a page; absolute, with commas between them.
GALLERY_IMPORT_FOLDERS = [
    one.strip() for one in env.list("GALLERY_IMPORT_FOLDERS", default=[]) if one.strip()
]
GALLERY_TRASH_DAYS = env.int("GALLERY_TRASH_DAYS", default=30)

# sorl's tag, in the admin, draws on our own names and touches no key-value store: photos/thumbnail_tag.py
THUMBNAIL_BACKEND = "photos.thumbnail_tag.MirrorBackend"

# --- work that takes time -------------------------------------------------------------------------
TASKS = {
    "default": {
        "BACKEND": env.str("GALLERY_TASK_BACKEND", default="django_tasks_db.DatabaseBackend"),
        "QUEUES": ["engines", "library"],  # no "default": a task without a queue would wait for ever,
    }
}
# alias -> class -> options, as Django has it for databases. GALLERY_ENGINES adds to these or replaces them.
GALLERY_ENGINES = {
    "procedural": {"CLASS": "generation.engines.procedural.ProceduralEngine", "OPTIONS": {}},
    **env.json("GALLERY_ENGINES", default={}),
}
LEASE_SECONDS = 45  # a worker that is silent this long has died; it renews every third of it
LEASE_SWEEP_SECONDS = 15

# --- time and language ----------------------------------------------------------------------------
TIME_ZONE = env.str("GALLERY_TIME_ZONE", default="") or local_time_zone()
USE_TZ = True
USE_I18N = True
LANGUAGE_CODE = "en"

# --- people ---------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["photos.throttle.PasswordBackend"]  # Django's own, with waits for who guesses
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
CACHES = {  # what log-in counts, in the memory of the web process; the longest unused goes when it is full
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_NAME = "gallery_session"
CSRF_COOKIE_NAME = "gallery_csrf"
CSRF_FAILURE_VIEW = "photos.views.errors.csrf_failure"
CSRF_COOKIE_HTTPONLY = True  # the page carries the token; no script needs the cookie
SESSION_COOKIE_SAMESITE = "Lax"

# --- what a browser may do ------------------------------------------------------------------------
HTTPS = env.bool("GALLERY_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
GALLERY_TRUST_PROXY = env.bool("GALLERY_TRUST_PROXY", default=False)
if GALLERY_TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True
# Where nginx has the media folder as an internal location; the bytes are then its work (X-Accel-Redirect).
GALLERY_ACCEL = env.str("GALLERY_ACCEL", default="")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "style-src-attr": [UNSAFE_INLINE],  # a cell carries its own ratio and colour
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- what is written down -------------------------------------------------------------------------
DEFAULT_EXCEPTION_REPORTER_FILTER = "photos.masking.Masks"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("GALLERY_LOG_LEVEL", default="WARNING")},
    "loggers": {
        "photos": {"level": "INFO"},
        "generation": {"level": "INFO"},
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
    },
}
