# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network that the lab pretends to be: devices, links and BGP sessions, as pure data.

Every device is derived from its index alone, so a lab of 10 devices and one of 10,000 agree about the first 10. The
unit of the plan is a region of four sites with six devices each; the first region is the lab of 24, and a larger lab
repeats it. Neighbours agree by construction: a link is written once, and both of its ends are read from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network

MAX_DEVICES = 20_000
USER = "lab"
PASSWORD = "lab-password"
ENABLE_SECRET = "lab-enable"

CORE_ASN = 65000
ASN_BASE = 4_200_000_000

SITES = ("fra", "ams", "par", "waw")


@dataclass(frozen=True)
class Slot:
    """One position in a site: its role there and the platform that fills it."""

    name: str
    role: str
    platform: str


SLOTS = (
    Slot("core1", "core", "iosxr"),
    Slot("edge1", "edge", "junos"),
    Slot("wan1", "wan", "iosxe"),
    Slot("spine1", "spine", "nxos"),
    Slot("leaf1", "leaf", "eos"),
    Slot("leaf2", "leaf", "vrp"),
)
REGION_SIZE = len(SITES) * len(SLOTS)


@dataclass(frozen=True)
class Link:
    """A cable between two devices of a region, each end as (site, slot)."""

    a: tuple[int, int]
    b: tuple[int, int]
    cable_up: bool = True
    bgp: bool = True
    bgp_up: bool = True


def _links() -> tuple[Link, ...]:
    core, edge, wan, spine, leaf1, leaf2 = range(len(SLOTS))
    links = [Link((site, core), ((site + 1) % len(SITES), core)) for site in range(len(SITES))]
    for site in range(len(SITES)):
        links += [
            Link((site, core), (site, edge)),
            # A session that stays down over a cable that is up, at the last site.
            Link((site, core), (site, wan), bgp_up=site != 3),
            Link((site, core), (site, spine)),
            Link((site, edge), (site, spine)),
            Link((site, spine), (site, leaf1)),
            # A cable that is cut, at the third site.
            Link((site, spine), (site, leaf2), cable_up=site != 2),
            Link((site, leaf1), (site, leaf2), bgp=False),
        ]
    return tuple(links)


LINKS = _links()


@dataclass(frozen=True)
class Interface:
    """One interface. `short` is the name that the platform prints in narrow columns; speeds are in Mbit/s."""

    name: str
    short: str
    description: str
    address: str | None
    prefix_length: int
    mac: str
    kind: str  # ethernet | loopback | management
    speed: int
    admin_up: bool
    up: bool

    @property
    def network(self) -> IPv4Network:
        return IPv4Network(f"{self.address}/{self.prefix_length}", strict=False)


@dataclass(frozen=True)
class Neighbor:
    """What LLDP tells about the other end of a cable."""

    local: Interface
    name: str
    port: str
    port_description: str
    platform: str
    chassis_mac: str
    management_address: str


@dataclass(frozen=True)
class Session:
    """One end of a BGP session."""

    local_address: str
    peer_address: str
    peer_name: str
    peer_asn: int
    established: bool
    prefixes: int
    messages_received: int
    messages_sent: int
    age_minutes: int


@dataclass(frozen=True)
class Device:
    """One pretend device. `address` is where its SSH server listens; `enable` is the secret it asks for, or None."""

    index: int
    name: str
    site: str
    role: str
    slot: int
    platform: str
    address: str
    asn: int
    router_id: str
    management_address: str
    chassis_mac: str
    serial: str
    uptime_minutes: int
    user: str = USER
    password: str = PASSWORD

    @property
    def exec_login(self) -> bool:
        """Whether a login lands at `>` and needs the enable secret: every other one of the platforms that know it."""
        return self.platform in ("iosxe", "eos") and (self.index - 1) // len(SLOTS) % 2 == 0

    @property
    def enable(self) -> str | None:
        return ENABLE_SECRET if self.platform in ("iosxe", "eos") else None

    @property
    def login(self) -> tuple[str, str]:
        return self.user, self.password


