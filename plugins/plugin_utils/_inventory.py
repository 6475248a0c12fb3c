# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resolve names and Ansible's variables to device records.

Precedence: arguments of the task, variables of the host (in Ansible's order), the environment of AWX's credentials,
then keywords, command line and configuration.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import getpass
import hashlib
import os
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from ansible import constants as C
from ansible.module_utils.common.validation import check_type_bytes
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.loader import connection_loader

from ansible_collections.rollcall.network.plugins.module_utils._arguments import PATHS
from ansible_collections.rollcall.network.plugins.module_utils._bounds import LARGEST, check_path
from ansible_collections.rollcall.network.plugins.module_utils._device import (
    KNOWN_HOSTS,
    Command,
    Device,
    DeviceCredential,
    Hop,
    Unresolved,
)
from ansible_collections.rollcall.network.plugins.module_utils._drivers._plain import NotPlain, plain
from ansible_collections.rollcall.network.plugins.module_utils._drivers.read_only import check_patterns
from ansible_collections.rollcall.network.plugins.module_utils._drivers.registry import (
    DEFAULT_DRIVER,
    uses_variables,
)
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import MASK, Secrets
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._spec import (
    PARSERS,
    check_commands,
    check_function_vars,
)
from ansible_collections.rollcall.network.plugins.module_utils._transport.arguments import (
    Forward,
    Jump,
    forward_of,
    jump_of,
    jumps_of,
)
from ansible_collections.rollcall.network.plugins.module_utils._transport.options import hops_of_forward, shell_command
from ansible_collections.rollcall.network.plugins.module_utils._transport.ssh_config import USER_CONFIG
from ansible_collections.rollcall.network.plugins.plugin_utils._jump_hosts import BastionLoop, JumpHosts
from ansible_collections.rollcall.network.plugins.plugin_utils._proxy import (
    bare_address,
    check_address,
    check_user,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._ssh_settings import (
    SshOptions,
    config_files,
    ssh_options,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._credentials import (
    credentials_from,
    secrets_in,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._drivers import Drivers
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._folders import folders_of_user
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._platform import Found, found_platform
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._unresolved import (
    kind_of_failure,
    names_behind,
    reason_of,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._vaulted import vaulted_texts

T = TypeVar("T")
MAX_OUTPUT = 64 * 2**20
CONNECT_TIMEOUT, COMMAND_TIMEOUT = 10.0, 30.0  # seconds, as in core and ansible.netcommon
PORTS = {"ssh": 22, "telnet": 23}
TELNET = "_telnet"  # the end of netmiko's names for platforms that it reaches with Telnet
SECRETS = ("password", "private_key", "passphrase", "become_password")
SSH_ARGUMENTS = ("ssh_args", "ssh_common_args", "ssh_extra_args")
# Fields whose values and errors are not shown.
HIDDEN = (*SECRETS, "credentials", "proxy_command", "otp_command", *SSH_ARGUMENTS, "function_args")
MOST_HINTS = 20  # unknown names with near matches; comparing 10,000 with 10,000 takes an hour

# Field of the device: the option of core's ssh connection whose variables it uses.
SSH_OPTIONS = {
    "host": "host",
    "port": "port",
    "user": "remote_user",
    "password": "password",
    "private_key_file": "private_key_file",
    "private_key": "private_key",
    "passphrase": "private_key_passphrase",
    "host_key_checking": "host_key_checking",
    "connect_timeout": "timeout",
    "ssh_args": "ssh_args",
    "ssh_common_args": "ssh_common_args",
    "ssh_extra_args": "ssh_extra_args",
}
# Further variables of network connections. The last one found is used, as in core.
VARIABLES: dict[str, tuple[str, ...]] = {
    "allow_commands": ("rollcall_allow_commands",),
    "become": ("ansible_become",),
    "become_password": ("ansible_become_password", "ansible_become_pass", "ansible_enable_pass"),
    "command_timeout": ("ansible_command_timeout", "rollcall_command_timeout"),
    "commands": ("rollcall_commands",),
    "connect_timeout": ("ansible_connect_timeout", "rollcall_connect_timeout"),
    "credentials": ("rollcall_credentials",),
    "driver": ("rollcall_driver",),
    "expect_hostname": ("rollcall_expect_hostname",),
    "function": ("rollcall_function",),
    "function_args": ("rollcall_function_args",),
    "function_vars": ("rollcall_function_vars",),
    "jump_hosts": ("rollcall_jump_hosts",),
    "known_hosts": ("rollcall_known_hosts",),
    "legacy_ssh": ("rollcall_legacy_ssh",),
    "max_output": ("rollcall_max_output",),
    "otp_command": ("rollcall_otp_command",),
    "parser": ("rollcall_parser",),
    "rows_required": ("rollcall_rows_required",),
    "platform": ("ansible_network_os",),
    "platforms": ("rollcall_platforms",),
    "proxy_command": ("ansible_paramiko_proxy_command", "ansible_libssh_proxy_command"),
    "ssh_config": ("rollcall_ssh_config",),
    "transcript": ("rollcall_transcript",),
    "transport": ("rollcall_transport",),
}
# Environment variables of AWX's credentials: the built-in network credential, and the type that playbooks/awx.yml
# creates, because AWX does not let other types set ANSIBLE_*. The last one found is used.
NETWORK_CREDENTIAL: dict[str, tuple[str, ...]] = {
    "user": ("ANSIBLE_NET_USERNAME", "ROLLCALL_NET_USERNAME"),
    "password": ("ANSIBLE_NET_PASSWORD", "ROLLCALL_NET_PASSWORD"),
    "private_key_file": ("ANSIBLE_NET_SSH_KEYFILE", "ROLLCALL_NET_SSH_KEYFILE"),
    "passphrase": ("ROLLCALL_NET_SSH_KEY_PASSPHRASE",),
    "become": ("ANSIBLE_NET_AUTHORIZE", "ROLLCALL_NET_AUTHORIZE"),
    "become_password": ("ANSIBLE_NET_AUTH_PASS", "ROLLCALL_NET_AUTH_PASS"),
}


DEFAULT = "configuration (default)"  # the source of a setting that nobody set
# Arguments with a value for each host. The action plugin does not resolve their templates.
PER_HOST = ("function_args",)


class Setting(NamedTuple):
    """A value and its source."""

    value: Any
    source: str


class Resolved(NamedTuple):
    """A device, and the source of each of its settings, without secret values."""

    device: Device
    sources: dict[str, str]


class NoDevice(Exception):
    """A name cannot be resolved to a device. The message says why and what to do."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.error = Error("resolve", kind, message)


class Inventory:
    """The names that can be asked, and the variables of each.

    :param variables_of: returns the untemplated variables of a host, or None for a name that is not in the inventory.
    :param template: templates one value with the variables of its host.
    :param fallbacks: settings by field from keywords and command line, for hosts that do not set them.
    :param look_at: gets each name and its variables, to check more of them than is used here.
    :param sources: what the inventory was read from, for the commands in messages.
    """

    def __init__(
        self,
        variables_of: Callable[[str], Mapping[str, Any] | None],
        template: Callable[[Any, Mapping[str, Any]], Any],
        hosts: Collection[str],
        groups: Iterable[str],
        fallbacks: Mapping[str, Setting],
        look_at: Callable[[str, Mapping[str, Any]], None] | None = None,
        sources: tuple[str, ...] = (),
    ) -> None:
        self._variables_of = variables_of
        self._sources = sources
        self._look_at = look_at
        self._template = template
        self._hosts = hosts
        self._groups = frozenset(groups)
        self._fallbacks = {**_configured(), **fallbacks, **_network_credential()}
        self._run_secrets = _run_secrets(fallbacks)
        self._hints = MOST_HINTS
        self._drivers = Drivers()
        self._unneeded: frozenset[str] = frozenset()

    def resolve(
        self, names: Iterable[str], arguments: Mapping[str, Any], unneeded: Collection[str] = ()
    ) -> dict[str, Resolved | Error]:
        """Return a device or an error for every name, in order.

        :param unneeded: settings of drivers that can be missing, because nothing is asked.
        :raises ValueError: if the driver of the arguments cannot be used.
        """
        self._drivers = Drivers()
        if arguments["driver"] is not None:
            self._drivers.get(arguments["driver"])
        self._unneeded = frozenset(unneeded)
        jump_hosts = self._jump_hosts(arguments)
        return {name: self._device_or_error(name, arguments, jump_hosts) for name in names}

    def _jump_hosts(self, arguments: Mapping[str, Any]) -> JumpHosts:
        def login(name: str) -> tuple[Hop, ...]:
            variables = self._variables_of(name)
            settings = _Settings(name, variables or {}, arguments, self._fallbacks, self._template)
            try:
                found = _login(name, settings, found_by)
            except NoDevice as error:
                loop = error.__cause__
                if isinstance(loop, BastionLoop):
                    raise BastionLoop(loop.names) from None
                raise ValueError(_masked(settings, str(error), self._run_secrets)) from None
            return (*found.hops, Hop(name=name, in_inventory=True, **found.fields))

        def known(name: str) -> bool:
            # Ansible has a host for each name of this machine, even if the inventory has none.
            return name in (list(self._hosts) if name in C.LOCALHOST else self._hosts)

        found_by = JumpHosts(known, self._groups, login)
        return found_by

    def _device_or_error(self, name: str, arguments: Mapping[str, Any], jump_hosts: JumpHosts) -> Resolved | Error:
        """No error of a template is raised: Ansible would print the lines of the inventory that it comes from."""
        bare = {"inventory_hostname": name}  # a name that is not in the inventory has the arguments of the task only
        settings = _Settings(name, bare, arguments, self._fallbacks, self._template)
        try:
            variables = self._variables_of(name)
            if variables is None and "host" in self._drivers.get(arguments["driver"] or DEFAULT_DRIVER).settings:
                raise self._unknown(name)
            if variables is not None:
                if self._look_at is not None:
                    self._look_at(name, variables)
                settings = _Settings(name, variables, arguments, self._fallbacks, self._template)
            return self._resolve(name, settings, arguments, jump_hosts)
        except NoDevice as error:
            return _unresolved(settings, error.error, self._run_secrets, self._drivers)
        except Exception as error:
            message = f"the variables of {name} cannot be resolved: {kind_of_failure(error)}"
            return _unresolved(settings, Error("resolve", "variables", message), self._run_secrets, self._drivers)

    def _resolve(self, name: str, settings: _Settings, arguments: Mapping[str, Any], jump_hosts: JumpHosts) -> Resolved:
        driver = settings.text("driver") or DEFAULT_DRIVER
        try:
            wanted = self._drivers.get(driver).settings - self._unneeded
        except ValueError as error:
            raise NoDevice("driver", f"{settings.where('driver')}: {error}") from error
        function = _function(name, settings) if "function" in wanted else None
        args = _function_args(name, settings) if function else {}
        takes_login = self._drivers.takes_login(driver, function)
        login = _login_fields(name, settings, jump_hosts) if takes_login else {}
        question = _question_fields(name, settings, wanted) if takes_login or not wanted.isdisjoint(QUESTION) else {}
        variables, vaulted = _function_vars(name, settings) if uses_variables(driver) else ({}, ())
        if variables and function and takes_login is False:
            message = (
                f"{function} takes the name and cannot use function_vars; annotate its first parameter with Device"
            )
            raise NoDevice("function", message)
        device = Device(
            name=name,
            driver=driver,
            function=function,
            function_args=args,
            variables=variables,
            **login,
            **question,
        )
        # A driver that gets no login from here may have it from elsewhere.
        own = () if takes_login else _secret_texts(settings)
        secrets = tuple(dict.fromkeys((*own, *vaulted, *self._run_secrets)))
        if secrets:
            device = replace(device, run_secrets=secrets)
        device = replace(device, limit_groups=_limit_groups(settings, arguments), inventory_sources=self._sources)
        return Resolved(device, settings.sources)

    def _unknown(self, name: str) -> NoDevice:
        message = f"{name!r} is not in the inventory"
        if name in self._groups:
            message += f"; it is a group: use groups[{name!r}] for its hosts"
        elif self._hints > 0:
            self._hints -= 1
            near = difflib.get_close_matches(name, list(self._hosts), n=3)
            message += f"; near matches: {', '.join(near)}" if near else "; check the name and the inventory (-i)"
        return NoDevice("unknown_host", message)


class _Settings:
    """The settings of one host by field, each from the first source that has it."""

    def __init__(
        self,
        name: str,
        variables: Mapping[str, Any],
        arguments: Mapping[str, Any],
        fallbacks: Mapping[str, Setting],
        template: Callable[[Any, Mapping[str, Any]], Any],
    ) -> None:
        self._name = name
        self._variables = variables
        self._arguments = arguments
        self._fallbacks = fallbacks
        self._template = template
        self.sources: dict[str, str] = {}
        self._found: dict[str, Setting | NoDevice | None] = {}

    def get(self, field: str) -> Any:
        """Return the value, or None if it is not set.

        :raises NoDevice: if the variable cannot be resolved.
        """
        setting = self.setting(field)
        if setting is None:
            return None
        self.sources[field] = setting.source
        return setting.value

    def setting(self, field: str) -> Setting | None:
        """Like ``get``, but with the source of the value. Each variable is resolved once.

        :raises NoDevice: if the variable cannot be resolved.
        """
        if field not in self._found:
            try:
                self._found[field] = self._find(field)
            except NoDevice as error:
                self._found[field] = error
        found = self._found[field]
        if isinstance(found, NoDevice):
            raise found
        return found

    def _find(self, field: str) -> Setting | None:
        given = self._arguments.get(field)
        if given is not None and field in PER_HOST:
            given = self._templated(field, f"argument {field}", given)
        if given is not None:
            return Setting(given, f"argument {field}")
        for variable in reversed((*_ssh_variables().get(field, ()), *VARIABLES.get(field, ()))):
            raw = self._variables.get(variable)
            if raw is not None:
                value = self._templated(field, f"variable {variable}", raw)
                if value is not None:
                    return Setting(value, f"variable {variable}")
        return self._fallbacks.get(field)

    def _templated(self, field: str, source: str, raw: Any) -> Any:
        """
        :raises NoDevice: for a broken template, an undefined variable or a value that cannot be decrypted.
        """
        try:
            return self._template(raw, self._variables)
        except Exception as error:  # a lookup or filter can raise any exception
            behind = behind_secrets(self._variables)
            secret = field in HIDDEN or not behind.isdisjoint(names_behind([raw], self._variables))
            reason = reason_of(error, secret=secret, mask=lambda text: _masked(self, text))
            raise NoDevice("variables", f"{source} of {self._name} cannot be resolved: {reason}") from None

    def variable(self, name: str) -> tuple[Any, list[str]]:
        """Return the value of any variable, and the vaulted texts in it.

        :raises NoDevice: if it is not defined or cannot be resolved.
        """
        if name not in self._variables:
            raise NoDevice("variables", f"variable {name} of {self._name} is not defined")
        raw = self._variables[name]
        value = self._templated("function_vars", f"variable {name}", raw)
        return value, list(vaulted_texts(raw, value, self._variables))

    def has(self, variable: str) -> bool:
        return variable in self._variables

    def written(self) -> Iterator[str]:
        """The secrets that are written as strings, which may be templates."""
        for name in _hidden_variables():
            value = self._variables.get(name)
            if isinstance(value, str):
                yield str.__str__(value)
            elif name in VARIABLES["credentials"]:
                yield from (str.__str__(each) for each in secrets_in(value))

    def text(self, field: str) -> str | None:
        value = self.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            shown = "" if field in HIDDEN else f", not {value!r}"
            raise NoDevice("variables", f"{self.where(field)} must be a string{shown}")
        return str(value)

    def number(self, field: str, default: float) -> float:
        value = self.get(field)
        try:
            number = default if value is None else float(value)
        except (TypeError, ValueError, OverflowError):
            number = 0.0
        if not 0 < number <= LARGEST:
            raise NoDevice("variables", f"{self.where(field)} must be a number above 0, not {value!r}")
        return number

    def flag(self, field: str, default: T) -> bool | T:
        value = self.get(field)
        try:
            return default if value is None else bool(boolean(value))
        except TypeError:
            raise NoDevice("variables", f"{self.where(field)} must be true or false, not {value!r}") from None

    def texts(self, field: str, words: str = "a list") -> tuple[str, ...] | None:
        value = self.get(field)
        if value is None:
            return None
        if not isinstance(value, (str, list, tuple)):
            raise NoDevice("variables", f"{self.where(field)} must be {words}, not {value!r}")
        texts = [value] if isinstance(value, str) else value
        for each in texts:
            if not isinstance(each, str) or not each.strip():
                entry = "is" if isinstance(value, str) else "has the entry"
                message = f"{self.where(field)} must be {words}, but {entry} {each!r}; an empty list is []"
                raise NoDevice("variables", message)
        return tuple(map(str, texts))

    def paths(self, field: str) -> tuple[str, ...] | None:
        paths = self.texts(field, PATHS)
        for path in paths or ():
            try:
                check_path(self.where(field), path)
            except ValueError as error:
                raise NoDevice("variables", str(error)) from error
        return paths

    @property
    def folders(self) -> list[str]:
        """Where relative paths of the user's files begin."""
        return folders_of_user(self._variables)

    def where(self, field: str) -> str:
        """The source of a setting, for messages."""
        found = None if field in self.sources else self.setting(field)
        source = self.sources.get(field) or (found.source if found is not None else field)
        return f"{source} of {self._name}"


def _function(name: str, settings: _Settings) -> str:
    function = settings.text("function")
    if not function:
        raise NoDevice("function", f"no function for {name}; set the argument function or rollcall_function")
    return function


def _function_args(name: str, settings: _Settings) -> dict[str, Any]:
    given = settings.get("function_args")
    try:
        arguments = plain({} if given is None else given)
    except NotPlain as error:
        raise NoDevice("variables", f"{settings.sources['function_args']} of {name}: {error}") from error
    if not isinstance(arguments, dict):
        source = settings.sources["function_args"]
        raise NoDevice("variables", f"{source} of {name} must be a dictionary, not {arguments!r}")
    return arguments


def _function_vars(name: str, settings: _Settings) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The variables that the function or driver asks for, and the secrets among them."""
    try:
        names = check_function_vars(settings.get("function_vars") or ())
    except ValueError as error:
        raise NoDevice("variables", f"{settings.where('function_vars')}: {error}") from error
    values: dict[str, Any] = {}
    vaulted: list[str] = []
    for each in names:
        value, secrets = settings.variable(each)
        try:
            values[each] = plain(value)
        except NotPlain as error:
            raise NoDevice("variables", f"variable {each} of {name}: {error}") from error
        vaulted += secrets
    return values, tuple(vaulted)


def _limit_groups(settings: _Settings, arguments: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The variables with limits and their values. A host without one of them has no such limit."""
    groups = []
    for variable in arguments.get("limits") or ():
        if settings.has(variable):
            value, _secrets = settings.variable(variable)
            if value is not None:
                groups.append((variable, str(value)))
    return tuple(groups)


def _login_source(settings: _Settings) -> str:
    """Where the secret of the login was set, for messages."""
    fields = [field for field in ("password", "private_key", "private_key_file") if settings.sources.get(field)]
    return settings.sources[fields[0]] if fields else ""


def _login_fields(name: str, settings: _Settings, jump_hosts: JumpHosts) -> dict[str, Any]:
    """The fields of a device for its address and its login."""
    _network_os_name, transport = _network_os(settings)
    found = _login(name, settings, jump_hosts, PORTS[transport])
    fields = {
        **found.fields,
        "transport": transport,
        "hops": found.hops,
        "become": settings.flag("become", None),
        "become_password": settings.text("become_password"),
        "transcript": settings.flag("transcript", False),
        "login_source": _login_source(settings),
        "become_source": settings.sources.get("become_password", ""),
        "proxy_login": _proxy_login(found.proxy, found.fields["user"] or "") if found.proxy else None,
    }
    credentials = _credentials(settings, found.proxy)
    return {**fields, "credentials": credentials, **_first(credentials, settings)}


def _credentials(settings: _Settings, proxy: str | None) -> tuple[DeviceCredential, ...]:
    given = settings.get("credentials")
    if not given:
        return ()
    try:
        credentials = credentials_from(given, settings.sources["credentials"], on_command_line=proxy is not None)
    except ValueError as error:
        raise NoDevice("variables", f"{settings.where('credentials')}: {error}") from None
    if proxy is not None and "%r" in proxy and any(each.user is not None for each in credentials):
        raise NoDevice("variables", f"{settings.where('credentials')} cannot have users, as the proxy command has %r")
    return credentials


def _first(credentials: tuple[DeviceCredential, ...], settings: _Settings) -> dict[str, str | None]:
    """The fields of the first credential. They replace those of the variables for one."""
    if not credentials:
        return {}
    first = credentials[0]
    fields: dict[str, str | None] = {
        field: getattr(first, field) for field in ("password", "private_key_file", "private_key", "passphrase")
    }
    fields |= {field: value for field in ("user", "become_password") if (value := getattr(first, field)) is not None}
    for field, value in fields.items():
        settings.sources.pop(field, None)
        if value is not None:
            settings.sources[field] = first.source
    return {**fields, "login_source": first.source}


QUESTION = ("platform", "commands")
"""The settings of drivers that are read without a login too."""


def _question_fields(name: str, settings: _Settings, wanted: Collection[str]) -> dict[str, Any]:
    """The fields of a device for what it is asked.

    :param wanted: settings of the driver. A platform and commands can be missing if it does not need them.
    """
    network_os, _transport = _network_os(settings)
    platform = _platform(network_os, settings, needed="platform" in wanted)
    return {
        "platform": platform.name,
        "platform_note": platform.note,
        "definition": platform.description,
        "commands": _commands(name, settings, needed="commands" in wanted),
        "allow_commands": _allow_commands(name, settings),
        "rows_required": settings.flag("rows_required", True),
        "expect_hostname": _expected_names(name, settings),
        "command_timeout": settings.number("command_timeout", COMMAND_TIMEOUT),
        "max_output": _max_output(settings),
    }


class _Login(NamedTuple):
    """The fields that a device and a bastion share, the bastions on the way, and the command as it is written."""

    fields: dict[str, Any]
    hops: tuple[Hop, ...]
    proxy: str | None


def _login(name: str, settings: _Settings, jump_hosts: JumpHosts, default_port: int = PORTS["ssh"]) -> _Login:
    options = _ssh_options(settings)
    files = _config_files(settings, options)
    host = _bare(name, settings, options.get("hostname") if not files else None)
    port = int(options.get("port") or default_port)
    user: str | None = options.get("user")
    if user is None and not files:
        user = _own_name()
    own_known_hosts = settings.paths("known_hosts")
    legacy = settings.flag("legacy_ssh", True)
    way = _Way(name, settings, options, files, jump_hosts, legacy, own_known_hosts or ())
    proxy = way.named()
    texts = " ".join(filter(None, (proxy, *(settings.text(field) for field in SSH_ARGUMENTS))))
    _check_login(name, host, user or "", settings, texts if proxy else "")
    hops, command = way.found(host, port, user or _own_name())
    strict = options.get("stricthostkeychecking")
    # If files can set them too, the options are kept, because their first value counts.
    kept = _WAYS if files else (*_WAYS, "connecttimeout", "hostname", "port", "stricthostkeychecking", "user")
    rest = options.without(*kept)
    if files and way.is_direct:
        rest = (("proxyjump", "none"), *rest)
    fields = {
        "host": host,
        "port": port,
        "user": user,
        "password": settings.text("password"),
        "private_key_file": settings.text("private_key_file"),
        "private_key": settings.text("private_key"),
        "passphrase": settings.text("passphrase"),
        "otp_command": settings.text("otp_command"),
        "connect_timeout": options.get("connecttimeout") or CONNECT_TIMEOUT,
        "host_key_checking": strict != "no",
        "accept_new_host_keys": strict == "accept-new",
        "known_hosts": own_known_hosts or _known_hosts(options, files),
        "legacy_ssh": legacy,
        "ssh_options": rest,
        "ssh_config": files,
        "proxy_command": command,
    }
    return _Login(fields, hops, proxy if command else None)


_WAYS = ("proxycommand", "proxyjump")


def _ssh_options(settings: _Settings) -> SshOptions:
    """
    :raises NoDevice: for arguments that ssh would not take, and for wrong variables.
    """
    asked: list[tuple[str, str]] = []
    own: list[tuple[str, str]] = []
    if not settings.flag("host_key_checking", True):
        own.append(("stricthostkeychecking", "no"))
    port = settings.number("port", PORTS["ssh"])
    if port != int(port) or port > 65535:
        raise NoDevice("variables", f"{settings.where('port')} must be a port number, not {port:g}")
    if settings.setting("port") is not None:
        own.append(("port", str(int(port))))
    if (user := settings.text("user")) is not None:
        own.append(("user", shlex.quote(user)))
    timeout = settings.number("connect_timeout", CONNECT_TIMEOUT)
    source = settings.sources.get("connect_timeout", "")
    if source and source != DEFAULT:
        (asked if source.startswith("argument") else own).append(("connecttimeout", f"{timeout:f}"))
    texts = {field: settings.text(field) or "" for field in SSH_ARGUMENTS}
    first, *others = [(text and settings.where(field), text) for field, text in texts.items()]
    try:
        return ssh_options(asked, first, own, others)
    except ValueError as error:
        raise NoDevice("variables", str(error)) from error


def _config_files(settings: _Settings, options: SshOptions) -> tuple[str, ...]:
    value = settings.get("ssh_config")
    if value is None:
        return options.config or ()
    try:
        files = config_files(value)
        for file in files:
            check_path(settings.where("ssh_config"), file)
    except ValueError as error:
        raise NoDevice("variables", f"{settings.where('ssh_config')}: {error}") from error
    return files


def _bare(name: str, settings: _Settings, hostname: str | None) -> str:
    """The address, without the brackets of an IPv6 address."""
    host = settings.text("host") or name
    if hostname is not None:
        host = hostname.replace("%h", host).replace("%%", "%")
    try:
        return bare_address(host)
    except ValueError as error:
        where = settings.where("host") if "host" in settings.sources else f"the name {name!r}"
        raise NoDevice("variables", f"{where} cannot be an address: {error}") from error


def _known_hosts(options: SshOptions, files: tuple[str, ...]) -> tuple[str, ...]:
    """The files with host keys. With tokens or configuration files, they are not known before the connection."""
    user, everyone = options.get("userknownhostsfile"), options.get("globalknownhostsfile")
    if user is None and everyone is None:
        return () if files else KNOWN_HOSTS
    found = (*(KNOWN_HOSTS[:1] if user is None else user), *(everyone or ()))
    return () if any("%" in each or "${" in each for each in found) else found


class _Way:
    """The bastions or the command on the way to a host."""

    def __init__(
        self,
        name: str,
        settings: _Settings,
        options: SshOptions,
        files: tuple[str, ...],
        jump_hosts: JumpHosts,
        legacy: bool,
        known_hosts: tuple[str, ...],
    ) -> None:
        self._name = name
        self._where = ""
        self._jump_hosts = jump_hosts
        # As ssh does, a bastion that is only an address takes its settings from the user's own configuration.
        own = settings.get("ssh_config") is not None or options.config is not None
        self._files = files if own else (USER_CONFIG,)
        self._legacy = legacy
        self._known_hosts = (*known_hosts, *KNOWN_HOSTS) if known_hosts else ()
        self._listed = settings.texts("jump_hosts")
        self._kind, self._value = "", ""
        command = settings.text("proxy_command")
        if self._listed is not None:
            self._kind, self._value = "proxyjump", ",".join(self._listed) or "none"
            self._where = settings.where("jump_hosts")
        elif command:
            self._kind, self._value = "proxycommand", command
            self._where = settings.where("proxy_command")
        elif first := options.first_of(*_WAYS):
            self._kind, self._value = first[0], str(options.get(first[0]))
            self._where = " or ".join(settings.where(field) for field in SSH_ARGUMENTS if settings.text(field))
        self.is_direct = self._value.lower() == "none"

    def named(self) -> str | None:
        """What leads to the host, as it is written."""
        return self._value if self._value and not self.is_direct else None

    def found(self, host: str, port: int, user: str) -> tuple[tuple[Hop, ...], str | None]:
        """
        :raises NoDevice: for what cannot be understood, or could mean something else.
        """
        if self.named() is None:
            return (), None
        try:
            if self._kind == "proxyjump":
                jumps = [jump_of(each) for each in self._listed] if self._listed else jumps_of(self._value)
                return self._through(jumps), None
            shlex.split(self._value)
            forward = forward_of(self._value, user)
            if forward:
                return self._forwarded(forward), None
            return (), shell_command(self._value, host, host, port, user)
        except BastionLoop as error:
            raise NoDevice("variables", str(error)) from error
        except ValueError as error:
            raise NoDevice("variables", f"{self._where}: {error}") from error

    def _through(self, jumps: list[Jump]) -> tuple[Hop, ...]:
        return self._jump_hosts.on_the_way(
            self._name, jumps, self._files, legacy=self._legacy, known_hosts=self._known_hosts
        )

    def _forwarded(self, forward: Forward) -> tuple[Hop, ...]:
        """The bastion of ``ssh -W``. A host of the inventory has its variables, after the options of the command."""
        hops = hops_of_forward(forward, self._files, legacy=self._legacy, known_hosts=self._known_hosts)
        *before, last = hops
        if not self._jump_hosts.is_known(forward.jump.host):
            self._jump_hosts.check(hops)
            return hops
        port = None if last.port == PORTS["ssh"] else last.port
        own = self._through([Jump(forward.jump.host, last.user, port)])
        if not own:
            return ()
        options = (*last.ssh_options, *own[-1].ssh_options)
        bastion = replace(own[-1], ssh_options=options, password=last.password or own[-1].password)
        return (*before, *own[:-1], bastion)


def _network_os(settings: _Settings) -> tuple[str, str]:
    """The platform as it is written, and the transport, which names of netmiko can imply."""
    network_os = settings.text("platform") or ""
    bare = network_os.strip()
    implied = bare.lower().endswith(TELNET)
    transport = settings.text("transport") or ("telnet" if implied else "ssh")
    if transport not in PORTS:
        message = f"{settings.where('transport')} must be one of {', '.join(PORTS)}, not {transport!r}"
        raise NoDevice("variables", message)
    return (bare[: -len(TELNET)] if implied else network_os), transport


def _expected_names(name: str, settings: _Settings) -> tuple[str, ...]:
    value = settings.get("expect_hostname")
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false", "yes", "no")):
        return (name,) if settings.flag("expect_hostname", False) else ()
    return settings.texts("expect_hostname", "true, a name or a list of names") or ()


def _max_output(settings: _Settings) -> int:
    value = settings.get("max_output")
    try:
        number = MAX_OUTPUT if value is None else check_type_bytes(value)
    except (TypeError, ValueError, OverflowError):
        number = 0
    if not 0 < number <= LARGEST:
        raise NoDevice("variables", f"{settings.where('max_output')} must be a size such as 64M, not {value!r}")
    return int(number)


def _check_login(name: str, host: str, user: str, settings: _Settings, proxy: str) -> None:
    """Refuse what could be taken for something else: by a command that carries the connection, or by the device.

    :param proxy: the command and ssh's arguments, empty where there are none.
    """
    where = {field: f"{settings.sources.get(field, 'the name')} of {name!r}" for field in ("host", "user")}
    try:
        check_address(host, on_command_line=bool(proxy))
    except ValueError as error:
        raise NoDevice("variables", f"{where['host']} cannot be an address: {error}") from error
    try:
        check_user(user, on_command_line=bool(proxy))
    except ValueError as error:
        raise NoDevice("variables", f"{where['user']} cannot be a user name: {error}") from error
    if name != host and name in proxy:  # a template put it there
        try:
            check_address(name, on_command_line=True)
        except ValueError as error:
            message = f"{name!r} cannot be used in the proxy command: {error}"
            raise NoDevice("variables", message) from error
    for field in ("password", "become_password"):
        if any(each in (settings.text(field) or "") for each in "\r\n\0"):
            raise NoDevice("variables", f"{settings.sources[field]} of {name} must be one line of text")


def _proxy_login(command: str, user: str) -> str:
    """The same text for all devices that are reached by one command with one credential; not a secret itself."""
    return hashlib.sha256(
        f"{command}\0{user if '%r' in command else ''}".encode("utf-8", "surrogateescape")
    ).hexdigest()


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:  # a container can run as any user id
        raise NoDevice("variables", "no user is set, and this user id has no name; set ansible_user") from error


def _platform(network_os: str, settings: _Settings, *, needed: bool) -> Found:
    paths = settings.paths("platforms") or ()
    try:
        return found_platform(network_os, paths, settings.folders if paths else (), needed=needed)
    except ValueError as error:
        raise NoDevice("platform", f"{settings.where('platforms')}: {error}") from error


def _commands(name: str, settings: _Settings, *, needed: bool) -> tuple[Command, ...]:
    parser = settings.text("parser")
    if parser is not None and parser not in PARSERS:
        source = settings.sources["parser"]
        raise NoDevice("commands", f"{source} of {name} must be one of {', '.join(PARSERS)}, not {parser!r}")
    try:
        commands = check_commands(settings.get("commands") or (), parser)
    except ValueError as error:
        raise NoDevice("commands", f"{settings.sources['commands']} of {name}: {error}") from error
    if needed and not commands:
        raise NoDevice("no_commands", "no commands are set; set the argument commands or rollcall_commands")
    return commands


def _allow_commands(name: str, settings: _Settings) -> tuple[str, ...]:
    try:
        return check_patterns(settings.get("allow_commands") or ())
    except ValueError as error:
        raise NoDevice("commands", f"{settings.sources['allow_commands']} of {name}: {error}") from error


# -- where settings come from ------------------------------------------------------------------------------------------


@functools.cache
def _ssh_definitions() -> tuple[str, dict[str, Any]]:
    plugin = connection_loader.get("ansible.builtin.ssh", class_only=True)  # loads its options
    name = plugin._load_name
    return name, C.config.get_configuration_definitions("connection", name)


@functools.cache
def _ssh_variables() -> dict[str, tuple[str, ...]]:
    _name, definitions = _ssh_definitions()
    return {
        field: tuple(each["name"] for each in definitions.get(option, {}).get("vars", ()))
        for field, option in SSH_OPTIONS.items()
    }


def variables_of_field(field: str) -> tuple[str, ...]:
    """The variables of a host that can have the value of this field of a device."""
    return (*_ssh_variables().get(field, ()), *VARIABLES.get(field, ()))


def _configured() -> dict[str, Setting]:
    """Return the settings of core's ssh connection from environment, ansible.cfg, command line and defaults."""
    plugin, definitions = _ssh_definitions()
    settings = {}
    for field, option in SSH_OPTIONS.items():
        if field == "host" or option not in definitions:
            continue
        value, origin = C.config.get_config_value_and_origin(
            option, plugin_type="connection", plugin_name=plugin, variables={}
        )
        source = f"configuration ({origin})"
        if value is not None and not (field == "ssh_args" and source == DEFAULT):  # it configures ssh's own sessions
            settings[field] = Setting(value, source)
    return settings


def _network_credential() -> dict[str, Setting]:
    """Return the settings of AWX's credentials from the environment."""
    settings = {}
    for field, variables in NETWORK_CREDENTIAL.items():
        for variable in variables:
            value = os.environ.get(variable)
            if value:
                settings[field] = Setting(_in_the_container(field, value), f"environment {variable}")
    return settings


def _run_secrets(typed: Mapping[str, Setting]) -> tuple[str, ...]:
    """The secrets of the whole run, whichever device they are for: typed, and of the environment."""
    environment = [os.environ.get(variable) for field in SECRETS for variable in NETWORK_CREDENTIAL.get(field, ())]
    given = [str(typed[field].value) for field in SECRETS if field in typed]
    return tuple(dict.fromkeys(filter(None, (*environment, *given))))


@functools.cache
def _hidden_variables() -> tuple[str, ...]:
    """The variables that hold secrets."""
    return tuple(name for field in HIDDEN for name in variables_of_field(field))


def behind_secrets(variables: Mapping[str, Any]) -> frozenset[str]:
    """The variables of secrets, and those that they refer to."""
    hidden = _hidden_variables()
    return frozenset(hidden) | names_behind((variables.get(name) for name in hidden), variables)


def _secret_texts(settings: _Settings) -> Iterator[str]:
    """The secrets of a host, as far as they resolve."""
    for field in SECRETS:
        with contextlib.suppress(NoDevice):
            setting = settings.setting(field)
            if setting is not None and setting.value not in (None, ""):
                yield str(setting.value)
    with contextlib.suppress(NoDevice):
        if (setting := settings.setting("credentials")) is not None:
            yield from secrets_in(setting.value)


def _masked(settings: _Settings | None, text: str, run_secrets: Iterable[str] = ()) -> str:
    """A message without the secrets of a host. Ordinary words, such as admin, are masked only as a whole value."""
    known = [*run_secrets]
    if settings is not None:
        known += [*_secret_texts(settings), *settings.written()]
    text = Secrets(known).sentence_on_values(text)
    for secret in known:
        text = text.replace(f"not {secret!r}", f"not {MASK!r}").replace(f"not {secret}", f"not {MASK}")
    return text


def _unresolved(settings: _Settings, error: Error, run_secrets: Iterable[str], drivers: Drivers) -> Unresolved:
    """The error, with the commands as far as they can be known."""
    commands: tuple[Command, ...] = ()
    message = _masked(settings, error.message, run_secrets)
    with contextlib.suppress(NoDevice, ValueError):
        driver = drivers.get(DEFAULT_DRIVER)
        with contextlib.suppress(NoDevice, ValueError):  # then it is taken for the default one
            driver = drivers.get(settings.text("driver") or DEFAULT_DRIVER)
        if "commands" in driver.settings:
            commands = check_commands(settings.get("commands") or (), None)
    return Unresolved(error.phase, error.kind, message, commands)


def _in_the_container(field: str, value: str) -> str:
    """Convert AWX's path of a key to the path in the execution environment, where it is mounted at /runner."""
    outside = os.environ.get("AWX_PRIVATE_DATA_DIR")
    return value.replace(outside, "/runner", 1) if outside and field == "private_key_file" else value
