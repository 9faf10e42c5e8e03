from django.urls import path

from opsdesk.accounts.views import parties, people, profile, roles

app_name = "accounts"

urlpatterns = [
    path("profile/", profile.profile, name="profile"),
    path("profile/tokens/new/", profile.token_new, name="token_new"),
    path("tokens/<int:pk>/revoke/", profile.token_revoke, name="token_revoke"),
    path("people/", people.people_list, name="people"),
    path("people/new/", people.person_new, name="person_new"),
    path("people/roles/", roles.role_requests, name="role_requests"),
    path("people/roles/<int:pk>/confirm/", roles.role_confirm, name="role_confirm"),
    path("people/roles/<int:pk>/refuse/", roles.role_refuse, name="role_refuse"),
    path("people/roles/<int:pk>/withdraw/", roles.role_withdraw, name="role_withdraw"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/edit/", people.person_edit, name="person_edit"),
    path("people/<int:pk>/invite/", people.person_invite, name="person_invite"),
    path("people/<int:pk>/grant/", roles.role_grant, name="role_grant"),
    path("people/<int:pk>/deactivate/", people.deactivate, name="deactivate"),
    path("people/<int:pk>/reactivate/", people.reactivate, name="reactivate"),
    path(
        "people/<int:pk>/second-factor/reset/",
        people.second_factor_reset,
        name="second_factor_reset",
    ),
    path(
        "people/<int:pk>/tokens/new/",
        profile.service_token_new,
        name="service_token_new",
    ),
    path("memberships/<int:pk>/end/", roles.role_end, name="role_end"),
    path("parties/", parties.party_list, name="parties"),
    path("parties/new/", parties.party_new, name="party_new"),
    path("parties/<int:pk>/edit/", parties.party_edit, name="party_edit"),
    path(
        "parties/<int:pk>/deactivate/",
        parties.party_deactivate,
        name="party_deactivate",
    ),
    path(
        "parties/<int:pk>/reactivate/",
        parties.party_reactivate,
        name="party_reactivate",
    ),
]
