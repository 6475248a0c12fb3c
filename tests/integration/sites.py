# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two sites, each with a poller and two real FRR routers, and a controller that reaches the pollers and no router.

Every machine is a network namespace. The sites' addresses are the same: 172.20.1.2 is fra-r1 in one and osl-r1 in the
other, so a poller that reached a router which is not its own would bring back a wrong answer.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.integration.frr import (
    GROUPS,
    OSPF_STATE,
    FrrLab,
    Router,
    connect,
    network_namespace,
    running_router,
)
from tests.integration.openssh import (
    ContextStack,
    Sshd,
    TempUser,
    auth_options,
    inside,
    known_host,
    make_key,
    program,
    run,
    scratch_folder,
)

SITES = ("fra", "osl")
NUMBERS = (1, 2)
PORT = 2222  # in namespaces of our own, any port is free


@dataclass(frozen=True)
class Site:
    """A site by its name: its poller, as the controller sees it, and its routers."""

    name: str
    poller: str
    namespace: str
    address: str
    sshd: Sshd
    link: tuple[str, str]  # the controller's namespace and its end of the link to here
    routers: dict[str, Router]
    router_sshds: dict[str, Sshd]

    @contextlib.contextmanager
    def cut_off(self) -> Iterator[None]:
        """Takes down the link to the controller: what is sent meanwhile is lost without a word."""
        controller, end = self.link
        run("ip", "-n", controller, "link", "set", end, "down")
        try:
            yield
        finally:
            run("ip", "-n", controller, "link", "set", end, "up")


def join(one: str, end: str, address: str, other: str, other_end: str, other_address: str) -> None:
    """A veth link between two namespaces, with an address of a /30 at each end."""
    run("ip", "-n", one, "link", "add", end, "type", "veth", "peer", "name", other_end, "netns", other)
    for namespace, interface, own in ((one, end, address), (other, other_end, other_address)):
        run("ip", "-n", namespace, "address", "add", f"{own}/30", "dev", interface)
        run("ip", "-n", namespace, "link", "set", interface, "up")


class Sites(ContextStack):
    """The sites, put up; the programs of Ansible in ``programs`` run on the controller.

    Within the ``with``: ``sites`` (dict name → Site), ``inventory`` and ``programs`` (paths).
    Raises FixtureError when they cannot be set up.
    """

    sites: dict[str, Site]
    inventory: Path
    programs: Path

    @staticmethod
    def missing() -> str | None:
        """One sentence that says why the sites cannot be here, None when they can."""
        return FrrLab.missing()

    def _set_up(self, stack: contextlib.ExitStack) -> None:
        self._home = folder = stack.enter_context(scratch_folder())
        self._user = stack.enter_context(TempUser.create(folder, GROUPS))
        self._key = make_key(folder / "id_ed25519", "ed25519")
        folder.joinpath("authorized_keys").write_text(f"{self._key.public}\n")
        self._unique = f"rc{os.getpid()}-{secrets.token_hex(3)}"
        self._controller = f"{self._unique}-ctl"
        stack.enter_context(network_namespace(self._controller))
        if not OSPF_STATE.exists():
            stack.callback(OSPF_STATE.unlink, missing_ok=True)
        self.sites = {name: self._put_up(stack, number, name) for number, name in enumerate(SITES, start=1)}
        self.programs = folder / "programs"
        self.programs.mkdir()
        playbook = self.programs / "ansible-playbook"
        command = [*inside(self._controller), str(Path(sys.executable).parent / "ansible-playbook")]
        playbook.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        playbook.chmod(0o755)
        self.inventory = folder / "inventory.yml"
        self.inventory.write_text(json.dumps(self.as_inventory(), indent=2))

    def _put_up(self, stack: contextlib.ExitStack, number: int, name: str) -> Site:
        namespace = f"{self._unique}-{name}"
        stack.enter_context(network_namespace(namespace))
        address = f"10.99.{number}.2"
        join(self._controller, f"to-{name}", f"10.99.{number}.1", namespace, "to-ctl", address)
        folder = self._home / name
        folder.mkdir()
        routers = {
            f"{name}-r{i}": Router(f"{name}-r{i}", i, f"172.20.{i}.2", f"{self._unique}-{name}{i}") for i in NUMBERS
        }
        for router in routers.values():
            stack.enter_context(network_namespace(router.namespace))
            join(namespace, router.name, f"172.20.{router.number}.1", router.namespace, "to-poller", router.address)
        connect(list(routers.values()))
        for router in routers.values():
            stack.enter_context(running_router(router, folder))
            # What tells the sites apart: all else in their routers is the same.
            run("vtysh", "-N", router.namespace, "-c", "configure terminal", "-c", f"hostname {router.name}")
        vtysh = {"AllowUsers": self._user.name}
        sshds = {
            router.name: stack.enter_context(
                self._sshd(
                    folder,
                    router.name,
                    router.address,
                    router.namespace,
                    {
                        **vtysh,
                        "ForceCommand": f"{program('vtysh')} -N {router.namespace}",
                    },
                )
            )
            for router in routers.values()
        }
        shell = {"AllowUsers": "root", "PermitRootLogin": "prohibit-password", "Subsystem": "sftp internal-sftp"}
        sshd = stack.enter_context(self._sshd(folder, f"poller-{name}", address, namespace, shell))
        return Site(name, f"poller-{name}", namespace, address, sshd, (self._controller, f"to-{name}"), routers, sshds)

    def _sshd(
        self, folder: Path, name: str, address: str, namespace: str, options: dict[str, str]
    ) -> contextlib.AbstractContextManager[Sshd]:
        host_key = make_key(folder / f"host_{name}", "ed25519")
        with folder.joinpath("known_hosts").open("a") as known_hosts:
            known_hosts.write(known_host(address, PORT, host_key))
        common = {
            "ListenAddress": f"{address}:{PORT}",
            "HostKey": str(host_key.file),
            **auth_options(["password", "publickey"], self._home / "authorized_keys"),
        }
        return Sshd.start(folder, name, {**common, **options}, namespace)

    def as_inventory(self) -> dict[str, object]:
        """An inventory as a user would write it: a group for each site, one for the pollers."""
        known_hosts = {name: str(self._home / name / "known_hosts") for name in self.sites}
        groups: dict[str, object] = {
            site.name: {
                "hosts": {name: {"ansible_host": router.address} for name, router in site.routers.items()},
                "vars": {
                    "ansible_port": PORT,
                    "ansible_user": self._user.name,
                    "ansible_password": self._user.password,
                    "ansible_network_os": "frr.frr.frr",
                    "rollcall_known_hosts": known_hosts[site.name],
                },
            }
            for site in self.sites.values()
        }
        pollers = {
            site.poller: {
                "ansible_host": site.address,
                "ansible_ssh_common_args": f"-F /dev/null -o UserKnownHostsFile={known_hosts[site.name]}",
                "rollcall_devices": f"{{{{ groups['{site.name}'] }}}}",
            }
            for site in self.sites.values()
        }
        login = {
            "ansible_port": PORT,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self._key.file),
            "ansible_remote_tmp": str(self._home / "ansible"),
            "ansible_timeout": 3,
            "ansible_python_interpreter": sys.executable,
        }
        return {**groups, "pollers": {"hosts": pollers, "vars": login}}
