# SPDX-License-Identifier: GPL-2.0
"""What a story is made of: operations in their order, and what may be left when the power goes in one of them."""

import dataclasses
import typing

OPENS = 3  # of the license that counts


@dataclasses.dataclass(frozen=True)
class Operation:
    """
    do(scene) does it. `row`: the requirements that the test is for. `left`: what may be left when the power went
    meanwhile, `after`: when it went afterwards. `thin`: of many writes that other operations have, too, one state in
    so many times as many is tried.
    """

    row: str
    name: str
    left: set
    after: typing.Any
    do: typing.Callable
    thin: int = 1


@dataclasses.dataclass
class Outcome:
    """
    What was left of a state: as `left` of operations has it. `said`: why what counts did not open more often. `wrong`:
    what should never be, or nothing.
    """

    left: typing.Any = None
    said: str = ""
    wrong: str = ""


def turn_on(scene, path):
    scene.client.on(path)


def nothing(scene):
    del scene


@dataclasses.dataclass(frozen=True)
class Story:
    """
    Operations on a device that is registered and has nothing else. `before`(scene) is what happened before the first.
    `on`(scene, path) switches the device on after a cut, and `look`(scene, outcome) fails, or says what was left. It
    marks "back" when it has seen how the device came back, and "changed" after what it changed first: `then`(outcome) is
    what may be left when the power goes between the two, None where that is not to be tried.
    """

    table: list
    look: typing.Callable
    then: typing.Callable
    before: typing.Callable = nothing
    on: typing.Callable = turn_on
