"""Clusters and namespaces as arguments: constructs of this library and of others, L1s, identifiers and ARNs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias, TypeGuard

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_redshift as redshift
from constructs import Construct, Dependable, DependencyGroup, IConstruct

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.placeholders import has_placeholder, is_awaited, is_list_token, is_token
from redshift_roles.cdk import location as locations
from redshift_roles.cdk.location import Location, location_of, path_of, referred, unreachable
from redshift_roles.cdk.records import record_of
from redshift_roles.cdk.role_reader import texts_of
from redshift_roles.rules import arguments
from redshift_roles.rules.arguments import classes_of
from redshift_roles.rules.registry import Problem, in_account

if TYPE_CHECKING:
    from aws_cdk import aws_redshiftserverless as serverless


class HasCfnCluster(IConstruct, Protocol):
    """A construct that holds a provisioned cluster, such as `RedshiftCluster`."""

    @property
    def cfn_cluster(self) -> redshift.CfnCluster:
        """The cluster's L1."""

    @property
    def cluster_identifier(self) -> str:
        """The reference to it."""


class HasClusterName(IConstruct, Protocol):
    """A cluster of another library, perhaps an imported one, such as an `ICluster` of ``aws-redshift-alpha``."""

    @property
    def cluster_name(self) -> str:
        """The identifier, or the reference to it."""


Cluster = HasCfnCluster | HasClusterName | redshift.CfnCluster | str


class NamedCluster(NamedTuple):
    """A cluster as an argument names it: its identifier for the stack that names it, where it is, and its L1."""

    identifier: str
    home: Location
    l1: redshift.CfnCluster | None

    @property
    def arn(self) -> str:
        """Its ARN, in the partition, region and account of its own stack."""
        return locations.cluster_arn(self.identifier, self.home)

    @property
    def secret_arn(self) -> str:
        """The ARN of the secrets that hold the admin password which Redshift manages."""
        return _secret_arn(self.identifier, self.home)


def _secret_arn(name: str, home: Location) -> str:
    """Return the ARN of the secrets of a cluster or namespace.

    AWS documents the prefix (quotas.MANAGED_SECRETS). That the name follows it is how Redshift names them, and stands
    on no page.
    """
    where = f"{home.partition_name}:secretsmanager:{home.region_name}:{home.account_id}"
    return f"arn:{where}:secret:redshift!{name}-*"


@dataclass
class _Known:
    reference: str = ""
    arn: str = ""
    workgroup: Construct | None = None


def reference(l1: CfnResource) -> str:
    """Read the ``Ref`` of a cluster, namespace or workgroup, once."""
    known = record_of(_Known, l1)
    known.reference = known.reference or l1.ref
    return known.reference


def named(cluster: Cluster, location: Location) -> NamedCluster:
    """Read a cluster: by reference in its own stack, by its literal identifier, if it has one, from another."""
    if isinstance(cluster, str):
        text, l1 = cluster, _l1_of(cluster)
        home = location_of(l1) if l1 else location
    else:
        text, l1 = _reference(cluster)
        home = location_of(cluster)
    literal = l1.cluster_identifier if l1 and home.stack is not location.stack else None
    return NamedCluster(literal if literal and not is_token(literal) else text, home, l1)


def _reference(cluster: HasCfnCluster | HasClusterName | redshift.CfnCluster) -> tuple[str, redshift.CfnCluster | None]:
    if isinstance(cluster, redshift.CfnCluster):
        return reference(cluster), cluster
    if hasattr(type(cluster), "cfn_cluster"):
        # A subclass may call the cluster something else.
        l1: redshift.CfnCluster = cluster.cfn_cluster  # type: ignore[union-attr]
        return reference(l1), l1
    name = cluster.cluster_name  # type: ignore[union-attr]
    return name, _l1_of(name)


def _l1_of(identifier: str) -> redshift.CfnCluster | None:
    """Return the cluster whose ``Ref`` an identifier is; None for any other text."""
    l1s = (target for target in referred(identifier) if isinstance(target, redshift.CfnCluster))
    return next((l1 for l1 in l1s if reference(l1) == identifier), None)


def defined_in(stack: Stack, identifier: str) -> list[redshift.CfnCluster]:
    """List the clusters of a stack that have this literal identifier."""
    l1s = (found for found in stack.node.find_all() if isinstance(found, redshift.CfnCluster))
    return [l1 for l1 in l1s if l1.cluster_identifier == identifier]


