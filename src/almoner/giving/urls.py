"""Public pages of causes and campaigns."""

from django.urls import path

from almoner.giving import views

urlpatterns = [
    path("causes/", views.causes_page, name="causes"),
    path("causes/<slug:slug>/", views.cause_page, name="cause"),
    path("campaigns/<slug:slug>/", views.campaign_page, name="campaign"),
]
