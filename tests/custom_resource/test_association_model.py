"""Stacks that associate roles with two clusters, through random deployments, against a model of CloudFormation.

Clusters and roles are written in changing ways, functions are killed, requests come twice or late, deployments are
rolled back, others edit the clusters, and days pass.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

from tests.support.fake_cloudformation import CloudFormation, Template, Trouble, Wanted
from tests.support.fake_redshift import Account, FakeRedshift, error

A, B, F, G = (f"arn:aws:iam::111111111111:role/{name}" for name in ("A", "B", "Foreign", "Guest"))
DAY: Final = 86_400.0
# More of them in one run: ASSOCIATION_SEQUENCES=50000 pytest tests/custom_resource/test_association_model.py
SEQUENCES: Final = int(os.environ.get("ASSOCIATION_SEQUENCES", "2000"))
SEED: Final = int(os.environ.get("ASSOCIATION_SEED", str(random.SystemRandom().randrange(10**9))))

Place = tuple[str, str]
# How clusters and roles are written, and what they can be: two literals, and a parameter or an export.
CLUSTERS: Final = {"Literal": ("x",), "Other": ("y",), "Parameter": ("x", "y"), "Export": ("x", "y")}
ROLES: Final = {"RoleA": (A,), "RoleB": (B,), "RoleParameter": (A, B), "RoleExport": (A, B)}


class World:
    """A stack, the clusters, the others, and whose roles are whose."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  no secret
        theirs = {(name, role) for name in "xy" for role in (A, B) if self.random.random() < 0.15}
        self.theirs = theirs | {("x", F), ("y", F)}
        self.account = Account(
            **{
                name: FakeRedshift(roles={role: 0.0 for home, role in self.theirs if home == name}, default=F)
                for name in "xy"
            }
        )
        self.stack = CloudFormation(self.account, self.random)
        # Whose these are, nobody can say: both have asked for them.
        self.shared: set[Place] = set()
        # What others have removed although the stack wants it; the next request adds it again.
        self.taken: set[Place] = set()
        # When the stack has left a place; for a day the answer of then still counts.
        self.left: dict[Place, float] = {}
        # The clusters that others have edited in the middle of a deployment.
        self.edited: set[str] = set()
        # The default role that must be there in the end; None where nobody can say.
        self.defaults: dict[str, str | None] = {"x": F, "y": F}

    def there(self) -> set[Place]:
        """Return what is associated."""
        return {(name, arn) for name, cluster in self.account.clusters.items() for arn in cluster.arns()}

    def live(self, seen: Counter[str]) -> None:
        """Live through some days."""
        for _ in range(self.random.randint(2, 9)):
            step = self.random.choices([self.deploy, self.edit, self.wait, self.delete], [8, 3, 1, 1])[0]
            step(seen)
            assert set() == self.theirs - self.shared - self.there(), "a role of others is lost"
        self.delete(seen)

    def deploy(self, seen: Counter[str]) -> None:
        """Deploy the next version of the stack."""
        old, new = self.stack.template, self._template()
        if _dropped_twice(old, new) or _dropped_twice(new, old):
            return
        claimed = {*old.holders(), *new.holders()}
        for place in set(new.holders()) - set(old.holders()):
            if self._left_lately(place):
                self.shared |= {place} & self.theirs
        self.edited = set()
        self.stack.meanwhile = lambda: self._meanwhile(claimed)
        trouble = self._trouble()
        done = self.stack.deploy(new, trouble)
        self.stack.meanwhile = lambda: None
        kept = self.stack.template.holders()
        self.left |= {place: self._now() for place in claimed - set(kept)}
        self._expect_defaults(old, new, done=done)
        missing = {place for place in kept if place[1]} - self.there()
        assert set() == missing - self.taken, f"a role is missing after a {'deployment' if done else 'rollback'}"
        for cluster, default in _defaults(self.stack.template).items():
            if cluster not in self.edited and (done and default != _defaults(old).get(cluster)):
                assert default == self.account.clusters[cluster].default, "the default role is not set"
        seen["deployed" if done else "rolled back"] += 1
        seen["written another way"] += any(
            set(old.holders().get(place, names)) - set(names) for place, names in kept.items()
        )

    def _template(self) -> Template:
        """Change some of what is deployed: the values, how it is written, or what is wanted."""
        pick, old = self.random, self.stack.template
        values = {name: pick.choice(choices) for name, choices in {**CLUSTERS, **ROLES}.items()}
        if old.wanted and pick.random() < 0.7:
            values = {name: pick.choice([old.values[name]] * 3 + [value]) for name, value in values.items()}
        wanted: dict[str, Wanted] = {}
        for name in CLUSTERS:
            kept = old.wanted.get(name)
            if kept and pick.random() < 0.5:
                wanted[name] = kept
            elif pick.random() < 0.35:
                roles = tuple(pick.sample(list(ROLES), pick.randint(1, 2)))
                wanted[name] = Wanted(roles, pick.choice([None, roles[0]]))
        if old.wanted and pick.random() < 0.3:
            wanted = self._rewritten(old, values)
        template = Template(wanted or {"Literal": Wanted(("RoleA",))}, values)
        defaults: dict[str, str | None] = {}
        for name, each in template.wanted.items():
            # Two default roles for one cluster contradict each other.
            if each.default and defaults.setdefault(values[name], template.default(name)) != template.default(name):
                wanted[name] = each._replace(default=None)
        return template

    def _rewritten(self, old: Template, values: dict[str, str]) -> dict[str, Wanted]:
        """Write the same clusters and roles in another way."""
        pick = self.random
        values.update(old.values)
        wanted = {}
        for name, each in old.wanted.items():
            ways = [way for way in CLUSTERS if values[way] == old.values[name] and way not in wanted]
            roles = {
                role: pick.choice([way for way in ROLES if values[way] == old.values[role]]) for role in each.roles
            }
            if ways:
                default = each.default and roles[each.default]
                wanted[pick.choice(ways)] = Wanted(tuple(dict.fromkeys(roles.values())), default)
        return wanted

    def _trouble(self) -> Trouble:
        pick = self.random
        trouble = Trouble(repeats=pick.choice([0.0, 0.0, 0.3]))
        kind = pick.choice(["none", "none", "none", "killed", "later", "stuck", "refused"])
        if kind == "killed":
            trouble.kill_at, trouble.was_heard = pick.randrange(3), pick.random() < 0.5
            trouble.runs_again = pick.random() < 0.5
        if kind == "later":
            trouble.fails_at = pick.randint(1, 6)
        trouble.learns = pick.random() < 0.5
        cluster = self.account.clusters[pick.choice("xy")]
        cluster.stuck = {pick.choice([A, B])} if kind == "stuck" else set()
        cluster.failures = [error(pick.choice(["Throttling", "OptInRequired"]))] if kind == "refused" else []
        return trouble

    def _meanwhile(self, claimed: set[Place]) -> None:
        """Let others edit a cluster in the middle of a deployment, now and then."""
        if self.random.random() < 0.02:
            self._edit(claimed)

    def edit(self, _: Counter[str]) -> None:
        """Let others edit a cluster."""
        self.stack.deliver_late()
        self._edit(set(self.stack.template.holders()))

    def _edit(self, claimed: set[Place]) -> None:
        name, role = place = (self.random.choice("xy"), self.random.choice([A, B, F, G, G]))
        cluster = self.account.clusters[name]
        kind = self.random.choice(["add", "remove", "choose"])
        if kind == "add" and role not in cluster.roles:
            cluster.roles[role] = cluster.time
            cluster.leaving.pop(role, None)
            self.theirs.add(place)
            self.taken.discard(place)
        elif kind == "remove" and role in cluster.roles:
            del cluster.roles[role]
            self.theirs.discard(place)
            self.taken |= {place} & claimed
            if cluster.default == role:
                cluster.default = None
        elif kind == "choose" and role in (F, G) and role in cluster.roles:
            cluster.default = role
        else:
            return
        self.stack.forget_requests()
        self.edited.add(name)
        self.shared |= {place} & claimed
        if (name, "") in claimed or self._left_lately((name, "")) or role in (A, B):
            self.defaults[name] = None
        elif self.defaults[name] is not None:
            self.defaults[name] = cluster.default

    def wait(self, _: Counter[str]) -> None:
        """Let time pass."""
        self.account.pass_time(self.random.choice([600.0, 2 * DAY]))

    def delete(self, seen: Counter[str]) -> None:
        """Delete the stack, after which nothing of it is left."""
        self.stack.deliver_late()
        self._expect_defaults(self.stack.template, Template({}, {}), done=True)
        before = {name: cluster.default for name, cluster in self.account.clusters.items()}
        self.stack.delete(self._trouble())
        assert set() == self.there() - self.theirs - self.shared, "a role of ours is left"
        assert set() == self.theirs - self.shared - self.there(), "a role of others is lost"
        for name, expected in self.defaults.items():
            current = self.account.clusters[name].default
            assert expected in (None, current), "the default role of others is not restored"
            self.defaults[name] = current
            seen["default restored"] += expected is not None and expected != before[name]
        # What is left of what both have asked for belongs to the others from now on.
        self.theirs, self.shared, self.taken, self.left = self.there(), set(), set(), {}
        seen["deleted"] += 1

    def _left_lately(self, place: Place) -> bool:
        return self._now() - self.left.get(place, -2 * DAY) <= DAY

    def _now(self) -> float:
        return self.account.clusters["x"].time

    def _expect_defaults(self, old: Template, new: Template, *, done: bool) -> None:
        """Forget the default role where the deployment cannot restore it.

        It has moved to another role and to another association at once, and is rolled back. Or another association had
        the role that is the default, or has it again in a rollback, and removed it first.
        """
        for name in "xy":
            sides = [(side.holders(), _defaults(side).get(name)) for side in (old, new)]
            (before, was), (after, is_now) = sides
            moved = is_now and was not in (None, is_now) and before[name, ""] != after[name, ""]
            given_up = (was, before, after) if done else (is_now, after, before)
            role, there, later = given_up
            goes = there.get((name, "")) != later.get((name, ""))
            have = {*there[name, role], *([] if done else later.get((name, role), []))} if role else set()
            if (moved and not done) or (goes and len(have) > 1):
                self.defaults[name] = None


