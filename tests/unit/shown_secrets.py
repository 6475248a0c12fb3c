# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of configurations and outputs in which devices show secrets, and lines that only look so.

A secret stands between the two brackets of ``marked``. All values were invented for this file.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Iterator
from typing import Any

MARK = re.compile("⟦([^⟧]*)⟧")

VRP = "%^%#x8Gh(12)kLmn/Q%^%#"
SHOWN: dict[str, str] = {
    "cisco_iosxe": r"""
enable secret 5 ⟦$1$w4Xz$Tq0PZhG1mJx2uYbVnRk3E.⟧
enable secret 9 ⟦$9$qP3xL0vT7aWz2k$Vb1nM5cX8sLq4Jd6Hf0GyRt2Ew9Uz7Ki3Op5As1Dx⟧
enable password level 5 ⟦Blue-Kettle1⟧
enable password 7 ⟦03145A1B0F⟧
username ann privilege 15 password 0 ⟦Walnut77⟧
username ann privilege 15 secret 8 ⟦$8$gT5rE2wQ9zX1cV$Lk3Jh4Gf5Ds6Aq7Wz8Xe9Cr0Vt1By2Nu3Mi4Op5⟧
username manager password 0 ⟦manager⟧
line vty 0 4
 password 7 ⟦13061E010803⟧
 password ⟦Tulip5⟧
snmp-server community ⟦w1ndm1ll⟧ RO 10
snmp-server community ⟦manager⟧ RW
snmp-server host 192.0.2.9 traps version 2c ⟦tr4pw0rd⟧
snmp-server host 192.0.2.9 ⟦tr4pw0rd⟧ bgp
snmp-server user poller OPS v3 auth sha ⟦Auth-Pine9⟧ priv aes 128 ⟦Priv-Pine9⟧
tacacs-server host 192.0.2.1 key 7 ⟦070C285F4D06⟧
tacacs-server key ⟦Acorn-3⟧
tacacs server T1
 address ipv4 192.0.2.1
 key 6 ⟦aHTcDUP[fNQ⟧
 key ⟦123456⟧
radius-server host 192.0.2.2 auth-port 1812 acct-port 1813 key ⟦Maple-4⟧
radius server R1
 pac key 7 ⟦070C285F4D06⟧
 client 192.0.2.5 server-key 7 ⟦070C285F⟧
 server-private 192.0.2.6 key 7 ⟦14141B180F0B⟧
crypto isakmp key ⟦Fern-5⟧ address 198.51.100.7
crypto isakmp key 6 ⟦VNSEPGKDfNQ⟧ address 198.51.100.7
  pre-shared-key address 0.0.0.0 0.0.0.0 key ⟦Moss-6⟧
 pre-shared-key local ⟦Moss-7⟧
 pre-shared-key remote 6 ⟦VNSEPGKDfNQ⟧
 neighbor 192.0.2.7 password 7 ⟦08204D5D1A⟧
 neighbor 192.0.2.7 password ⟦Birch-8⟧
 ip ospf message-digest-key 1 md5 7 ⟦08204D5D1A⟧
 ip ospf authentication-key ⟦Cedar-9⟧
 area 0 virtual-link 192.0.2.8 message-digest-key 1 md5 ⟦Cedar-1⟧
 isis password ⟦Larch-1⟧ level-2
 area-password ⟦Larch-2⟧
key chain EDGE
 key 1
  key-string 7 ⟦08204D5D1A⟧
  key-string ⟦Alder-1⟧
 standby 1 authentication md5 key-string 7 ⟦08204D5D1A⟧
 standby 1 authentication ⟦Hazel-1⟧
 vrrp 1 authentication text ⟦Hazel-2⟧
 ip nhrp authentication ⟦Hazel-3⟧
ntp authentication-key 1 md5 ⟦08204D5D1A⟧ 7
 ppp chap password 0 ⟦Ivy-1⟧
 ppp pap sent-username ann password 0 ⟦Ivy-2⟧
 wpa-psk ascii 0 ⟦Wren-nest-1⟧
 security wpa psk set-key ascii 0 ⟦Wren-nest-2⟧
 bind authenticate root-dn cn=svc,dc=example password 7 ⟦08204D5D1A⟧
key config-key password-encrypt ⟦Robin-nest-1⟧
ip ftp password 7 ⟦08204D5D1A⟧
vtp password ⟦Finch-1⟧
crypto pki import TP pkcs12 flash:x.p12 password ⟦Finch-2⟧
  sap pmk ⟦0a1b2c3d4e⟧ mode-list gcm-encrypt
 automate-tester username probe password ⟦Finch-3⟧
 authentication mode hmac-sha-256 7 ⟦08204D5D1A⟧
 ip rsvp authentication key ⟦Finch-4⟧
ip msdp password 192.0.2.7 7 ⟦08204D5D1A⟧
Community name: ⟦w1ndm1ll⟧
user: ⟦w1ndm1ll⟧	security model: v2c
*Mar  1 00:00:01: %PARSER-5-CFGLOG_LOGGEDCMD: User:ann  logged command:snmp-server community ⟦w1ndm1ll⟧ RO
*Mar  1 00:00:01: %PARSER-5-CFGLOG_LOGGEDCMD: User:ann  logged command:username bob password 0 ⟦Heron-1⟧
""",
    "cisco_nxos": r"""
username admin password 5 ⟦$5$KLMNOP$abcDEFghiJKLmnoPQRstuVWXyz0123456789abcdefg⟧  role network-admin
snmp-server user admin network-admin auth md5 ⟦0x5a3b9c1d7e⟧ priv ⟦0x1f2e3d4c5b⟧ localizedkey
snmp-server community ⟦gr4nite⟧ group network-operator
snmp-server host 192.0.2.9 traps version 2c ⟦gr4nite⟧
tacacs-server key 7 "⟦Q!w$e@r1⟧"
radius-server host 192.0.2.1 key 7 "⟦VwyArzx⟧" authentication accounting
  password 3 ⟦5c1f0b9a7d3e8842⟧
    key-string 7 ⟦072c605f4d06⟧
  ip ospf message-digest-key 1 md5 3 ⟦a667d47acc18ea6b⟧
  authentication text ⟦Hazel-2⟧
  authentication md5 key-string ⟦Hazel-4⟧
Community            Group / Access      context    acl_filter
---------            --------------      -------    ----------
⟦gr4nite⟧              network-operator
⟦ba5alt⟧               network-admin

next
""",
    "cisco_iosxr": r"""
 secret 10 ⟦$6$abcdEF$ghijklMNOPqrstUVWXyz0123456789⟧
 password 7 ⟦13061E010803⟧
snmp-server community encrypted ⟦055A545C⟧ RO
snmp-server community clear ⟦qu4rtz⟧ RO
snmp-server user ops OPS v3 auth md5 encrypted ⟦094F471A1A0A⟧ priv aes 128 encrypted ⟦08204D5D1A⟧
 key 7 ⟦0822455D0A16⟧
  password encrypted ⟦13061E010803⟧
   key-string password ⟦104D000A0618⟧
  message-digest-key 1 md5 encrypted ⟦13061E010803⟧
 lsp-password hmac-md5 encrypted ⟦13061E010803⟧
 hello-password hmac-md5 encrypted ⟦13061E010803⟧
""",
    "arista_eos": r"""
username ann privilege 15 role network-admin secret sha512 ⟦$6$Zx1Cv2Bn$Qw3Er4Ty5Ui6Op7As8Df9Gh0⟧
enable password sha512 ⟦$6$Zx1Cv2Bn$Qw3Er4Ty5Ui6Op7As8Df9Gh0⟧
snmp-server community ⟦f3ldspar⟧ ro
snmp-server user ops OPS v3 localized f5717f52 auth sha ⟦a1b2c3d4e5⟧ priv aes ⟦f6e7d8c9⟧
tacacs-server key 7 ⟦1234ABCD5678⟧
   neighbor 192.0.2.1 password 7 ⟦kO5tJx3Zq==⟧
   ip ospf message-digest-key 1 sha512 7 ⟦kO5tJx3Zq==⟧
   vrrp 1 peer authentication ietf-md5 key-string 7 ⟦kO5tJx3Zq==⟧
      secret 7 ⟦1234ABCD5678⟧
{"username": "ann", "secret": "⟦$6$Zx1Cv2Bn$Qw3Er4Ty5Ui6Op7As8Df9Gh0⟧"}
Community name: ⟦f3ldspar⟧
{"communities": {"⟦f3ldspar⟧": {"access": "ro", "acls": []}, "⟦default⟧": {"access": "rw"}}}
""",
    "juniper_junos": r"""
set system root-authentication encrypted-password "⟦$6$Lm2No3Pq$Rs4Tu5Vw6Xy7Za8Bc9⟧"
set system radius-server 192.0.2.1 secret "⟦$9$kMxNqP5zF6⟧"
set system tacplus-server 192.0.2.1 secret ⟦Slate-1⟧
set snmp community ⟦sl4te⟧ authorization read-only
set protocols bgp group G authentication-key "⟦$9$kMxNqP5zF6⟧"
set security ike policy P pre-shared-key ascii-text "⟦$9$kMxNqP5zF6⟧"
set system ntp authentication-key 1 type md5 value "⟦$9$kMxNqP5zF6⟧"
set snmp v3 snmp-community INDEX community-name "⟦sl4te-b4nk⟧"
set snmp v3 usm local-engine user U authentication-sha authentication-password ⟦Slate-22⟧
        encrypted-password "⟦$6$Lm2No3Pq$Rs4Tu5Vw6Xy7Za8Bc9⟧"; ## SECRET-DATA
    authentication-key "⟦$8$aes256-gcm$hmac-sha2-256$100$cFQ9$SCMV$bCVo$45⟧"; ## SECRET-DATA
                md5 1 key "⟦opal⟧"; ## SECRET-DATA
        192.0.2.1 secret "⟦opal\"3⟧"; ## SECRET-DATA
snmp {
    community ⟦sl4te⟧ {
        authorization read-only;
<encrypted-password>⟦$6$Lm2No3Pq$Rs4Tu5Vw6Xy7Za8Bc9⟧</encrypted-password>
<secret>⟦Slate-1⟧</secret>
<community>
    <name>⟦sl4te⟧</name>
    <authorization>read-only</authorization>
""",
    "hp_comware": r"""
 password hash ⟦$h$6$aB1cD2eF$gH3iJ4kL5mN6==⟧
 password cipher ⟦$c$3$Qw1Er2Ty3Ui4==⟧
 super password role network-admin hash ⟦$h$6$aB1cD2eF$gH3iJ4kL5mN6==⟧
snmp-agent community read ⟦p3bble⟧
snmp-agent community write simple ⟦p3bble2⟧ acl 2000
snmp-agent usm-user v3 ops OPS simple authentication-mode sha ⟦Pebble-33⟧ privacy-mode aes128 ⟦Pebble-44⟧
snmp-agent target-host trap address udp-domain 192.0.2.9 params securityname ⟦p3bble⟧ v2c
 key authentication cipher ⟦$c$3$Qw1Er2Ty3Ui4==⟧
 primary authentication 192.0.2.1 key cipher ⟦$c$3$Qw1Er2Ty3Ui4==⟧
 key accounting simple ⟦Pebble-5⟧
 ospf authentication-mode md5 1 cipher ⟦$c$3$Qw1Er2Ty3Ui4==⟧
 ospf authentication-mode md5 1 plain ⟦Pebble-6⟧
 vrrp vrid 1 authentication-mode md5 simple ⟦Pebble-7⟧
 pre-shared-key address 192.0.2.1 24 key simple ⟦Pebble-8⟧
 key-string cipher ⟦$c$3$Qw1Er2Ty3Ui4==⟧
 preshared-key pass-phrase simple ⟦Pebble-nest9⟧
 sa string-key inbound esp simple ⟦Pebble-10⟧
""",
    "huawei_vrp": rf"""
 local-user ann password irreversible-cipher ⟦$1c$aB1cD2eF$gH3iJ4kL5mN6$⟧
 local-user ann password cipher ⟦{VRP}⟧
 super password level 3 cipher ⟦{VRP}⟧
 set authentication password cipher ⟦{VRP}⟧
snmp-agent community read cipher ⟦{VRP}⟧ acl 2000
snmp-agent usm-user v3 ops authentication-mode sha2-256 cipher ⟦{VRP}⟧
snmp-agent target-host trap address udp-domain 192.0.2.9 params securityname cipher ⟦{VRP}⟧ v2c
 radius-server shared-key cipher ⟦{VRP}⟧
 hwtacacs-server shared-key cipher ⟦{VRP}⟧
 peer 192.0.2.1 password cipher ⟦{VRP}⟧
 peer 192.0.2.1 password simple ⟦Gravel-1⟧
 isis authentication-mode md5 cipher ⟦{VRP}⟧
 ospf authentication-mode hmac-sha256 1 cipher ⟦{VRP}⟧
ntp-service authentication-keyid 1 authentication-mode md5 cipher ⟦{VRP}⟧
 pre-shared-key simple ⟦Gravel-2⟧
   Community name:⟦gr4vel⟧
""",
    "nokia_sros": r"""
            snmp community "⟦ch4lkS1te⟧" hash2 r version both
                secret "⟦Uy2kRt7Pq1⟧" hash2
            password "⟦$2y$10$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ01234⟧"
                authentication-key "⟦Uy2kRt7Pq1⟧" hash2
                    message-digest-key 1 md5 "⟦Uy2kRt7Pq1⟧" hash2
                authentication hash2 md5 "⟦Uy2kRt7Pq1⟧" privacy des "⟦Vz3lSu8Qr2⟧"
                trap-target "nms" address 192.0.2.9 snmpv2c notify-community "⟦ch4lkS1te⟧"
        entry 0 key "⟦Uy2kRt7Pq1⟧" hash2 algorithm hmac-sha-1-96
    /configure system security snmp community "⟦ch4lkS1te⟧" access-permissions r
""",
    "fortinet_fortios": r"""
        set password ENC ⟦SH2aB1cD2eF3gH4iJ5kL6mN7oP8==⟧
        set psksecret ENC ⟦qW1eR2tY3uI4oP5aS6dF7gH8==⟧
        set psksecret ⟦Clay-brick1⟧
        set passphrase ENC ⟦qW1eR2tY3uI4oP5aS6dF7gH8==⟧
        set auth-pwd ENC ⟦qW1eR2tY3uI4oP5aS6dF7gH8==⟧
        set priv-pwd ⟦Clay-brick2⟧
        set secret "⟦Clay-brick3⟧"
        set key "⟦Clay-brick4⟧"
        set md5-key ⟦Clay-brick5⟧
config system snmp community
    edit 1
        set name "⟦cl4y⟧"
        config hosts
    next
end
        set private-key "-----BEGIN ENCRYPTED PRIVATE KEY-----
⟦MIIFHDBOBgkqhkiG9w0BBQ0wQTApBgkqhkiG9w0BBQwwHAQI
abcdefghijklmnop==⟧
-----END ENCRYPTED PRIVATE KEY-----"
""",
    "paloalto_panos": r"""
set mgt-config users admin phash ⟦$5$aB1cD2eF$gH3iJ4kL5mN6oP7qR8⟧
set deviceconfig system snmp-setting access-setting version v2c snmp-community-string ⟦m4rble⟧
set network ike gateway G authentication pre-shared-key key ⟦-AQ==aB1cD2eF3gH4iJ5k=⟧
set shared server-profile radius R server S secret ⟦-AQ==aB1cD2eF3gH4iJ5k=⟧
<phash>⟦$1$aB1cD2eF$gH3iJ4kL5mN6⟧</phash>
<snmp-community-string>⟦m4rble⟧</snmp-community-string>
<bind-password>⟦-AQ==aB1cD2eF3gH4iJ5k=⟧</bind-password>
<password>⟦Marble-1⟧</password>
""",
    "mikrotik_routeros": r"""
/user add name=ann password=⟦Flint-1⟧ group=full
/ppp secret
add name=site1 password="⟦Flint 2⟧" service=l2tp
/interface wireless security-profiles
set [ find default=yes ] mode=dynamic-keys wpa-pre-shared-key=⟦Flint-nest3⟧ wpa2-pre-shared-key=⟦Flint-nest4⟧
/ip ipsec identity add peer=p secret=⟦Flint-5⟧
/radius add address=192.0.2.1 secret=⟦Flint-6⟧ service=login
/interface wireguard add name=wg private-key="⟦aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0u=⟧"
/snmp community
set [ find default=yes ] addresses=192.0.2.0/24 \
    authentication-password=⟦Flint-7⟧ encryption-password=⟦Flint-8⟧ name=⟦fl1nt⟧
/routing ospf interface-template add auth=md5 auth-id=1 auth-key=⟦Flint-10⟧
/system ntp key add key=⟦Flint-11⟧
/routing bgp connection add tcp-md5-key=⟦Flint-9⟧
""",
    "frr": r"""
password ⟦Sand-1⟧
enable password ⟦Sand-2⟧
 neighbor 192.0.2.1 password ⟦Sand-3⟧
 ip ospf authentication-key ⟦Sand-4⟧
 ip ospf message-digest-key 1 md5 ⟦Sand-5⟧
 isis password md5 ⟦Sand-6⟧
 area-password clear ⟦Sand-7⟧
 domain-password md5 ⟦Sand-8⟧
  key-string ⟦Sand-9⟧
 ip rip authentication string ⟦Sand-10⟧
""",
    "ubiquiti_edgerouter": r"""
set system login user ann authentication plaintext-password ⟦Coral-1⟧
set system login user ann authentication encrypted-password '⟦$6$aB1cD2eF$gH3iJ4kL5mN6oP7⟧'
set service snmp v3 user ops auth encrypted-key ⟦0x1a2b3c4d5e⟧
set service snmp community ⟦c0ral⟧ authorization ro
set vpn ipsec site-to-site peer 192.0.2.1 authentication pre-shared-secret '⟦Coral-2⟧'
set vpn ipsec authentication psk SITE secret ⟦Coral-3⟧
            plaintext-password "⟦Coral-4⟧"
            pre-shared-secret ⟦Coral-5⟧
    community ⟦c0ral⟧ {
        authorization ro
set system login radius server 192.0.2.1 key '⟦Coral-6⟧'
""",
    "aruba": r"""
  wpa-passphrase ⟦Amber-nest1⟧
snmp-server community "⟦4mber⟧" operator unrestricted
snmpv3 user "ops" auth md5 "⟦Amber-2⟧" priv "⟦Amber-3⟧"
snmpv3 user ops auth sha auth-pass ciphertext ⟦AQBapAbCdEf⟧ priv aes priv-pass ciphertext ⟦AQBapGhIjKl⟧
password manager user-name "ann" sha1 "⟦5baa61e4c9b93f3f⟧"
user ann group administrators password ciphertext ⟦AQBapXyZ012⟧
config wlan security wpa akm psk set-key ascii ⟦Amber-nest4⟧ 1
configure snmp add community readonly encrypted "⟦4mber5⟧"
set snmp community ⟦4mber⟧ read-only
set user ann password-hash ⟦$1$aB1cD2eF$gH3iJ4kL5⟧
set expert-password-hash ⟦$6$aB1cD2eF$gH3iJ4kL5mN6⟧
""",
    "cisco_asa": r"""
passwd ⟦aB1cD2eF3gH4iJ5k⟧ encrypted
enable password ⟦$sha512$5000$aB1cD2eF3gH4==$iJ5kL6mN7oP8==⟧ pbkdf2
username ann password ⟦aB1cD2eF3gH4iJ5k⟧ encrypted privilege 15
 ikev1 pre-shared-key ⟦Jade-1⟧
 ikev2 local-authentication pre-shared-key ⟦Jade-2⟧
 key ⟦Jade-3⟧
 ldap-login-password ⟦Jade-4⟧
failover key ⟦Jade-5⟧
snmp-server host inside 192.0.2.9 community ⟦j4de⟧ version 2c
""",
    "f5_tmsh": r"""
sys snmp {
    communities {
        /Common/x {
            community-name ⟦0nyx⟧
auth radius-server /Common/r {
    secret ⟦$M$Ek$aB1cD2eF3g==⟧
auth user ann {
    encrypted-password ⟦$6$aB1cD2eF$gH3iJ4kL5mN6⟧
    passphrase ⟦Onyx-1⟧
""",
    "linux": r"""
root:⟦$6$aB1cD2eF$gH3iJ4kL5mN6⟧:19000:0:99999:7:::
ann:⟦$y$j9T$aB1cD2eF$gH3iJ4kL5mN6⟧:19000:0:99999:7:::
rocommunity ⟦b4salt⟧ 192.0.2.0/24
com2sec readonly default ⟦b4salt2⟧
createUser ops SHA "⟦Basalt-1⟧" AES ⟦Basalt-2⟧
trap2sink 192.0.2.9 ⟦b4salt⟧
psk="⟦Basalt nest 3⟧"
wpa_passphrase=⟦Basalt-nest4⟧
PrivateKey = ⟦aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0u=⟧
password: ⟦Basalt-5⟧
api_key: ⟦aB1cD2eF3g⟧
Authorization: Bearer ⟦aB1cD2eF3gH4iJ5kL6mN⟧
Authorization: Basic ⟦YW5uOmJhc2FsdA==⟧
{"password": "⟦Basalt-6⟧", "shared_secret": "⟦Basalt\"7⟧", "snmpCommunity": "⟦b4salt⟧", "privateKey": "⟦Basalt-8⟧"}
{"token": "⟦eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.aB1cD2eF3g⟧"}
copy ftp://ann:⟦Basalt-9⟧@192.0.2.1/backup.cfg
-----BEGIN RSA PRIVATE KEY-----
⟦MIIEowIBAAKCAQEAaB1cD2eF3gH4iJ5k
aB1cD2eF3gH4iJ5kL6mN7oP8==⟧
-----END RSA PRIVATE KEY-----
"-----BEGIN PRIVATE KEY-----\n⟦MIIEow\nIBAA=⟧\n-----END PRIVATE KEY-----\n"
""",
}
# Without secrets: nothing in these lines may change.
HARMLESS = r"""
service password-encryption
no password
no enable password
password encryption aes
key chain NAME
 key 1
  key 10
  key-string
 key 12345
ip ssh pubkey-chain
ip ssh rsa keypair-name sshkey
crypto key generate rsa modulus 2048
snmp-server community
snmp-server enable traps snmp authentication linkdown linkup
snmp-server contact password office
snmp-server location key storage room
set snmp location "secret site"
snmp-server user U1 G1 v3
snmp-server group G1 v3 priv
snmp-server host 192.0.2.9 version 3 priv MyUser
snmp-server host 192.0.2.9 vrf MGMT
snmp-agent community complexity-check disable
description the password is in the vault
 description password reset line
 description see password: vault
 description key customer secret lab
 remark community of the secret key
  password        Specify the password
  password   LINE The UNENCRYPTED (cleartext) line password
  secret          Assign the privileged level secret
enable password ?
  0     Specifies an UNENCRYPTED password will follow
Password:
Password required, but none set
% Password not set
password required
password 8 characters
Last password change: never
Password expiry: 90 days
Password expires : never
username bob nopassword
username bob sshkey ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB
username bob passphrase lifetime 99999 warntime 14 gracetime 3
set system login password format sha512
set system login password minimum-length 10
set policy-options community FOO members 65000:100
set policy-options policy-statement P term 1 then community add FOO
    community FOO members 65000:1;
<community>FOO</community>
<community><name>FOO</name><members>65000:1</members></community>
 match community FOO
 set community 65000:100 additive
 set community no-export
ip community-list standard FOO permit 65000:1
neighbor 192.0.2.1 send-community both
      Community: 65000:100 65000:200
      Community: no-export
  Extended Community: RT:65000:1
"community": "65000:1 65000:2"
"communities": {"65000:1": {"count": 1}}
"communities": ["65000:1"]
"community":{"string":"65000:1","list":["65000:1"]}
"passwordEncryption": true
"password": null
"password": ""
"keyName": "foo"
"key": 1
 authentication-mode aaa
 authentication-mode scheme
 authentication-mode password
 ip ospf authentication message-digest
 area 0 authentication message-digest
aaa authentication login default group tacacs+ local
 ip authentication key-chain eigrp 1 EIGRP-KEYS
 ip rip authentication key-chain RIP-KEYS
ntp trusted-key 1
ntp server 192.0.2.1 key 1
ntp server 192.0.2.1 prefer key 10
 tunnel key 1234
 standby 1 authentication md5 key-chain HSRP
 authentication pre-share
crypto isakmp keepalive 10
mpls ldp password required
Key type: rsa
Port key = 0x1F
Oper key = edge
"key": "edge"
if secret == other
Key fingerprint is SHA256:abcdefghijklmnopqrstuvwxyz012345678901234567
LACP key: 0x1
Actor Oper Key : 1
Public key: ssh-rsa AAAA
-----BEGIN CERTIFICATE-----
MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ
-----END CERTIFICATE-----
Token ring is up
radius-server vsa send authentication
hostname secret-lab
 Pre-shared key: enabled
 password ********
 ikev1 pre-shared-key *****
user password changed by admin
User admin changed password of bob
R1#show run | section snmp-server community
$1 $2 $HOME
CPU 5%%
set expire-status enable
ip http secure-server
 rsakeypair TP 2048
vrrp 1 priority 100
http://www.example.com/techsupport
set vpn ipsec site-to-site peer 192.0.2.1 authentication mode 'pre-shared-secret'
set protocols bgp group X neighbor 192.0.2.1 authentication-key-chain CHAIN
"""