def _namespaces_in(stack: Stack, name: str) -> list[serverless.CfnNamespace]:
    """List the namespaces of a stack that have this literal name."""
    l1s = (found for found in stack.node.find_all() if _is_l1_of_namespace(found))
    return [l1 for l1 in l1s if l1.namespace_name == name]


class _Named(Dependable):
    """The clusters or namespaces of a stack with this name: CDK asks for them when all are defined."""

    def __init__(self, found: Callable[[], Sequence[IConstruct]]) -> None:
        super().__init__()
        self._found = found

    @property
    def dependency_roots(self) -> list[IConstruct]:
        return [*self._found()]


def wait_for_cluster(construct: Construct, cluster: NamedCluster, location: Location) -> None:
    """Make a construct depend on the cluster that it names by its literal identifier; a reference is a dependency."""
    by_name = partial(defined_in, location.stack, cluster.identifier)
    _wait_for(construct, cluster.identifier, cluster.home, cluster.l1, by_name, location)


def wait_for_namespace(construct: Construct, name: str, l1: serverless.CfnNamespace | None, location: Location) -> None:
    """Make a construct depend on the namespace that it names literally; a reference is a dependency."""
    home = location_of(l1) if l1 and not is_token(name) else location
    _wait_for(construct, name, home, l1, partial(_namespaces_in, location.stack, name), location)


def _wait_for(
    construct: Construct,
    name: str,
    home: Location,
    l1: CfnResource | None,
    by_name: Callable[[], Sequence[IConstruct]],
    location: Location,
) -> None:
    """Make a construct depend on what it names literally. Nothing can depend on what is in another Stage."""
    if is_token(name) or home.stage is not location.stage:
        return
    if l1:
        construct.node.add_dependency(l1)
    else:
        group = DependencyGroup()
        Dependable.implement(group, _Named(by_name))
        construct.node.add_dependency(group)


class ClusterShape(NamedTuple):
    """A cluster that a policy or an association of this location can name."""

    location: Location
    kind: str
    same_region: bool = False

    def check(self, name: str, value: Any) -> Iterator[Problem]:  # noqa: ANN401  anything may be given
        """Check an identifier, or where a construct is."""
        if is_namespace(value) or (isinstance(value, str) and _is_of_namespace(value)):
            yield arguments.must_be(name, "a provisioned cluster", value, _FOR_NAMESPACES[self.kind])
        elif isinstance(value, str):
            yield from arguments.CLUSTER_IDENTIFIER.check(name, value)
            yield from self._referred(name, value)
        elif is_cluster(value):
            home = location_of(value)
            if home.stack is not self.location.stack:
                label = f"{name} ({path_of(value)})"
                yield from self._distance(name, label, home, named(value, self.location).identifier)
        else:
            yield arguments.must_be(name, _ALLOWED, value, _its_own(value, "cluster") or f"pass {_ALLOWED}")

    def _referred(self, name: str, identifier: str) -> Iterator[Problem]:
        for target in referred(identifier):
            home = location_of(target)
            if home.stack is not self.location.stack:
                label = f"'{name}' refers to {path_of(target)}, which"
                yield from self._distance(name, label, home, named(identifier, self.location).identifier)

    def _distance(self, name: str, label: str, home: Location, identifier: str) -> Iterator[Problem]:
        """Find what keeps a construct of the location from naming a cluster of another stack, or from changing it."""
        here = self.location
        reason = unreachable(home, here, "cluster_identifier")
        if arns.differ(home.account, here.account):
            yield _of_another_account(name, label, home.account, self.kind, here)
        elif self.same_region and None not in (home.region, here.region) and home.region != here.region:
            message = f"{label} is in region {home.region}, the {self.kind} is in {here.region}"
            yield Problem(name, message, f"define the {self.kind} in a stack of region {home.region}")
        elif reason and is_token(identifier):
            fix = "give the cluster a cluster_identifier, or both stacks the same Stage and env="
            yield Problem(name, f"{label} {reason[0]}", fix)


def _of_another_account(name: str, label: str, account: str | None, kind: str, here: Location) -> Problem:
    fix = f"define the {kind} in a stack of account {account}; both act in their own account alone"
    return Problem(name, in_account(label, account, f"the {kind}", here.account), fix)


