"""Public pages of causes, in every language of the site."""

from django.urls import path

from almoner.giving import views

urlpatterns = [
    path("causes/", views.causes_page, name="causes"),
    path("causes/<slug:slug>/", views.cause_page, name="cause"),
]
