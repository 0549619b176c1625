"""Tests that share one running product stay in one process: the groups they name reach whoever deals tests out."""

import pytest

GROUP = "house"


@pytest.mark.xdist_group(GROUP)
def test_groups_reach_the_dealer_of_tests(request: pytest.FixtureRequest):
    options = request.config.option
    if getattr(options, "dist", "no") != "loadgroup" and not getattr(options, "loadgroup", False):
        pytest.skip("tests are not dealt out by group")
    assert request.node.nodeid.endswith(f"@{GROUP}")
