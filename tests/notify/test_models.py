"""The tables of what citizens are told."""

from typing import cast

from sqlalchemy import Table, UniqueConstraint

from notify.models import DeliveryRow


def test_what_deliveries_refer_to_can_be_erased_without_a_look_at_each_of_them() -> None:
    table = cast(Table, DeliveryRow.__table__)
    first = {next(iter(one.columns)).name for one in table.indexes} | {
        next(iter(one.columns)).name
        for one in table.constraints
        if isinstance(one, UniqueConstraint)
    }
    # The words of a campaign stay as long as its deliveries do, which are found by the campaign.
    assert {key.parent.name for key in table.foreign_keys} - first == {"content_id"}