def _its_own(value: object, part: str) -> str | None:
    """Say what of a warehouse to pass."""
    return f"pass its {part}: warehouse.{part}" if hasattr(type(value), part) else None


_ALLOWED: Final = "a RedshiftCluster, a CfnCluster, an ICluster of aws-redshift-alpha or an identifier"
_FOR_NAMESPACES: Final = {
    "association": "add the role to the namespace itself: add_role(role) of RedshiftNamespace, or IamRoles and "
    "DefaultIamRoleArn of CfnNamespace; where another app defines it: aws redshift-serverless update-namespace "
    "--namespace-name NAME --iam-roles … --default-iam-role-arn …, with the whole list",
    "policy": "pass it as namespaces=[…]",
}


def is_cluster(value: object) -> bool:
    """Return whether a value is a construct of a provisioned cluster.

    Clusters of other services have a name too; the constructs of Amazon ECS and Amazon EKS have an ARN besides.
    """
    if isinstance(value, CfnResource) or not _has(value, "node"):
        return isinstance(value, redshift.CfnCluster)
    return _has(value, "cfn_cluster") or (_has(value, "cluster_name") and not _has(value, "cluster_arn"))


def _has(value: object, attribute: str) -> bool:
    """Return whether a class of a value has an attribute: reading that of the object would cross into jsii."""
    return any(hasattr(found, attribute) for found in classes_of(value).values())


def cluster_problems(
    clusters: Sequence[Cluster], namespaces: Sequence[Namespace], location: Location
) -> Iterator[Problem]:
    """Find clusters and namespaces that a policy of this location cannot name; there must be one of either."""
    fix = "" if namespaces else "name what the users may do this with: clusters=[…] or namespaces=[…]"
    yield from arguments.ListOf(ClusterShape(location, "policy"), fix).check("clusters", clusters)
    yield from arguments.ListOf(NamespaceShape(location)).check("namespaces", namespaces)


class HasCfnNamespace(IConstruct, Protocol):
    """A construct that holds a namespace of Redshift Serverless, such as `RedshiftNamespace`."""

    @property
    def cfn_namespace(self) -> serverless.CfnNamespace:
        """The namespace's L1."""


Namespace: TypeAlias = "HasCfnNamespace | serverless.CfnNamespace | str"


class NamedNamespace(NamedTuple):
    """A namespace as an argument names it: its ARN, where it is, its L1, and its account as far as its ARN says it."""

    arn: str
    home: Location
    l1: serverless.CfnNamespace | None
    account: str | None = None

    @property
    def arn_of_all(self) -> str:
        """The pattern for the ARNs of all namespaces of its account and region, of those too that do not exist yet."""
        start, slash, _ = self.arn.rpartition("/")
        return f"{start}/*" if slash else locations.namespace_arn("*", self.home)

    @property
    def arn_at_length(self) -> str:
        """An ARN as long as its own."""
        return locations.namespace_arn("x" * quotas.NAMESPACE_ID_LENGTH, self.home) if self.l1 else self.arn

    @property
    def secret_arn(self) -> str:
        """The ARN of the secrets that hold its admin password; empty where its name is not known."""
        return _secret_arn(self.l1.namespace_name, self.home) if self.l1 else ""


def named_namespace(namespace: Namespace, location: Location) -> NamedNamespace:
    """Read a namespace: the attribute that is its ARN, or the ARN that is given."""
    if isinstance(namespace, str):
        target = next(iter(namespaces_of(namespace)), None)
        home = location_of(target) if target else location
        account = arns.account_of(_written(namespace, location))
        return NamedNamespace(namespace, home, target, None if account and has_placeholder(account) else account)
    l1 = l1_of_namespace(namespace)
    return NamedNamespace(namespace_arn(l1), location_of(l1), l1)


def namespaces_of(text: str) -> list[serverless.CfnNamespace]:
    """List the namespaces that the tokens of a text refer to."""
    return [target for target in referred(text) if _is_l1_of_namespace(target)]


def l1_of_namespace(namespace: HasCfnNamespace | serverless.CfnNamespace) -> serverless.CfnNamespace:
    """Return a namespace's L1."""
    return namespace if _is_l1_of_namespace(namespace) else namespace.cfn_namespace  # type: ignore[union-attr]


