"""Values of response fields."""

import pytest

from lfclient.wire.schemas import Build


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [(1.5, 1.5), (2, 2.0), ("1", None), (10**400, None), (float("nan"), None), (None, None)],
    ids=lambda value: repr(value)[:9],
)
def test_a_builds_duration_is_a_finite_number_or_unknown(duration, seconds):
    assert Build(data={"timedelta": duration}).seconds == seconds
