# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prompts of devices, as their makers and their administrators make them, and the mode that each one shows."""

from __future__ import annotations

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._platforms import load_platform, scrapli

USER, PRIVILEGED, CONFIGURATION, SHELL = "user", "privileged", "configuration", "shell"
LONG = "sw-" + "very-long-name-" * 13  # about 200 characters

# Names that a device may have, for the command lines that show `name>` and `name#`
ODD_NAMES = ("büro-süd-1", "Core Switch 2", "rack+1", "edge.example.net", "a_b", "sw[2]", "x", "10.0.0.1", LONG, "ÅÄÖ")
HASH_PLATFORMS = (
    "allied_telesis_awplus",
    "arista_eos",
    "cisco_asa",
    "cisco_cbs",
    "cisco_iosxe",
    "cisco_nxos",
    "dell_emc",
    "dell_os6",
    "dell_os9",
    "eltex_esr",
    "extreme_slx",
    "hp_procurve",
    "ruckus_fastiron",
    "tplink_jetstream",
    "learned",
)
ROWS = [
    *((platform, f"{name}>", USER) for platform in HASH_PLATFORMS for name in ODD_NAMES),
    *((platform, f"{name}#", PRIVILEGED) for platform in HASH_PLATFORMS for name in ODD_NAMES),
    *((platform, f"{name}(config)#", CONFIGURATION) for platform in HASH_PLATFORMS for name in ODD_NAMES),
]

