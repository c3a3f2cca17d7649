"""The policy of the people who associate roles with clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from aws_cdk import Annotations
from aws_cdk import aws_iam as iam
from aws_cdk.interfaces.aws_iam import IGroupRef, IUserRef
from constructs import Construct

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.actions import PASSED_TO_SERVICE
from redshift_roles.aws.placeholders import present
from redshift_roles.aws.policies import UserPolicy, least_size, most_size
from redshift_roles.cdk import account_rule, plugins
from redshift_roles.cdk.cluster_references import Cluster, cluster_problems, named
from redshift_roles.cdk.location import Location, path_of
from redshift_roles.cdk.resource_reader import given_key, key_problems
from redshift_roles.cdk.role_reader import Principal, principal_account, role_arn, texts_of
from redshift_roles.cdk.validation import checked_roles, child_location, child_path, raise_if, rollback_on_error
from redshift_roles.rules import arguments, registry
from redshift_roles.rules.facts import AssociationFacts
from redshift_roles.rules.findings import RoleAssociationError
from redshift_roles.rules.registry import Problem, in_account

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms


class RoleAssociationPolicy(iam.ManagedPolicy):
    """Define the least-privilege policy of the people who associate roles with clusters.

    For two clusters and three roles it is the policy that AWS publishes, plus the condition that the roles are passed
    to Redshift and to nothing else.

    `encryption_keys`, `service_linked_role` and `manage_admin_password` add what people need besides who create these
    clusters themselves. A cluster with tags needs ``redshift:CreateTags`` too, the console more: docs/user-policy.md.

    Args:
        scope: The construct it belongs to.
        construct_id: Its name there.
        clusters: 1 or more of `RedshiftCluster`, `CfnCluster`, anything with a ``cluster_name`` such as an `ICluster`
            of ``aws-redshift-alpha``, and identifiers (those are in this stack's account and region).
        pass_roles: 1 or more roles of this account.
        create_clusters: Whether the policy allows creating these clusters too. Default: True.
        encryption_keys: Customer managed keys to create these clusters with. With `manage_admin_password` also for
            the secret. Default: none.
        service_linked_role: Whether people may create the role ``AWSServiceRoleForRedshift``, which the first cluster
            of an account needs. Default: False.
        manage_admin_password: Whether people may create these clusters with an admin password that Redshift keeps in
            AWS Secrets Manager. Default: False.
        describe_all_clusters: Whether it allows listing all clusters, as the console does. Default: True. False allows
            describing these clusters alone.
        users: Users of this account to attach it to. Default: none.
        groups: Groups of this account to attach it to. Default: none.
        managed_policy_name: Its physical name, 1 to 128 letters, digits and ``+=,.@_-``. Default: a name that
            CloudFormation generates.
        description: At most 1,000 characters; a change replaces the policy. Default: none.

    Raises:
        RoleAssociationError: InvalidArgument, PolicyTooLarge, RoleAccountMismatch, RoleArnInvalid,
            RolePartitionMismatch, ServiceLinkedRole. At synth time, from CDK's validation report, those of a
            policy that grew or was overridden. A warning, PolicySizeUndecided, where generated names decide.

    Template:
        1 AWS::IAM::ManagedPolicy with three statements: DescribeClusters, AssociateRoles (ModifyClusterIamRoles and
        CreateCluster on ``cluster:NAME``) and PassRolesToRedshift (with ``iam:PassedToService``). Where they are asked
        for: CreateServiceLinkedRole; UseEncryptionKeys and GrantKeysToRedshift (with ``kms:GrantIsForAWSResource``);
        ManageAdminPasswords on ``secret:redshift!NAME-*`` and GeneratePasswords. In a stack without an account, a role
        of a literal account brings 1 CloudFormation Rule.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/copy-unload-iam-role-associating-with-clusters.html
        (text of 2026-08-26)
        https://docs.aws.amazon.com/redshift/latest/mgmt/authorizing-kms-customer-managed-key.html (text of 2026-07-06)
        https://docs.aws.amazon.com/redshift/latest/mgmt/using-service-linked-roles.html (text of 2026-08-26)
        https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html (text of 2026-08-26)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        clusters: Sequence[Cluster],
        pass_roles: Sequence[iam.IRole],
        create_clusters: bool = True,
        describe_all_clusters: bool = True,
        encryption_keys: Sequence[kms.IKey] = (),
        service_linked_role: bool = False,
        manage_admin_password: bool = False,
        users: Sequence[iam.IUser] = (),
        groups: Sequence[iam.IGroup] = (),
        managed_policy_name: str | None = None,
        description: str | None = None,
    ) -> None:
        location = child_location(scope, construct_id)
        given = present(
            arguments.REQUIRED_OF_POLICY,
            clusters=clusters,
            pass_roles=pass_roles,
            create_clusters=create_clusters,
            describe_all_clusters=describe_all_clusters,
            encryption_keys=encryption_keys,
            service_linked_role=service_linked_role,
            manage_admin_password=manage_admin_password,
            managed_policy_name=managed_policy_name,
            description=description,
        )

        def path() -> str:
            return child_path(scope, construct_id)

        of_arguments = [*arguments.check_policy(given)]
        listed = () if of_arguments else enumerate(encryption_keys)
        keys = [key for index, each in listed for key in given_key(f"encryption_keys[{index}]", each)]
        problems = [
            *cluster_problems(clusters, location),
            *of_arguments,
            *people_problems(users, groups, location),
            *key_problems(keys, "encryption_keys", None, location),
        ]
        facts = checked_roles(
            path, quotas.PASS_ROLE, problems, location, kind="policy", argument="pass_roles", roles=pass_roles
        )
        found = [named(cluster, location) for cluster in clusters]
        policy = UserPolicy(
            cluster_arns=[*dict.fromkeys(cluster.arn for cluster in found)],
            role_arns=[*dict.fromkeys(role_arn(role) for role in pass_roles)],
            create_clusters=create_clusters,
            describe_all_clusters=describe_all_clusters,
            key_arns=[*dict.fromkeys(key.arn for key in keys)],
            linked_role_arn=_linked_role_arn(location) if service_linked_role else None,
            secret_arns=[*dict.fromkeys(cluster.secret_arn for cluster in found)] if manage_admin_password else (),
        )
        may_be_too_large = _may_be_too_large(policy, facts, location, path)
        self._location = location
        with rollback_on_error(self, scope, construct_id):
            super().__init__(
                scope,
                construct_id,
                document=iam.PolicyDocument.from_json(policy.document()),
                managed_policy_name=managed_policy_name,
                description=description,
            )
            for user in users:
                super().attach_to_user(user)
            for group in groups:
                super().attach_to_group(group)
            people: list[Principal] = [*users, *groups]
            accounts = [principal_account(person, location) for person in people]
            account_rule.assert_account(location, [*(role.account for role in facts.roles), *accounts])
            plugins.watch_policy(self, location)
            if may_be_too_large:
                Annotations.of(self).add_warning_v2(registry.POLICY_SIZE_UNDECIDED.annotation_id, _MAY_BE_TOO_LARGE)

    def attach_to_user(self, user: IUserRef) -> None:
        """Attach the policy to a user of its account.

        Raises:
            RoleAssociationError: InvalidArgument, for a user of another account: CDK would attach it to the user of the
                same name in this one.
        """
        self._check("user", user, arguments.USER)
        super().attach_to_user(user)

    def attach_to_group(self, group: IGroupRef) -> None:
        """Attach the policy to a group of its account.

        Raises:
            RoleAssociationError: InvalidArgument, for a group of another account.
        """
        self._check("group", group, arguments.GROUP)
        super().attach_to_group(group)

    def attach_to_role(self, role: iam.IRole) -> None:
        """Attach the policy to a role of its account: one that people use, not one that Redshift assumes.

        Raises:
            RoleAssociationError: InvalidArgument, for a role of another account.
        """
        self._check("role", role, arguments.ROLE)
        super().attach_to_role(role)

    def _check(self, name: str, principal: Principal, kind: arguments.Kind) -> None:
        raise_if(lambda: path_of(self), quotas.ATTACH_POLICY, kind.check(name, principal))
        account = principal_account(principal, self._location)
        problems = _foreign(name, principal, self._location)
        raise_if(lambda: path_of(self), quotas.ATTACH_POLICY, problems)
        account_rule.assert_account(self._location, [account])