@dataclass(frozen=True)
class Wiring:
    """What surrounds one device."""

    interfaces: tuple[Interface, ...]
    neighbors: tuple[Neighbor, ...]
    sessions: tuple[Session, ...]


@lru_cache(maxsize=MAX_DEVICES)
def device(index: int) -> Device:
    """The device with this index, from 1."""
    if not 1 <= index <= MAX_DEVICES:
        msg = f"the lab has no device {index}: indexes run from 1 to {MAX_DEVICES}"
        raise ValueError(msg)
    region, place = divmod(index - 1, REGION_SIZE)
    site_number, slot_number = divmod(place, len(SLOTS))
    slot = SLOTS[slot_number]
    site = SITES[site_number] + (str(region + 1) if region else "")
    return Device(
        index=index,
        name=f"{site}-{slot.name}",
        site=site,
        role=slot.role,
        slot=slot_number,
        platform=slot.platform,
        address=_spread("127.44.0.0", index),
        asn=CORE_ASN if slot.role == "core" else ASN_BASE + index,
        router_id=_spread("10.0.0.0", index),
        management_address=_spread("10.128.0.0", index),
        chassis_mac=_mac(index, 0),
        serial=f"LAB{index:05d}{slot.platform.upper()[:3]}",
        uptime_minutes=30_000 + (index * 7_919) % 400_000,
    )


def devices(count: int) -> list[Device]:
    """The first `count` devices."""
    return [device(index) for index in range(1, count + 1)]


@lru_cache(maxsize=128)
def wiring(index: int, count: int) -> Wiring:
    """Interfaces, LLDP neighbours and BGP sessions of one device in a lab of `count` devices."""
    me = device(index)
    region = (index - 1) // REGION_SIZE
    interfaces = [_management(me), _loopback(me)]
    neighbors: list[Neighbor] = []
    sessions: list[Session] = []
    for number, link, here, there in _cables(region, me):
        other_index = region * REGION_SIZE + there[0] * len(SLOTS) + there[1] + 1
        if other_index > count:
            continue
        other = device(other_index)
        mine = _port(me, _port_number(number, here), number, region, here == link.a, other, link)
        theirs = _port(other, _port_number(number, there), number, region, there == link.a, me, link)
        interfaces.append(mine)
        if link.cable_up:
            neighbors.append(
                Neighbor(
                    local=mine,
                    name=other.name,
                    port=theirs.short if other.platform == "iosxe" else theirs.name,
                    port_description=theirs.description,
                    platform=other.platform,
                    chassis_mac=other.chassis_mac,
                    management_address=other.management_address,
                )
            )
        if link.bgp and mine.address is not None and theirs.address is not None:
            sessions.append(_session(me, other, mine.address, theirs.address, link, number))
    interfaces.append(_spare(me))
    return Wiring(tuple(interfaces), tuple(neighbors), tuple(sessions))


def aged(me: Device, around: Wiring, minutes: int) -> tuple[Device, Wiring]:
    """The same device so many minutes later, in which nothing happened."""
    sessions = tuple(
        replace(
            session,
            messages_received=session.messages_received + minutes * session.established,
            messages_sent=session.messages_sent + minutes * session.established,
            age_minutes=session.age_minutes + minutes,
        )
        for session in around.sessions
    )
    return replace(me, uptime_minutes=me.uptime_minutes + minutes), replace(around, sessions=sessions)


def _cables(region: int, me: Device) -> list[tuple[int, Link, tuple[int, int], tuple[int, int]]]:
    """The links of this device: their number in the region, the link, this end and the other end."""
    end = divmod((me.index - 1) % REGION_SIZE, len(SLOTS))
    found = []
    for number, link in enumerate(LINKS):
        if end == link.a:
            found.append((number, link, link.a, link.b))
        elif end == link.b:
            found.append((number, link, link.b, link.a))
    return found


def _port_number(link_number: int, end: tuple[int, int]) -> int:
    """Which port of a device, from 1, holds this link: its links fill its ports in their order."""
    return sum(1 for link in LINKS[: link_number + 1] if end in (link.a, link.b))


