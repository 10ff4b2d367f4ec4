from django.apps import AppConfig


class ConnectorConfig(AppConfig):
    name = "tests.shop_run.shop.connector"

    def ready(self):
        from . import listening  # noqa: F401
