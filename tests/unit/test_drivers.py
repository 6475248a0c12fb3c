# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers: their registry, drivers of third parties, and functions that take the Device."""

from __future__ import annotations

import ast
import importlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.plugins.loader import init_plugin_loader

from ansible_collections.rollcall.network.plugins.filter.not_called import not_called
from ansible_collections.rollcall.network.plugins.module_utils import driver as public
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers import registry
from ansible_collections.rollcall.network.plugins.module_utils._drivers._function import load_function
from ansible_collections.rollcall.network.plugins.module_utils._drivers.python import takes_device
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import warnings_of
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import Inventory, Resolved, Setting
from ansible_collections.rollcall.network.plugins.plugin_utils.roll import make_device

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = f"from __future__ import annotations\nfrom {public.__name__} import Device, DeviceError, Output\n"
DRIVER = """
class Good:
    name = "good"
    settings = frozenset({"host"})
    def read_only(self, device):
        return True
    def ask(self, device, session):
        return [device.host, device.port, device.user, device.password, device.variables, device.platform]

class Async(Good):
    name = "async"
    async def ask(self, device, session):
        return [device.host, device.variables]

class Outputs(Good):
    name = "outputs"
    settings = frozenset({"host", "commands"})
    def ask(self, device, session):
        texts = device.variables["texts"]
        return Output(texts) if isinstance(texts, str) else {
            command: Output(text) if "as output" in text else text for command, text in texts.items()
        }

class NoLogin(Outputs):
    name = "no_login"
    settings = frozenset({"commands", "platform"})
    def ask(self, device, session):
        return {each.text: device.platform for each in device.commands}

class OneRejected(Outputs):
    name = "one_rejected"
    def ask(self, device, session):
        return {"a": Output("x"), "b": Output("% no", status="failed")}

class Fails(Good):
    name = "fails"
    def ask(self, device, session):
        raise DeviceError("auth_failed", "auth", "token", f"{device.password} was refused", value={"so far": 1})

class NotPlain(Good):
    name = "not_plain"
    def ask(self, device, session):
        return {"a": object()}

class Raises(Good):
    name = "raises"
    async def ask(self, device, session):
        raise ValueError("no " + device.password)

class BadSetting(Good):
    name = "bad_setting"
    settings = frozenset({"host", "hots"})

class OneString(Good):
    name = "one_string"
    settings = "host"

class Nameless(Good):
    name = None

class LikeCli(Good):
    name = "cli"

class Twin(Good):
    name = "good"

class NeedsMore(Good):
    name = "needs_more"
    def __init__(self, url):
        pass

class NoSession(Good):
    name = "no_session"
    def ask(self, device):
        return 1

class Half:
    name = "half"
    def ask(self, device, session):
        return 1

an_object = Good()
def a_function(device):
    return 1
constant = 3
"""
_numbers = itertools.count()


@pytest.fixture(scope="module", autouse=True)
def plugins() -> None:
    init_plugin_loader()


Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    def written(source: str) -> str:
        name = f"drivers_{next(_numbers)}"
        (tmp_path / f"{name}.py").write_text(PUBLIC + source)
        importlib.invalidate_caches()
        return name

    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    yield written
    registry.driver_of.cache_clear()


# -- names -------------------------------------------------------------------------------------------------------------


def _compared(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the text of each string that something is compared with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            parts: list[ast.AST] = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            parts = [node.value]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("startswith", "endswith", "__eq__"):
            parts = list(node.args)
        else:
            continue
        for part in parts:
            for each in ast.walk(part):
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield node.lineno, each.value


def test_no_driver_is_compared_by_its_name() -> None:
    """What follows from a driver follows from its settings. ``_drivers/registry.py`` alone knows the names."""
    found = []
    for folder in ("plugins", "roles"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text())
            found += [
                f"{path.relative_to(ROOT)}:{line}: {text}"
                for line, text in _compared(tree)
                if text in registry.BUILT_IN
            ]
            names = (getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(tree))
            found += [f"{path.relative_to(ROOT)}: {name}" for name in names if name == "is_cli"]
    assert found == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pyton", "must be one of cli, python, or the import path of a driver, not 'pyton'; did you mean python?"),
        ("CLI", "did you mean cli?"),
        ("restconf", "must be one of cli, python, or the import path of a driver, not 'restconf'"),
        (
            "no_such_module.Driver",
            "driver 'no_such_module.Driver' cannot be imported: there is no module 'no_such_module'",
        ),
        ("two words.Driver", "driver must be the full path of a driver, such as package.module.Driver"),
        ("{module}.Goood", "has no Goood; near matches: Good"),
        (
            "{module}.a_function",
            "is a function, and a driver is a class or an object; to call a function, use driver: python",
        ),
        ("{module}.constant", "is not a driver: it has no name, settings, read_only, ask"),
        ("{module}.Half", "is not a driver: it has no settings, read_only"),
        ("{module}.Nameless", "the name of driver '{module}.Nameless' must be a string, not None"),
        ("{module}.BadSetting", "must be a set of some of commands, function, host, platform"),
        ("{module}.OneString", "must be a set of some of commands, function, host, platform, not 'host'"),
        ("{module}.NeedsMore", "cannot be created without arguments (TypeError"),
        (
            "{module}.NoSession",
            "ask of driver '{module}.NoSession' must be a method with the parameters device, session",
        ),
        ("{module}.LikeCli", "has the name 'cli', which"),
        ("{module}.Twin", "has the name 'good', which {module}.Good has too; give it another name"),
        ("importlib.abc", "driver 'importlib.abc' is a module; add the name of the class in it"),
    ],
)
def test_a_driver_that_cannot_be_used_is_one_clear_error(write: Write, name: str, words: str) -> None:
    module = write(DRIVER)
    registry.driver_of(f"{module}.Good")
    with pytest.raises(ValueError, match="driver") as refused:
        registry.driver_of(name.format(module=module))
    assert words.format(module=module) in str(refused.value)


