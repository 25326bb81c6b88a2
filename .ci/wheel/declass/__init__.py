"""Removes classes from trained classifiers, and measures what came of it.

The `declass` program, called from Python: every function runs one command, and returns what the command says as JSON, with the
parts that are asked for most as attributes.

    import declass

    print(declass.inspect("model").labels)
    release = declass.remove("model", ["Sandal"], "out")
    verdict = declass.verify(release.out, original="model")
    assert verdict.passed, verdict.findings
    measured = declass.evaluate(release.out, original="model", data="pictures")
    print(measured.figure("retained-accuracy", "accuracy", side="after"))

Models are folders, files or `org/name` on the Hugging Face Hub, as on the command line; classes are labels or indices. What the
program refuses is an `Error` with its hint, what it rejects (exit code 1) a `Rejected`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Mapping, Optional, Sequence, Union

__all__ = [
    "Compared",
    "Comparison",
    "Error",
    "Evaluation",
    "Inspection",
    "Page",
    "Rejected",
    "Release",
    "Verdict",
    "compare",
    "evaluate",
    "inspect",
    "program",
    "remove",
    "report",
    "verify",
]

PathLike = Union[str, "os.PathLike[str]"]
Class = Union[str, int]


class Error(Exception):
    """The program could not do it (exit code 2): its message, and its hint if it has one."""

    def __init__(self, message: str, hint: Optional[str] = None) -> None:
        super().__init__(message if hint is None else f"{message}\nhint: {hint}")
        self.message = message
        self.hint = hint


class Rejected(Error):
    """The program did it and says no (exit code 1): a removal that did not succeed. Nothing was written."""


@dataclass(frozen=True)
class Inspection:
    """What a model is. `json` has all of `declass inspect --json`."""

    classes: int
    labels: Optional[Sequence[str]]
    head: str
    width: int
    json: Mapping[str, Any]


@dataclass(frozen=True)
class Release:
    """A copy without the classes. `statement` is its claim."""

    out: Path
    signed_by: Optional[str]
    statement: Mapping[str, Any]
    json: Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What the gate says: `passed`, or why not. `verdict` is `yes`, `no` or `unknown`."""

    passed: bool
    verdict: str
    findings: Sequence[Mapping[str, Any]]
    checks: Optional[Sequence[Mapping[str, Any]]]
    json: Mapping[str, Any]


@dataclass(frozen=True)
class Evaluation:
    """Figures on own examples, before and after. `tier` says what they can show."""

    tier: str
    metrics: Sequence[Mapping[str, Any]]
    not_run: Sequence[Mapping[str, Any]]
    json: Mapping[str, Any]

    def figure(self, metric: str, quantity: str, **about: Any) -> float:
        """The value of a figure, such as `figure("class-drift", "accuracy", side="after", class_=3)`.

        Raises KeyError if there is none, and ValueError if several fit what was said.
        """
        wanted = {name.rstrip("_"): value for name, value in {"quantity": quantity, **about}.items()}
        figures = [figure for found in self.metrics if found["id"] == metric for figure in found["figures"]]
        fits = [figure for figure in figures if all(figure.get(name) == value for name, value in wanted.items())]
        if not fits:
            raise KeyError(f"{metric} has no figure {wanted}")
        if len(fits) > 1:
            raise ValueError(f"{len(fits)} figures of {metric} are {wanted}: say which by side, class_, to or stratum")
        return float(fits[0]["value"])