def _defaults(template: Template) -> dict[str, str]:
    """Return the default role that a stack sets for each cluster."""
    return {template.values[name]: default for name in template.wanted if (default := template.default(name))}


def _dropped_twice(old: Template, new: Template) -> bool:
    """Return whether two associations of a cluster give up one role at once, and one of them stays.

    Each leaves it to the other: a limit that ADR 21 names.
    """
    given_up = {place: names for place, names in old.holders().items() if place not in new.holders()}
    return any(len(names) > 1 and set(names) & set(new.wanted) for names in given_up.values())


@contextmanager
def _seen_again_with(seed: int) -> Iterator[None]:
    """Say how to see a failure again."""
    try:
        yield
    except BaseException as error:
        command = f"ASSOCIATION_SEED={seed} ASSOCIATION_SEQUENCES=1 pytest tests/custom_resource/{Path(__file__).name}"
        raise AssertionError(f"{error}; to see it again: {command}") from error


def test_no_sequence_of_deployments_loses_a_role() -> None:
    """Roles of others stay, ours are there after each deployment, and nothing of ours is left in the end.

    Enough of the sequences have what could lose one.
    """
    seen: Counter[str] = Counter()
    for seed in range(SEED, SEED + SEQUENCES):
        with _seen_again_with(seed):
            World(seed).live(seen)

    if SEQUENCES >= 1000:
        often = ("deployed", "rolled back", "written another way", "deleted", "default restored")
        assert set() == {kind for kind in often if seen[kind] < SEQUENCES / 4}, seen