def test_a_module_that_fails_while_it_is_imported(write: Write) -> None:
    module = write("raise SystemExit('stop')")
    with pytest.raises(ValueError, match=r"cannot be imported \(SystemExit: stop\)"):
        registry.driver_of(f"{module}.Driver")


def test_a_class_and_an_object_of_it_are_the_same_driver(write: Write) -> None:
    module = write(DRIVER)
    for path in ("Good", "an_object"):
        for separator in ".:":
            assert registry.driver_of(f"{module}{separator}{path}").name == "good"


def test_the_arguments_of_the_task_take_any_path() -> None:
    assert check_arguments({"hosts": [], "driver": "our.drivers.Rest"})["driver"] == "our.drivers.Rest"
    with pytest.raises(ValueError, match="did you mean cli"):
        check_arguments({"hosts": [], "driver": "cly"})


# -- settings of hosts -------------------------------------------------------------------------------------------------


def resolve(variables: dict[str, Any], name: str = "r1", **arguments: Any) -> Resolved | Error:
    given = check_arguments({"hosts": [name], **arguments})

    def template(value: Any, own: Any) -> Any:
        if isinstance(value, str) and value.startswith("{{"):
            return own[value.strip("{} ")]
        return value

    hosts = {"r1": variables}
    inventory = Inventory(hosts.get, template, hosts, (), {"user": Setting("ops", "command line (-u)")})
    return inventory.resolve([name], given)[name]


def device_of(resolved: Resolved | Error) -> Device:
    assert isinstance(resolved, Resolved), resolved
    return resolved.device


HOST = {"ansible_host": "192.0.2.1", "ansible_password": "pass-of-r1", "site": "fra", "where": "{{ site }}"}


def test_a_driver_with_the_setting_host_needs_no_platform_and_no_commands(write: Write) -> None:
    device = device_of(resolve(HOST, driver=f"{write(DRIVER)}.Good", function_vars=["where"]))
    assert (device.host, device.user, device.password, device.platform) == ("192.0.2.1", "ops", "pass-of-r1", None)
    assert (device.commands, device.variables) == ((), {"where": "fra"})


def test_a_driver_without_the_setting_host_gets_its_commands_and_platform(write: Write) -> None:
    device = device_of(
        resolve({"ansible_network_os": "eos"}, driver=f"{write(DRIVER)}.NoLogin", commands=["show clock"])
    )
    assert (device.platform, [each.text for each in device.commands]) == ("arista_eos", ["show clock"])
    assert (device.user, device.password) == (None, None)


def test_a_driver_without_the_setting_host_answers_its_commands(write: Write) -> None:
    path = f"{write(DRIVER)}.NoLogin"
    device = make_device("a name, no address", driver=path, platform="eos", commands=["show clock"])
    answer = call_roll({device.name: device}, Limits(device_timeout=60))[device.name]
    assert (answer["status"], answer["output"]["show clock"]["text"]) == ("ok", "arista_eos"), answer
    with pytest.raises(ValueError, match="has no commands"):
        make_device("r1", driver=path, platform="eos")


