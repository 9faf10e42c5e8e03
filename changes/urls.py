"""Routes of changes, subject by subject."""

from django.urls import path

from changes.views import (
    approvals,
    change_verbs,
    changes,
    package_files,
    package_verbs,
    packages,
    promotion_after,
    promotion_tests,
    promotion_verbs,
    promotions,
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
    path(
        "approvals/<int:pk>/withdraw/",
        approvals.approval_withdraw,
        name="approval_withdraw",
    ),
    path("approvals/policies/", approvals.policy_list, name="policies"),
    path("approvals/policies/<int:pk>/", approvals.policy_edit, name="policy_edit"),
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
PROMOTIONS = [
    path("board/", promotions.board, name="board"),
    path("<int:pk>/promote/", promotions.promotion_new, name="promotion_new"),
    path("promotions/<int:pk>/", promotions.promotion_detail, name="promotion"),
    path(
        "promotions/<int:pk>/step/",
        promotion_verbs.promotion_step,
        name="promotion_step",
    ),
    path(
        "promotions/<int:pk>/start/",
        promotion_verbs.promotion_start,
        name="promotion_start",
    ),
    path(
        "promotions/<int:pk>/ask/", promotion_verbs.promotion_ask, name="promotion_ask"
    ),
    path(
        "promotions/<int:pk>/confirm-baseline/",
        promotion_verbs.promotion_confirm_baseline,
        name="promotion_confirm_baseline",
    ),
    path(
        "promotions/<int:pk>/waive/",
        promotion_verbs.promotion_waive,
        name="promotion_waive",
    ),
    path(
        "promotions/<int:pk>/report/",
        promotion_verbs.promotion_report,
        name="promotion_report",
    ),
    path(
        "promotions/<int:pk>/succeed/",
        promotion_verbs.promotion_succeed,
        name="promotion_succeed",
    ),
    path(
        "promotions/<int:pk>/fail/",
        promotion_verbs.promotion_fail,
        name="promotion_fail",
    ),
    path(
        "promotions/<int:pk>/abort/",
        promotion_verbs.promotion_abort,
        name="promotion_abort",
    ),
    path(
        "promotions/<int:pk>/roll-back/",
        promotion_verbs.promotion_roll_back,
        name="promotion_roll_back",
    ),
    path(
        "promotions/<int:pk>/retry/",
        promotion_verbs.promotion_retry,
        name="promotion_retry",
    ),
    path(
        "promotions/<int:pk>/cancel/",
        promotion_verbs.promotion_cancel,
        name="promotion_cancel",
    ),
]
TESTS = [
    path("tests/", promotion_tests.my_tests, name="my_tests"),
    path("tests/<int:pk>/", promotion_tests.test, name="test"),
    path("<int:pk>/tests/", promotion_tests.test_assign, name="test_assign"),
    path("<int:pk>/sign-off/", promotion_tests.sign_off, name="sign_off"),
    path(
        "sign-offs/<int:pk>/evidence/",
        promotion_tests.sign_off_evidence,
        name="sign_off_evidence",
    ),
    path(
        "sign-offs/<int:pk>/accept/",
        promotion_tests.sign_off_accept,
        name="sign_off_accept",
    ),
    path(
        "sign-offs/<int:pk>/revoke/",
        promotion_tests.sign_off_revoke,
        name="sign_off_revoke",
    ),
]
AFTER = [
    path("<int:pk>/break-glass/", promotion_after.break_glass, name="break_glass"),
    path(
        "<int:pk>/override/<int:occurrence_pk>/",
        promotion_after.override_ask,
        name="override_ask",
    ),
    path("duties/<int:pk>/settle/", promotion_after.duty_settle, name="duty_settle"),
    path("duties/<int:pk>/waive/", promotion_after.duty_waive, name="duty_waive"),
]
urlpatterns = [*CHANGES, *PACKAGES, *APPROVALS, *PROMOTIONS, *TESTS, *AFTER]
