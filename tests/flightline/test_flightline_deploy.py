"""The configuration files for more than one machine are valid, belong together, and say so."""

import json
from pathlib import Path

import pytest
import yaml

from flightline import deploy_check

SERVICE = deploy_check.read("service.yaml")
FILES = (deploy_check.COMPOSE, *deploy_check.MANIFESTS)


def edited(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_valid_and_has_no_loose_ends(name: str) -> None:
    assert deploy_check.check(name) == []


def test_every_yaml_file_of_the_folder_is_checked() -> None:
    assert {path.name for path in deploy_check.FOLDER.glob("*.y*ml")} == set(FILES)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("replicas: 2", "replicas: two", "spec.replicas: 'two' is not of type"),
        ("readinessProbe", "readynessProbe", "'readynessProbe' was unexpected"),
        ("containerPort: 8080", "containerPort: http", "'http' is not of type"),
        ("  selector:\n    matchLabels:\n      app: flightline\n", "", "'selector' is a required"),
        ("autoscaling/v2", "autoscaling/v2beta2", "no schema here"),
        ("maxReplicas: 6", "maxReplicas: 6\n  minimum: 1", "'minimum' was unexpected"),
    ],
)
def test_the_schema_finds_a_planted_fault(old: str, new: str, said: str) -> None:
    found = deploy_check.findings(edited(SERVICE, old, new))
    assert any(said in finding for finding in found), found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "selector:\n    app: flightline",
            "selector:\n    app: flight-line",
            "no pod has the labels",
        ),
        ("targetPort: http", "targetPort: web", "no container has the port web"),
        (
            "    name: flightline\n  minReplicas",
            "    name: flights\n  minReplicas",
            "no Deployment",
        ),
        (
            "            limits: {memory: 1Gi}\n",
            "",
            "container service has no limit on its memory",
        ),
        ("readinessProbe", "lifecycle", "no readiness probe"),
    ],
)
def test_what_no_schema_can_know_is_found_as_a_loose_end(old: str, new: str, said: str) -> None:
    text = edited(SERVICE, old, new)
    if new != "lifecycle":
        assert deploy_check.findings(text) == [], "the schema has no objection"
    found = deploy_check.loose_ends(text)
    assert any(said in finding for finding in found), found


def test_a_job_of_every_month_holds_each_of_its_containers() -> None:
    text = edited(deploy_check.read("train.yaml"), "limits: {memory: 4Gi}", "limits: {cpu: 1}")
    assert len(deploy_check.loose_ends(text)) == 3


def test_the_schema_of_compose_finds_a_planted_fault() -> None:
    compose = deploy_check.read("compose.yaml")
    assert deploy_check.compose_findings(edited(compose, "depends_on", "depend_on"))
    assert deploy_check.compose_findings(edited(compose, "retries: 10", "retries: [10]"))


def test_what_is_no_yaml_or_no_manifest_is_said_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="isn't YAML in line 2"):
        deploy_check.findings("kind: [\n")
    with pytest.raises(ValueError, match="A manifest is a mapping"):
        deploy_check.findings("- kind\n")
    with pytest.raises(ValueError, match=r"no configuration file 'web.yaml'"):
        deploy_check.read("web.yaml")


def test_compose_publishes_ports_of_this_machine_only_and_knows_no_password() -> None:
    compose = yaml.safe_load(deploy_check.read("compose.yaml"))
    ports = [port for one in compose["services"].values() for port in one.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert {"postgres", "redis", "mlflow", "service"} == set(compose["services"])
    assert (
        "${POSTGRES_PASSWORD" in compose["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"]
    )


def test_the_commands_in_the_files_exist() -> None:
    """What a container is told to run parses: the flags are those of our own programs."""
    from flightline.cli import _parser

    job = yaml.safe_load(deploy_check.read("train.yaml"))
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    for container in [*pod["initContainers"], *pod["containers"]]:
        assert container["command"][0] == "flightline"
        _parser().parse_args(container["command"][1:])
    deployment = next(yaml.safe_load_all(SERVICE))
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert container["command"] == ["python", "-m", "flightline.serving"]
    source = (Path(deploy_check.__file__).parent / "serving.py").read_text(encoding="utf-8")
    for argument in container["args"]:
        assert f'"{argument.split("=")[0]}"' in source
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert f'"{container[probe]["httpGet"]["path"]}"' in source


def test_the_context_and_the_target_of_the_image_are_those_of_the_course() -> None:
    compose = yaml.safe_load(deploy_check.read("compose.yaml"))
    build = compose["services"]["service"]["build"]
    root = (deploy_check.FOLDER / build["context"]).resolve()
    text = (root / build["dockerfile"]).read_text(encoding="utf-8")
    assert f"AS {build['target']}" in text


def test_the_schemas_are_whole_and_small() -> None:
    for path in (deploy_check.FOLDER / "schemas").glob("*.json"):
        text = path.read_text(encoding="utf-8")
        schema = json.loads(text)
        assert len(text) < 100_000
        wanted = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
        assert wanted <= set(schema["$defs"]), "a reference leads nowhere"
    assert "Apache License 2.0" in (deploy_check.FOLDER / "schemas" / "README.md").read_text(
        "utf-8"
    )
