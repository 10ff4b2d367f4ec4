"""Disclosures for other people's pages, and the public account of promises."""

from django.urls import path

from almoner.statements import views

urlpatterns = [
    path("campaigns/<slug:slug>/disclosure.json", views.disclosure_json, name="disclosure_json"),
    path("campaigns/<slug:slug>/disclosure.html", views.disclosure_html, name="disclosure_html"),
    path("campaigns/<slug:slug>/disclosure.js", views.disclosure_js, name="disclosure_js"),
    path("campaigns/<slug:slug>/promise/", views.campaign_promise, name="campaign_promise"),
    path(
        "statements/<str:token>/statement.<str:ending>",
        views.shared_statement,
        name="shared_statement",
    ),
    path("promises/", views.promises, name="promises"),
    path("promises.csv", views.promises_csv, name="promises_csv"),
]