# Where each platform's cabled ports are numbered from, and how it names them, in full and in narrow columns.
_PORT_NAMES = {
    "iosxe": ("HundredGigE0/1/{}", "Hu0/1/{}"),
    "iosxr": ("HundredGigE0/0/0/{}", "Hu0/0/0/{}"),
    "nxos": ("Ethernet1/{}", "Eth1/{}"),
    "eos": ("Ethernet{}", "Et{}"),
    "junos": ("et-0/0/{}", "et-0/0/{}"),
    "vrp": ("100GE1/0/{}", "100GE1/0/{}"),
}
_MANAGEMENT_NAMES = {
    "iosxe": ("GigabitEthernet0", "Gi0"),
    "iosxr": ("MgmtEth0/RP0/CPU0/0", "Mg0/RP0/CPU0/0"),
    "nxos": ("mgmt0", "mgmt0"),
    "eos": ("Management1", "Ma1"),
    "junos": ("fxp0", "fxp0"),
    "vrp": ("MEth0/0/0", "MEth0/0/0"),
}
_LOOPBACK_NAMES = {
    "iosxe": ("Loopback0", "Lo0"),
    "iosxr": ("Loopback0", "Lo0"),
    "nxos": ("loopback0", "Lo0"),
    "eos": ("Loopback0", "Lo0"),
    "junos": ("lo0", "lo0"),
    "vrp": ("LoopBack0", "Loop0"),
}


def _port(me: Device, port: int, number: int, region: int, first: bool, other: Device, link: Link) -> Interface:
    name, short = (pattern.format(port) for pattern in _PORT_NAMES[me.platform])
    base = int(IPv4Address("172.16.0.0")) + (region * len(LINKS) + number) * 4
    return Interface(
        name=name,
        short=short,
        description=f"to {other.name}",
        address=str(IPv4Address(base + (1 if first else 2))) if link.bgp else None,
        prefix_length=30,
        mac=_mac(me.index, port),
        kind="ethernet",
        speed=100_000,
        admin_up=True,
        up=link.cable_up,
    )


def _management(me: Device) -> Interface:
    name, short = _MANAGEMENT_NAMES[me.platform]
    return Interface(
        name=name,
        short=short,
        description="management",
        address=me.management_address,
        prefix_length=16,
        mac=_mac(me.index, 254),
        kind="management",
        speed=1_000,
        admin_up=True,
        up=True,
    )


def _loopback(me: Device) -> Interface:
    name, short = _LOOPBACK_NAMES[me.platform]
    return Interface(
        name=name,
        short=short,
        description="router-id",
        address=me.router_id,
        prefix_length=32,
        mac=_mac(me.index, 0),
        kind="loopback",
        speed=8_000,
        admin_up=True,
        up=True,
    )


def _spare(me: Device) -> Interface:
    """A port without a cable, shut down."""
    # Except on Junos, where the ntc-templates template fails on "Administratively down".
    name, short = (pattern.format(9) for pattern in _PORT_NAMES[me.platform])
    return Interface(
        name=name,
        short=short,
        description="spare",
        address=None,
        prefix_length=0,
        mac=_mac(me.index, 9),
        kind="ethernet",
        speed=100_000,
        admin_up=me.platform == "junos",
        up=False,
    )


def _session(me: Device, other: Device, local: str, peer: str, link: Link, number: int) -> Session:
    established = link.cable_up and link.bgp_up
    return Session(
        local_address=local,
        peer_address=peer,
        peer_name=other.name,
        peer_asn=other.asn,
        established=established,
        prefixes=4 + other.index % 40 if established else 0,
        messages_received=10_000 + other.index * 3 + number if established else 0,
        messages_sent=10_000 + me.index * 3 + number if established else 0,
        age_minutes=15_000 + number * 61,
    )


def _spread(base: str, index: int) -> str:
    return str(IPv4Address(int(IPv4Address(base)) + index))


def _mac(index: int, port: int) -> str:
    """A locally administered address, as 12 hexadecimal digits."""
    return f"02{index:06x}00{port:02x}"
