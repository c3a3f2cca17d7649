"""What entries a list of a template can have at deploy time.

A list, an intrinsic function or a parameter flows in; its entries flow out, each with the texts it may become and the
branches of conditions that it stands in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from redshift_roles.aws.placeholders import placeholder
from redshift_roles.rules.facts import Branch
from redshift_roles.templates import conditions
from redshift_roles.templates.assembly import Json, Template, function_of
from redshift_roles.templates.references import passed_for
from redshift_roles.templates.values import (
    MAX_DEPTH,
    MAX_TEXTS,
    NO_VALUE,
    is_list,
    is_list_parameter,
    items,
    texts,
    unknown,
    worth,
)

# The unknown number of entries of a list that only the deployment knows.
MORE: Final = placeholder("more entries")

# Far more roles than anything may have.
_MAX_ENTRIES: Final = 1_000


class Option(NamedTuple):
    """What an entry may be.

    Attributes:
        text: The text.
        when: The branches in which it is that.
    """

    text: str
    when: tuple[Branch, ...] = ()


class Entry(NamedTuple):
    """An entry of a list.

    Attributes:
        options: What it may be.
        when: The branches in which it is there.
    """

    options: list[Option]
    when: tuple[Branch, ...] = ()


def entries(value: Json, template: Template) -> list[list[str]]:
    """List the entries of a list value, each with the texts it may become; `MORE` where the list may be longer."""
    found = []
    for entry in options(value, template):
        possible = [option.text for option in entry.options]
        found.append([*dict.fromkeys([*possible, NO_VALUE] if entry.when else possible)])
    return found


def options(value: Json, template: Template, assumed: tuple[Branch, ...] = ()) -> list[Entry]:
    """List the entries of a list value, each with the texts it may become and when; `MORE` where the list may be
    longer.

    Args:
        value: The list.
        template: Where it stands.
        assumed: The branches that are taken anyway; entries do not repeat them.
    """
    found = [*islice(_entries(value, template, assumed, 0), _MAX_ENTRIES)]
    if len(found) == _MAX_ENTRIES:
        found.append(Entry([Option(MORE)]))
    return [_beyond(assumed, entry) for entry in found] if assumed else found


def _beyond(assumed: tuple[Branch, ...], entry: Entry) -> Entry:
    def left(when: tuple[Branch, ...]) -> tuple[Branch, ...]:
        return tuple(branch for branch in when if branch not in assumed)

    return Entry([Option(text, left(when)) for text, when in entry.options], left(entry.when))


def is_no_list(value: Json) -> bool:
    """Say whether a value is surely neither a list nor a text, whatever the deployment knows."""
    return not isinstance(value, (list, str)) and not _is_function(value)


def _is_function(value: Json) -> bool:
    return isinstance(value, dict) and any(key in ("Ref", "Condition") or key.startswith("Fn::") for key in value)


def _entries(value: Json, template: Template, when: tuple[Branch, ...], depth: int) -> Iterator[Entry]:
    if isinstance(value, list) and worth(template, 1 + min(len(value), _MAX_ENTRIES)):
        for item in value:
            if isinstance(item, str):
                yield Entry([Option(texts(item, template)[0], when)], when)
            else:
                yield from _item(item, template, when, depth)
    elif isinstance(value, str):
        yield Entry([Option(texts(value, template)[0], when)], when)
    elif isinstance(value, list) or depth >= MAX_DEPTH or not worth(template):
        yield _more(when)
    else:
        yield from _called(value, template, when, depth + 1)


def _more(when: tuple[Branch, ...]) -> Entry:
    return Entry([Option(MORE, when)], when)


def _item(item: Json, template: Template, when: tuple[Branch, ...], depth: int) -> Iterator[Entry]:
    if isinstance(item, list) or is_list_parameter(item, template):
        yield from _entries(item, template, when, depth + 1)
    else:
        found = [*islice(_possible(item, template, when, depth), MAX_TEXTS + 1)]
        if len(found) > MAX_TEXTS:
            found = [Option(unknown(item, template), when)]
        one = {option.text for option in found}
        yield Entry([Option(found[0].text, when)] if len(one) == 1 else found, when)


def _possible(item: Json, template: Template, when: tuple[Branch, ...], depth: int) -> Iterator[Option]:
    """List what one entry may be."""
    function, argument = function_of(item)
    if function == "Fn::If" and _is_if(argument) and depth < MAX_DEPTH and worth(template):
        for branch, more in _branches(argument, template, when):
            yield from _possible(branch, template, more, depth + 1)
    elif isinstance(item, dict) and not _is_function(item):
        yield Option(json.dumps(item), when)
    else:
        yield from _options(texts(item, template, depth), item, template, when)


def _options(found: list[str], value: Json, template: Template, when: tuple[Branch, ...]) -> list[Option]:
    if len(found) == 1:
        return [Option(found[0], when)]
    question = f"{template.key}={json.dumps(value, sort_keys=True)}"
    return [Option(text, (*when, Branch(question, index, len(found)))) for index, text in enumerate(found)]


def _is_if(argument: Json) -> bool:
    return isinstance(argument, list) and len(argument) == 3 and isinstance(argument[0], str)


def _branches(
    argument: list[Json], template: Template, when: tuple[Branch, ...]
) -> Iterable[tuple[Json, tuple[Branch, ...]]]:
    """List the branches that a condition may take, in the light of those that were taken before."""
    decided = conditions.holds(argument[0], template, texts)
    if decided is not None:
        return [(argument[1] if decided else argument[2], when)]
    question, is_opposite = conditions.question(argument[0], template)
    known = next((branch.answer for branch in when if branch.question == question), None)
    taken = [(argument[1 + index], Branch(question, index ^ is_opposite)) for index in (0, 1)]
    if known is not None:
        return [(value, when) for value, branch in taken if branch.answer == known]
    return [(value, (*when, branch)) for value, branch in taken]


def _called(value: Json, template: Template, when: tuple[Branch, ...], depth: int) -> Iterator[Entry]:
    """List the entries of a list that a function makes."""
    function, argument = function_of(value)
    if function == "Fn::If" and _is_if(argument):
        for branch, more in _branches(argument, template, when):
            yield from _entries(branch, template, more, depth)
        return
    if function == "Ref" and argument == "AWS::NoValue":
        return
    passed = passed_for(argument, template) if function == "Ref" else None
    if passed and is_list(*passed):
        yield from _entries(*passed, when, depth)
        return
    found = items(value, template, texts)
    if found is None:
        yield _more(when)
        return
    for index, possible in enumerate(found):
        yield Entry(_options(possible, [index, value], template, when), when)
