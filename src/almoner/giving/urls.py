"""Public pages of campaigns."""

from django.urls import path

from almoner.giving import views

urlpatterns = [
    path("campaigns/<slug:slug>/", views.campaign_page, name="campaign"),
]
