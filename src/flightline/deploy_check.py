"""Whether the files in ``deploy/`` are valid, and whether they belong together: without a cluster.

A schema knows keys and types. It can't know that a name in one manifest has to be found in
another; `loose_ends` looks for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent / "deploy"
COMPOSE = "compose.yaml"
MANIFESTS = ("service.yaml", "train.yaml", "dask.yaml")

Manifest = Mapping[str, Any]


def read(name: str) -> str:
    """Return a file of ``deploy/`` as text.

    Raises
    ------
    ValueError
        When there is no such file.
    """
    if name not in (COMPOSE, *MANIFESTS):
        known = ", ".join((COMPOSE, *MANIFESTS))
        raise ValueError(f"There is no configuration file {name!r}. There are: {known}.")
    return (FOLDER / name).read_text(encoding="utf-8")


def documents(text: str) -> list[dict[str, Any]]:
    """Return the manifests of a YAML text.

    Raises
    ------
    ValueError
        When the text isn't YAML, or a document in it isn't a mapping.
    """
    try:
        found = [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise ValueError(f"This isn't YAML{where}: {getattr(error, 'problem', error)}.") from None
    for document in found:
        if not isinstance(document, dict):
            raise ValueError("A manifest is a mapping with `apiVersion`, `kind` and more.")
    return found


def findings(text: str) -> list[str]:
    """Return what the schemas of Kubernetes object to in some manifests.

    A cluster's API server checks more than its published schema says: names of resources, for
    example. What passes here may still be refused there.

    Parameters
    ----------
    text
        YAML with one manifest or more.

    Returns
    -------
    list of str
        Such as ``"Deployment flightline, spec.replicas: 'two' is not of type 'integer'"``; empty
        for valid manifests.

    Raises
    ------
    ValueError
        As in `documents`.
    """
    found = []
    schema = _schema("kubernetes.json")
    for manifest in documents(text):
        kind = f"{manifest.get('apiVersion')} {manifest.get('kind')}"
        if kind not in schema["kinds"]:
            known = ", ".join(schema["kinds"])
            found.append(f"{kind}: no schema here; there are {known}")
            continue
        name = manifest.get("metadata", {}).get("name", "without a name")
        for error in _errors(manifest, {**schema, "$ref": schema["kinds"][kind]}):
            found.append(f"{manifest['kind']} {name}, {error}")
    return found


def compose_findings(text: str) -> list[str]:
    """Return what the schema of the Compose Specification objects to in a compose file.

    Parameters
    ----------
    text
        YAML with one document.

    Raises
    ------
    ValueError
        As in `documents`.
    """
    return [error for one in documents(text) for error in _errors(one, _schema("compose.json"))]


def loose_ends(text: str) -> list[str]:
    """Return names in some manifests that lead nowhere, and containers that nothing holds.

    Parameters
    ----------
    text
        Valid manifests that belong together, as YAML.

    Returns
    -------
    list of str
        A Service that selects no pod or aims at no port, an autoscaler without its Deployment, a
        container without a limit on its memory, a pod behind a Service without a readiness probe.
    """
    manifests = documents(text)
    pods = [(one, _pod(one)) for one in manifests if one["kind"] in ("Deployment", "CronJob")]
    found = []
    for one in manifests:
        name = f"{one['kind']} {one['metadata']['name']}"
        if one["kind"] == "Service":
            found += [f"{name}: {end}" for end in _of_service(one, [pod for _, pod in pods])]
        if one["kind"] == "HorizontalPodAutoscaler":
            target = one["spec"]["scaleTargetRef"]
            known = [(other["kind"], other["metadata"]["name"]) for other in manifests]
            if (target["kind"], target["name"]) not in known:
                found.append(f"{name}: there is no {target['kind']} {target['name']}")
    for one, pod in pods:
        for container in _containers(pod):
            if "memory" not in container.get("resources", {}).get("limits", {}):
                name = f"{one['kind']} {one['metadata']['name']}"
                found.append(f"{name}: container {container['name']} has no limit on its memory")
    return found


def check(name: str) -> list[str]:
    """Return everything that is wrong with a file of ``deploy/``; an empty list is good."""
    text = read(name)
    return compose_findings(text) if name == COMPOSE else [*findings(text), *loose_ends(text)]


def _of_service(service: Manifest, pods: list[Manifest]) -> Iterator[str]:
    wanted = service["spec"].get("selector", {})
    chosen = [pod for pod in pods if wanted.items() <= pod["metadata"].get("labels", {}).items()]
    if not chosen:
        yield f"no pod has the labels {wanted}"
        return
    for pod in chosen:
        containers = _containers(pod)
        ports = [port for container in containers for port in container.get("ports", ())]
        known = {port.get("name") for port in ports} | {port["containerPort"] for port in ports}
        for port in service["spec"]["ports"]:
            target = port.get("targetPort", port["port"])
            if target not in known:
                yield f"no container has the port {target}"
        if not any("readinessProbe" in container for container in containers):
            yield "its pods have no readiness probe"


def _pod(manifest: Manifest) -> Manifest:
    """Return the template of the pods that a manifest makes."""
    if manifest["kind"] == "CronJob":
        template: Manifest = manifest["spec"]["jobTemplate"]["spec"]["template"]
    else:
        template = manifest["spec"]["template"]
    return template


def _containers(pod: Manifest) -> list[Manifest]:
    return [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]


@cache
def _schema(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / "schemas" / name).read_text(encoding="utf-8"))


def _errors(document: Any, schema: dict[str, Any]) -> list[str]:
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(schema).iter_errors(document), key=lambda e: list(e.path))
    return [f"{'.'.join(map(str, e.absolute_path)) or 'top'}: {e.message}" for e in errors]
