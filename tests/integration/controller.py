# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replacement of AWX's API, which needs Kubernetes: the part of it that the modules of awx.awx use, and workflows.

Objects are kept by endpoint as they were sent. What AWX refuses is refused here too, as far as a playbook is likely to
get it wrong: names that are taken, references to nothing, what a credential type may inject, surveys, recurrence rules,
playbooks that the project does not have, two credentials of one type, two links between the same nodes.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace, TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

Item = dict[str, Any]
TOKEN = "token-of-the-test"
ENCRYPTED = "$encrypted$"

# The fields of each endpoint that name an object of another, and those that tell its objects apart.
REFERENCES: dict[str, dict[str, str]] = {
    "organizations": {},
    "execution_environments": {"organization": "organizations"},
    "credential_types": {},
    "credentials": {"organization": "organizations", "credential_type": "credential_types"},
    "projects": {"organization": "organizations", "credential": "credentials"},
    "inventories": {"organization": "organizations"},
    "inventory_sources": {"inventory": "inventories", "source_project": "projects"},
    "instance_groups": {},
    "job_templates": {
        "organization": "organizations",
        "project": "projects",
        "inventory": "inventories",
        "execution_environment": "execution_environments",
    },
    "workflow_job_templates": {"organization": "organizations"},
    "workflow_job_template_nodes": {
        "workflow_job_template": "workflow_job_templates",
        "unified_job_template": "unified_job_templates",
    },
    "schedules": {"unified_job_template": "unified_job_templates"},
    "teams": {"organization": "organizations"},
    "labels": {"organization": "organizations"},
    "notification_templates": {"organization": "organizations"},
    "jobs": {},
    "project_updates": {},
}
UNIFIED = ("projects", "inventory_sources", "job_templates", "workflow_job_templates")
OWNERS = ("organization", "inventory", "workflow_job_template", "unified_job_template")
# Endpoints whose names are unique over all organisations.
UNIQUE = ("execution_environments",)
LINKS = ("success_nodes", "failure_nodes", "always_nodes")
WITH_ROLES = ("job_templates", "workflow_job_templates")
# Objects that AWX removes with the object that this field names, and fields that it clears.
CASCADES = {
    "workflow_job_template_nodes": ("workflow_job_template",),
    "schedules": ("unified_job_template",),
    "inventory_sources": ("inventory", "source_project"),
}
CLEARED = ("unified_job_template", "project", "inventory", "execution_environment", "credential")
ENDED = ("successful", "failed")


@dataclass
class Job:
    """A job of a template, with what AWX passes to it."""

    node: str
    playbook: str
    hosts: list[str]
    variables: Item

    @property
    def number(self) -> int:
        return int(self.variables["awx_job_id"])


# What a job does: its status, and its statistics.
Run = Callable[[Job], tuple[str, Item]]


def idle(job: Job) -> tuple[str, Item]:
    """A job that does nothing else than passing on what it passes on in a workflow."""
    given = job.variables.get("awx_workflow_job_id")
    return "successful", {
        "rollcall_awx_workflow": f"{given}-20260101T020000Z"
    } if job.playbook == "awx_probe.yml" else {}


@dataclass
class Night:
    """What a launch of the workflow did."""

    number: int
    status: str
    ran: list[str]
    jobs: list[Job]

    @property
    def slices(self) -> list[Job]:
        return [job for job in self.jobs if job.node == "collect"]

    @property
    def asked(self) -> list[str]:
        return sorted(name for job in self.slices for name in job.hosts)

    @property
    def variables(self) -> dict[str, Item]:
        return {job.node: job.variables for job in self.jobs}


class Refused(Exception):
    """Answered with status 400 and this sentence."""


