"""IAM policy documents, and their size as IAM counts it: white space between the parts is not counted."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from redshift_roles.aws import Json, actions, quotas
from redshift_roles.aws.permissions import Permission
from redshift_roles.aws.placeholders import PLACEHOLDERS, TOKENS, token_first

Document = dict[str, Json]
Statement = dict[str, Json]
# The Sid, the actions, the condition, and the resource at the end.
_SortKey = tuple[str, tuple[str, ...], str, str, tuple[str, ...], str]
_Member = tuple[_SortKey, Permission]

_PSEUDO_PARAMETERS: Final = ("AWS.Partition", "AWS.Region", "AWS.AccountId")
_LONGEST_PSEUDO_PARAMETERS: Final = (10, 15, 12)


def one_or_list(values: Sequence[Json]) -> Json:
    """Return one value without its list, as IAM writes it."""
    return values[0] if len(values) == 1 else list(values)


class UserPolicy(NamedTuple):
    """The policy of the people who associate exactly these roles with exactly these clusters and namespaces.

    Keys, the service-linked role, and the secrets of admin passwords that Redshift manages are what they need besides
    to create them. A namespace that is to be created has no id yet: `new_namespace_arns` are patterns for all of them.
    """

    cluster_arns: Sequence[str]
    role_arns: Sequence[str]
    create_clusters: bool
    describe_all_clusters: bool
    key_arns: Sequence[str] = ()
    linked_role_arn: str | None = None
    secret_arns: Sequence[str] = ()
    namespace_arns: Sequence[str] = ()
    new_namespace_arns: Sequence[str] = ()
    serverless_role_arns: Sequence[str] = ()

    def document(self) -> Document:
        """Write the document."""
        return _document([*self._of_clusters(), *self._of_namespaces(), *self._to_create()])

    def _of_clusters(self) -> Iterator[Statement]:
        if self.cluster_arns:
            create = actions.CREATE_CLUSTERS.names if self.create_clusters else ()
            described = ["*"] if self.describe_all_clusters else self.cluster_arns
            yield _allow("DescribeClusters", actions.DESCRIBE_CLUSTERS.names, described)
            yield _allow("AssociateRoles", [*actions.ASSOCIATE_ROLES.names, *create], self.cluster_arns)
            yield _pass("PassRolesToRedshift", self.role_arns, actions.PASSED_TO_SERVICE)

    def _of_namespaces(self) -> Iterator[Statement]:
        if self.namespace_arns:
            if self.describe_all_clusters:
                yield _allow("ListNamespaces", actions.LIST_NAMESPACES.names, ["*"])
            yield _allow("UpdateNamespaces", actions.UPDATE_NAMESPACES.names, self.namespace_arns)
            if self.new_namespace_arns:
                yield _allow("CreateNamespaces", actions.CREATE_NAMESPACES.names, self.new_namespace_arns)
            yield _pass("PassRolesToServerless", self.serverless_role_arns, actions.PASSED_TO_SERVERLESS)

    def _to_create(self) -> Iterator[Statement]:
        if self.linked_role_arn:
            linked = {"StringLike": {"iam:AWSServiceName": actions.PASSED_TO_SERVICE}}
            statement = _allow("CreateServiceLinkedRole", actions.CREATE_LINKED_ROLE.names, [self.linked_role_arn])
            yield {**statement, "Condition": linked}
        if self.key_arns:
            for_service = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
            retire = actions.RETIRE_GRANTS.names if self.secret_arns else ()
            yield _allow("UseEncryptionKeys", [*actions.USE_KEYS.names, *retire], self.key_arns)
            yield {
                **_allow("GrantKeysToRedshift", actions.CREATE_GRANTS.names, self.key_arns),
                "Condition": for_service,
            }
        if self.secret_arns:
            yield _allow("ManageAdminPasswords", actions.MANAGE_PASSWORDS.names, self.secret_arns)
            yield _allow("GeneratePasswords", actions.GENERATE_PASSWORDS.names, ["*"])


def documents(
    permissions: Iterable[Permission], *, key: Callable[[str], str] = str, most: int = quotas.MANAGED_POLICY_SIZE
) -> list[Document]:
    """Write permissions as few documents, the same whatever the order.

    Permissions are sorted by a key for texts with tokens. A document has at most this many characters, with each value
    that only the deployment knows at its longest.
    """

    def sort_key(permission: Permission) -> _SortKey:
        operator, name, values = permission.condition or ("", "", ())
        return permission.sid, permission.actions, operator, name, tuple(map(key, values)), key(permission.resource)

    ordered = sorted({sort_key(permission): permission for permission in permissions}.items())
    written = []
    while ordered:
        count = _count([(sorted_by, _longest(permission)) for sorted_by, permission in ordered], most)
        written.append(_document(_statements(ordered[:count])))
        ordered = ordered[count:]
    return written


def _count(members: Sequence[_Member], most: int) -> int:
    """Count the permissions that fit into one document, or one that is too large alone."""

    def measured(count: int) -> int:
        return size(_document(_statements(members[:count])))

    if measured(len(members)) <= most:
        return len(members)
    return max(bisect_right(range(1, len(members)), most, key=measured), 1)


def _document(statements: Iterable[Statement]) -> Document:
    tidied = [
        {name: one_or_list(value) if isinstance(value, list) else value for name, value in statement.items()}
        for statement in statements
    ]
    return {"Version": "2012-10-17", "Statement": tidied}


def _statements(members: Iterable[_Member]) -> Iterator[Statement]:
    """Write one statement for the resources on which the same is allowed, each with a Sid of its own."""
    for sid, same in groupby(members, lambda member: member[1].sid):
        for number, (_, alike) in enumerate(groupby(same, lambda member: member[0][:-1]), start=1):
            permissions = [permission for _, permission in alike]
            resources = [permission.resource for permission in permissions]
            statement = _allow(sid if number == 1 else f"{sid}{number}", permissions[0].actions, resources)
            if permissions[0].condition:
                operator, name, values = permissions[0].condition
                statement["Condition"] = {operator: {name: one_or_list(values)}}
            yield statement


def _allow(sid: str, names: Sequence[str], resources: Sequence[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": list(names), "Resource": list(resources)}


def _pass(sid: str, role_arns: Sequence[str], service: str) -> Statement:
    to_service = {"StringEquals": {"iam:PassedToService": service}}
    return {**_allow(sid, actions.PASS_ROLE.names, role_arns), "Condition": to_service}


def size(document: Json) -> int:
    """Count the characters of a document."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


