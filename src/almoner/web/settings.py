"""Django's settings, made from the one typed configuration object (`almoner.config`).

Nothing is chosen twice: what an operator may choose is read from `CONFIG`; everything else
is a constant of the product. Limit: reading needs the home directory's `almoner.toml` to be
valid; `almoner.config.ConfigError` says what is wrong with it.
"""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf.global_settings import LANGUAGES as LANGUAGES_OFFERED

from almoner import config

CONFIG = config.load()

DEBUG = False
# Without a configured key each start makes its own: safe, but log-ins end at every restart.
SECRET_KEY = CONFIG.secret_key or secrets.token_urlsafe(48)

_address = urlsplit(CONFIG.address)
# An address of version six stands in brackets in a Host header.
ALLOWED_HOSTS = sorted(
    f"[{host}]" if ":" in host else host
    for host in {_address.hostname or "localhost", CONFIG.host, "localhost", "127.0.0.1"}
)
CSRF_TRUSTED_ORIGINS = [CONFIG.address]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _address.scheme == "https"

INSTALLED_APPS = [
    "almoner.web",
    "almoner.newsletter",
    "almoner.stories",
    "almoner.statements",
    "almoner.settlement",
    "almoner.giving",
    "almoner.notices",
    "almoner.jobs",
    "django_tasks_db",
    "wagtail_localize",
    "wagtail_localize.locales",  # in the place of wagtail.locales
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",  # asked for by every page of the admin; no role has a right to it
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "ninja",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # Last: it gives the roles the permissions that all the others have made.
    "almoner.people",
]

MIDDLEWARE = [
    "almoner.web.middleware.SecurityHeaders",
    "almoner.web.middleware.DependsOnLedger",
    "almoner.web.middleware.KeptOffDevices",
    "almoner.web.middleware.MethodProblems",
    "almoner.web.files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "almoner.jobs.telling.TellWhatEnded",
    "almoner.web.redirects.KeepQuery",
]

ROOT_URLCONF = "almoner.web.urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "almoner.web.context.site",
            ],
        },
    },
]

# Decided on the first day, because none of the three can be changed under existing tables
# (docs/decisions/0003-wagtail-day-one.md).
AUTH_USER_MODEL = "people.User"
WAGTAIL_PAGE_MODEL = "stories.BasePage"
WAGTAILIMAGES_IMAGE_MODEL = "stories.StoryImage"

# The ledger writes to the same file: WAL lets readers go on meanwhile, FULL makes a commit
# durable (sqlite.org/pragma.html#pragma_synchronous), IMMEDIATE takes the write lock at the
# start, so that a transaction waits (20 s at most) instead of failing half-way.
SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": ("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"),
}


def database(url: str, sqlite_path: Path | None) -> dict[str, Any]:
    """Django's connection to the database the configuration names."""
    if sqlite_path is not None:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": sqlite_path,
            "OPTIONS": SQLITE_OPTIONS,
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),  # such as sslmode=require
    }


DATABASES = {"default": database(CONFIG.database, CONFIG.sqlite_path)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def mail(url: str) -> dict[str, Any]:
    """Django's mail back-end for the server that the configuration names."""
    parts = urlsplit(url)
    safe = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if safe else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": safe,
        "EMAIL_USE_TLS": not safe and parts.hostname not in config.LOOPBACK,
    }


EMAIL_BACKEND = "almoner.notices.folder.Folder"
EMAIL_FILE_PATH = CONFIG.home / "mail"
EMAIL_TIMEOUT = 20  # seconds
DEFAULT_FROM_EMAIL = SERVER_EMAIL = CONFIG.sender
EMAIL_SUBJECT_PREFIX = ""
if CONFIG.mail_url:
    globals().update(mail(CONFIG.mail_url))

# What Wagtail puts off (its index of references) is done at once, as before; long work waits
# for a worker.
TASKS = {
    "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
    "jobs": {"BACKEND": "django_tasks_db.DatabaseBackend"},
}

STATIC_URL = "/static/"
# The counters room knows no Django, so it is no app whose files would be found.
STATICFILES_DIRS = [Path(__file__).parents[1] / "counters" / "static"]
STATIC_ROOT = CONFIG.home / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = CONFIG.home / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "almoner.web.files.StaticStorage"},
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "wagtailadmin_login"

# The site's own language stands at "/", every other that an editor adds at "/<code>/".
LANGUAGE_CODE = CONFIG.language
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = LANGUAGES_OFFERED
USE_I18N = WAGTAIL_I18N_ENABLED = True
# What was just sent to be translated is a draft: readers do not see it in the original's words.
WAGTAILLOCALIZE_SYNC_LIVE_STATUS_ON_TRANSLATE = False
LOCALE_PATHS = [Path(__file__).parents[1] / "locale"]
USE_TZ = True
TIME_ZONE = CONFIG.time_zone

# A long story is one form with several fields for each block: Django's 1,000 is too few.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

WAGTAIL_SITE_NAME = CONFIG.site_name
WAGTAILADMIN_BASE_URL = CONFIG.address
# No request leaves the installation on its own: no avatars, no version check.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
# Writers submit and editors approve; who may publish is not asked (`stories.approval`).
WAGTAIL_WORKFLOW_ENABLED = True
# Milliseconds after the last stroke of a key until a draft saves itself; Wagtail's own choice.
WAGTAIL_AUTOSAVE_INTERVAL = 500
# SVG is left out: served from our own address, an SVG may carry a script.
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 20 * 1024 * 1024  # a 24-megapixel JPEG has about 12 MB
# PostgreSQL keeps words as they are written, as SQLite does: `stories.finding` knows their forms.
WAGTAILSEARCH_BACKENDS = {
    "default": {"BACKEND": "wagtail.search.backends.database", "SEARCH_CONFIG": "simple"}
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "format": "{asctime} {levelname:<7} {message}",
            "style": "{",
            "datefmt": "%H:%M:%S",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # "Not Found: /favicon.ico" is the reader's matter; an error of ours is still logged.
    "loggers": {"django.request": {"level": "ERROR"}},
}
