# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The menus of RouterOS and SAOS whose content can be shown.

A verb that reads is only known to read if the whole path before it is a menu: ``/log info print`` writes a message
to the log, and ``/execute print`` runs a script.

Each line is a menu and what is in it. What is in it can have a menu of its own in another line.
"""

from __future__ import annotations

_ROUTEROS = """
/: caps-man certificate console container disk dude file interface iot ip ipv6 kid-control lcd log lora mpls openflow
/: partitions port ppp queue radius routing snmp special-login store system tool user user-manager zerotier
caps-man: aaa access-list actual-interface-configuration channel configuration datapath interface manager
caps-man: provisioning radio rates registration-table remote-cap security
certificate: crl scep-server settings
container: config envs mounts
disk: settings
file: rsync-daemon sync
interface: 6to4 bonding bridge detect-internet dot1x eoip eoipv6 ethernet gre gre6 ipip ipipv6 l2tp-client l2tp-ether
interface: l2tp-server list lte macsec macvlan mesh ovpn-client ovpn-server ppp-client ppp-server pppoe-client
interface: pppoe-server pptp-client pptp-server pwr-line sstp-client sstp-server traffic-eng veth virtual-ethernet vlan
interface: vpls vrrp vxlan wifi wifiwave2 wireguard wireless
interface bridge: calea filter host mdb mlag msti nat port port-controller port-extender settings vlan
interface dot1x: client server
interface ethernet: cable-settings poe switch
interface ethernet poe: settings
interface ethernet switch: acl dhcp-server-network host l3hw-settings mirror port port-isolation port-leakage qos rule
interface ethernet switch: trunk unicast-fdb vlan
interface list: member
interface lte: apn esim settings
interface macsec: profile
interface mesh: fdb port
interface ovpn-server: server
interface l2tp-server: server
interface pppoe-server: server
interface pptp-server: server
interface sstp-server: server
interface vpls: bgp-vpls cisco-bgp-vpls
interface vxlan: fdb vteps
interface wifi: aaa access-list cap capsman channel configuration datapath interworking provisioning radio
interface wifi: registration-table security steering
interface wifi capsman: remote-cap
interface wifiwave2: aaa access-list cap capsman channel configuration datapath interworking provisioning radio
interface wifiwave2: registration-table security steering
interface wireguard: peers
interface wireless: access-list align cap channels connect-list info interworking-profiles manual-tx-power-table
interface wireless: nstreme nstreme-dual registration-table security-profiles sniffer snooper wds
interface wireless info: country-info
ip: accounting address arp cloud dhcp-client dhcp-relay dhcp-server dns firewall hotspot ipsec kid-control media nat-pmp
ip: neighbor packing pool proxy reverse-proxy route service settings smb socks socksify ssh tftp traffic-flow
ip: upnp vrf
ip accounting: snapshot uncounted web-access
ip dhcp-client: option
ip dhcp-server: alert config lease matcher network option option-matcher vendor-class-id
ip dhcp-server option: sets
ip dns: adlist cache forwarders static
ip dns cache: all
ip firewall: address-list calea connection filter layer7-protocol mangle nat raw service-port
ip firewall connection: tracking
ip hotspot: active cookie host ip-binding profile service-port user walled-garden
ip hotspot user: profile
ip hotspot walled-garden: ip
ip ipsec: active-peers identity installed-sa key mode-config peer policy profile proposal remote-peers settings
ip ipsec: statistics user
ip ipsec policy: group
ip neighbor: discovery-settings
ip pool: used
ip proxy: access cache cache-contents connections direct inserts lookups refreshes
ip route: cache rule vrf
ip smb: shares users
ip socks: access connections users
ip traffic-flow: ipfix target
ip upnp: interfaces
ipv6: address dhcp-client dhcp-relay dhcp-server firewall nd neighbor pool route settings
ipv6 dhcp-server: binding option
ipv6 firewall: address-list connection filter mangle nat raw
ipv6 nd: prefix proxy
ipv6 nd prefix: default
ipv6 pool: used
mpls: forwarding-table interface ldp local-bindings mangle remote-bindings settings traffic-eng
mpls ldp: accept-filter advertise-filter interface local-mapping neighbor remote-mapping
mpls traffic-eng: interface path tunnel
port: firmware remote-access
ppp: aaa active l2tp-secret profile secret
queue: interface simple tree type
radius: incoming
routing: bfd bgp fantasy filter gmp id igmp-proxy isis mme nexthop ospf ospf-v3 pimsm rip ripng route rpki rule settings
routing: stats table
routing bfd: configuration interface neighbor session
routing bgp: advertisements aggregate connection evpn instance network peer session template vpls vpn vpnv4-route
routing filter: chain community-ext-list community-large-list community-list num-list rule select-rule
routing igmp-proxy: interface mfc
routing isis: instance interface interface-template lsp neighbor
routing ospf: area area-border-router as-border-router instance interface interface-template lsa nbma-neighbor
routing ospf: neighbor network route sham-link static-neighbor virtual-link
routing ospf area: range
routing pimsm: bsr instance interface-template neighbor static-rp uib-g uib-sg
routing rip: instance interface interface-template keys neighbor network route static-neighbor
routing rpki: session
routing stats: memory origin pool process
snmp: community
store: disk
system: backup clock console device-mode gps hardware health history identity ipmi led leds license logging note ntp
system: package ports resource routerboard scheduler script serial-terminal ups upgrade watchdog
system console: screen
system clock: manual
system leds: settings
system logging: action
system ntp: client key server
system ntp client: servers
system package: update
system resource: cpu hardware io irq pci usb
system routerboard: mode-button reset-button settings usb wps-button
system script: environment job
system upgrade: mirror
tool: bandwidth-server calea e-mail graphing mac-server netwatch romon sms sniffer traffic-generator traffic-monitor
tool graphing: interface queue resource
tool mac-server: mac-winbox ping sessions
tool romon: port
tool sms: inbox
tool sniffer: connection host packet protocol
tool traffic-generator: packet-template port stats stream
user: aaa active group settings ssh-keys
user ssh-keys: private
user-manager: advanced attribute limitation payment profile profile-limitation router session user user-profile
user-manager user: group
zerotier: controller interface peer
"""

_SAOS = """
/: aggregation alarm alarms arp authentication benchmark blade board broadcast-containment cfm chassis clock command-log
/: configuration cos-map cpu-interface dhcp dns-client dot1x dot1d-tpfdb dwa environment fdb file-system flow guardian
/: ingress-queue-map interface ip ipv6 l2-cft lacp license lldp log logging mac-address-table mac-learning mcast-filter
/: memory mirror module mpls mstp multicast-services nms ntp oam pm port port-channel power priority-map queue-group
/: queue-map radius ring-protection rmon rstp sdm session sflow snmp software ssh ssl sub-port switch sync-timing syslog
/: system tacacs telnet telemetry time timing-sync traffic-profiling traffic-services transceiver tunnel twamp user
/: virtual-circuit virtual-ring virtual-switch vlan vlan-translation vllf xcvr xftp
aggregation: port
alarm: log profile
cfm: association delay frame-loss mep mip remote-mep service y1731
dhcp: client relay server
dhcp client: options
flow: access-control cpu-statistics learn-limit mac mac-table queue-group service-level service-mapping
interface: ip
ip: interface route
ipv6: interface route
lldp: neighbor neighbors port
mpls: interface label-switched-path tunnel
ntp: client server
oam: link
pm: instance
port: statistics transceiver tdm xcvr
port statistics: total
ring-protection: logical-ring virtual-ring
snmp: access community-index group notify target user
ssh: client server
software: package
syslog: events
system: console log security server session sftp shell snmp state telnet temperature time xftp
system shell: session
tacacs: accounting authorization
traffic-profiling: port standard-profile
traffic-services: cos-mapping queue-mapping queuing statistics
traffic-services queuing: egress-port-queue-group queue-map
tunnel: encap
virtual-circuit: ethernet
virtual-switch: ethernet interface
vlan: member
"""


def _paths(table: str) -> frozenset[tuple[str, ...]]:
    found: set[tuple[str, ...]] = {()}
    for line in table.strip().splitlines():
        parent, _colon, inside = line.partition(":")
        path = tuple(parent.removeprefix("/").split())
        found |= {path[:end] for end in range(len(path))}
        found |= {(*path, each) for each in inside.split()}
    return frozenset(found)


MENUS = {"mikrotik_routeros": _paths(_ROUTEROS), "ciena_saos": _paths(_SAOS)}
"""The known menus of a platform as paths of words."""
