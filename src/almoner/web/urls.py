"""Every address that Django answers. The front door answers the hot ones before it gets here."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

from almoner.stories import frames
from almoner.web import log_page, proof, receipts, shared
from almoner.web.api import api, missing
from almoner.web.pictures import picture

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("api/v1/", api.urls),
    re_path(r"^api/", missing),
    path("media/images/<str:name>", picture, name="picture"),
    path("receipts/<int:index>/<str:token>/", receipts.page, name="receipt"),
    path("receipts/reads/<int:index>.tlog-proof", receipts.reads_file, name="reads_receipt"),
    path(f"receipts/<int:index>/<str:token>/{receipts.FILE}", receipts.file),
    path("receipts/<int:index>/<str:token>/qr.svg", receipts.qr),
    path("", include("almoner.settlement.urls")),
    re_path(r"^shared/([A-Za-z0-9_-]{16})/$", shared.page, name="shared"),
    path("log/", log_page.page, name="log"),
    path("check/", proof.check, name="check"),
    path("", include("almoner.giving.urls")),
    path("", include("almoner.statements.urls")),
    path("", include("almoner.stories.share")),
    path("", include("almoner.stories.share_picture")),
    path("", include("almoner.stories.sitemaps")),
    path("", include("almoner.stories.oembed")),
    path("", include("almoner.stories.frames")),
]

# In the site's own language as they stand, in every other below its code: /ar/causes/. Promises,
# the log and its proofs are worded in English only, and have one address each.
urlpatterns += i18n_patterns(
    path("", include("almoner.giving.causes_urls")),
    path("", include("almoner.stories.finding.page")),
    path("", include(frames.local_urlpatterns)),
    path("", include("almoner.stories.feeds")),
    path("", include("almoner.stories.safety_page")),
    path("", include("almoner.newsletter.urls")),
    # Last: Wagtail's page tree answers whatever is left.
    path("", include(wagtail_urls)),
    prefix_default_language=False,
)
