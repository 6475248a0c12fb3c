# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three real FRR routers in network namespaces, each reached through a real sshd whose logins land in vtysh.

Every router has a link, an eBGP session and an OSPF adjacency to each of the others, an AS of its own (65001 to 65003)
and announces two prefixes (10.1.1.0/24 and 10.1.2.0/24 on r1).
"""

from __future__ import annotations

import contextlib
import grp
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.integration.openssh import (
    ContextStack,
    FixtureError,
    Key,
    Sshd,
    TempUser,
    auth_options,
    free_port,
    known_host,
    make_key,
    missing_programs,
    program,
    run,
    scratch_folder,
    stop,
    wait_until,
)

NUMBERS = (1, 2, 3)
DAEMONS = ("zebra", "bgpd", "ospfd")
DAEMON_FOLDER = Path("/usr/lib/frr")
# What `-N <namespace>` makes of FRR's folders for configuration and for sockets.
CONFIG_FOLDER = Path("/etc/frr")
SOCKET_FOLDER = Path("/var/run/frr")
# ospfd writes this one file outside of its namespace's folder.
OSPF_STATE = SOCKET_FOLDER / "ospfd-gr.json"
GROUPS = ("frr", "frrvty")


@dataclass(frozen=True)
class Router:
    """One router: its name, its number, the address that its sshd listens on, the namespace that it runs in."""

    name: str
    number: int
    address: str
    namespace: str

    def vtysh(self, command: str) -> str:
        """What the router answers when it is asked without SSH: the ground truth. Raises FixtureError."""
        return run("vtysh", "-N", self.namespace, "-c", command)


def link_address(router: int, peer: int) -> str:
    """The router's address on its link to the peer: 10.255.12.1 on r1 and 10.255.12.2 on r2."""
    return f"10.255.{min(router, peer)}{max(router, peer)}.{router}"


def router_config(number: int) -> str:
    """The router's frr.conf. Short timers, so that all sessions are up in a few seconds."""
    peers = [peer for peer in NUMBERS if peer != number]
    links = "".join(
        f"interface to-r{peer}\n"
        f" description link to r{peer}\n"
        f" ip address {link_address(number, peer)}/24\n"
        " ip ospf network point-to-point\n"
        " ip ospf hello-interval 1\n"
        " ip ospf dead-interval 10\n"
        " ip ospf retransmit-interval 1\n"
        "!\n"
        for peer in peers
    )
    neighbors = "".join(
        f" neighbor {link_address(peer, number)} remote-as {65000 + peer}\n"
        f" neighbor {link_address(peer, number)} description r{peer}\n"
        f" neighbor {link_address(peer, number)} timers connect 1\n"
        f" neighbor {link_address(peer, number)} advertisement-interval 0\n"
        for peer in peers
    )
    return (
        f"hostname r{number}\n"
        "interface lo\n"
        f" ip address 10.0.0.{number}/32\n"
        f" ip address 10.{number}.1.1/24\n"
        f" ip address 10.{number}.2.1/24\n"
        "!\n"
        f"{links}"
        f"router bgp {65000 + number}\n"
        f" bgp router-id 10.0.0.{number}\n"
        " no bgp ebgp-requires-policy\n"
        f"{neighbors}"
        " address-family ipv4 unicast\n"
        f"  network 10.{number}.1.0/24\n"
        f"  network 10.{number}.2.0/24\n"
        " exit-address-family\n"
        "!\n"
        "router ospf\n"
        f" ospf router-id 10.0.0.{number}\n"
        f" network 10.0.0.{number}/32 area 0\n"
        " network 10.255.0.0/16 area 0\n"
        "!\n"
    )


@contextlib.contextmanager
def network_namespace(name: str) -> Iterator[None]:
    """A network namespace with its loopback interface up; its links go with it."""
    run("ip", "netns", "add", name)
    try:
        run("ip", "-n", name, "link", "set", "lo", "up")
        yield
    finally:
        run("ip", "netns", "delete", name)


