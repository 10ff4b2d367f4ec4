from oscar.apps.partner import apps


class PartnerConfig(apps.PartnerConfig):
    name = "tests.shop_run.shop.partner"