def _two_stacks() -> tuple[FakeRedshift, Callable[..., None], Callable[..., None]]:
    """Make a cluster with a role of others, and two stacks that deploy roles to it, or are deleted without roles."""
    cluster = FakeRedshift(roles={F: 0.0})
    account = Account(x=cluster)

    def stack() -> Callable[..., None]:
        deployed = CloudFormation(account, Random(1))  # noqa: S311  no secret

        def deploy(*roles: str) -> None:
            if roles:
                assert deployed.deploy(Template({"Literal": Wanted(roles)}, {"Literal": "x", A: A, B: B}), Trouble())
            else:
                deployed.delete(Trouble())

        return deploy

    return cluster, stack(), stack()


def test_of_two_stacks_that_share_a_role_the_first_one_removes_it() -> None:
    """The other gets it back with its next change; the roles of others always stay."""
    cluster, first, second = _two_stacks()
    first(A)
    second(A)
    first()
    without = cluster.arns()
    second(A, B)

    assert ({F}, {F, A, B}) == (without, cluster.arns())


def test_of_two_stacks_that_share_a_role_the_second_one_leaves_it() -> None:
    """It was associated before.

    So it stays for ever when the first stack is deleted first, and the second adds it again.
    """
    cluster, first, second = _two_stacks()
    first(A)
    second(A)
    second()
    left = cluster.arns()
    second(A)
    first()
    second(A, B)
    second()

    assert ({F, A}, {F, A}) == (left, cluster.arns())
