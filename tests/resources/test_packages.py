"""The packages that flows may need."""

from lfclient.resources.packages import PACKAGES, package_for


def test_packages_are_found_by_the_module_that_is_missing():
    assert package_for("apify_client.errors") is PACKAGES[0]
    assert package_for("astrapy").name == "lfx-datastax"
    assert package_for("yfinance; import os") is None
