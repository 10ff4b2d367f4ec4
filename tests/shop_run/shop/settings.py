"""The shop's own settings: SQLite, no cache, no search engine, nothing of Almoner."""

import os
from pathlib import Path

from oscar.defaults import *  # noqa: F403

HERE = "tests.shop_run.shop"
SECRET_KEY = "of-a-shop-that-sells-nothing"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = f"{HERE}.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ, TIME_ZONE = True, "Europe/London"
SITE_ID = 1
STATIC_URL = "/static/"
MEDIA_ROOT = Path(os.environ["SHOP_DATABASE"]).parent / "media"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SHOP_DATABASE"],
        # The till and the courier are two processes.
        "OPTIONS": {
            "timeout": 60,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
        },
        # What a request writes stands or falls together: the order and the note to tell of it.
        "ATOMIC_REQUESTS": True,
    }
}

ALMONER_URL = os.environ.get("SHOP_ALMONER_URL", "")
ALMONER_KEY = os.environ.get("SHOP_ALMONER_KEY", "")

# Where this shop differs from Oscar's own: taxes, postage, and payment.
OURS = {
    "oscar.apps.partner.apps.PartnerConfig": f"{HERE}.partner.apps.PartnerConfig",
    "oscar.apps.shipping.apps.ShippingConfig": f"{HERE}.shipping.apps.ShippingConfig",
    "oscar.apps.checkout.apps.CheckoutConfig": f"{HERE}.checkout.apps.CheckoutConfig",
}
OSCAR = [
    "oscar.config.Shop",
    "oscar.apps.analytics.apps.AnalyticsConfig",
    "oscar.apps.checkout.apps.CheckoutConfig",
    "oscar.apps.address.apps.AddressConfig",
    "oscar.apps.shipping.apps.ShippingConfig",
    "oscar.apps.catalogue.apps.CatalogueConfig",
    "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
    "oscar.apps.communication.apps.CommunicationConfig",
    "oscar.apps.partner.apps.PartnerConfig",
    "oscar.apps.basket.apps.BasketConfig",
    "oscar.apps.payment.apps.PaymentConfig",
    "oscar.apps.offer.apps.OfferConfig",
    "oscar.apps.order.apps.OrderConfig",
    "oscar.apps.customer.apps.CustomerConfig",
    "oscar.apps.search.apps.SearchConfig",
    "oscar.apps.voucher.apps.VoucherConfig",
    "oscar.apps.wishlists.apps.WishlistsConfig",
    "oscar.apps.dashboard.apps.DashboardConfig",
    "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
    "oscar.apps.dashboard.users.apps.UsersDashboardConfig",
    "oscar.apps.dashboard.orders.apps.OrdersDashboardConfig",
    "oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig",
    "oscar.apps.dashboard.offers.apps.OffersDashboardConfig",
    "oscar.apps.dashboard.partners.apps.PartnersDashboardConfig",
    "oscar.apps.dashboard.pages.apps.PagesDashboardConfig",
    "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig",
    "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
    "oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig",
    "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
    "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "django.contrib.flatpages",
    *(OURS.get(name, name) for name in OSCAR),
    "widget_tweaks",
    "haystack",
    "treebeard",
    "django_tables2",
    f"{HERE}.connector",
]
# Tables are made from the models: two hundred migrations would make the same ones.
MIGRATION_MODULES = dict.fromkeys(
    [
        "auth",
        "contenttypes",
        "sessions",
        "sites",
        "flatpages",
        *(name.split(".")[-3] for name in OSCAR if name.endswith("Config")),
    ]
)

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "oscar.apps.search.context_processors.search_form",
                "oscar.apps.checkout.context_processors.checkout",
                "oscar.apps.communication.notifications.context_processors.notifications",
                "oscar.core.context_processors.metadata",
            ]
        },
    }
]
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
OSCAR_SHOP_NAME = "Odds and Bowls"
OSCAR_DEFAULT_CURRENCY = "GBP"
OSCAR_THUMBNAILER = f"{HERE}.pictures.AsTheyAre"
