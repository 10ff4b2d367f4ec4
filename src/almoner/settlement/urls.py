"""Pages behind a charity's links, and public evidence."""

from django.urls import path, re_path

from almoner.settlement import views

urlpatterns = [
    path("arrived/<str:token>/", views.arrived, name="arrived"),
    path("charity/<str:token>/", views.charity, name="charity_page"),
    re_path(
        r"^evidence/(?P<digest>[0-9a-f]{64})\.(?P<ending>jpg|png)$",
        views.public_evidence,
        name="public_evidence",
    ),
]