def least_size(document: Json, region: str | None = None) -> int:
    """Count the characters of a document, with each value that only the deployment knows at its shortest."""
    lengths = (len(quotas.partition_of(region or "")), len(region or "eu-west-1"), 12)
    return size(rewritten(document, lambda text: _filled(text, lengths, 1)))


def most_size(document: Json) -> int:
    """Count the characters of a document, with each value that only the deployment knows at its longest."""
    return size(rewritten(document, lambda text: _longest_arn(text, quotas.LONGEST_IN_USER_POLICY)))


def rewritten(node: Json, written: Callable[[str], str]) -> Json:
    """Write a document with each of its texts written anew."""
    if isinstance(node, str):
        return written(node)
    if isinstance(node, list):
        return [rewritten(item, written) for item in node]
    return {key: rewritten(value, written) for key, value in node.items()} if isinstance(node, dict) else node


@lru_cache(maxsize=4096)
def _longest(permission: Permission) -> Permission:
    """Write each value that only the deployment knows as long as it can become: one length for each kind."""
    lengths = quotas.LONGEST_IN_S3 if permission.actions[0].startswith("s3:") else quotas.LONGEST_ELSEWHERE
    resource = _longest_arn(permission.resource, lengths)
    if permission.condition is None:
        return permission._replace(resource=resource)
    operator, name, values = permission.condition
    if name == "s3:prefix":
        values = tuple(_filled(value, _LONGEST_PSEUDO_PARAMETERS, quotas.S3_KEY_LENGTH) for value in values)
    else:
        values = tuple(_longest_arn(value, lengths) for value in values)
    return permission._replace(resource=resource, condition=(operator, name, values))


def _longest_arn(text: str, lengths: tuple[int, int, int]) -> str:
    """Write an ARN at its longest; a token at its beginning is a whole ARN."""
    arn, name, below = lengths
    head, *rest = TOKENS.split(text, "/")
    first = _filled(head, _LONGEST_PSEUDO_PARAMETERS, arn if token_first(text) else name)
    return "/".join([first, *(_filled(part, _LONGEST_PSEUDO_PARAMETERS, below) for part in rest)])


def _filled(text: str, pseudo_parameters: tuple[int, int, int], other: int) -> str:
    lengths = dict(zip(_PSEUDO_PARAMETERS, pseudo_parameters, strict=True))

    def value(name: str) -> str:
        named = name.replace("::", ".")
        return "x" * next((length for start, length in lengths.items() if named.startswith(start)), other)

    return TOKENS.filled(PLACEHOLDERS.filled(text, value), value)
