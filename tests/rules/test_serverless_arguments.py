"""What Redshift Serverless allows of capacity and network, at its boundaries; nothing here starts jsii."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles.aws import quotas
from redshift_roles.rules.cluster_arguments import SubnetFacts, check_workgroup, subnet_problems


def _capacity(value: object, region: str | None) -> list[str]:
    found = check_workgroup({"base_capacity": value, "port": 5440}, region)
    return [problem.message for problem in found if problem.argument == "base_capacity"]


# https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-capacity.html (text of 2026-07-06)
@pytest.mark.parametrize("region", [None, "us-east-1", "us-west-1", "eu-central-1", "eu-west-2", "sa-east-1"])
@pytest.mark.parametrize("capacity", [8, 16, 128, 504, 512])
def test_every_region_has_8_to_512_in_steps_of_8(region: str | None, capacity: int) -> None:
    """Of each region, whatever else it has."""
    assert [] == _capacity(capacity, region)


@pytest.mark.parametrize("region", [None, "us-east-1", "us-west-1", "sa-east-1"])
@pytest.mark.parametrize("capacity", [-8, 0, 1, 3, 5, 7, 9, 12, 513, 520, 528, 1025, 1056, 2048, 8.0, "8", True, None])
def test_no_region_has_a_capacity_between_the_steps(region: str | None, capacity: object) -> None:
    """Nor one beyond them, or of another kind."""
    (message,) = _capacity(capacity, region)

    assert "8 to 512 in steps of 8" in message


FOUR_RPU = """
us-east-2 us-east-1 us-west-1 us-west-2 ap-south-1 ap-southeast-1 ap-southeast-2 ap-northeast-1 eu-west-1 eu-north-1
""".split()
LARGEST = ["us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "eu-west-2"]


@pytest.mark.parametrize("region", [*FOUR_RPU, None])
def test_four_rpu_are_for_the_regions_that_aws_lists(region: str | None) -> None:
    """And for one that is not known."""
    assert [] == _capacity(4, region)


@pytest.mark.parametrize("region", ["eu-central-1", "eu-west-2", "sa-east-1", "cn-north-1"])
def test_four_rpu_are_for_no_other_region(region: str) -> None:
    """The message does not offer them."""
    (message,) = _capacity(4, region)

    assert message.startswith("'base_capacity' must be 8 to 512 in steps of 8")


@pytest.mark.parametrize(
    "region", ["us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "eu-west-2", None]
)
@pytest.mark.parametrize("capacity", [544, 1024])
def test_1024_rpu_are_for_the_regions_of_either_page(region: str | None, capacity: int) -> None:
    """One page names Frankfurt, another London."""
    assert [] == _capacity(capacity, region)


@pytest.mark.parametrize("region", ["us-west-1", "sa-east-1"])
@pytest.mark.parametrize("capacity", [544, 1024])
def test_512_rpu_are_the_most_elsewhere(region: str, capacity: int) -> None:
    """The message does not offer more."""
    (message,) = _capacity(capacity, region)

    assert message.endswith(f"8 to 512 in steps of 8 RPU in {region}, got {capacity}") or "4 or 8 to 512" in message


@pytest.mark.parametrize(
    ("base", "most", "wrong"),
    [(64, 64, False), (64, 63, True), (None, 128, False), (None, 127, True), (8, 1000, False)],
)
def test_the_most_capacity_is_at_least_the_base(base: int | None, most: int, wrong: int) -> None:
    """Without a base it is 128, the default of its page; steps are documented for the base alone."""
    given = {"max_capacity": most, "port": 5440, **({} if base is None else {"base_capacity": base})}

    assert wrong == any(problem.argument == "max_capacity" for problem in check_workgroup(given, None))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["auto_mv", "datestyle", "enable_case_sensitive_identifier", "enable_user_activity_logging"], None),
        (["query_group", "require_ssl", "search_path", "use_fips_ssl", "max_scan_row_count"], None),
        (["max_query_execution_time", "max_scan_row_count"], None),
        (["wlm_json_configuration", "auto_mv"], None),
        (["${Token[TOKEN.1]}"], None),
        (["statement_timeout"], "'parameters['statement_timeout']' is not a parameter of a workgroup"),
        (["Require_SSL"], "'parameters['Require_SSL']' is not a parameter of a workgroup"),
        (
            ["wlm_json_configuration", "max_scan_row_count"],
            "'parameters' has both 'wlm_json_configuration' and 'max_scan_row_count'",
        ),
    ],
)
def test_a_workgroup_has_the_parameters_of_its_page(names: list[str], message: str | None) -> None:
    """Parameters of clusters, such as statement_timeout, are refused by Redshift Serverless (CREATE_WORKGROUP)."""
    found = check_workgroup({"parameters": dict.fromkeys(names, "x"), "port": 5440}, None)

    assert [message] * (message is not None) == [one.message for one in found if one.argument == "parameters"]


@pytest.mark.parametrize(("port", "right"), [(5430, False), (5431, True), (5455, True), (5456, False), (8190, False)])
def test_a_port_is_in_one_of_two_ranges(port: int, right: bool) -> None:
    """The ranges of the API's page."""
    assert right == (not [one for one in check_workgroup({"port": port}, None) if one.argument == "port"])


