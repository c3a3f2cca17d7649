"""What a grant method returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from constructs import IConstruct

    from redshift_roles.aws.policies import Statement
    from redshift_roles.grants.managed_policies import GrantedPolicies


class RedshiftGrant:
    """What was granted. It has the names of an `iam.Grant`, and is a plain Python object.

    Attributes:
        success: True: a grant that cannot work raises an error. It is True as well where others write the permission:
            the owner of a bucket (``owner_allows=True``), or the reader of CDK's report under
            ``iam.Role.customize_roles``, as it is for an `iam.Grant`.
    """

    success: Final = True

    def __init__(self, granted: GrantedPolicies, statements: Sequence[Statement] = ()) -> None:
        self._granted = granted
        self._statements = tuple(statements)

    @property
    def policies(self) -> tuple[iam.CfnManagedPolicy, ...]:
        """Return the managed policies that hold this grant and the others of the same role, user or group.

        There are none where ``iam.Role.customize_roles`` tells CDK to report permissions and not to write them.
        """
        return tuple(self._granted.policies)

    @property
    def resource_statements(self) -> tuple[iam.PolicyStatement, ...]:
        """Return what the policies of a bucket and of its key in another account must contain.

        Where the app defines the bucket or the key, it contains them already.
        """
        return tuple(map(iam.PolicyStatement.from_json, self._statements))

    def assert_success(self) -> None:
        """Do nothing, since each grant that is returned succeeded."""

    def apply_before(self, *constructs: IConstruct) -> None:
        """Make constructs depend on `policies`, and on those that later grants add to them."""
        self._granted.apply_before(constructs)
