from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "opsdesk.core"
    label = "core"

    def ready(self) -> None:
        from opsdesk.core import checks  # noqa: F401, PLC0415