class Controller:
    """The server, on a port of its own on 127.0.0.1, as a context manager; ``items`` are the objects by endpoint."""

    def __init__(self) -> None:
        self.items: dict[str, list[Item]] = {endpoint: [] for endpoint in REFERENCES}
        self.links: dict[tuple[int, str], list[int]] = {}
        self.surveys: dict[int, Item] = {}
        self.requests: list[tuple[str, str]] = []
        # The repository: whether it can be read, its newest revision, its playbooks and the hosts of each revision.
        self.git_up = True
        self.head = "1"
        self.playbooks = ["collect.yml", "report.yml", "awx_probe.yml"]
        self.hosts = {"1": ["r1", "r2", "r3"]}
        # Of a revision with a file of the inventory's folder that cannot be read: the hosts of the other files.
        self.readable: dict[str, list[str]] = {}
        self.settings: Item = {"AWX_ISOLATION_SHOW_PATHS": []}
        self.user: Item = {"username": "admin", "is_superuser": True}
        self.hidden: set[str] = set()  # endpoints whose objects the user cannot see
        self.slow = 0  # how many lists of inventories AWX shows before one that it deletes is gone
        # The status and the artifacts of the next job that is launched.
        self.job: tuple[str, Item] = ("successful", {})
        self._ids = iter(range(1, 1_000_000))
        galaxy = self.create("credential_types", {"name": "Ansible Galaxy/Automation Hub API Token", "kind": "galaxy"})
        self.create("credentials", {"name": "Ansible Galaxy", "credential_type": galaxy["id"]})
        self.create("instance_groups", {"name": "default"})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.answer))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Controller:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def one(self, endpoint: str, name: str) -> Item:
        [found] = [item for item in self._of(endpoint) if name in (item.get("name"), item.get("identifier"))]
        return found

    def linked(self, item: Item, relation: str) -> list[int]:
        return self.links.get((item["id"], relation), [])

    def answer(self, method: str, url: str, data: Item) -> tuple[int, Any]:
        """The status and the body for one request."""
        self.requests.append((method, url))
        parts = urlsplit(url)
        match parts.path.removeprefix("/api/v2/").strip("/").split("/"):
            case ["me"]:
                return 200, _page([self.user])
            case ["settings", _group]:
                return (200, self.settings) if self.user["is_superuser"] else (403, {"detail": "no permission"})
            case [endpoint] if method == "GET" and endpoint in self.hidden:
                return 200, _page([])
            case [endpoint] if method == "GET" and (endpoint in REFERENCES or endpoint == "unified_job_templates"):
                if endpoint == "inventories":
                    self._go_on_deleting()
                return 200, _page(self._find(endpoint, dict(parse_qsl(parts.query))))
            case [endpoint] if method == "POST" and endpoint in REFERENCES:
                item = self.create(endpoint, data)
                if endpoint == "projects":
                    item["summary_fields"] = {"current_update": {"id": self._update(item)["id"]}}
                return 201, self._shown(item)
            case [endpoint, number] if endpoint in REFERENCES:
                item = self._by_id(endpoint, int(number))
                if method == "DELETE" and endpoint == "inventories":
                    return self._delete_later(item)
                if method == "DELETE":
                    self._delete(endpoint, item)
                    return 204, None
                if method == "PATCH":
                    self._check(endpoint, {**item, **data}, item["id"])
                    item.update(self._with_secrets(item, data) if endpoint == "credentials" else data)
                return 200, self._shown(item)
            case ["projects", number, "update"]:
                return 202, self._update(self._by_id("projects", int(number)))
            case ["job_templates", number, "launch"]:
                template = self._by_id("job_templates", int(number))
                if not self.user["is_superuser"]:
                    return 403, {"detail": "You do not have permission to perform this action."}
                status, artifacts = self.job
                done = {"status": status, "failed": status != "successful", "finished": "now", "artifacts": artifacts}
                done |= {"event_processing_finished": True}
                return 201, self.create("jobs", {"name": template["name"], **done})
            case [endpoint, number, "survey_spec"]:
                if method == "POST":
                    check_survey(data)
                    self.surveys[int(number)] = data
                return 200, self.surveys.get(int(number), {})
            case ["workflow_job_templates", number, "workflow_nodes"]:
                return 200, _page(self._find("workflow_job_template_nodes", {"workflow_job_template": number}))
            case [endpoint, number, relation]:
                linked = self.links.setdefault((int(number), relation), [])
                if method == "GET":
                    return 200, _page([self._linked_item(relation, each) for each in linked])
                if data.get("disassociate"):
                    linked.remove(data["id"])
                else:
                    self._check_link(endpoint, int(number), relation, data["id"])
                    linked.append(data["id"])
                return 204, None
        return 404, {"detail": "Not found."}

    def launch(self, name: str) -> int:
        """The number of a new job. AWX numbers jobs in the order of their creation, also those that wait."""
        return int(self.create("jobs", {"name": name})["id"])

    def night(
        self,
        name: str,
        launch: Item | None = None,
        fails: tuple[str, ...] = (),
        run: Run = idle,
        number: int | None = None,
    ) -> Night:
        """Runs a workflow with AWX's rules; the nodes ``fails`` fail, and those that cannot read git.

        :param launch: the variables of the launch.
        :param number: that of ``launch``, if the workflow waited for others.
        """
        workflow = self.one("workflow_job_templates", name)
        nodes = {
            node["id"]: node
            for node in self.items["workflow_job_template_nodes"]
            if node["workflow_job_template"] == workflow["id"]
        }
        links = {(each, kind): self.links.get((each, kind), []) for each in nodes for kind in LINKS}
        parents = {
            each: [parent for parent in nodes if any(each in links[parent, kind] for kind in LINKS)] for each in nodes
        }
        done: dict[int, str] = {}  # the status of each node, or that it is not run
        passed: dict[int, Item] = {}  # the statistics of each node and of those before it
        check_answers(self.surveys.get(workflow["id"], {}).get("spec", []), launch or {})
        night = Night(number or self.launch(name), "successful", [], [])
        given = {**self._defaults(workflow), **(launch or {} if workflow.get("ask_variables_on_launch") else {})}
        while len(done) < len(nodes):
            each = next(each for each in nodes if each not in done and all(parent in done for parent in parents[each]))
            passed[each] = {key: value for parent in parents[each] for key, value in passed[parent].items()}
            follows = [
                parent
                for parent in parents[each]
                if done[parent] in ENDED and each in links[parent, "always_nodes"] + links[parent, _edge(done[parent])]
            ]
            if parents[each] and not follows:
                done[each] = "not run"
                continue
            node = nodes[each]
            night.ran.append(node["identifier"])
            if node["identifier"] in fails:
                done[each] = "failed"
            else:
                done[each] = self._run_node(node, given, night, run, passed[each])
            if done[each] == "failed" and not links[each, "failure_nodes"] + links[each, "always_nodes"]:
                night.status = "failed"
        return night

    def _run_node(self, node: Item, given: Item, night: Night, run: Run, passed: Item) -> str:
        """:param passed: what the nodes before passed on; what this one passes on is added."""
        template = next(
            item for item in self._of("unified_job_templates") if item["id"] == node["unified_job_template"]
        )
        if template["type"] == "project":
            return str(self._update(template)["status"])
        if template["type"] == "inventory_source":
            revision = self._by_id("projects", template["source_project"])["scm_revision"]
            if revision in self.readable and is_strict(template):
                return "failed"
            hosts = self.readable.get(revision) or self.hosts[revision]
            self._by_id("inventories", template["inventory"])["hosts"] = hosts
            return "successful"
        # The variables and the survey's answers of the workflow come last, whether the template asks for them or not.
        own = {**json.loads(template.get("extra_vars") or "{}"), **self._defaults(template)}
        prompted = node.get("extra_data") or {} if template.get("ask_variables_on_launch") else {}
        variables = {**own, **prompted, **passed, **given}
        hosts = sorted(self._by_id("inventories", template["inventory"]).get("hosts", []))
        count = max(1, min(template.get("job_slice_count") or 1, len(hosts)))
        # The jobs of slices are in a workflow job of their own, and are all created when it starts.
        workflow = night.number if count == 1 else self.launch(template["name"])
        jobs = [
            Job(
                node["identifier"],
                template["playbook"],
                hosts[place::count],
                {
                    **variables,
                    "awx_job_id": self.launch(template["name"]),
                    "awx_job_launch_type": "workflow",
                    "awx_workflow_job_id": workflow,
                },
            )
            for place in range(count)
        ]
        night.jobs += jobs
        statuses = []
        for job in jobs:
            status, artifacts = run(job)
            statuses.append(status)
            passed.update(artifacts if status in ENDED else {})
        return "successful" if all(status == "successful" for status in statuses) else "failed"

    def relaunch(self, job: Job) -> Job:
        """A job as AWX makes it from an earlier one: of no workflow, with the variables that the first one had."""
        kept = {key: value for key, value in job.variables.items() if key != "awx_workflow_job_id"}
        more = {"awx_job_id": self.launch(job.node), "awx_job_launch_type": "relaunch"}
        return Job(job.node, job.playbook, job.hosts, {**kept, **more})

    def _defaults(self, template: Item) -> Item:
        """The answers of a survey that nobody answered: those with a default, even if that is an empty text."""
        spec = self.surveys.get(template["id"], {}).get("spec", []) if template.get("survey_enabled") else []
        return {each["variable"]: each["default"] for each in spec if each.get("default") is not None}

    def _update(self, project: Item) -> Item:
        status = "successful" if self.git_up else "failed"
        if self.git_up:
            project["scm_revision"] = self.head
        project["status"] = status
        done = {"status": status, "failed": not self.git_up, "finished": "now", "event_processing_finished": True}
        return self.create(
            "project_updates", {"name": project["name"], "scm_revision": project["scm_revision"], **done}
        )

    def _by_id(self, endpoint: str, number: int) -> Item:
        return next(item for item in self._of(endpoint) if item["id"] == number)

    def _linked_item(self, relation: str, number: int) -> Item:
        """As the list of a relation shows it."""
        endpoint = {"galaxy_credentials": "credentials"}.get(relation, relation)
        endpoint = "notification_templates" if endpoint.startswith("notification_templates_") else endpoint
        return self._shown(self._by_id(endpoint, number)) if endpoint in REFERENCES else {"id": number}

    def _check_link(self, endpoint: str, number: int, relation: str, other: int) -> None:
        if relation in LINKS and any(other in self.links.get((number, kind), []) for kind in LINKS):
            raise Refused("Relationship not allowed.")
        if relation == "credentials":
            kinds = [self._by_id("credentials", each)["credential_type"] for each in self.links[number, relation]]
            if self._by_id("credentials", other)["credential_type"] in kinds:
                raise Refused("Cannot assign multiple credentials of the same type.")

    def _delete(self, endpoint: str, gone: Item) -> None:
        if endpoint == "credential_types" and any(
            each["credential_type"] == gone["id"] for each in self.items["credentials"]
        ):
            raise Refused("Credential types that are in use cannot be deleted.")
        self.items[endpoint].remove(gone)
        for other, fields in CASCADES.items():
            for item in list(self.items[other]):
                if any(item.get(field) == gone["id"] for field in fields):
                    self._delete(other, item)
        if endpoint == "organizations":
            for other, references in REFERENCES.items():
                for item in list(self.items[other]):
                    if "organization" in references and item.get("organization") == gone["id"]:
                        self._delete(other, item)
        for items in self.items.values():
            for item in items:
                item.update({field: None for field in CLEARED if item.get(field) == gone["id"]})
        for linked in self.links.values():
            if gone["id"] in linked:
                linked.remove(gone["id"])

    def _delete_later(self, inventory: Item) -> tuple[int, Item | None]:
        """AWX deletes an inventory in a job of its own. Until then it can be found, and its templates have lost it."""
        if inventory.get("pending_deletion"):
            return 400, {"error": "Inventory is already pending deletion."}
        inventory["pending_deletion"] = True
        for template in self.items["job_templates"]:
            template["inventory"] = None if template["inventory"] == inventory["id"] else template["inventory"]
        return 202, {}

    def _go_on_deleting(self) -> None:
        """The job of AWX that deletes inventories gets on."""
        self.slow -= 1
        if self.slow < 0:
            for inventory in [each for each in self.items["inventories"] if each.get("pending_deletion")]:
                self._delete("inventories", inventory)

    def _of(self, endpoint: str) -> list[Item]:
        if endpoint == "unified_job_templates":
            return [item for each in UNIFIED for item in self.items[each]]
        return self.items[endpoint]

    def _find(self, endpoint: str, wanted: dict[str, str]) -> list[Item]:
        either = {key.removeprefix("or__"): value for key, value in wanted.items() if key.startswith("or__")}
        every = {key: value for key, value in wanted.items() if not key.startswith("or__")}
        return [
            self._shown(item)
            for item in self._of(endpoint)
            if all(self._has(item, key, value) for key, value in every.items())
            and (not either or any(self._has(item, key, value) for key, value in either.items()))
        ]

    def _has(self, item: Item, key: str, value: str) -> bool:
        field, _, of = key.partition("__")
        found = item.get(field)
        if of and found is not None:
            found = self._by_id(f"{field}s", found)[of]
        return str(found).lower() == value.lower() if isinstance(found, bool) else str(found) == value

    def create(self, endpoint: str, data: Item) -> Item:
        self._check(endpoint, data, None)
        number = next(self._ids)
        url = f"/api/v2/{endpoint}/{number}/"
        related = {name: f"{url}{name}/" for name in ("survey_spec", "launch", "update")}
        kind = "inventory" if endpoint == "inventories" else endpoint.rstrip("s")
        item = {
            "type": kind,
            "description": "",
            **dict.fromkeys(REFERENCES[endpoint]),
            **data,
            "id": number,
            "url": url,
            "related": related,
        }
        if endpoint == "projects":
            item |= {"status": "never updated", "scm_revision": ""}
        if endpoint in WITH_ROLES:
            item["roles"] = {f"{name}_role": {"id": next(self._ids)} for name in ("admin", "execute", "read")}
        self.items[endpoint].append({"scm_revision": "", **item, "summary_fields": {}})
        return self.items[endpoint][-1]

    def _check(self, endpoint: str, data: Item, number: int | None) -> None:
        fields = ("name",) if endpoint in UNIQUE else ("name", "identifier", "credential_type", *OWNERS)
        identity = [data.get(field) for field in fields]
        for item in self.items[endpoint] if endpoint not in ("jobs", "project_updates") else []:
            if item["id"] != number and [item.get(field) for field in fields] == identity:
                raise Refused(f"{endpoint}: {data.get('name')} already exists")
        for field, target in REFERENCES[endpoint].items():
            if data.get(field) is not None and all(item["id"] != data[field] for item in self._of(target)):
                raise Refused(f"{endpoint}: Invalid pk {data[field]!r} for {field}")
        if endpoint == "job_templates":
            project = self._by_id("projects", data["project"])
            playbooks = self.playbooks if project["status"] == "successful" else []
            if data["playbook"] not in playbooks and not project.get("allow_override"):
                raise Refused("Playbook not found for project.")
        if endpoint == "credential_types" and "injectors" in data:
            check_credential_type(data)
        if endpoint == "credentials" and "inputs" in data:
            known = {field["id"] for field in self._type_of(data)["inputs"]["fields"]}
            if set(data["inputs"]) - known:
                raise Refused(f"unexpected inputs {sorted(set(data['inputs']) - known)}")
        if endpoint == "schedules":
            check_rrule(data["rrule"])

    @staticmethod
    def _with_secrets(item: Item, data: Item) -> Item:
        """New inputs replace all old ones; a secret stays only if it is given as AWX shows it."""
        if "inputs" not in data:
            return data
        had = item.get("inputs") or {}
        return {
            **data,
            "inputs": {key: had[key] if value == ENCRYPTED else value for key, value in data["inputs"].items()},
        }

    def _shown(self, item: Item) -> Item:
        """As AWX shows it: never a secret, with links and roles."""
        shown = dict(item)
        if item["type"] == "workflow_job_template_node":
            shown |= {kind: self.links.get((item["id"], kind), []) for kind in LINKS}
        if "roles" in item:
            may = {"start": self.user["is_superuser"]}
            shown["summary_fields"] = {"object_roles": item["roles"], "user_capabilities": may}
        if item["type"] == "schedule":
            template = self._by_id("unified_job_templates", item["unified_job_template"])
            shown["summary_fields"] = {"unified_job_template": {"id": template["id"], "name": template["name"]}}
        item = shown
        if not item["url"].startswith("/api/v2/credentials/") or not item.get("inputs"):
            return item
        secret = {field["id"] for field in self._type_of(item)["inputs"]["fields"] if field.get("secret")}
        inputs = {field: ENCRYPTED if field in secret else value for field, value in item["inputs"].items()}
        return {**item, "inputs": inputs}

    def _type_of(self, credential: Item) -> Item:
        return next(each for each in self.items["credential_types"] if each["id"] == credential["credential_type"])


