"""Routes of changes, subject by subject."""

from django.urls import path

from changes.views import package_files, package_verbs, packages

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
urlpatterns = [*PACKAGES]