@pytest.mark.parametrize(
    ("change", "driver", "words"),
    [
        ({}, "Outputs", "no commands are set"),
        ({}, "NoLogin", "no commands are set"),
        ({"ansible_port": "many"}, "Good", "ansible_port of r1 must be a number"),
        ({"rollcall_function_vars": ["nowhere"]}, "Good", "variable nowhere of r1 is not defined"),
        (
            {"rollcall_function_vars": ["gone"], "gone": "{{ nowhere }}"},
            "Good",
            "variable gone of r1 cannot be resolved",
        ),
        ({"rollcall_function_vars": ["odd"], "odd": object()}, "Good", "variable odd of r1"),
        ({"rollcall_function_vars": {"a": 1}}, "Good", "must be a list of names of variables"),
        ({"rollcall_function_vars": ["a b"]}, "Good", "'a b' is not one"),
    ],
)
def test_what_is_wrong_with_the_variables_of_a_host(
    write: Write, change: dict[str, Any], driver: str, words: str
) -> None:
    found = resolve({**HOST, **change}, driver=f"{write(DRIVER)}.{driver}")
    assert isinstance(found, Error)
    assert words in found.message


def test_a_driver_of_a_host_that_cannot_be_used_is_its_error(write: Write) -> None:
    found = resolve({**HOST, "rollcall_driver": "no_such_module.Driver"})
    assert isinstance(found, Error)
    assert (found.kind, "rollcall_driver of r1: driver 'no_such_module.Driver'" in found.message) == ("driver", True)


def test_a_bad_driver_of_the_task_is_not_an_error_of_hosts() -> None:
    with pytest.raises(ValueError, match="cannot be imported"):
        resolve(HOST, driver="no_such_module.Driver")


FUNCTIONS = """
import ansible_collections.rollcall.network.plugins.module_utils.driver as public
class Mine:
    class Device: ...
def of_device(device: Device, extra=0):
    return [device.name, device.host, device.port, device.user, device.password, device.variables, extra]
def of_class(device: Device): ...
of_class.__annotations__ = {"device": Device}
def of_module(device: public.Device): ...
def quoted(device: "Device"): ...
def for_type_checkers(device: Elsewhere.Device): ...
def of_name(name): return name
def of_text(name: str): ...
def of_another(device: Mine.Device): ...
def of_nothing(): ...
class Checks:
    def method(self, device: Device): ...
    @staticmethod
    def static(device: Device): ...
"""


@pytest.mark.parametrize(
    ("path", "takes"),
    [
        ("of_device", True),
        ("of_class", True),
        ("of_module", True),
        ("quoted", True),
        ("for_type_checkers", True),
        ("Checks.method", True),
        ("Checks.static", True),
        ("of_name", False),
        ("of_text", False),
        ("of_another", False),
        ("of_nothing", False),
    ],
)
def test_functions_that_take_the_device(write: Write, path: str, takes: bool) -> None:
    function = load_function(f"{write(FUNCTIONS)}.{path}")
    assert takes_device(function) is takes


def test_a_function_that_takes_the_device_gets_the_login(write: Write) -> None:
    variables = {**HOST, "ansible_port": 830, "rollcall_function_vars": ["site"], "ansible_network_os": "acme"}
    device = device_of(resolve(variables, driver="python", function=f"{write(FUNCTIONS)}.of_device"))
    assert (device.host, device.port, device.password, device.platform) == ("192.0.2.1", 830, "pass-of-r1", "acme")
    answer = call_roll({"r1": device}, Limits())["r1"]
    assert answer["value"] == ["r1", "192.0.2.1", 830, "ops", "********", {"site": "fra"}, 0]
    assert (answer["host"], answer["port"], answer["output"]) == ("192.0.2.1", 830, {})


def test_a_function_that_takes_the_name_gets_no_login(write: Write) -> None:
    module = write(FUNCTIONS)
    device = device_of(resolve({**HOST, "ansible_port": "many"}, driver="python", function=f"{module}.of_name"))
    assert (device.host, device.password) == ("", None)
    found = resolve(HOST, driver="python", function=f"{module}.of_name", function_vars=["site"])
    assert isinstance(found, Error)
    assert "takes the name" in found.message
    assert "annotate its first parameter with Device" in found.message


def test_a_variable_of_the_login_that_is_wrong_is_an_error_of_the_host(write: Write) -> None:
    function = f"{write(FUNCTIONS)}.of_device"
    found = resolve({**HOST, "ansible_password": "{{ vault_nowhere }}"}, driver="python", function=function)
    assert isinstance(found, Error)
    assert "ansible_password of r1 cannot be resolved" in found.message


def test_a_name_outside_the_inventory_is_an_address_for_a_function(write: Write) -> None:
    module = write(FUNCTIONS)
    device = device_of(resolve({}, "192.0.2.9", driver="python", function=f"{module}.of_device"))
    assert device.host == "192.0.2.9"
    found = resolve({}, "192.0.2.9", driver=f"{write(DRIVER)}.Good")
    assert isinstance(found, Error)
    assert found.kind == "unknown_host"


