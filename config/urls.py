"""Every address of the portal."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from config import views
from messaging.views import sign_in
from messaging.views.files.links import file_link
from messaging.views.webhook import webhook

admin.autodiscover()

urlpatterns = [
    path("", views.home, name="home"),
    path("health/", views.health, name="health"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-out/", auth_views.LogoutView.as_view(), name="sign-out"),
    path("password/", sign_in.ChangePassword.as_view(), name="change-password"),
    path("welcome/<str:token>/", sign_in.welcome, name="welcome"),
    path("inbox/", include("messaging.urls")),
    path("portal/", admin.site.urls),
    path("webhooks/<slug:itsp>/<slug:token>/", webhook, name="webhook"),
    path("files/<str:token>/<path:name>", file_link, name="file-link"),
]

handler500 = "config.views.server_error"
