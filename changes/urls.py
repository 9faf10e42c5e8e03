"""Routes of changes, subject by subject."""

from django.urls import path

from changes.views import (
    approvals,
    change_verbs,
    changes,
    package_files,
    package_verbs,
    packages,
    templates,
)

app_name = "changes"
PACKAGES = [
    path("packages/", packages.package_list, name="packages"),
    path("packages/manifest.sh", package_files.package_script, name="package_script"),
    path("packages/new/", packages.package_new, name="package_new"),
    path("packages/<int:pk>/", packages.package_detail, name="package"),
    path("packages/<int:pk>/edit/", packages.package_edit, name="package_edit"),
    path(
        "packages/<int:pk>/diff/<int:other_pk>/",
        packages.package_diff,
        name="package_diff",
    ),
    path(
        "packages/<int:pk>/compare/<int:environment_pk>/",
        packages.package_compare,
        name="package_compare",
    ),
    path(
        "packages/<int:pk>/upload/", package_files.package_upload, name="package_upload"
    ),
    path(
        "packages/<int:pk>/declare/",
        package_files.package_declare,
        name="package_declare",
    ),
    path(
        "packages/<int:pk>/files/<int:file_pk>/",
        package_files.package_file,
        name="package_file",
    ),
    path(
        "packages/<int:pk>/files/<int:file_pk>/remove/",
        package_files.package_remove,
        name="package_remove",
    ),
    path(
        "packages/<int:pk>/manifest/",
        package_files.package_manifest,
        name="package_manifest",
    ),
    path("packages/<int:pk>/seal/", package_verbs.package_seal, name="package_seal"),
    path("packages/<int:pk>/block/", package_verbs.package_block, name="package_block"),
    path(
        "packages/<int:pk>/unblock/",
        package_verbs.package_unblock,
        name="package_unblock",
    ),
    path(
        "packages/<int:pk>/withdraw/",
        package_verbs.package_withdraw,
        name="package_withdraw",
    ),
]
APPROVALS = [
    path("approvals/", approvals.approval_list, name="approvals"),
    path("approvals/<int:pk>/", approvals.approval_detail, name="approval"),
    path("approvals/<int:pk>/vote/", approvals.approval_vote, name="approval_vote"),
    path(
        "approvals/<int:pk>/revoke/", approvals.approval_revoke, name="approval_revoke"
    ),
    path("policies/", approvals.policy_list, name="policies"),
    path("policies/<int:pk>/", approvals.policy_edit, name="policy_edit"),
]
CHANGES = [
    path("", changes.change_list, name="list"),
    path("new/", changes.change_new, name="new"),
    path("<int:pk>/", changes.change_detail, name="detail"),
    path("<int:pk>/edit/", changes.change_edit, name="edit"),
    path("<int:pk>/comment/", changes.change_comment, name="comment"),
    path("<int:pk>/revisions/", changes.change_revisions, name="revisions"),
    path("<int:pk>/revisions/<int:number>/", changes.change_revision, name="revision"),
    path("<int:pk>/diff/", changes.change_diff, name="diff"),
    path("<int:pk>/submit/", change_verbs.change_submit, name="submit"),
    path(
        "<int:pk>/request-approval/",
        change_verbs.change_request_approval,
        name="request_approval",
    ),
    path("<int:pk>/send-back/", change_verbs.change_send_back, name="send_back"),
    path("<int:pk>/rework/", change_verbs.change_rework, name="rework"),
    path("<int:pk>/hold/", change_verbs.change_hold, name="hold"),
    path("<int:pk>/release/", change_verbs.change_release, name="release"),
    path("<int:pk>/cancel/", change_verbs.change_cancel, name="cancel"),
    path("<int:pk>/confirm/", change_verbs.change_confirm, name="confirm"),
    path(
        "<int:pk>/declare-failed/",
        change_verbs.change_declare_failed,
        name="declare_failed",
    ),
    path("<int:pk>/review/", change_verbs.change_review, name="review"),
    path("<int:pk>/close/", change_verbs.change_close, name="close"),
    path("templates/", templates.template_list, name="templates"),
    path("templates/new/", templates.template_new, name="template_new"),
    path("templates/<int:pk>/", templates.template_detail, name="template"),
    path("templates/<int:pk>/again/", templates.template_again, name="template_again"),
    path(
        "templates/<int:pk>/suspend/",
        templates.template_suspend,
        name="template_suspend",
    ),
    path(
        "templates/<int:pk>/retire/", templates.template_retire, name="template_retire"
    ),
]
urlpatterns = [*CHANGES, *PACKAGES, *APPROVALS]