def plain(marked: str) -> str:
    """The text as a device shows it."""
    return MARK.sub(lambda match: match[1], marked)


def secrets_in(marked: str) -> list[str]:
    """The secrets of a marked text."""
    return MARK.findall(marked)


def masked(marked: str, mask: Callable[[str], str]) -> str:
    """The text as a report must show it."""
    return MARK.sub(lambda match: mask(match[1]), marked)


# Those with 500 planted secrets, and the commands that show them.
PLATFORMS = (
    *("cisco_iosxe", "cisco_nxos", "cisco_iosxr", "arista_eos", "juniper_junos", "hp_comware"),
    *("huawei_vrp", "fortinet_fortios", "paloalto_panos", "mikrotik_routeros", "frr", "ubiquiti_edgerouter"),
)
COMMANDS = ("show running-config", "show startup-config", "show configuration", "show archive", "show tech-support")


def planted(platform: str, chance: random.Random) -> Iterator[tuple[str, str, list[str]]]:
    """Yield commands, their outputs, and the secrets in them: those of the platform with other values."""
    for command in COMMANDS:
        new: list[str] = []

        def other(match: Any, new: list[str] = new) -> str:
            letters = string.ascii_letters + string.digits
            value = "".join(chance.choice(letters) if each in letters[:52] else each for each in match[1])
            new.append(_with_its_head(match[1], value))
            return str(new[-1])

        text = MARK.sub(other, SHOWN[platform])
        yield command, text, new


def _with_its_head(old: str, new: str) -> str:
    """Keep what tells the kind of a secret, such as ``$1$`` and ``0x``, and the letters of JSON and Base64 heads."""
    if old[:1] in "$-%" or old.startswith(("0x", "eyJ", "SH2", "MII", "AQB")) or "\\" in old:
        digits = str.maketrans("0123456789", "".join(map(str, reversed(range(10)))))
        return old[:-4] + old[-4:].translate(digits)
    return new


def shows(text: str, secret: str) -> bool:
    """Whether a secret stands in a text, and not only as a part of a word."""
    place = text.find(secret)
    while place >= 0:
        around = text[place - 1 : place] + text[place + len(secret) : place + len(secret) + 1]
        if not any(each.isalnum() for each in around):
            return True
        place = text.find(secret, place + 1)
    return False
