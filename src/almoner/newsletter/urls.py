"""The form for readers, and the pages behind the links in their letters."""

from django.urls import path

from almoner.newsletter import views

urlpatterns = [
    path("newsletter/", views.sign_up, name="newsletter"),
    path("newsletter/confirm/<str:token>/", views.confirm, name="newsletter_confirm"),
    path("newsletter/leave/<str:token>/", views.leave, name="newsletter_leave"),
]