def _problems(
    zones: str, *, region: str = "eu-west-1", routed: bool = True, capacity: Any = 128, prefix: int = 24
) -> int:
    facts = [SubnetFacts(str, None if zone == "?" else zone, f"10.0.0.0/{prefix}") for zone in zones]
    return len([*subnet_problems("subnets", facts, capacity, region, is_routed=routed)])


# https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html (text of 2026-07-06)
@pytest.mark.parametrize(
    ("zones", "routed", "unrouted"),
    [("", 1, 1), ("a", 1, 1), ("aa", 1, 1), ("ab", 1, 0), ("aab", 1, 0), ("aaa", 1, 1), ("abc", 0, 0), ("a?b", 0, 0)],
)
def test_subnets_are_counted_by_zone(zones: str, routed: int, unrouted: int) -> None:
    """Three in three zones with enhanced VPC routing, two in two without; a zone that is not known may be another."""
    assert (routed, unrouted) == (min(_problems(zones), 1), min(_problems(zones, routed=False), 1))


@pytest.mark.parametrize(("zones", "wrong"), [("ab", 1), ("aab", 0), ("aaa", 1), ("abc", 0)])
def test_us_west_1_has_two_zones(zones: str, wrong: int) -> None:
    """Three subnets in two zones are enough there, by the page's text of 2025."""
    assert wrong == min(_problems(zones, region="us-west-1"), 1)


@pytest.mark.parametrize(
    ("capacity", "longest"),
    [
        *((4, 27), (8, 27), (16, 27), (32, 27), (64, 27), (128, 26), (256, 25), (512, 24), (1024, 23)),
        *((120, 27), (136, 26), (504, 25), (544, 24), (None, 27)),
    ],
)
def test_each_capacity_has_its_smallest_block(capacity: int | None, longest: int) -> None:
    """Between two rows of AWS's table that of the smaller one; what only the deployment knows may be the smallest."""
    assert (0, 3) == tuple(_problems("abc", capacity=capacity, prefix=prefix) for prefix in (longest, longest + 1))
    assert 0 == _problems("abc", capacity=capacity, prefix=28, routed=False)


@pytest.mark.parametrize("cidr", [None, "", "10.0.0.0", "10.0.0.0/${Token[TOKEN.1]}", "${Token[TOKEN.1]}/28"])
def test_a_block_that_is_not_known_may_be_large_enough(cidr: str | None) -> None:
    """An imported subnet may have none, and IPAM gives one when it is deployed."""
    facts = [SubnetFacts(str, zone, cidr) for zone in "abc"]

    assert [] == [*subnet_problems("subnets", facts, 1024, None, is_routed=True)]


def test_the_table_of_addresses_grows() -> None:
    """A larger capacity never needs less."""
    rows = [quotas.addresses(capacity) for capacity in range(1, 1100)]

    assert rows == sorted(rows)
    assert [row.longest_prefix for row in rows] == sorted((row.longest_prefix for row in rows), reverse=True)
    assert (9, 261) == (rows[0].free, rows[-1].free)