def people_problems(users: Sequence[iam.IUser], groups: Sequence[iam.IGroup], location: Location) -> list[Problem]:
    """Find what is wrong with the people that a policy of this location is to be attached to."""
    problems = [*arguments.check({"users": users, "groups": groups}, arguments.POLICY_ARGUMENTS)]
    if problems:
        return problems
    lists: tuple[tuple[str, Sequence[Principal]], ...] = (("users", users), ("groups", groups))
    people = [(f"{name}[{index}]", person) for name, listed in lists for index, person in enumerate(listed)]
    return [problem for name, person in people for problem in _foreign(name, person, location)]


def _foreign(name: str, person: Principal, location: Location) -> Iterator[Problem]:
    """Find a user, group or role of another account."""
    account = principal_account(person, location)
    expected = account_rule.expected_account(location) or location.account
    if arns.differ(account, expected):
        message = in_account(f"'{name}' ({path_of(person)})", account, "the policy", expected)
        fix = f"attach a policy of account {account}; CDK would attach this one to the same name in {expected}"
        yield Problem(name, message, fix)


def _linked_role_arn(location: Location) -> str:
    path = f"role/aws-service-role/{PASSED_TO_SERVICE}/AWSServiceRoleForRedshift"
    return f"arn:{location.partition_name}:iam::{location.account_id}:{path}"