def is_strict(source: Item) -> bool:
    """Whether ansible-inventory, in the environment of the source, fails if it cannot read a file of a folder."""
    variables = json.loads(source.get("source_vars") or "{}")
    return str(variables.get("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED")).lower() == "true"


def _edge(status: str) -> str:
    return "success_nodes" if status == "successful" else "failure_nodes"


def _page(results: list[Item]) -> Item:
    return {"count": len(results), "next": None, "previous": None, "results": results}


def _handler(answer: Callable[[str, str, Item], tuple[int, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            status: int
            answered: Any
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, answered = 401, None
            else:
                try:
                    status, answered = answer(self.command, self.path, json.loads(body or b"{}"))
                except Refused as error:
                    status, answered = 400, {"__all__": [str(error)], "error": str(error)}
            text = b"" if answered is None else json.dumps(answered).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_DELETE = reply

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


# -- what AWX refuses --------------------------------------------------------------------------------------------------


def check_credential_type(data: Item) -> None:
    """Only variables that are not Ansible's own, and templates that know nothing but the inputs and the files."""
    if data["kind"] not in ("cloud", "net"):
        raise Refused(f"a credential type cannot be of kind {data['kind']}")
    inputs, injectors = data["inputs"]["fields"], data["injectors"]
    for variable in injectors.get("env", {}):
        if variable.startswith("ANSIBLE_"):
            raise Refused(f"{variable} may affect Ansible configuration so its use is not allowed in credentials")
    labels = [label.partition(".")[2] for label in injectors.get("file", {})]
    tower = SimpleNamespace(filename=SimpleNamespace(**dict.fromkeys(labels, "EXAMPLE_FILENAME")))
    known = {**{field["id"]: "EXAMPLE" for field in inputs}, "tower": tower}
    strict = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)
    for kind in injectors.values():
        for name, template in kind.items():
            try:
                strict.from_string(template).render(known)
            except jinja2.TemplateError as error:
                raise Refused(f"{name} uses an undefined field: {error}") from error


def inject(data: Item, inputs: Item, folder: str) -> dict[str, str]:
    """The environment that a job gets from a credential of this type, its files in ``folder``, as AWX makes them."""
    lenient = ImmutableSandboxedEnvironment()
    unset = {field["id"]: False for field in data["inputs"]["fields"] if field["type"] == "boolean"}
    known = {**unset, **{field: value for field, value in inputs.items() if value != ""}}
    files = {}
    for label, template in data["injectors"].get("file", {}).items():
        files[label.partition(".")[2]] = path = f"{folder}/{label}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(lenient.from_string(template).render(known))
    known["tower"] = SimpleNamespace(filename=SimpleNamespace(**files))
    return {name: lenient.from_string(each).render(known) for name, each in data["injectors"]["env"].items()}


SURVEY_TYPES = {"text": str, "textarea": str, "integer": int, "float": float, "multiplechoice": str, "multiselect": str}


def check_survey(spec: Item) -> None:
    """Every question complete, its default of its own type."""
    if not all(isinstance(spec.get(key), kind) for key, kind in (("name", str), ("description", str), ("spec", list))):
        raise Refused("a survey needs name, description and spec")
    for question in spec["spec"]:
        for key, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
            if not isinstance(question.get(key), kind):
                raise Refused(f"{key} of {question} must be {kind.__name__}")
        default = question.get("default", "")
        if default != "" and not isinstance(default, SURVEY_TYPES[question["type"]]):
            raise Refused(f"the default of {question['variable']} must be {question['type']}, not {default!r}")
        for key in ("min", "max"):
            if not isinstance(question.get(key), (int, type(None))):
                raise Refused(f"{key} of {question['variable']} must be a whole number")


def check_answers(spec: list[Item], launch: Item) -> None:
    """Variables of a launch that are questions of the survey are answers of it, of exactly the question's type."""
    for question in spec:
        name, kind = question["variable"], SURVEY_TYPES[question["type"]]
        if name not in launch:
            continue
        value = launch[name]
        size = len(value) if isinstance(value, str) else value
        if question["type"] == "multiplechoice":
            fits = value in question["choices"]
        else:
            fits = type(value) is kind or (kind is float and type(value) is int)
            fits = fits and (question.get("min") or 0) <= size <= (question.get("max") or size)
        if not fits:
            raise Refused(f"{name}: {value!r} is no answer of type {question['type']}")


def check_rrule(rrule: str) -> None:
    starts = re.findall(r"DTSTART(;[^:]+)?:[0-9]+T[0-9]+Z?", rrule)
    if len(starts) != 1 or re.search(r"DTSTART:[0-9]+T[0-9]+ ", rrule):
        raise Refused(f"one DTSTART with a time zone is required in rrule {rrule!r}")
    rules = re.findall(r"RULE:\S*", rrule)
    if not rules or not all("INTERVAL=" in rule for rule in rules):
        raise Refused(f"INTERVAL is required in rrule {rrule!r}")
