"""Causes, charities, sponsors, funds and campaigns, as the admin keeps them.

Only drafts, descriptions and reviews live here. What was promised is in the ledger's frozen
campaign versions, what was given in its entries; `publishing` and `openings` carry things over.
"""

from almoner.giving.models.campaigns import Campaign, CampaignPart
from almoner.giving.models.parties import (
    SLUG_LENGTH,
    Cause,
    Charity,
    Fund,
    Sponsor,
    slug_field,
    slug_shape,
    unit_named,
    unit_shape,
)
from almoner.giving.models.pauses import Pause
from almoner.giving.models.reviews import Publication, Review

__all__ = [
    "SLUG_LENGTH",
    "Campaign",
    "CampaignPart",
    "Cause",
    "Charity",
    "Fund",
    "Pause",
    "Publication",
    "Review",
    "Sponsor",
    "slug_field",
    "slug_shape",
    "unit_named",
    "unit_shape",
]