# An ARN with the longest name that CloudFormation generates, and what the statements have besides.
_LONGEST_GENERATED: Final = 130
_STATEMENTS: Final = 1_600


_MAY_BE_TOO_LARGE: Final = (
    "Only the deployment knows whether generated names keep the policy within the "
    f"{quotas.MANAGED_POLICY_SIZE:,} characters that IAM allows. Give roles short names, or split the policy."
)


def _may_be_too_large(policy: UserPolicy, facts: AssociationFacts, location: Location, path: Callable[[], str]) -> bool:
    """Measure the policy: roughly first, and exactly only when it may be too large.

    Raises:
        RoleAssociationError: PolicyTooLarge, when it surely is.
    """
    described = () if policy.describe_all_clusters else policy.cluster_arns
    keys = [*policy.key_arns, *policy.key_arns]
    resources = [*policy.cluster_arns, *described, *policy.role_arns, *keys, *policy.secret_arns]
    if _STATEMENTS + sum(max(len(arn), _LONGEST_GENERATED) for arn in resources) <= quotas.MANAGED_POLICY_SIZE:
        return False
    written = policy._replace(
        cluster_arns=texts_of(policy.cluster_arns, location),
        role_arns=[*dict.fromkeys(role.arn for role in facts.roles)],
        key_arns=texts_of(policy.key_arns, location),
        secret_arns=texts_of(policy.secret_arns, location),
    )
    length = least_size(written.document(), location.region)
    if length > quotas.MANAGED_POLICY_SIZE:
        problem = Problem(
            "",
            f"a policy must have at most {quotas.MANAGED_POLICY_SIZE:,} characters, got at least {length:,}",
            "split it: one RoleAssociationPolicy for each group of clusters and roles",
        )
        raise RoleAssociationError([registry.POLICY_TOO_LARGE.finding(path(), problem)])
    return most_size(written.document()) > quotas.MANAGED_POLICY_SIZE