@dataclass(frozen=True)
class Compared:
    """A model beside the first one. What could not be measured is None; `json` has the reason.

    `same_encoder` says that nothing but its head differs; in figures `before` is the first model, `after` this one.
    """

    name: str
    same_encoder: bool
    changes: Mapping[str, Any]
    synthetic: Optional[Evaluation]
    data: Optional[Evaluation]
    json: Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Models beside a first one. `removed` are the classes, by index, that one of them lost; `inputs` those that get
    another answer."""

    removed: Sequence[int]
    models: Sequence[Compared]
    inputs: Sequence[Mapping[str, Any]]
    json: Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """A page about a release, and what came out when it was checked: `yes`, `no` or `unknown`."""

    path: Path
    verdict: str


def program() -> str:
    """The program that is run: that of the variable DECLASS, of this installation, or of the PATH."""
    installed = Path(sysconfig.get_path("scripts")) / "declass"
    found = os.environ.get("DECLASS") or (str(installed) if installed.exists() else shutil.which("declass"))
    if not found:
        raise Error("the program `declass` is not there", "install the wheel, or put the program on the PATH")
    return found


def inspect(model: PathLike, *, head: Iterable[str] = (), options: Sequence[str] = ()) -> Inspection:
    """What a model is: its classes, its head, its embedding."""
    _, said = _run(["inspect", _place(model), *_each("--head", head), *options])
    return Inspection(said["classes"], said["labels"], said["head"]["name"], said["head"]["width"], said)


def remove(
    model: PathLike,
    classes: Iterable[Class],
    out: PathLike,
    *,
    slot: str = "keep",
    method: Optional[str] = None,
    data: Optional[PathLike] = None,
    key: Optional[PathLike] = None,
    passphrase_file: Optional[PathLike] = None,
    options: Sequence[str] = (),
) -> Release:
    """Writes a copy of a model without classes, verified, with a claim that is signed if there is a key.

    `slot` keeps the outputs (`keep`) or removes them (`drop`); `options` are further ones of `declass unlearn`.
    """
    asked = ["unlearn", _place(model), *_each("--forget", classes), "--out", _place(out), "--slot", slot]
    asked += _if("--method", method) + _if("--data", data) + _signing(key, passphrase_file) + list(options)
    _, said = _run(asked)
    return Release(Path(said["out"] or out), said["signedBy"], said["statement"], said)


def verify(
    release: PathLike,
    *,
    original: Optional[PathLike] = None,
    trust: Optional[PathLike] = None,
    policy: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    options: Sequence[str] = (),
) -> Verdict:
    """What the gate says of a release: held against its original, against trusted keys, or both.

    A no is a `Verdict` that has not passed, and no exception.
    """
    asked = ["verify", _place(release), *_if("--original", original), *_if("--trust", trust), *_if("--policy", policy)]
    _, said = _run([*asked, *_if("--data", data), *options], verdicts=True)
    return Verdict(said["passed"], said["verdict"], said["findings"], said["checks"], said)


def evaluate(
    release: PathLike,
    *,
    original: PathLike,
    data: PathLike,
    into: Optional[PathLike] = None,
    key: Optional[PathLike] = None,
    passphrase_file: Optional[PathLike] = None,
    options: Sequence[str] = (),
) -> Evaluation:
    """What happens to own pictures, texts or sounds, before and after; `into` writes the figures into claim and card."""
    asked = ["evaluate", _place(release), "--original", _place(original), "--data", _place(data), *_if("--into", into)]
    _, said = _run([*asked, *_signing(key, passphrase_file), *options])
    return Evaluation(said["tier"], said["metrics"], said["notRun"], said)


def compare(
    first: PathLike,
    *others: PathLike,
    data: Optional[PathLike] = None,
    retrained: Optional[PathLike] = None,
    page: Optional[PathLike] = None,
    options: Sequence[str] = (),
) -> Comparison:
    """Holds models against the first one: files, answers, layers, single inputs. There is no verdict.

    `page` writes all of it side by side into a new file.
    """
    asked = ["compare", _place(first), *[_place(other) for other in others], *_if("--data", data)]
    _, said = _run([*asked, *_if("--retrained", retrained), *_if("--out", page), *options])
    models = [
        Compared(
            it["name"], it["encoder"] == "same", it["changes"], _measured(it["synthetic"]), _measured(it.get("data")), it
        )
        for it in said["models"]
    ]
    return Comparison(said["removed"], models, said["inputs"], said)


def report(release: PathLike, out: PathLike, *, options: Sequence[str] = ()) -> Page:
    """Writes a page about a release into a new file; `options` such as `["--original", "model"]` say what it is held
    against. A release that does not pass has a page, too, whose `verdict` is `no` or `unknown`.
    """
    page = Path(out)
    was_there = os.path.lexists(page)
    done = _call(["report", _place(release), "--out", _place(out), "--quiet", *options])
    if was_there or not page.exists():
        raise _error(done)
    return Page(page, {0: "yes", 1: "no"}.get(done.returncode, "unknown"))


def _run(asked: Sequence[Any], verdicts: bool = False) -> tuple[int, dict[str, Any]]:
    done = _call([*asked, "--json"])
    if done.returncode != 0 and not (verdicts and done.stdout.strip()):
        raise _error(done)
    return done.returncode, json.loads(done.stdout)


def _call(asked: Sequence[Any]) -> "subprocess.CompletedProcess[str]":
    words = [program(), *(os.fspath(word) if isinstance(word, os.PathLike) else str(word) for word in asked)]
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", check=False)


def _error(done: "subprocess.CompletedProcess[str]") -> Error:
    said, _, hint = done.stderr.strip().partition("\nhint: ")
    message = said.strip().removeprefix("error: ") or f"`declass` ended with {done.returncode}"
    return (Rejected if done.returncode == 1 else Error)(message, hint.strip() or None)


def _each(option: str, values: Iterable[Any]) -> list[Any]:
    # A word would be taken letter by letter.
    values = [values] if isinstance(values, (str, int)) else values
    return [word for value in values for word in (option, value)]


def _measured(answers: Optional[Mapping[str, Any]]) -> Optional[Evaluation]:
    found = (answers or {}).get("measured")
    return Evaluation(found["tier"], found["metrics"], found["notRun"], found) if found else None


def _place(path: PathLike) -> str:
    # A name that begins as an option does is a path all the same.
    text = os.fspath(path)
    return os.path.join(".", text) if text.startswith("-") else text


def _if(option: str, value: Any) -> list[Any]:
    return [] if value is None else [option, value]


def _signing(key: Optional[PathLike], passphrase_file: Optional[PathLike]) -> list[Any]:
    return _if("--key", key) + _if("--passphrase-file", passphrase_file)
