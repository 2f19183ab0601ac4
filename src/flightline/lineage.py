"""From a number back to the files and the code that made it, and forward again.

A pipeline is a graph without cycles (a DAG): each step makes one output from named inputs. `run`
keeps the content hash of everything it touches. From these hashes follow what has to run again
and which file changed a number. DVC does the same for files and commands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

Graph = Mapping[str, Collection[str]]
Records = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Step:
    """One step of a pipeline.

    Attributes
    ----------
    output
        The name of what it makes.
    code
        The name of the source that holds its code: a function `make`, which takes the contents of
        the inputs as texts, in order, and returns the content of the output.
    inputs
        The names of sources, parameters or outputs of other steps.
    declares_code
        Whether a change of the code is noticed. It should be.
    """

    output: str
    code: str
    inputs: tuple[str, ...]
    declares_code: bool = True

    @property
    def needs(self) -> tuple[str, ...]:
        """Everything the output is made from: the inputs and the code."""
        return (*self.inputs, self.code)


@dataclass(frozen=True)
class Run:
    """What a run of a pipeline made.

    Attributes
    ----------
    contents
        The content of every source and output, by name.
    records
        For every name its content hash as `hash` and the names it was made from as `inputs`,
        empty for a source.
    computed
        The outputs that were computed, in order. All others came from the cache.
    """

    contents: dict[str, str]
    records: dict[str, dict[str, Any]]
    computed: tuple[str, ...]


def content_hash(content: str | bytes) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of a content."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()[:12]


def graph_of(steps: Iterable[Step]) -> dict[str, list[str]]:
    """Return what each output needs, by the output's name."""
    return {step.output: list(step.needs) for step in steps}


def order(graph: Graph) -> list[str]:
    """Return the outputs of a graph so that each comes after what it needs.

    Raises
    ------
    ValueError
        When outputs need each other in a circle.
    """
    try:
        everything = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise ValueError(
            f"The steps need each other in a circle: {circle}. Cut it at one place."
        ) from None
    return [name for name in everything if name in graph]


def must_rerun(graph: Graph, changed: Iterable[str]) -> list[str]:
    """Return the outputs that depend on something changed, in an order that can be run.

    Parameters
    ----------
    graph
        What each output needs.
    changed
        Names of sources.

    Notes
    -----
    This is the most that has to run. A step whose output comes out as before ends the chain, which
    only `run` can see.
    """
    stale = set(changed)
    rerun = []
    for output in order(graph):
        if stale.intersection(graph[output]):
            stale.add(output)
            rerun.append(output)
    return rerun


def run(steps: Iterable[Step], sources: Mapping[str, str], cache: dict[str, str]) -> Run:
    """Make every output, taking from the cache what was made from the same contents before.

    Parameters
    ----------
    steps
        In any order.
    sources
        Contents of raw files, code and parameters, by name.
    cache
        Outputs by the hash of what they were made from. New ones are added; pass it again.

    Raises
    ------
    ValueError
        When a step needs something that is neither a source nor another step's output.
    """
    by_output = {step.output: step for step in steps}
    contents = dict(sources)
    records = {name: {"hash": content_hash(text), "inputs": []} for name, text in sources.items()}
    computed = []
    for output in order(graph_of(by_output.values())):
        step = by_output[output]
        missing = [name for name in step.needs if name not in contents]
        if missing:
            raise ValueError(f"{output} needs {missing[0]}, which is no source and no output.")
        key = _key(step, records)
        if key not in cache:
            cache[key] = _make(contents[step.code], [contents[name] for name in step.inputs])
            computed.append(output)
        contents[output] = cache[key]
        records[output] = {"hash": content_hash(cache[key]), "inputs": list(step.needs)}
    return Run(contents, records, tuple(computed))


def changed_sources(name: str, before: Records, after: Records) -> list[str]:
    """Return the sources of a number whose content differs between two runs, sorted.

    Parameters
    ----------
    name
        The output that holds the number.
    before, after
        The records of two runs. A source that only one of them used counts as changed.
    """
    used = sources_of(name, before) | sources_of(name, after)
    return sorted(source for source in used if _hash(source, before) != _hash(source, after))


def sources_of(name: str, records: Records) -> set[str]:
    """Return the sources that something was made from, directly or through other outputs."""
    found, seen, waiting = set(), {name}, [name]
    while waiting:
        current = waiting.pop()
        inputs = records[current]["inputs"] if current in records else []
        if current in records and not inputs:
            found.add(current)
        waiting += [each for each in inputs if each not in seen]
        seen.update(inputs)
    return found


def _key(step: Step, records: Records) -> str:
    code = records[step.code]["hash"] if step.declares_code else step.code
    return content_hash(" ".join([code, *(records[name]["hash"] for name in step.inputs)]))


def _make(code: str, inputs: Iterable[str]) -> str:
    # The code is an input like any other: what was hashed is what runs.
    namespace: dict[str, Any] = {"__name__": "step"}
    exec(code, namespace)
    return namespace["make"](*inputs)


def _hash(name: str, records: Records) -> str | None:
    return records[name]["hash"] if name in records else None
