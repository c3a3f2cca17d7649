"""The policy of the people who associate roles with clusters and namespaces."""

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
from redshift_roles.cdk.cluster_references import (
    Cluster,
    NamedNamespace,
    Namespace,
    cluster_problems,
    named,
    named_namespace,
)
from redshift_roles.cdk.location import Location, path_of
from redshift_roles.cdk.resource_reader import given_key, key_problems
from redshift_roles.cdk.role_reader import Principal, own_role, principal_account, role_arn, texts_of
from redshift_roles.cdk.validation import checked_roles, child_location, child_path, raise_if, rollback_on_error
from redshift_roles.rules import arguments, registry
from redshift_roles.rules.facts import AssociationFacts
from redshift_roles.rules.findings import RoleAssociationError
from redshift_roles.rules.registry import Problem, in_account

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms


class RoleAssociationPolicy(iam.ManagedPolicy):
    """Define the least-privilege policy of the people who associate roles with clusters and namespaces.

    For two clusters and three roles it is the policy that AWS publishes, plus the condition that the roles are passed
    to Redshift and to nothing else.

    UpdateNamespace replaces the list of a namespace's roles, so people need every role that is to stay in `pass_roles`.
    It can change the admin password and the key too: AWS has no action for the roles alone.

    `encryption_keys`, `service_linked_role` and `manage_admin_password` add what people need besides who create these
    clusters themselves, or namespaces. Tags and the console need more: docs/user-policy.md.

    Args:
        scope: The construct it belongs to.
        construct_id: Its name there.
        clusters: `RedshiftCluster`, `CfnCluster`, anything with a ``cluster_name`` such as an `ICluster` of
            ``aws-redshift-alpha``, and identifiers (those are in this stack's account and region). Default: none, which
            needs namespaces.
        namespaces: Namespaces of Redshift Serverless: `RedshiftNamespace`, `CfnNamespace`, and ARNs such as
            ``arn:aws:redshift-serverless:eu-west-1:111111111111:namespace/8d6a9f0e-0000-0000-0000-000000000000``.
            Default: none.
        pass_roles: 1 or more roles of this account. A `RedshiftRole` without ``serverless=True`` is passed to clusters
            alone; every other role to clusters where there are any, and to namespaces where there are any.
        create_clusters: Whether the policy allows creating these clusters too. Default: True.
        create_namespaces: Whether it allows creating namespaces, whatever their names are: the ARN of a new one ends in
            an id that it gets when it is created. Default: False.
        encryption_keys: Customer managed keys to create these clusters, or namespaces, with. With
            `manage_admin_password` also for the secret. Default: none.
        service_linked_role: Whether people may create the role ``AWSServiceRoleForRedshift``, which the first cluster
            of an account needs. Default: False.
        manage_admin_password: Whether people may create these clusters, or namespaces of these names, with an admin
            password that Redshift keeps in AWS Secrets Manager. Default: False.
        describe_all_clusters: Whether it allows listing all clusters, and all namespaces where there are namespaces, as
            the console does. Default: True. False allows describing these alone.
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
        1 AWS::IAM::ManagedPolicy. For clusters three statements: DescribeClusters, AssociateRoles
        (ModifyClusterIamRoles and CreateCluster on ``cluster:NAME``) and PassRolesToRedshift (with
        ``iam:PassedToService``). For namespaces ListNamespaces, UpdateNamespaces (GetNamespace and UpdateNamespace on
        ``namespace/ID``) and PassRolesToServerless. Where they are asked for: CreateNamespaces on ``namespace/*``;
        CreateServiceLinkedRole; UseEncryptionKeys and GrantKeysToRedshift (with ``kms:GrantIsForAWSResource``);
        ManageAdminPasswords on ``secret:redshift!NAME-*`` and GeneratePasswords. In a stack without an account, a role
        or an ARN of a literal account brings 1 CloudFormation Rule.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/copy-unload-iam-role-associating-with-clusters.html
        (text of 2026-08-26)
        https://docs.aws.amazon.com/service-authorization/latest/reference/list_redshift-serverless.html
        (text of 2026-09-26)
        https://docs.aws.amazon.com/redshift/latest/mgmt/authorizing-kms-customer-managed-key.html (text of 2026-07-06)
        https://docs.aws.amazon.com/redshift/latest/mgmt/using-service-linked-roles.html (text of 2026-08-26)
        https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html (text of 2026-08-26)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        clusters: Sequence[Cluster] = (),
        namespaces: Sequence[Namespace] = (),
        pass_roles: Sequence[iam.IRole],
        create_clusters: bool = True,
        create_namespaces: bool = False,
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
            namespaces=namespaces,
            pass_roles=pass_roles,
            create_clusters=create_clusters,
            create_namespaces=create_namespaces,
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
        of_clusters = [*cluster_problems(clusters, namespaces, location)]
        is_readable = not of_clusters and not of_arguments
        found = [named(cluster, location) for cluster in clusters] if is_readable else []
        spaces = [named_namespace(namespace, location) for namespace in namespaces] if is_readable else []
        problems = [
            *of_clusters,
            *of_arguments,
            *(_role_problems(clusters, namespaces, pass_roles) if is_readable else ()),
            *(_nameless(spaces) if create_namespaces and manage_admin_password else ()),
            *people_problems(users, groups, location),
            *key_problems(keys, "encryption_keys", None, location),
        ]
        facts = checked_roles(
            path, quotas.PASS_ROLE, problems, location, kind="policy", argument="pass_roles", roles=pass_roles
        )
        people: list[Principal] = [*users, *groups]
        of_people = [principal_account(person, location) for person in people]
        accounts = [facts.settled_account, *(space.account for space in spaces), *of_people]
        settled = next(filter(_is_known, accounts), None)
        named_accounts = [(f"'namespaces[{index}]'", space.account) for index, space in enumerate(spaces)]
        named_accounts += [
            (path_of(person), account)
            for person, account in zip(people, of_people, strict=True)
            if arns.differ(account, settled)
        ]
        raise_if(path, quotas.PASS_ROLE, account_rule.contradictions(location, named_accounts, settled))
        spaces = [*{space.arn: space for space in spaces}.values()]
        created = [*(found if create_clusters else ()), *(spaces if create_namespaces else ())]
        policy = UserPolicy(
            cluster_arns=[*dict.fromkeys(cluster.arn for cluster in found)],
            role_arns=[*dict.fromkeys(role_arn(role) for role in pass_roles)],
            create_clusters=create_clusters,
            describe_all_clusters=describe_all_clusters,
            key_arns=[*dict.fromkeys(key.arn for key in keys)],
            linked_role_arn=_linked_role_arn(location) if service_linked_role else None,
            secret_arns=[*dict.fromkeys(each.secret_arn for each in created)] if manage_admin_password else (),
            namespace_arns=[space.arn for space in spaces],
            new_namespace_arns=[*dict.fromkeys(space.arn_of_all for space in spaces)] if create_namespaces else (),
            serverless_role_arns=[*dict.fromkeys(role_arn(role) for role in pass_roles if is_for_serverless(role))],
        )
        may_be_too_large = _may_be_too_large(policy, spaces, pass_roles, facts, location, path)
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
            account_rule.assert_account(location, [settled])
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


def _is_known(account: str | None) -> bool:
    return account not in (None, arns.THIS_ACCOUNT)


def is_for_serverless(role: iam.IRole) -> bool:
    """Return whether a role may be for Redshift Serverless; only of ours that is known at this line."""
    own = own_role(role)
    return own is None or own.serverless


def _role_problems(
    clusters: Sequence[Cluster], namespaces: Sequence[Namespace], pass_roles: Sequence[iam.IRole]
) -> Iterator[Problem]:
    """Find roles that are for neither the clusters nor the namespaces, and namespaces without a role for them."""
    others = [(index, role) for index, role in enumerate(pass_roles) if not is_for_serverless(role)]
    fix = "pass RedshiftRole(…, serverless=True)"
    if namespaces and not clusters:
        for index, role in others:
            message = f"pass_roles[{index}] ({path_of(role)}) is for clusters only, and only 'namespaces' are given"
            yield Problem(f"pass_roles[{index}]", message, fix)
    elif namespaces and len(others) == len(pass_roles):
        message = "'pass_roles' has no role for Redshift Serverless, and 'namespaces' are given"
        yield Problem("pass_roles", message, fix)


def _nameless(namespaces: Sequence[NamedNamespace]) -> Iterator[Problem]:
    """Find namespaces whose secrets cannot be named."""
    for index, namespace in enumerate(namespaces):
        if not namespace.secret_arn:
            message = f"'namespaces[{index}]' is an ARN, and its secret would be named after the namespace's name"
            fix = "pass the RedshiftNamespace or CfnNamespace, or drop manage_admin_password"
            yield Problem("manage_admin_password", message, fix)


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
_STATEMENTS: Final = 2_400


_MAY_BE_TOO_LARGE: Final = (
    "Only the deployment knows whether generated names keep the policy within the "
    f"{quotas.MANAGED_POLICY_SIZE:,} characters that IAM allows. Give roles short names, or split the policy."
)


def _may_be_too_large(
    policy: UserPolicy,
    namespaces: Sequence[NamedNamespace],
    pass_roles: Sequence[iam.IRole],
    facts: AssociationFacts,
    location: Location,
    path: Callable[[], str],
) -> bool:
    """Measure the policy: roughly first, and exactly only when it may be too large.

    Raises:
        RoleAssociationError: PolicyTooLarge, when it surely is.
    """
    described = () if policy.describe_all_clusters else policy.cluster_arns
    keys = [*policy.key_arns, *policy.key_arns]
    resources = [*policy.cluster_arns, *described, *policy.role_arns, *keys, *policy.secret_arns]
    if namespaces:
        resources += [*policy.namespace_arns, *policy.new_namespace_arns, *policy.serverless_role_arns]
    if _STATEMENTS + sum(max(len(arn), _LONGEST_GENERATED) for arn in resources) <= quotas.MANAGED_POLICY_SIZE:
        return False
    passed = [(role.arn, is_for_serverless(given)) for role, given in zip(facts.roles, pass_roles, strict=True)]
    written = policy._replace(
        cluster_arns=texts_of(policy.cluster_arns, location),
        role_arns=[*dict.fromkeys(arn for arn, _ in passed)],
        namespace_arns=texts_of([namespace.arn_at_length for namespace in namespaces], location),
        new_namespace_arns=texts_of(policy.new_namespace_arns, location),
        serverless_role_arns=[*dict.fromkeys(arn for arn, is_theirs in passed if is_theirs)],
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
