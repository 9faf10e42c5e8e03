from django.urls import path

from opsdesk.accounts import views

app_name = "accounts"

urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("profile/tokens/new/", views.token_new, name="token_new"),
    path("tokens/<int:pk>/revoke/", views.token_revoke, name="token_revoke"),
    path("people/", views.people_list, name="people"),
    path("people/new/", views.person_new, name="person_new"),
    path("people/roles/", views.role_requests, name="role_requests"),
    path("people/roles/<int:pk>/confirm/", views.role_confirm, name="role_confirm"),
    path("people/roles/<int:pk>/refuse/", views.role_refuse, name="role_refuse"),
    path("people/roles/<int:pk>/withdraw/", views.role_withdraw, name="role_withdraw"),
    path("people/<int:pk>/", views.person, name="person"),
    path("people/<int:pk>/edit/", views.person_edit, name="person_edit"),
    path("people/<int:pk>/invite/", views.person_invite, name="person_invite"),
    path("people/<int:pk>/grant/", views.role_grant, name="role_grant"),
    path("people/<int:pk>/deactivate/", views.deactivate, name="deactivate"),
    path("people/<int:pk>/reactivate/", views.reactivate, name="reactivate"),
    path(
        "people/<int:pk>/second-factor/reset/",
        views.second_factor_reset,
        name="second_factor_reset",
    ),
    path(
        "people/<int:pk>/tokens/new/",
        views.service_token_new,
        name="service_token_new",
    ),
    path("memberships/<int:pk>/end/", views.role_end, name="role_end"),
    path("parties/", views.party_list, name="parties"),
    path("parties/new/", views.party_new, name="party_new"),
    path("parties/<int:pk>/edit/", views.party_edit, name="party_edit"),
    path(
        "parties/<int:pk>/deactivate/", views.party_deactivate, name="party_deactivate"
    ),
    path(
        "parties/<int:pk>/reactivate/", views.party_reactivate, name="party_reactivate"
    ),
]