def connect(routers: Sequence[Router]) -> None:
    """Joins every pair of routers by a veth link with the ends to-r1, to-r2, …"""
    for one in routers:
        for other in routers[one.number :]:
            ends = f"to-{other.name}", f"to-{one.name}"
            veth = ["type", "veth", "peer", "name", ends[1], "netns", other.namespace]
            run("ip", "-n", one.namespace, "link", "add", ends[0], *veth)
            run("ip", "-n", one.namespace, "link", "set", ends[0], "up")
            run("ip", "-n", other.namespace, "link", "set", ends[1], "up")


@contextlib.contextmanager
def frr_folder(folder: Path) -> Iterator[None]:
    """A folder that belongs to FRR, removed at the end with what FRR left in it."""
    folder.mkdir(mode=0o755, parents=True)
    try:
        shutil.chown(folder, "frr", "frr")
        yield
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def frr_daemon(router: Router, daemon: str, folder: Path) -> Iterator[None]:
    """One FRR daemon in the router's namespace, ready for vtysh; ended at the end."""
    log = folder / f"{router.name}-{daemon}.log"
    arguments = ["-N", router.namespace, "--vty_port", "0", "--log", "stdout"]
    # It stays in the foreground and `ip netns exec` becomes it: so its process id is known from the start. With a host
    # name of its own (--uts) it does not take the machine's for the router's.
    command = ["ip", "netns", "exec", router.namespace, "unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"']
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program(command[0]), *command[1:], router.name, DAEMON_FOLDER / daemon, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until(
            (SOCKET_FOLDER / router.namespace / f"{daemon}.vty").is_socket,
            f"{daemon} of {router.name} listens for vtysh",
            timeout=10,
            details=log.read_text,
        )
        yield
    finally:
        stop(process)


@contextlib.contextmanager
def running_router(router: Router, folder: Path) -> Iterator[None]:
    """The router's folders and daemons, configured. Its namespace must be there."""
    with contextlib.ExitStack() as stack:
        config = CONFIG_FOLDER / router.namespace
        stack.enter_context(frr_folder(config))
        stack.enter_context(frr_folder(SOCKET_FOLDER / router.namespace))
        config.joinpath("vtysh.conf").write_text(f"service integrated-vtysh-config\nhostname {router.name}\n")
        config.joinpath("frr.conf").write_text(router_config(router.number))
        for file in config.iterdir():
            shutil.chown(file, "frr", "frr")
            file.chmod(0o640)
        for daemon in DAEMONS:
            stack.enter_context(frr_daemon(router, daemon, folder))
        run("vtysh", "-N", router.namespace, "-b")
        yield


def converged(router: Router) -> bool:
    """Whether all of the router's BGP sessions are Established with routes received, and its OSPF adjacencies Full."""
    peers = json.loads(router.vtysh("show ip bgp summary json")).get("ipv4Unicast", {}).get("peers", {})
    up = [peer for peer in peers.values() if peer["state"] == "Established" and peer["pfxRcd"] >= 2]
    adjacencies = json.loads(router.vtysh("show ip ospf neighbor json")).get("neighbors", {})
    full = [entry for entries in adjacencies.values() for entry in entries if entry["nbrState"].startswith("Full")]
    return len(up) == len(full) == len(NUMBERS) - 1


class FrrLab(ContextStack):
    """Three FRR routers r1, r2, r3, behind sshd on 127.0.7.1 to 127.0.7.3, all on one port.

    pager: page the output of the logins with /bin/more, as VTYSH_PAGER does on a real router.

    Within the ``with``: ``port``, ``user``, ``password``, ``key`` and ``key_file`` (ed25519, no pass phrase),
    ``known_hosts`` and ``inventory`` (paths), ``routers`` (dict name → Router), ``sshds`` (dict name → Sshd).
    Raises FixtureError when it cannot be set up, or has not converged 30 s after it was.
    """

    port: int
    user: str
    password: str
    key: Key
    key_file: Path
    known_hosts: Path
    inventory: Path
    routers: dict[str, Router]
    sshds: dict[str, Sshd]

    def __init__(self, *, pager: bool = False) -> None:
        self._pager = pager

    @staticmethod
    def missing() -> str | None:
        """One sentence that says why the lab cannot run here, None when it can."""
        absent = missing_programs(("vtysh", "ip", "sshd", "ssh-keygen", "useradd", "userdel", "chpasswd", "unshare"))
        if absent:
            return absent
        daemons = [daemon for daemon in DAEMONS if not os.access(DAEMON_FOLDER / daemon, os.X_OK)]
        if daemons:
            return f"Not in {DAEMON_FOLDER}: {', '.join(daemons)} of FRR."
        groups = {group.gr_name for group in grp.getgrall()}
        if not groups.issuperset(GROUPS):
            return f"FRR is installed without the system groups {' and '.join(GROUPS)}."
        try:
            run("unshare", "--net", "--mount", "--uts", "true")
        except FixtureError as error:
            return f"Network namespaces are not permitted here: {error}."
        return None

    def _set_up(self, stack: contextlib.ExitStack) -> None:
        folder = stack.enter_context(scratch_folder())
        user = stack.enter_context(TempUser.create(folder, GROUPS))
        self.user, self.password = user.name, user.password
        self.key = make_key(folder / "id_ed25519", "ed25519")
        self.key_file = self.key.file
        folder.joinpath("authorized_keys").write_text(f"{self.key.public}\n")

        unique = f"rc{os.getpid()}-{secrets.token_hex(3)}"
        self.routers = {f"r{i}": Router(f"r{i}", i, f"127.0.7.{i}", f"{unique}-r{i}") for i in NUMBERS}
        routers = list(self.routers.values())
        for router in routers:
            stack.enter_context(network_namespace(router.namespace))
        connect(routers)
        if not OSPF_STATE.exists():
            stack.callback(OSPF_STATE.unlink, missing_ok=True)
        for router in routers:
            stack.enter_context(running_router(router, folder))

        self.port = free_port([router.address for router in routers])
        self.known_hosts = folder / "known_hosts"
        self.sshds = {router.name: stack.enter_context(self._start_sshd(router, folder)) for router in routers}
        self.inventory = folder / "inventory.yml"
        # JSON is YAML too, and no quoting rule of YAML's can bite the password.
        self.inventory.write_text(json.dumps({"all": {"hosts": self._host_variables()}}, indent=2))
        for router in routers:
            self._wait_converged(router)

    def _start_sshd(self, router: Router, folder: Path) -> contextlib.AbstractContextManager[Sshd]:
        host_key = make_key(folder / f"host_{router.name}", "ed25519")
        with self.known_hosts.open("a") as known_hosts:
            known_hosts.write(known_host(router.address, self.port, host_key))
        # -e: leave at the end of the text as a router's pager does. Without it `more` stays, and no prompt ever comes.
        pager = f"{program('env')} 'VTYSH_PAGER=/bin/more -e' " if self._pager else ""
        options = {
            "ListenAddress": f"{router.address}:{self.port}",
            "HostKey": str(host_key.file),
            "AllowUsers": self.user,
            "ForceCommand": f"{pager}{program('vtysh')} -N {router.namespace}",
            **auth_options(["password", "publickey"], folder / "authorized_keys"),
        }
        return Sshd.start(folder, router.name, options)

    def _host_variables(self) -> dict[str, dict[str, str | int]]:
        return {
            router.name: {
                "ansible_host": router.address,
                "ansible_port": self.port,
                "ansible_user": self.user,
                "ansible_password": self.password,
                "ansible_network_os": "frr.frr.frr",
                "rollcall_known_hosts": str(self.known_hosts),
            }
            for router in self.routers.values()
        }

    def _wait_converged(self, router: Router) -> None:
        wait_until(
            lambda: converged(router),
            f"all BGP and OSPF sessions of {router.name} are up",
            timeout=30,
            details=lambda: router.vtysh("show ip bgp summary") + router.vtysh("show ip ospf neighbor"),
        )