@pytest.mark.parametrize(
    ("own", "commands"),
    [
        ({}, ["show version"]),
        ({"rollcall_driver": "cli"}, ["show version"]),
        ({"rollcall_driver": "{module}.Outputs"}, ["show version"]),
        ({"rollcall_driver": "{module}.Good"}, []),
        ({"rollcall_driver": "python"}, []),
    ],
)
def test_the_commands_of_a_device_that_no_poller_asked(write: Write, own: dict[str, str], commands: list[str]) -> None:
    module = write(DRIVER)
    variables = {name: value.format(module=module) for name, value in own.items()}
    hostvars = {"r1": {"rollcall_commands": ["show version"], **variables}}
    assert list(not_called(["r1"], hostvars, message="no poller")["r1"]["output"]) == commands


@pytest.mark.parametrize(
    ("own", "warnings"),
    [
        ({"driver": "python", "function": "{module}.of_name"}, ["commands are not used with driver: python"]),
        ({"driver": "python", "function": "{module}.of_device"}, []),
        ({"driver": "{drivers}.Good"}, []),
    ],
)
def test_commands_that_nothing_gets_are_a_warning(write: Write, own: dict[str, str], warnings: list[str]) -> None:
    names = {"module": write(FUNCTIONS), "drivers": write(DRIVER)}
    arguments: dict[str, Any] = {
        "commands": ["show version"],
        **{name: value.format(**names) for name, value in own.items()},
    }
    device = device_of(resolve(HOST, **arguments))
    assert warnings_of({"hosts": ["r1"], **arguments}, {"r1": device}) == warnings


# -- answers -----------------------------------------------------------------------------------------------------------


def ask(path: str, commands: tuple[str, ...] = (), **variables: Any) -> dict[str, Any]:
    device = make_device(
        "r1", host="127.0.0.1", password="pass-of-r1", driver=path, commands=commands, variables=variables
    )
    return call_roll({"r1": device}, Limits(device_timeout=60))["r1"]


def test_the_answer_of_a_third_party_s_driver(write: Write) -> None:
    module = write(DRIVER)
    answer = ask(f"{module}.Good", site="fra")
    assert (answer["status"], answer["driver"], answer["host"]) == ("ok", "good", "127.0.0.1")
    assert answer["value"][3:] == ["********", {"site": "fra"}, None]
    assert ask(f"{module}.Async", site="fra")["value"] == ["127.0.0.1", {"site": "fra"}]


@pytest.mark.parametrize(
    ("texts", "status", "kind", "outputs"),
    [
        ({"a": "text of a", "b": "b as output"}, "ok", None, {"a": "ok", "b": "ok"}),
        ({"a": "text"}, "partial", "incomplete", {"a": "ok", "b": "skipped"}),
        ({}, "failed", "incomplete", {"a": "skipped", "b": "skipped"}),
        ({"a": "text", "c": "text"}, "failed", "not_outputs", {"a": "skipped", "b": "skipped"}),
        ("no dictionary", "failed", "not_outputs", {"a": "skipped", "b": "skipped"}),
    ],
)
def test_a_driver_with_commands_answers_each_of_them(
    write: Write, texts: Any, status: str, kind: str | None, outputs: dict[str, str]
) -> None:
    answer = ask(f"{write(DRIVER)}.Outputs", ("a", "b"), texts=texts)
    assert answer["status"] == status, answer
    assert (answer["error"] or {}).get("kind") == kind
    assert {command: each["status"] for command, each in answer["output"].items()} == outputs


@pytest.mark.parametrize(
    ("driver", "commands", "status", "kind", "message"),
    [
        ("OneRejected", ("a", "b"), "partial", "incomplete", "driver one_rejected: 'b' failed"),
        ("Fails", (), "auth_failed", "token", "******** was refused"),
        ("Raises", (), "failed", "ValueError", "no ********"),
        ("NotPlain", (), "failed", "not_plain_data", "driver not_plain returned a value that cannot be stored as data"),
    ],
)
def test_what_a_driver_reports_is_the_error_of_its_device(
    write: Write, driver: str, commands: tuple[str, ...], status: str, kind: str, message: str
) -> None:
    answer = ask(f"{write(DRIVER)}.{driver}", commands)
    assert (answer["status"], answer["error"]["kind"]) == (status, kind)
    assert message in answer["error"]["message"]


def test_rows_of_a_driver_without_a_platform(write: Write) -> None:
    device = make_device(
        "r1",
        driver=f"{write(DRIVER)}.Outputs",
        commands=[Command("a", "json"), Command("b", "textfsm")],
        variables={"texts": {"a": "[1]", "b": "text"}},
    )
    output = call_roll({"r1": device}, Limits())["r1"]["output"]
    assert (output["a"]["rows_status"], output["b"]["rows_status"]) == ("ok", "no_template")
