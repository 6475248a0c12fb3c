# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for AWX's API, which needs Kubernetes: as much of it as awx.awx's modules use to make things and find
them.

Objects are kept by endpoint as they were sent. What AWX refuses is refused here too, as far as a playbook is likely to
get it wrong: names that are taken, references to nothing, what a credential type may inject, surveys, recurrence rules.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
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
}
UNIFIED = ("projects", "inventory_sources", "job_templates", "workflow_job_templates")
OWNERS = ("organization", "inventory", "workflow_job_template", "unified_job_template")


class Refused(Exception):
    """Answered with status 400 and this sentence."""


class Controller:
    """The server, on a port of its own on 127.0.0.1, as a context manager; ``items`` are the objects by endpoint."""

    def __init__(self) -> None:
        self.items: dict[str, list[Item]] = {endpoint: [] for endpoint in REFERENCES}
        self.links: dict[tuple[int, str], list[int]] = {}
        self.surveys: dict[int, Item] = {}
        self.requests: list[tuple[str, str]] = []
        self._ids = iter(range(1, 1_000_000))
        galaxy = self._create("credential_types", {"name": "Ansible Galaxy/Automation Hub API Token", "kind": "galaxy"})
        self._create("credentials", {"name": "Ansible Galaxy", "credential_type": galaxy["id"]})
        self._create("instance_groups", {"name": "default"})
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
            case [endpoint] if method == "GET" and (endpoint in REFERENCES or endpoint == "unified_job_templates"):
                return 200, _page(self._find(endpoint, dict(parse_qsl(parts.query))))
            case [endpoint] if method == "POST" and endpoint in REFERENCES:
                return 201, self._shown(self._create(endpoint, data))
            case [endpoint, number] if endpoint in REFERENCES:
                item = next(item for item in self.items[endpoint] if item["id"] == int(number))
                if method == "PATCH":
                    self._check(endpoint, {**item, **data}, item["id"])
                    item.update(data)
                return 200, self._shown(item)
            case [endpoint, number, "survey_spec"]:
                if method == "POST":
                    check_survey(data)
                    self.surveys[int(number)] = data
                return 200, self.surveys.get(int(number), {})
            case [endpoint, number, relation]:
                linked = self.links.setdefault((int(number), relation), [])
                if method == "GET":
                    return 200, _page([{"id": each} for each in linked])
                (linked.remove if data.get("disassociate") else linked.append)(data["id"])
                return 204, None
        return 404, {"detail": "Not found."}

    def _of(self, endpoint: str) -> list[Item]:
        if endpoint == "unified_job_templates":
            return [item for each in UNIFIED for item in self.items[each]]
        return self.items[endpoint]

    def _find(self, endpoint: str, wanted: dict[str, str]) -> list[Item]:
        found = self._of(endpoint)
        return [self._shown(item) for item in found if all(str(item.get(key)) == wanted[key] for key in wanted)]

    def _create(self, endpoint: str, data: Item) -> Item:
        self._check(endpoint, data, None)
        number = next(self._ids)
        url = f"/api/v2/{endpoint}/{number}/"
        related = {"survey_spec": f"{url}survey_spec/"}
        item = {"type": endpoint.rstrip("s"), **data, "id": number, "url": url, "related": related}
        self.items[endpoint].append({**item, "summary_fields": {}, "scm_revision": ""})
        return self.items[endpoint][-1]

    def _check(self, endpoint: str, data: Item, number: int | None) -> None:
        identity = [data.get(field) for field in ("name", "identifier", *OWNERS)]
        for item in self.items[endpoint]:
            if item["id"] != number and [item.get(field) for field in ("name", "identifier", *OWNERS)] == identity:
                raise Refused(f"{endpoint}: {data.get('name')} already exists")
        for field, target in REFERENCES[endpoint].items():
            if data.get(field) is not None and all(item["id"] != data[field] for item in self._of(target)):
                raise Refused(f"{endpoint}: Invalid pk {data[field]!r} for {field}")
        if endpoint == "credential_types" and "injectors" in data:
            check_credential_type(data)
        if endpoint == "credentials" and "inputs" in data:
            known = {field["id"] for field in self._type_of(data)["inputs"]["fields"]}
            if set(data["inputs"]) - known:
                raise Refused(f"unexpected inputs {sorted(set(data['inputs']) - known)}")
        if endpoint == "schedules":
            check_rrule(data["rrule"])

    def _shown(self, item: Item) -> Item:
        """As AWX shows it: never a secret."""
        if not item["url"].startswith("/api/v2/credentials/") or not item.get("inputs"):
            return item
        secret = {field["id"] for field in self._type_of(item)["inputs"]["fields"] if field.get("secret")}
        inputs = {field: ENCRYPTED if field in secret else value for field, value in item["inputs"].items()}
        return {**item, "inputs": inputs}

    def _type_of(self, credential: Item) -> Item:
        return next(each for each in self.items["credential_types"] if each["id"] == credential["credential_type"])


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


def check_rrule(rrule: str) -> None:
    starts = re.findall(r"DTSTART(;[^:]+)?:[0-9]+T[0-9]+Z?", rrule)
    if len(starts) != 1 or re.search(r"DTSTART:[0-9]+T[0-9]+ ", rrule):
        raise Refused(f"one DTSTART with a time zone is required in rrule {rrule!r}")
    rules = re.findall(r"RULE:\S*", rrule)
    if not rules or not all("INTERVAL=" in rule for rule in rules):
        raise Refused(f"INTERVAL is required in rrule {rrule!r}")