def namespace_arn(l1: serverless.CfnNamespace) -> str:
    """Read the ARN of a namespace, once."""
    known = record_of(_Known, l1)
    known.arn = known.arn or l1.attr_namespace_namespace_arn
    return known.arn


def _written(arn: str, location: Location) -> str:
    """Return an ARN as far as it is known, with placeholders where only the deployment knows."""
    return texts_of([arn], location)[0] if is_token(arn) else arn


def remember_workgroup(namespace: HasCfnNamespace | serverless.CfnNamespace, workgroup: Construct) -> None:
    """Record the workgroup of a namespace."""
    record_of(_Known, l1_of_namespace(namespace)).workgroup = workgroup


def workgroup_of(namespace: HasCfnNamespace | serverless.CfnNamespace) -> Construct | None:
    """Return the workgroup that a namespace has already, unless it was removed from the tree."""
    found = record_of(_Known, l1_of_namespace(namespace)).workgroup
    path = found.node.scopes if found else []
    is_there = all(scope.node.try_find_child(child.node.id) is child for scope, child in pairwise(path))
    return found if is_there else None


class NamespaceShape(NamedTuple):
    """A namespace that a policy of this location can name."""

    location: Location

    def check(self, name: str, value: Any) -> Iterator[Problem]:  # noqa: ANN401  anything may be given
        """Check an ARN, or where a construct is."""
        if isinstance(value, str) and self._may_be_arn(value):
            yield from self._arn(name, value)
        elif is_namespace(value):
            home = location_of(value)
            if home.stack is not self.location.stack:
                yield from self._distance(name, f"{name} ({path_of(value)})", home)
        else:
            is_name = isinstance(value, str) and arguments.SERVERLESS_NAME.fits(value)
            shown = f"aws redshift-serverless get-namespace --namespace-name {value if is_name else 'NAME'}"
            allowed = "a RedshiftNamespace, a CfnNamespace or the ARN of a namespace"
            fix = f"pass the construct, or the ARN that this shows: {shown}; an ARN ends in an id and not in the name"
            yield arguments.must_be(name, allowed, value, _its_own(value, "namespace") or fix)

    def _may_be_arn(self, text: str) -> bool:
        """Return whether a text is the ARN of one namespace, as far as it is known."""
        return not is_list_token(text) and arns.is_of_namespace(_written(text, self.location))

    def _arn(self, name: str, arn: str) -> Iterator[Problem]:
        here = self.location
        for target in referred(arn):
            label = f"'{name}' refers to {path_of(target)}, which"
            if _is_l1_of_namespace(target) and arn != namespace_arn(target):
                yield Problem(name, f"'{name}' refers to {path_of(target)}, and not to its ARN", "pass the construct")
            yield from self._distance(name, label, location_of(target))
        account, partition = named_namespace(arn, here).account, arn.split(":")[1] if arn.startswith("arn:") else None
        if arns.differ(account, here.account):
            yield _of_another_account(name, f"'{name}'", account, "policy", here)
        elif partition in quotas.PARTITIONS and here.region and partition != quotas.partition_of(here.region):
            message = f"'{name}' is in partition {partition}, the policy is in {quotas.partition_of(here.region)}"
            yield Problem(name, message, f"define the policy in a stack of partition {partition}")

    def _distance(self, name: str, label: str, home: Location) -> Iterator[Problem]:
        here = self.location
        if home.stack is here.stack:
            return
        reason = unreachable(home, here, "literal ARN")
        if arns.differ(home.account, here.account):
            yield _of_another_account(name, label, home.account, "policy", here)
        elif reason:
            fix = "give both stacks the same Stage and env=, or pass the ARN of the namespace that is deployed"
            yield Problem(name, f"{label} {reason[0]}", fix)


def is_namespace(value: object) -> bool:
    """Return whether a value is a construct of a namespace of Redshift Serverless."""
    return _is_l1_of_namespace(value) or (_has(value, "node") and _has(value, "cfn_namespace"))


def _is_of_namespace(text: str) -> bool:
    """Return whether a text is the ARN of a namespace, or refers to one."""
    return (not is_awaited(text) and ":redshift-serverless:" in text) or bool(namespaces_of(text))


def _is_l1_of_namespace(value: object) -> TypeGuard[serverless.CfnNamespace]:
    """Return whether a value is a `CfnNamespace`, without the module of its class, which few apps need."""
    return _has(value, "attr_namespace_namespace_arn")