PROMPTS: dict[str, dict[str, list[str]]] = {
    "a10_acos": {
        USER: ["AX1030>", "vThunder-Active>"],
        PRIVILEGED: ["AX1030-Active#", "vThunder[p1]#", "ACOS-vMaster[2/1]#"],
        CONFIGURATION: ["AX1030-Active(config)#", "vThunder(config:1)(NOLICENSE)(config-real server)#"],
    },
    "alcatel_aos": {USER: ["-> ", "OS6900->", "sw-6860 ==> ", "6450-büro-> "]},
    "arista_eos": {
        PRIVILEGED: ["localhost#", "leaf1a.10:33:21#", "spine-1(s1)#", "leaf[standby]#", "sw1...09:00:00#"],
        CONFIGURATION: ["spine-1(config-if-Et1-4)#", "leaf1(config-router-bgp-vrf-A)#", "spine-1(config-s-mine)#"],
        SHELL: ["[admin@spine-1 ~]$ ", "[root@leaf-1 ~]# ", "bash-4.3$ "],
    },
    "aruba_aoscx": {
        USER: ["6300>"],
        PRIVILEGED: ["8320# ", "core-8360.example# "],
        CONFIGURATION: ["6300(config-if-1/1/1)# ", "8320(config-lag-if)# "],
        SHELL: ["switch:~$ "],
    },
    "aruba_wlc": {
        USER: ["(wlc-1) >", "(MM-1) [mynode] >"],
        PRIVILEGED: ["(wlc-1) #", "(wlc-1) *#", "(wlc-1) ^*#", "(MM-1) [mynode] #", "(mc 2) [mm/site a] *#"],
        CONFIGURATION: ["(wlc-1) (config) #", "(wlc-1) *(config) #", "(MC) [node] (config-submode)#"],
    },
    "avaya_ers": {
        USER: ["4850GTS-PWR+>", "ERS-5650TD>"],
        PRIVILEGED: ["4850GTS-PWR+#", "ERS büro 1#"],
        CONFIGURATION: ["4850GTS-PWR+(config)#", "4850GTS(config-if)#"],
    },
    "avaya_vsp": {
        USER: ["VSP-8284XSQ:1>", "core:2>"],
        PRIVILEGED: ["VSP-8284XSQ:1#", "VOSS-core:1#"],
        CONFIGURATION: ["VSP-8284XSQ:1(config)#", "VSP:1(config-isis)#"],
    },
    "brocade_fos": {USER: ["switch:admin> ", "fc-1:FID128:admin> ", "DCX_büro:FID10:ops> ", "sw0:root# "]},
    "brocade_netiron": {
        USER: ["SSH@mlx-1>", "telnet@NetIron CES>"],
        PRIVILEGED: ["SSH@mlx-1#", "telnet@MLXe-16 core#"],
        CONFIGURATION: ["SSH@mlx-1(config)#", "SSH@mlx-1(config-if-e10000-1/1)#"],
    },
    "checkpoint_gaia": {USER: ["gw-1> ", "fw-büro:0> ", "gw-1:TACP-0> "], SHELL: ["[Expert@gw-1:0]# ", "admin@gw:~$ "]},
    "ciena_saos": {
        USER: ["SAOS-3928> ", "3930-1*> ", "CN5142 lab> ", "3928!> ", "5164# "],
        CONFIGURATION: ["5164(config)> ", "5164(config-if)# "],
    },
    "cisco_aireos": {
        USER: ["(Cisco Controller) >", "(WLC (HQ)) >", "(wlc.example.net) >"],
        CONFIGURATION: ["(WLC-1) config>"],
    },
    "cisco_apic": {
        PRIVILEGED: ["apic1# ", "dc-apic-2# "],
        CONFIGURATION: ["apic1(config)# ", "apic1(config-tenant)# "],
        SHELL: ["admin@apic1:~$ "],
        USER: ["admin@apic1:~> "],
    },
    "cisco_asa": {
        USER: ["asa/pri/act> ", "ciscoasa> "],
        PRIVILEGED: ["asa/pri/act# ", "fw/ctx_one/sec/stby# ", "FW+1/act# ", "asa-1/admin# ", "asa (lab) 2# "],
        CONFIGURATION: ["asa(config)# ", "fw/ctx/pri/act(config-if)# ", "asa(cfg-cluster)# "],
    },
    "cisco_cbs": {
        USER: ["switch0a1b2c>", "SG350 büro>"],
        PRIVILEGED: ["switch0a1b2c#", "CBS350-24T_1#"],
        CONFIGURATION: ["SG300(config-if)#", "switch(config-vlan)#"],
    },
    "cisco_ftd": {
        USER: ["> ", "firepower> "],
        PRIVILEGED: ["firepower# "],
        SHELL: ["admin@ftd-1:~$ ", "root@firepower:/home/admin# "],
    },
    "cisco_iosxe": {
        USER: ["Router>", "c9300-stack-1>", "Switch-büro>"],
        PRIVILEGED: ["Router#", "Switch-stby#", "c9800_wlc#", "R1:10:22#", "C2960 (2)x#", "edge/1#"],
        CONFIGURATION: [
            "R1(config-if)#",
            "R1(dhcp-config)#",
            "R1(ca-trustpoint)#",
            "R1(cfg-crypto-trans)#",
            "R1(vlan)#",
        ],
        SHELL: ["R1(tcl)#", "[guestshell@guestshell ~]$ "],
    },
    "cisco_iosxr": {
        PRIVILEGED: ["RP/0/RSP0/CPU0:core-1#", "RP/0/RP1/CPU0:büro 7#", "RP/0/0/CPU0:ios#", "sysadmin-vm:0_RP0# "],
        CONFIGURATION: [
            "RP/0/RSP0/CPU0:core-1(config)#",
            "RP/0/0/CPU0:ios(config-bgp-nbr-af)#",
            "RP/0/0/CPU0:a(admin-config)#",
        ],
        SHELL: ["[xr-vm_node0_RP0_CPU0:~]$"],
    },
    "cisco_nxos": {
        PRIVILEGED: ["leaf-1(maint-mode)# ", "n9k-1-vdc2# ", "switch# "],
        CONFIGURATION: ["leaf-1(config-if-range)# ", "leaf-1(maint-mode)(config)# ", "n7k(config-vpc-domain)# "],
        SHELL: ["bash-4.3$ ", "leaf-1-tcl# "],
        USER: ["leaf-1(maint-mode)>"],
    },
    "cisco_viptela": {
        PRIVILEGED: ["vEdge-1# ", "vmanage# ", "vsmart büro# "],
        CONFIGURATION: ["vEdge-1(config)# ", "vEdge(config-vpn-0)# "],
        SHELL: ["vEdge-1:~$ ", "vmanage:~$ "],
    },
    "cumulus_linux": {SHELL: ["cumulus@leaf01:mgmt:~$ ", "root@leaf01:mgmt:/etc# ", "cumulus@spine:~$ "]},
    "cumulus_vtysh": {
        SHELL: ["cumulus@leaf01:mgmt:~$ "],
        PRIVILEGED: ["leaf01# "],
        CONFIGURATION: ["leaf01(config)# "],
    },
    "datacom_dmos": {
        PRIVILEGED: ["DM4370# ", "dm 4610#"],
        CONFIGURATION: ["DM4370(config)# ", "DM4370(config-vlan-10)# "],
    },
    "dell_emc": {
        PRIVILEGED: ["OS10# ", "spine-1 # "],
        CONFIGURATION: ["OS10(conf-if-eth1/1/1)# "],
        SHELL: ["admin@OS10:~$ "],
    },
    "dell_enterprisesonic": {
        SHELL: ["admin@sonic:~$ ", "root@leaf-1:/home/admin# ", "admin@büro-1:~$ "],
        PRIVILEGED: ["sonic# "],
        CONFIGURATION: ["sonic(config)# ", "sonic(config-if-Ethernet0)# "],
    },
    "dell_os6": {PRIVILEGED: ["console#", "N3048 büro#"], CONFIGURATION: ["console(config-if-Gi1/0/1)#"]},
    "dell_os9": {
        PRIVILEGED: ["Dell#", "S4048-ON#", "FTOS-1(standby)x#"],
        CONFIGURATION: ["Dell(conf)#", "Dell(conf-if-te-1/1)#"],
    },
    "dell_powerconnect": {USER: ["console>"], PRIVILEGED: ["pc-5524#"], CONFIGURATION: ["console(config)#"]},
    "dlink_os": {
        USER: ["DGS-3120-24TC:user#", "DES-3200:3#", "DGS-1510>"],
        PRIVILEGED: ["DGS-3120-24TC:admin#", "DES-3200-26:5#", "DGS-1510#"],
        CONFIGURATION: ["DGS-1510(config)#"],
    },
    "edgecore_ecs": {
        USER: ["ECS4120>"],
        PRIVILEGED: ["Console#", "ECS4120-28F#"],
        CONFIGURATION: ["Console(config-if)#"],
    },
    "ericsson_ipos": {
        USER: ["[local]Redback>"],
        PRIVILEGED: ["[local]SE600#"],
        CONFIGURATION: ["[local]SE600(config)#"],
    },
    "extreme_exos": {
        PRIVILEGED: [
            "X460G2-24t.1 # ",
            "* X450G2-48t-10G4.12 # ",
            "Slot-1 Stack büro.3 # ",
            "! X440.2 # ",
            "(debug-mode) X.4 # ",
        ],
        USER: ["X460G2-24t.1 > ", "* X620.9 > "],
    },
    "extreme_nos": {PRIVILEGED: ["sw0# ", "vdx 6740# "], CONFIGURATION: ["sw0(config)# ", "sw0(conf-if-te-1/0/1)# "]},
    "f5_tmsh": {
        USER: [
            "admin@(bigip1)(cfg-sync In Sync)(Active)(/Common)(tmos)# ",
            "root@(lb büro)(cfg-sync Standalone)(/S1-green-P:Active)(/Common)(tmos.ltm)# ",
        ],
        SHELL: ["[root@bigip1:Active:In Sync] ~ # ", "[admin@lb:Standby:Standalone] log # "],
    },
    "fortinet_fortios": {
        USER: [
            "fw-1 # ",
            "test1 $ ",
            "FGT60F (root) # ",
            "FG-büro (global) # ",
            "FGT (vdom 1) $ ",
            "HA-primary #",
            "FortiGate-VM64+1 # ",
            "fw (interface) # ",
            f"{LONG} # ",
        ]
    },
    "frr": {USER: ["r1> "], PRIVILEGED: ["r1# ", "frr büro# "], CONFIGURATION: ["r1(config-router-af)# "]},
    "hp_comware": {
        PRIVILEGED: ["<HP>", "<core sw 1>", "<H3C+7>", "<büro>", f"<{LONG}>", "<a[b]c>", "<5130-probe>"],
        CONFIGURATION: ["[HP]", "[HP-GigabitEthernet1/0/1]", "[core sw-vlan10]"],
    },
    "hp_procurve": {
        PRIVILEGED: ["HP-2530-24G# ", "ProCurve Switch 2510#", "Aruba-2930F-VSF#"],
        CONFIGURATION: ["HP(vlan-1-config)# "],
    },
    "huawei_smartax": {
        USER: ["MA5800-X7>", "olt büro>"],
        PRIVILEGED: ["MA5800-X7#", "mydevice.test.lab#", "olt 1#"],
        CONFIGURATION: ["MA5800(config)#", "MA5800(config-if-gpon-0/1)#"],
        SHELL: ["MA5800(diagnose)%%"],
    },
    "huawei_vrp": {
        PRIVILEGED: [
            "<Huawei>",
            "HRP_A<ACTIVE>",
            "HRP_M<fw-1>",
            "HRP_S<FW_2>",
            "<Core SW>",
            "<SW+1>",
            "<büro>",
            f"<{LONG}>",
            "<HUAWEI(2)>",
        ],
        CONFIGURATION: ["[Huawei]", "[~CE12800]", "[*CE12800-GE1/0/1]", "HRP_M[fw-1]", "[Core SW-ospf-1]"],
    },
    "ipinfusion_ocnos": {
        USER: ["OcNOS>"],
        PRIVILEGED: ["OcNOS#"],
        CONFIGURATION: ["OcNOS(config-if)#"],
        SHELL: ["root@OcNOS:~#"],
    },
    "juniper_junos": {
        USER: [
            "admin@mx-1> ",
            "{master}\nadmin@mx-1> ",
            "{master:0}\nroot@ex 4200> ",
            "{primary:node0}\nops@srx-1> ",
            "{backup}\nuser@re1> ",
            "{linecard:3}\nadmin@vc> ",
            "admin@büro-1.example.net> ",
            f"admin@{LONG}> ",
        ],
        CONFIGURATION: ["[edit]\nadmin@mx-1# ", "{master:0}[edit interfaces ge-0/0/0]\nadmin@ex-1# ", "admin@mx-1# "],
        SHELL: [
            "root@ex4200-24p:RE:0% ",
            "root@vMX1_RE:~ # ",
            "% ",
            "root@% ",
            "root@:~ # ",
            "$ ",
            "[vrf:none] root@evo:~# ",
        ][:6],
    },
    "juniper_screenos": {USER: ["ns5gt-> ", "fw(M)-> ", "ssg-140(B)-> ", "isg(vsys1)(M)-> ", "SSG büro-> "]},
    "linux": {
        SHELL: ["user@host:~$ ", "root@host:/var/log# ", "[root@db ~]# ", "bash-5.1$ ", "host% ", "~ > ", "[büro ~]$ "]
    },
    "mellanox_mlnxos": {
        USER: ["sw1 [standalone: master] > ", "onyx-1 >"],
        PRIVILEGED: ["sw1 [standalone: master] # ", "mlag-a [my-vip: standby] # "],
        CONFIGURATION: ["sw1 [standalone: master] (config) # ", "onyx (config interface ethernet 1/1) # "],
    },
    "mikrotik_routeros": {
        USER: [
            "[admin@MikroTik] > ",
            "[admin@Büro-1] > ",
            "[admin@RB4011 (HQ)] > ",
            "[admin@Test Router] /ip address> ",
            "[admin@core] <SAFE> ",
            "[admin+ct@core] <SAFE> > ",
            "[ops@a+b] /interface/bridge> ",
            f"[admin@{LONG}] > ",
        ]
    },
    "netgear_prosafe": {
        USER: ["(M4300-52G) >", "(GSM7352S) >", "(büro 1) >"],
        PRIVILEGED: ["(M4300-52G) #", "(GSM7352S v2) #"],
        CONFIGURATION: ["(M4300) (Config)#", "(M4300) (Interface 1/0/1)#", "(M4300) (Vlan)#"],
    },
    "netscaler": {USER: ["> ", "ns-1> ", "nsroot@vpx-1> ", " ha-primary> "], SHELL: ["root@ns-1# ", "nsroot@vpx% "]},
    "nokia_srlinux": {
        USER: [
            "--{ running }--[  ]--\nA:leaf-1# ",
            "--{ + running }--[ interface mgmt0 ]--\nA:admin@leaf1# ",
            "--{ [FACTORY] + running }--[  ]--\nB:srl# ",
        ],
        CONFIGURATION: [
            "--{ candidate shared default }--[  ]--\nA:leaf-1# ",
            "--{ +!* candidate private a }--[ acl ]--\nA:x# ",
        ],
        SHELL: ["[linuxadmin@leaf1 ~]$ ", "root@srl:~# "],
    },
    "nokia_sros": {
        USER: [
            "[/]\nA:admin@pe-1# ",
            "*[/]\nA:admin@pe-1# ",
            "!*[/]\nA:admin@pe-1# ",
            '[/show router "Base"]\nA:admin@pe.1# ',
            "[]\nB:admin@core 1# ",
            "A:pe-1# ",
            "*B:DEV02-XY2# ",
        ],
        CONFIGURATION: [
            "(ex)[/]\nA:admin@pe-1# ",
            "*(ex)[/configure]\nA:admin@pe-1# ",
            '!*(gl)[/configure router "Base"]\nA:admin@pe-1# ',
            "(ro)[/]\nA:admin@pe-1# ",
            "(pr)[/configure]\nA:admin@büro# ",
        ],
    },
    "nokia_sros_classic": {
        USER: ["A:pe-1# ", "*A:pe-1# ", "*B:DEV02-XY2# ", "A:ear1.sr7s-1# ", "A:core 1# ", "A:büro+1# ", f"A:{LONG}# "],
        CONFIGURATION: ["A:pe-1>config# ", "*A:pe-1>config>router>bgp$ ", "*A:core 1>config>service# "],
    },
    "nokia_sros_classic_aram": {USER: ["leg:isadmin>#", "typ:isadmin># ", "leg:isadmin>configure>#", "olt:ops>$ "]},
    "paloalto_panos": {
        USER: [
            "admin@fw-1> ",
            "admin@fw-1(active)> ",
            "ops@pa büro(passive)> ",
            "admin@PA-VM(active-primary)> ",
            "admin@fw_1(suspended)> ",
        ],
        CONFIGURATION: ["admin@fw-1# ", "admin@fw-1(active)# "],
    },
    "raisecom_ros": {USER: ["Raisecom>"], PRIVILEGED: ["ISCOM2600G#"], CONFIGURATION: ["Raisecom(config)#"]},
    "ruckus_fastiron": {
        USER: ["SSH@icx-1>", "telnet@ICX7150-24 Router>"],
        PRIVILEGED: ["SSH@icx-1#", "SSH@ICX büro+1#"],
        CONFIGURATION: ["SSH@icx-1(config)#", "SSH@icx-1(config-if-e1000-1/1/1)#"],
    },
    "siemens_roxii": {PRIVILEGED: ["ruggedcom# ", "rx 1500# "], CONFIGURATION: ["ruggedcom(config)# "]},
    "tplink_jetstream": {USER: ["T2600G-28TS>"], PRIVILEGED: ["TL-SG3428#"], CONFIGURATION: ["T2600G-28TS(config)#"]},
    "ubiquiti_edgerouter": {
        PRIVILEGED: ["ubnt@edge:~$ ", "admin@büro:~$ "],
        CONFIGURATION: ["[edit]\nubnt@edge# ", "ubnt@edge# "],
    },
    "ubiquiti_edgeswitch": {
        USER: ["(edge) >", "(UBNT EdgeSwitch) >", "(büro+1) >"],
        PRIVILEGED: ["(edge) #", "(UBNT EdgeSwitch) #"],
        CONFIGURATION: ["(edge) (Config)#", "(edge) (Interface 0/1)#"],
    },
    "versa_flexvnf": {
        USER: ["admin@branch-1-cli> "],
        SHELL: ["[admin@branch-1: ~] $ "],
        CONFIGURATION: ["admin@b-cli(config)% "],
    },
    "vyos_vyos": {
        PRIVILEGED: ["vyos@gw-1:~$ ", "vyos@gw.büro:~$ ", "root@vyos:~# ", "vyos@a+b:/config$ "],
        CONFIGURATION: ["vyos@gw-1# ", "[edit]\nvyos@gw-1# ", "[edit interfaces ethernet eth0]\nvyos@gw-1# "],
    },
    "watchguard_fireware": {USER: ["WG#", "WG>"], CONFIGURATION: ["WG(config)#"]},
    "yamaha": {USER: ["RTX1210> ", "> "], PRIVILEGED: ["RTX1210# ", "# "]},
    "zte_zxros": {USER: ["ZXR10>"], PRIVILEGED: ["ZXR10_büro#"], CONFIGURATION: ["ZXR10(config)#"]},
    "zyxel_dslam": {USER: ["ras> ", "IES-1248# "]},
    "learned": {
        USER: [
            "(wlc) >",
            "[admin@MikroTik] > ",
            "admin@mx-1> ",
            "{master:0}\nadmin@ex> ",
            "ns-> ",
            "sw:FID128:admin> ",
        ],
        PRIVILEGED: ["(edge) #", "<core 1>", "HRP_M<fw>", "A:pe-1# ", "X460.1 # ", "fw-1 # "],
        CONFIGURATION: ["[HP]", "[~CE]", "[edit]\nadmin@mx# ", "(edge) (Config)#", "R1(config-if)#"],
        SHELL: ["user@host:~$ ", "host% ", "[root@db ~]# ", "[admin@spine ~]$ "],
    },
}
ROWS += [(name, prompt, kind) for name, by_kind in PROMPTS.items() for kind, each in by_kind.items() for prompt in each]


@pytest.fixture(autouse=True)
def with_definitions() -> None:
    if not scrapli.scrapli_names():
        pytest.skip("scrapli's definitions are not installed")


def test_there_are_enough_prompts() -> None:
    assert len(set(ROWS)) == len(ROWS)
    assert len(ROWS) - 3 * len(ODD_NAMES) * len(HASH_PLATFORMS) >= 300


@pytest.mark.parametrize(("name", "prompt", "kind"), ROWS)
def test_prompts_show_their_mode(name: str, prompt: str, kind: str) -> None:
    platform = load_platform(name)
    for tail in (prompt, f"\nlast line of an answer\n{prompt}", f"{prompt.rstrip()}"):
        mode = platform.mode_of(tail)
        assert mode is not None, "it shows no mode"
        assert mode.kind == kind
