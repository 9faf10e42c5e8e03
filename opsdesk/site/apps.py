from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "opsdesk.site"
    label = "site"
