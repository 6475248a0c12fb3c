# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: E501
"""More lines with secrets, and without: rare notations, and those of other systems. See ``shown_secrets``.

Each line is a test of its own. Several lines between ``@@`` and an empty line are one test.
"""

from __future__ import annotations

MORE: dict[str, str] = {
    "commands": r"""
hostname r1; enable password ⟦tulip5⟧
username ann  secret  sha256  ⟦$5$abcd1234$abcdEFGHijklMNOP⟧
 ip sla key ⟦Tul1p-5⟧
 ip dhcp snooping database ftp://ann:⟦tulip5⟧@192.0.2.1/x
 path ftp://ann:⟦tulip5⟧@192.0.2.1/$h
 http client username ann password ⟦tulip5⟧
 authentication text ⟦tulip5⟧
 neighbor 2001:db8::1 password ⟦tulip5⟧
 router bgp 65000 neighbor 192.0.2.1 password encrypted ⟦104D000A0618⟧
 l2tp tunnel password 7 ⟦104D000A0618⟧
 vpdn-group 1 l2tp tunnel password ⟦tulip5⟧
 login-password ⟦tulip5⟧
 client-secret ⟦tulip5⟧
 enrollment password ⟦tulip5⟧
 challenge-password ⟦tulip5⟧
 revocation-password ⟦tulip5⟧
 crypto pki trustpoint T password 7 ⟦104D000A0618⟧
 ip ssh pubkey password ⟦tulip5⟧
 dot1x username ann password ⟦tulip5⟧
 ap password ⟦tulip5⟧
 radius server key 7 ⟦104D000A0618⟧
 tacacs-server key 7 "⟦fewhg⟧"
 key 7 "⟦fewhg⟧"
 snmp-server user ann network-admin auth sha-256 ⟦0x1234abcd⟧ priv aes-128 ⟦0xabcd1234⟧ localizedkey engineID 128:0:0:9
 snmp-server user ann auth md5 ⟦0x1234abcd⟧ localizedkey
 snmp-server host 192.0.2.1 version 1 ⟦tulip5⟧
 snmp-server host 192.0.2.1 informs version 2c ⟦tulip⟧ bgp
 snmp-server community-map ⟦tulip5⟧ engineID local
 snmp-server community ro ⟦tulip5⟧
 tunnel-group 192.0.2.1 ipsec-attributes pre-shared-key ⟦tulip5⟧
 ldap-login-password ⟦tulip5⟧
 server-key encrypted ⟦104D000A0618⟧
set system scripts op file x key ⟦$9$abcdefgh1234⟧
set protocols mpls label-switched-path p secret "⟦tulip5⟧"
set snmp v3 snmp-community idx community-name ⟦tulip5⟧
set snmp trap-options community ⟦tulip5⟧
set services radius-flow-tap radius-secret ⟦tulip5⟧
   pre-shared-key ascii-text "⟦tulip5⟧"; ## SECRET-DATA
   tacplus-server 192.0.2.1 secret "⟦tulip5⟧"; # SECRET-DATA
   192.0.2.1 { secret "⟦tulip5⟧"; port 1812; }
   community ⟦tulip5⟧ { authorization read-only; }
   encrypted-password "⟦tulip5⟧";
 set wifi-key ⟦tulip5⟧
 set fsso-password ⟦tulip5⟧
 set keytab "⟦ABCD1234efgh==⟧"
 set eap-password ⟦tulip5⟧
 set auth-password-l1 ⟦tulip5⟧
 set ipsec-psk "⟦tulip5⟧"
set zone z network x gre-key ⟦Tul1p-5⟧
set setting wildfire private-cloud-api-key ⟦Tul1p-5⟧
request certificate generate passphrase ⟦tulip5⟧
<api-key>⟦tulip5⟧</api-key>
 local-user ann password irreversible-cipher ⟦$1a$abcd$efgh$⟧
 radius-server shared-key simple ⟦tulip5⟧
 ssl policy x password simple ⟦tulip5⟧
 snmp-agent trap community ⟦tulip5⟧
 bgp 65000 peer 192.0.2.1 password simple ⟦tulip5⟧
 web-auth-server x shared-key cipher ⟦abcd1234⟧
 ppp chap password cipher ⟦abcd1234⟧
 /interface/wifi/security add passphrase="⟦tulip 5⟧"
 /ip/hotspot/user add name=x password=⟦tulip5⟧
 /tool/fetch user=x password=⟦tulip5⟧ url=https://x
 /routing/bgp/connection set x tcp-md5-key=⟦tulip5⟧
 /ppp profile set x session-timeout=5m password=⟦tulip5⟧
 access-list "x" community "⟦tulip5⟧" hash2
 radius-plcy 1 server 1 secret ⟦tulip5⟧ hash
 ssh-key-password ⟦tulip5⟧
 admin-user-password ⟦tulip5⟧
 oper-password ⟦tulip5⟧
 guest_password: ⟦tulip5⟧
 wlan_psk: ⟦tulip5⟧
 "wpa2Passphrase" = "⟦tulip5⟧"
 'secret' => '⟦tulip5⟧',
 "password": '⟦tulip5⟧',
 password => "⟦tulip5⟧"
 password:⟦tulip5⟧
 password=⟦tulip5⟧ other=1
 PASSWORD :⟦tulip5⟧
 --password ⟦tulip5⟧
 --token ⟦a1b2c3d4e5⟧
 -p password=⟦tulip5⟧
 nv set system snmp-server trap-community ⟦tulip5⟧
 net add snmp-server trap-destination localhost community-password ⟦tulip5⟧
 net add hostapd wpa_passphrase ⟦tulip5⟧
 set ospf instance default area 0 authtype md5 key 1 secret ⟦tulip5⟧
 add snmp usm user x auth-pass-phrase-hashed ⟦abcd1234⟧ privacy-pass-phrase-hashed ⟦efgh5678⟧
 set cluster sync-secret ⟦tulip5⟧
 cphaprob password ⟦tulip5⟧
 set sic-password ⟦tulip5⟧
 tm net ipsec ike-peer x preshared-key ⟦tulip5⟧ preshared-key-encrypted ⟦abcd1234⟧
 snmp { community ⟦tulip5⟧ }
 user-password "⟦tulip5⟧"
 wlan 1 security wpa psk ⟦tulip5⟧
 configure snmpv3 add user x authentication sha ⟦Tul1p-5⟧ privacy aes 128 ⟦Tul1p-6⟧
 configure account admin password ⟦tulip5⟧
 configure tacacs secondary shared-secret encrypted "⟦abcd1234⟧"
 snmp-server community-by-index x ⟦tulip5⟧
 snmp-server user ann md5 ⟦Tul1p-5⟧ aes ⟦Tul1p-6⟧
 ip ospf 1 authentication message-digest key 1 md5 ⟦Tul1p-5⟧
 password sha256 ⟦0a1b2c3d4e5f60718293⟧
 ftp-password ⟦tulip5⟧
 user "ann" password "⟦tulip5⟧" role admin
 sntp authentication-key 1 md5 "⟦tulip5⟧"
 stack-key ⟦Tul1p-5⟧
 irf auth-key ⟦tulip5⟧
 otv authentication-key ⟦tulip5⟧
 pim authentication-key ⟦tulip5⟧
 eigrp authentication-key ⟦tulip5⟧
 passphrase-encrypted ⟦abcd1234⟧
 secret-encrypted "⟦abcd1234⟧"
 "bindPassword": "⟦tulip5⟧",
 {"key":"community","value":"⟦tulip5⟧"}
 {"name":"rocommunity","value":"⟦tulip5⟧"}
 <parameter name="community">⟦tulip5⟧</parameter>
 <parameter><name>password</name><value>⟦tulip5⟧</value></parameter>
 <snmp><community>⟦tulip5⟧</community></snmp>
 <snmp-server><community><name>⟦tulip5⟧</name></community></snmp-server>
 <config><secret-key>⟦tulip5⟧</secret-key></config>
 <Cisco-IOS-XE-native:password>⟦tulip5⟧</Cisco-IOS-XE-native:password>
 password ⟦tulip5⟧ ! comment
 password ⟦tulip5⟧ # comment
 bot_token: ⟦123456:ABC-DEF1234ghIkl⟧
 username=ann&password=⟦tulip5⟧&x=1
 snmp-server community ⟦p@ss:word⟧ RO
 enable password ⟦pa;ss,wo⟧
 enable password ⟦{tulip}⟧
 set password "⟦a\"b⟧"
""",
    "words": r"""
username ann password ⟦CorrectHorse⟧
username ann secret ⟦CorrectHorse⟧
enable secret ⟦correcthorse⟧
  password ⟦correcthorse⟧
aaa server radius dynamic-author client 192.0.2.1 server-key ⟦correcthorse⟧
radius-server key ⟦correcthorse⟧
tacacs-server host 192.0.2.1 port 49 timeout 5 key ⟦correcthorse⟧
snmp-server community ⟦correcthorse⟧ view V ro 10
snmp-server user u g v3 auth sha ⟦correcthorse⟧ priv aes 128 ⟦batterystaple⟧
snmp-server user u g v3 auth sha ⟦correcthorse⟧
neighbor PG password ⟦correcthorse⟧
ip ospf message-digest-key 5 md5 ⟦correcthorse⟧
ip ospf authentication-key ⟦correcthorse⟧
ntp authentication-key 7 md5 ⟦correcthorse⟧
key-string ⟦correcthorse⟧
crypto isakmp key ⟦correcthorse⟧ address 192.0.2.1 no-xauth
crypto isakmp key 0 ⟦correcthorse⟧ address 0.0.0.0 0.0.0.0
ppp chap password ⟦correcthorse⟧
set system login user u authentication plaintext-password-value ⟦correcthorse⟧
set system root-authentication plain-text-password-value ⟦correcthorse⟧
set access radius-server 192.0.2.1 port 1812 secret ⟦correcthorse⟧
set system tacplus-server 192.0.2.1 secret "⟦correct horse⟧"
set snmp v3 usm local-engine user u authentication-md5 authentication-password "⟦correcthorse⟧"
set security ike policy P pre-shared-key ascii-text ⟦correcthorse⟧
set security group-vpn member ike policy P pre-shared-key ascii-text "⟦correcthorse⟧"
set services ssl initiation profile P client-private-key-pass ⟦correcthorse⟧
set wlan ssid S psk ⟦correcthorse⟧
set forwarding-options x secret-key "⟦correcthorse⟧"
set password ⟦correcthorse⟧
set passwd ⟦correcthorse⟧
set psksecret "⟦correct horse⟧"
set server-secret ⟦correcthorse⟧
set wifi-passphrase ⟦correcthorse⟧
set web-proxy-password ⟦correcthorse⟧
set smtp-password ENC ⟦aB1cD2eF3gH4==⟧
set fortiguard-anycast-key ⟦aB1cD2eF3gH4⟧
set shared admin-role X password ⟦correcthorse⟧
set deviceconfig system ntp-servers primary-ntp-server authentication-type symmetric-key algorithm md5 authentication-key ⟦correcthorse⟧
set deviceconfig system hsm-settings provider x ha password ⟦correcthorse⟧
set network ike gateway G authentication pre-shared-key key ⟦correcthorse⟧
<entry name="x"><secret>⟦correcthorse⟧</secret></entry>
<authentication-key>⟦correcthorse⟧</authentication-key>
<bgp-password>⟦correcthorse⟧</bgp-password>
<pskValue>⟦correcthorse⟧</pskValue>
<radiusSharedSecret>⟦correcthorse⟧</radiusSharedSecret>
local-user ann class manage password simple ⟦correcthorse⟧
 password simple ⟦correcthorse⟧
 ssid-psk ⟦correcthorse⟧
 psk pass-phrase ⟦correcthorse⟧ aes
snmp-agent community write ⟦correcthorse⟧
snmp-agent usm-user v3 u g authentication-mode sha ⟦correcthorse⟧ privacy-mode aes128 ⟦batterystaple⟧
 isis authentication-mode simple ⟦correcthorse⟧ ip
/user set 0 password=⟦correcthorse⟧
/interface ovpn-client add user=x password=⟦correcthorse⟧ certificate=c
/ip ipsec identity set 0 secret="⟦correct horse⟧"
/tool sms set secret=⟦correcthorse⟧
/interface lte apn add name=x password=⟦correcthorse⟧ user=u
/system backup save password=⟦correcthorse⟧
/caps-man security add name=s passphrase=⟦correcthorse⟧
 wpa-pre-shared-key=⟦correcthorse⟧ wpa2-pre-shared-key=⟦correcthorse⟧
password "⟦correcthorse⟧"
secret "⟦correcthorse⟧"
authentication-key "⟦correcthorse⟧"
tacplus server 1 address 192.0.2.1 secret "⟦correcthorse⟧"
set system login user u authentication plaintext-password '⟦correct horse⟧'
set protocols bgp 65000 neighbor 192.0.2.1 password ⟦correcthorse⟧
set interfaces wireless wlan0 security wpa passphrase ⟦correcthorse⟧
set vpn l2tp remote-access ipsec-settings authentication pre-shared-secret ⟦correcthorse⟧
set service dns dynamic interface eth0 service x password ⟦correcthorse⟧
set interfaces pppoe pppoe0 authentication password '⟦correcthorse⟧'
set interfaces openvpn vtun0 authentication password ⟦correcthorse⟧
set high-availability vrrp group g authentication password ⟦correcthorse⟧
set system login tacacs server 192.0.2.1 key ⟦correcthorse⟧
nv set system aaa radius server 192.0.2.1 secret ⟦correcthorse⟧
nv set interface swp1 router ospf authentication md5-key ⟦correcthorse⟧
auth tacacs /Common/x { secret ⟦correcthorse⟧ servers { 192.0.2.1 } }
ltm monitor ldap /Common/l { password ⟦correcthorse⟧ }
set snmp traps receiver 192.0.2.1 version v2 community ⟦correcthorse⟧
set aaa radius-servers priority 1 secret ⟦correcthorse⟧
set pppoe client id 1 interface eth0 password ⟦correcthorse⟧
set user ann password ⟦correcthorse⟧
wpa-passphrase ⟦correcthorse⟧
snmp-server community "⟦correcthorse⟧" unrestricted
radius-server host 192.0.2.1 key ⟦correcthorse⟧
tacacs-server key ⟦correcthorse⟧
ntp authentication key-id 1 authentication-mode md5 key-value ⟦correcthorse⟧
configure radius primary shared-secret ⟦correcthorse⟧
configure snmp add community readonly ⟦correcthorse⟧
create snmp community ⟦correcthorse⟧ view V
configure bgp neighbor 192.0.2.1 password ⟦correcthorse⟧
enable password level 15 ⟦correcthorse⟧
username admin password ⟦correcthorse⟧ privilege 15
ip ftp username x password ⟦correcthorse⟧
wireless wlan passphrase ⟦correcthorse⟧
ip-sec shared secret ⟦correcthorse⟧
vpn psk ⟦correcthorse⟧
system password ⟦correcthorse⟧
lldp secret ⟦correcthorse⟧
bfd authentication keyed-md5 1 key ⟦correcthorse⟧
bfd authentication md5 key-id 1 key ⟦correcthorse⟧
oauth client_secret ⟦correcthorse⟧
api_token ⟦a1b2c3d4e5f6⟧
api-token: ⟦a1b2c3d4e5f6⟧
x-api-key ⟦a1b2c3d4e5f6⟧
auth-token=⟦a1b2c3d4e5f6⟧
access_token: "⟦a1b2c3d4e5f6⟧"
rndc secret "⟦aB1cD2==⟧";
PASSWORD='⟦correct horse⟧'
Password=⟦correcthorse⟧;
uid=sa;pwd=⟦correcthorse⟧;server=x
jdbc:mysql://h/db?user=x&password=⟦correcthorse⟧
https://h/x?apikey=⟦a1b2c3d4e5⟧&y=1
admin_pass: ⟦correcthorse⟧
vault_password: "⟦correct horse⟧"
  - password: ⟦correcthorse⟧
  secret: '⟦correct horse⟧'
SNMP_COMMUNITY=⟦correcthorse⟧
snmp_community: ⟦correcthorse⟧
  community: ⟦correcthorse⟧
rocommunity: ⟦correcthorse⟧
com2sec -Cn ctx notConfigUser default ⟦correcthorse⟧
createUser ann MD5 ⟦correcthorse⟧ DES ⟦batterystaple⟧
createUser ann SHA-256 "⟦correct horse⟧" AES "⟦batterystaple⟧"
wpa_psk=⟦0a1b2c3d4e5f60718293a4b5c6d7e8f9⟧
sasl_passwd ⟦correcthorse⟧
smtp_auth_password "⟦correcthorse⟧"
{"user":"x","pass":"⟦correcthorse⟧"}
{"enable_secret":"⟦correcthorse⟧","x":1}
{"radius":{"sharedSecret":"⟦correcthorse⟧"}}
{"tacacsKey":"⟦a1b2c3d4e5⟧"}
{"encryptedPassword":"⟦a1b2c3d4e5==⟧"}
{"snmpCommunityString":"⟦correcthorse⟧"}
{"preSharedKey": "⟦correcthorse⟧"}
{'password': '⟦correcthorse⟧'}
Community: ⟦correcthorse⟧
SNMP community: ⟦correcthorse⟧
  Community        : ⟦correcthorse⟧
  Read Community   : ⟦correcthorse⟧
  Write community string: ⟦correcthorse⟧
  Trap Community................ ⟦correcthorse⟧
Auth Key : ⟦a1b2c3d4⟧
Privacy Password : ⟦correcthorse⟧
Shared secret: ⟦correcthorse⟧
Key string: ⟦correcthorse⟧
Encryption key: ⟦a1b2c3d4e5f6⟧
PSK: ⟦correcthorse⟧
WEP key 1: ⟦0a1b2c3d4e⟧
Passphrase: ⟦correcthorse⟧
Login password = ⟦correcthorse⟧
BGP neighbor password: ⟦correcthorse⟧
*Mar 1 00:00:01: cmd: 'username ann password ⟦correcthorse⟧'
R1(config)#enable secret ⟦correcthorse⟧
<HUAWEI> set authentication password simple ⟦correcthorse⟧
[HUAWEI-aaa] local-user x password simple ⟦correcthorse⟧
ann@r1# set system login user b authentication plain-text-password ⟦correcthorse⟧
A:sr1>config# password ⟦correcthorse⟧
""",
    "notations": r"""
enable  password  ⟦Sl0w-Otter⟧
enable	password	⟦Sl0w-Otter⟧
ENABLE PASSWORD ⟦Sl0w-Otter⟧
! enable password ⟦Sl0w-Otter⟧
< enable password ⟦Sl0w-Otter⟧
> enable password ⟦Sl0w-Otter⟧
12 : enable password ⟦Sl0w-Otter⟧
12: enable password ⟦Sl0w-Otter⟧
   12  enable password ⟦Sl0w-Otter⟧
# enable password ⟦Sl0w-Otter⟧
< snmp-server community ⟦sl0wotter⟧ RO
! snmp-server community ⟦sl0wotter⟧ RO
12 : snmp-server  community  ⟦sl0wotter⟧  RO
SNMP-SERVER COMMUNITY ⟦SL0WOTTER⟧ RO
< neighbor 192.0.2.1 password ⟦otter⟧
  NEIGHBOR 192.0.2.1  PASSWORD  7  ⟦08204D5D1A⟧
!  key  7  ⟦08204D5D1A⟧
something unheard-of password ⟦Sl0w-Otter9⟧
[edit system]   root-password ⟦Sl0w-Otter9⟧
unheard-of adminPassword ⟦Sl0w-Otter9⟧
unheard-of adminPassword: ⟦Sl0w-Otter9⟧
unheard-of MyPreSharedKey = ⟦Sl0w-Otter9⟧
unheard-of admin_password ⟦Sl0w-Otter9⟧
unheard-of -adminPassword ⟦Sl0w-Otter9⟧ -timeout 3
set x y z some-new-secret ⟦Sl0w-Otter9⟧
set x y z some-new-secret-hashed ⟦Sl0w-Otter9⟧
set x y z auth-pass-phrase-hashed ⟦0a1b2c3d4e5f⟧
set x y z my-key-hashed ⟦0a1b2c3d4e5f⟧
admin.password=⟦Sl0w-Otter9⟧
admin.password2=⟦Sl0w-Otter9⟧
wepkey1 ⟦0a1b2c3d4e⟧
wep_key0=⟦0a1b2c3d4e⟧
wep-key1 ⟦0a1b2c3d4e⟧
Pre-Shared Key: ⟦Sl0w-Otter9⟧
Pre-Shared Key     : ⟦Sl0w-Otter9⟧
Shared Secret....... : ⟦Sl0w-Otter9⟧
Shared Secret............................ ⟦Sl0w-Otter9⟧
SNMP Community Name.............................. ⟦sl0wotter⟧
Community String         ⟦sl0wotter⟧
Read-only community: ⟦sl0wotter⟧
RO Community : ⟦sl0wotter⟧
Secret key: ⟦Sl0w-Otter9⟧
WPA Passphrase   : ⟦Sl0w-Otter9⟧
| password | ⟦Sl0w-Otter9⟧ |
Auth Password      = ⟦Sl0w-Otter9⟧
""",
    "cisco_ios": r"""
@@
Keyring      Hostname/Address                            Preshared Key

default      0.0.0.0        [0.0.0.0]                    ⟦Sl0w-Otter9⟧
EDGE         192.0.2.7                                   ⟦otter9⟧

@@
Keyring      Hostname/Address                            Preshared Key

default      198.51.100.7                                 ⟦Zebra-91xx⟧
EDGE         198.51.100.71                              ⟦otter9⟧

groupname: ⟦w1ndm1ll⟧                         security model:v1
groupname: ⟦w1ndm1ll⟧                         security model:v2c
@@
Keyring               Hostname/Address                   Preshared Key
default               192.0.2.1                          ⟦Slow Otter 9⟧

@@
Key-chain EDGE:
    key 1 -- text "⟦otter⟧"
        accept lifetime (always valid) - (always valid) [valid now]

@@
    key 2 -- text "⟦Sl0w Otter⟧"

  key-octet-string 7 ⟦08204D5D1A⟧ cryptographic-algorithm aes-256-cmac
  key-octet-string ⟦0a1b2c3d4e5f⟧ cryptographic-algorithm aes-256-cmac
ospfv3 authentication ipsec spi 500 sha1 ⟦123456789A123456789B123456789C123456789D⟧
 ipv6 ospf authentication ipsec spi 500 md5 ⟦1234567890ABCDEF1234567890ABCDEF⟧
 ospfv3 authentication ipsec spi 500 sha1 7 ⟦08204D5D1A08204D5D1A⟧
 area 0 authentication ipsec spi 500 md5 ⟦1234567890ABCDEF1234567890ABCDEF⟧
 ospfv3 encryption ipsec spi 1001 esp aes-cbc 128 7 ⟦08204D5D1A⟧ sha1 7 ⟦08204D5D1B⟧
 area 0 encryption ipsec spi 1001 esp null sha1 ⟦123456789A123456789B123456789C123456789D⟧
 ospfv3 1 encryption ipsec spi 1001 esp 3des ⟦123456789A12345678⟧ md5 ⟦1234567890ABCDEF1234567890ABCDEF⟧
 area 1 virtual-link 192.0.2.1 authentication ipsec spi 500 md5 ⟦1234567890ABCDEF1234567890ABCDEF⟧
 domain-password ⟦otter⟧ authenticate snp validate
 area-password ⟦otter⟧ authenticate snp send-only
 domain-password ⟦Sl0w-Otter⟧
ntp authentication-key 5 cmac-aes-128 ⟦Sl0w-Otter9⟧
ntp authentication-key 5 cmac-aes-128 7 ⟦08204D5D1A⟧
ntp authentication-key 5 hmac-sha2-256 ⟦Sl0w-Otter9⟧
mpls ldp password option 1 for ACL1 7 ⟦08204D5D1A⟧
mpls ldp password option 1 for ACL1 ⟦Sl0w-Otter9⟧
mpls ldp password fallback ⟦Sl0w-Otter9⟧
mpls ldp password fallback 7 ⟦08204D5D1A⟧
mpls ldp neighbor vrf V 192.0.2.1 password 7 ⟦08204D5D1A⟧
 mail-server ann:⟦Sl0w-Otter⟧@192.0.2.1 priority 1
 action 1.0 mail server "ann:⟦Sl0w-Otter⟧@mail.example.com" to "x@example.com"
 http-proxy "ann:⟦Sl0w-Otter⟧@192.0.2.1" port 80
 set session-key inbound esp 300 cipher ⟦0a1b2c3d4e5f6071⟧ authenticator ⟦aa1b2c3d4e5f6071⟧
 set session-key outbound ah 300 ⟦aa1b2c3d4e5f6071⟧
username ann common-criteria-policy P password 0 ⟦otter⟧
username ann privilege 15 view V secret 0 ⟦otter⟧
 pre-shared-key hostname h.example.com key ⟦otter9⟧
 pre-shared-key address 192.0.2.1 255.255.255.0 key 6 ⟦VNSEPGKDfNQ⟧
 pre-shared-key local hex ⟦0a1b2c3d⟧
 authentication remote pre-share key ⟦Sl0w-Otter⟧
 authentication local pre-share key 6 ⟦VNSEPGKDfNQ⟧
 etr map-server 192.0.2.1 key 7 ⟦08204D5D1A⟧
 ipv4 etr map-server 192.0.2.1 key ⟦Sl0w-Otter⟧
  authentication-key 7 ⟦08204D5D1A⟧
 digest secret 7 ⟦08204D5D1A⟧ hash SHA
 authentication username ann password 7 ⟦08204D5D1A⟧ realm r.example.com
 credentials username ann password 7 ⟦08204D5D1A⟧ realm r.example.com
 web admin system name admin password ⟦otter9⟧
 web admin system name admin secret 5 ⟦$1$w4Xz$Tq0PZhG1mJx2uYbVnRk3E.⟧
 encryption key 1 size 128bit 7 ⟦08204D5D1A08204D5D1A⟧ transmit-key
 encryption vlan 1 key 1 size 40bit ⟦0a1b2c3d4e⟧ transmit-key
ip wccp web-cache password 7 ⟦08204D5D1A⟧
cts sxp default password 7 ⟦08204D5D1A⟧
cts credentials id ID password 7 ⟦08204D5D1A⟧
mgmtuser username ann password 0 ⟦Sl0w-Otter⟧ secret 0 ⟦Sl0w-Otter2⟧
license smart register idtoken ⟦NmUyY2FkZDAtOWE0Zi00⟧
license smart trust idtoken ⟦NmUyY2FkZDAtOWE0Zi00⟧ local
event manager environment _ssh_password ⟦Sl0w-Otter⟧
 standby 1 authentication md5 key-string ⟦otter⟧ timeout 30
 vrrp 1 authentication md5 key-string ⟦otter⟧
 glbp 1 authentication text ⟦otter⟧
 glbp 1 authentication md5 key-string 7 ⟦08204D5D1A⟧
 text-authentication ⟦otter⟧
@@
aaa group server radius G
 server-private 192.0.2.6 auth-port 1812 acct-port 1813 key ⟦otter⟧

snmp-server user ann OPS v3 encrypted auth sha ⟦a1:b2:c3:d4:e5:f6:07:18:29:30:4a:5b:6c:7d:8e:9f⟧ priv aes 128 ⟦f9:e8:d7:c6:b5:a4:03:92:81:70:6f:5e:4d:3c:2b:1a⟧
snmp-server user ann OPS remote 192.0.2.1 v3 auth md5 ⟦Sl0w-Otter⟧
snmp-server host 192.0.2.9 vrf MGMT version 2c ⟦otter⟧
snmp-server host 192.0.2.9 informs version 2c ⟦otter⟧ udp-port 162
snmp-server host 192.0.2.9 traps version 2c clear ⟦otter⟧
snmp-server host 192.0.2.9 traps version 2c encrypted ⟦055A545C⟧
snmp-server host MGMT 192.0.2.9 ⟦otter⟧
snmp mib community-map ⟦otter⟧ engineid 8000000903
snmp-server community ⟦otter⟧ ipv6 ACL6 10
snmp-server community ⟦otter⟧
snmp-server community 8 ⟦Ab12Cd34Ef⟧
<password><encryption>0</encryption><password>⟦otter⟧</password></password>
app-default run-opts "-e ADMIN_PASSWORD=⟦Sl0w-Otter⟧ -e MODE=x"
@@
crypto isakmp client configuration group VPN
 key ⟦otter9⟧

crypto isakmp key ⟦otter⟧ hostname h.example.com
""",
    "cisco_nxos_asa_aireos": r"""
@@
Host                            Port Version  Level  Type   SecName
-------------------------------------------------------------------
192.0.2.9                       162  v2c      noauth trap   ⟦otter⟧
192.0.2.9                       162  v3       auth   trap   ann
192.0.2.8                       162  v1       noauth trap   ⟦otter2⟧

ldap-server host 192.0.2.1 rootDN "cn=admin,dc=x" password 7 ⟦VwyArzx⟧ port 389
fcsp dhchap password 7 ⟦08204D5D1A⟧
fcsp dhchap password ⟦Sl0w-Otter⟧ peer 20:00
  key-octet-string 7 ⟦072c605f4d06⟧ cryptographic-algorithm AES_128_CMAC
snmp-server user admin auth sha ⟦0x5a3b9c1d7e⟧ priv aes-128 ⟦0x1f2e3d4c5b⟧ localizedkey
 neighbor 192.0.2.1:0 password encrypted ⟦13061E010803⟧
ntp authentication-key 1 md5 encrypted ⟦13061E010803⟧
username ann password ⟦aB1cD2eF3gH4iJ5k⟧ nt-encrypted
 ikev2 remote-authentication pre-shared-key ⟦otter⟧
 pre-shared-key ⟦otter⟧
failover ipsec pre-shared-key ⟦Sl0w-Otter⟧
vpdn username ann password ⟦Sl0w-Otter⟧ store-local
 radius-common-pw ⟦otter⟧
 policy-server-secret ⟦Sl0w-Otter⟧
snmp-server host mgmt 192.0.2.9 community ⟦otter⟧
snmp-server host-group mgmt NETS community ⟦otter⟧ version 2c
snmp-server community ⟦otter⟧
config mgmtuser add admin ⟦Sl0w-Otter⟧ read-write
config netuser add ann ⟦Sl0w-Otter⟧ wlan 1 userType permanent
config radius auth add 1 192.0.2.1 1812 ascii ⟦Sl0w-Otter⟧
config radius acct add 1 192.0.2.1 1813 ascii ⟦otter⟧
config tacacs auth add 1 192.0.2.1 49 ascii ⟦Sl0w-Otter⟧
config snmp community create ⟦otter⟧
config snmp community accessmode ro ⟦otter⟧
config snmp community ipaddr 192.0.2.1 255.255.255.0 ⟦otter⟧
config snmp community mode enable ⟦otter⟧
config snmp v3user create ann rw hmacsha aescfb128 ⟦Sl0w-Otter⟧ ⟦Sl0w-Otter2⟧
config snmp trapreceiver create ⟦otter⟧ 192.0.2.9
config wlan security wpa akm psk set-key ascii ⟦Sl0w-Otter⟧ 1
config wlan security static-wep-key encryption 1 104 ascii ⟦Sl0w-Otter⟧ 1
config ap mgmtuser add username ann password ⟦Sl0w-Otter⟧ secret ⟦Sl0w-Otter2⟧ all
config ap 802.1Xuser add username ann password ⟦Sl0w-Otter⟧ all
config ldap simple-bind authenticated 1 username ann password ⟦Sl0w-Otter⟧
transfer download password ⟦Sl0w-Otter⟧
""",
    "arista_eos": r"""
   key 0abc1234 7 ⟦kO5tJx3Zq==⟧
   key 0abc1234 7 ⟦kO5tJx3Zq==⟧ fallback
   exec /usr/bin/TerminAttr -cvaddr=192.0.2.1:9910 -cvauth=key,⟦Sl0w-Otter⟧ -cvvrf=MGMT
   ip ospf authentication-key 7 ⟦kO5tJx3Zq==⟧
   ospfv3 authentication ipsec spi 100 sha1 7 ⟦kO5tJx3Zq==⟧
   ospfv3 authentication ipsec spi 5 md5 passphrase 7 ⟦kO5tJx3Zq==⟧
   ospfv3 encryption ipsec spi 100 esp 3des-cbc 7 ⟦kO5tJx3Zq==⟧ sha1 7 ⟦lO5tJx3Zq==⟧
   isis authentication key 7 ⟦kO5tJx3Zq==⟧
   isis authentication key-id 1 algorithm sha-1 key 7 ⟦kO5tJx3Zq==⟧
   shared-key 7 ⟦kO5tJx3Zq==⟧
   secret 0 7 ⟦kO5tJx3Zq==⟧ receive-lifetime infinite transmit-lifetime infinite
   auth password 7 ⟦kO5tJx3Zq==⟧
aaa root secret sha512 ⟦$6$Zx1Cv2Bn$Qw3Er4Ty5Ui6Op7As8Df9Gh0⟧
ntp authentication-key 1 sha1 7 ⟦kO5tJx3Zq==⟧
radius-server host 192.0.2.1 key 7 ⟦kO5tJx3Zq==⟧
snmp-server host 192.0.2.9 version 2c ⟦otter⟧
snmp-server user ops OPS v3 localized f5717f52 auth md5 ⟦a1b2c3d4e5⟧ priv des ⟦f6e7d8c9⟧
""",
    "juniper_junos": r"""
set security authentication-key-chains key-chain K key 1 secret "⟦$9$kMxNqP5zF6⟧"
set security authentication-key-chains key-chain K key 1 secret ⟦otter⟧
set access profile P client c chap-secret "⟦otter⟧"
set interfaces pp0 unit 0 ppp-options chap default-chap-secret "⟦otter⟧"
set interfaces pp0 unit 0 ppp-options pap local-password "⟦otter⟧"
set protocols ospf area 0 interface ge-0/0/0 authentication md5 1 key "⟦otter⟧"
set protocols ospf area 0 interface ge-0/0/0 authentication simple-password "⟦otter⟧"
set protocols isis level 2 authentication-key "⟦otter⟧"
set protocols ldp session 192.0.2.1 authentication-key ⟦otter⟧
set security ipsec security-association sa manual direction bidirectional authentication key ascii-text "⟦Sl0w-Otter⟧"
set security ipsec security-association sa manual direction bidirectional encryption key ascii-text "⟦Sl0w-Otter⟧"
set security macsec connectivity-association CA pre-shared-key cak "⟦Sl0w-Otter⟧"
set security ike policy P pre-shared-key hexadecimal "⟦0a1b2c3d⟧"
set snmp v3 usm local-engine user u authentication-sha authentication-key "⟦Sl0w-Otter⟧"
set snmp v3 usm local-engine user u privacy-aes128 privacy-key "⟦Sl0w-Otter⟧"
set system archival configuration archive-sites "ftp://ann@192.0.2.1/x" password "⟦otter⟧"
set snmp community ⟦otter⟧ clients 192.0.2.0/24
set snmp community "⟦slow otter⟧" authorization read-only
set groups G snmp community ⟦otter⟧ authorization read-only
deactivate snmp community ⟦otter⟧
        client c chap-secret "⟦otter⟧";
            simple-password "⟦otter⟧";
    secret "⟦otter⟧";
"snmp" : {"community" : [{"name" : "⟦otter⟧", "authorization" : "read-only"}]}
{"name": "192.0.2.1", "secret": "⟦otter⟧"}
<authentication-key>⟦otter⟧</authentication-key>
<pre-shared-key><ascii-text>⟦Sl0w-Otter⟧</ascii-text></pre-shared-key>
""",
    "fortinet_fortios": r"""
        set ppk-secret ⟦otter9⟧
        set secondary-secret ENC ⟦qW1eR2tY3uI4oP5aS6dF7gH8==⟧
        set secondary-key ENC ⟦qW1eR2tY3uI4oP5aS6dF7gH8==⟧
        set tertiary-secret ⟦Sl0w-Otter⟧
        set sae-password ⟦Sl0w-Otter⟧
        set psksecret-remote ENC ⟦qW1eR2tY3uI4oP5aS6dF7gH8==⟧
        set psksecret-remote ⟦Sl0w-Otter⟧
        set ddns-key "⟦Sl0w-Otter⟧"
        set authkey ⟦0x0a1b2c3d4e5f⟧
        set enckey ⟦0a1b2c3d4e5f⟧
        set key-string "⟦otter9⟧"
        set key-passwd ENC ⟦qW1eR2tY3uI4oP5aS6dF7gH8==⟧
        set login-passwd ⟦Sl0w-Otter⟧
        set group-password ⟦Sl0w-Otter⟧
        set rsso-secret ⟦Sl0w-Otter⟧
        set api-key "⟦Sl0w-Otter⟧"
        set client-secret "⟦Sl0w-Otter⟧"
        set community "⟦otter⟧"
@@
config system snmp community
    edit 1
        set name ⟦otter⟧
    next
    edit 2
        set name "⟦otter2⟧"
    next
end

""",
    "paloalto_panos": r"""
set shared log-settings snmptrap P version v2c server S manager 192.0.2.9 community ⟦otter⟧
set panorama log-settings snmptrap P version v2c server S community ⟦otter⟧
set deviceconfig system snmp-setting access-setting version v3 users u authpwd ⟦Sl0w-Otter⟧
set deviceconfig system snmp-setting access-setting version v3 users u privpwd ⟦Sl0w-Otter⟧
set network virtual-router VR protocol ospf auth-profile P md5 1 key ⟦Sl0w-Otter⟧
set network virtual-router VR protocol ospf auth-profile P password ⟦otter⟧
set network virtual-router VR protocol bgp auth-profile P secret ⟦otter⟧
set global-protect global-protect-portal P client-config agent-user-override-key ⟦Sl0w-Otter⟧
set deviceconfig system panorama auth-key ⟦Sl0w-Otter⟧
<snmptrap><entry name="P"><version><v2c><server><entry name="S"><community>⟦otter⟧</community></entry></server></v2c></version></entry></snmptrap>
@@
<snmptrap>
  <entry name="P">
    <version>
      <v2c>
        <server>
          <entry name="S">
            <manager>192.0.2.9</manager>
            <community>⟦otter⟧</community>

<authpwd>⟦otter⟧</authpwd>
<privpwd>⟦otter⟧</privpwd>
<agent-user-override-key>⟦Sl0w-Otter⟧</agent-user-override-key>
<pre-shared-key><key>⟦Sl0w-Otter⟧</key></pre-shared-key>
@@
<pre-shared-key>
  <key>⟦Sl0w-Otter⟧</key>
</pre-shared-key>

        secret ⟦Sl0w-Otter⟧;
""",
    "huawei_comware": r"""
 mpls ldp-md5 md5-password plain 192.0.2.1 ⟦otter9⟧
 md5-password plain 192.0.2.1 ⟦otter9⟧
 md5-password cipher 192.0.2.1 ⟦N`C55QK<`=/Q=^Q`MAF4<1!!⟧
 sa authentication-hex inbound ah cipher ⟦N`C55QK<`=/Q=^Q`MAF4<1!!⟧
 sa encryption-hex outbound esp simple ⟦0a1b2c3d4e5f⟧
 sa hex-key authentication inbound ah simple ⟦0a1b2c3d4e5f⟧
 sa hex-key encryption inbound esp cipher ⟦$c$3$Qw1Er2Ty3Ui4==⟧
 area-authentication-mode md5 ⟦Sl0w-Otter⟧
 domain-authentication-mode simple ⟦otter⟧
 rip authentication-mode md5 usual ⟦Sl0w-Otter⟧
 ppp pap local-user ann password simple ⟦otter⟧
 ppp chap password simple ⟦otter⟧
 capwap dtls psk ⟦Sl0w-Otter⟧
 security wpa2 psk pass-phrase ⟦Sl0w-Otter⟧ aes
 wep key 0 wep-40 pass-phrase simple ⟦otter⟧
 key-string plain ⟦otter⟧
 tunnel password simple ⟦otter⟧
 local-user ann password simple ⟦otter⟧
 ip 192.0.2.1 key simple ⟦otter9⟧
snmp-agent community read ⟦otter⟧ mib-view V
snmp-agent community write cipher ⟦N`C55QK<`=/Q=^Q`MAF4<1!!⟧
snmp-agent usm-user v3 ann ops authentication-mode md5 ⟦Sl0w-Otter⟧ privacy-mode des56 ⟦Sl0w-Otter2⟧
snmp-agent target-host trap-paramsname P v2c securityname ⟦otter9⟧
snmp-agent target-host trap address udp-domain 192.0.2.9 udp-port 162 params securityname ⟦otter⟧
set save-configuration backup-to-server server 192.0.2.1 transport-type ftp user ann password cipher ⟦N`C55QK<`=/Q=^Q`MAF4<1!!⟧
""",
    "nokia": r"""
            snmp community "⟦otter⟧" rwa version both
        community "⟦Uy2kRt7Pq1⟧" hash2 access-permissions r version v2c
            community "⟦Uy2kRt7Pq1⟧" hash2
@@
        community "⟦otter⟧" {
            access-permissions r
        }

                hello-authentication-key "⟦Uy2kRt7Pq1⟧" hash2
                server 1 address 192.0.2.1 secret "⟦Uy2kRt7Pq1⟧" hash2
                authentication-key ⟦Uy2kRt7Pq1⟧ hash
                authentication hmac-md5-96 "⟦Uy2kRt7Pq1⟧" privacy cfb128-aes-128 "⟦Vy2kRt7Pq1⟧"
                authentication hash md5 ⟦0a1b2c3d⟧ privacy des-key ⟦1a1b2c3d⟧
                usm-community "⟦Uy2kRt7Pq1⟧" hash2 group "g"
set / system aaa authentication linuxadmin-user password ⟦$y$j9T$aB1cD2eF$gH3iJ4kL5mN6⟧
set / system snmp access-group G security-level no-auth-no-priv community-entry C community ⟦otter⟧
set / system snmp access-group G community-entry C community ⟦$aes1$ATx1b2$c3D4e5F6⟧
                community ⟦$aes1$ATx1b2$c3D4e5F6⟧
set / system aaa server-group tac server 192.0.2.1 tacacs secret-key ⟦$aes1$ATx1b2$c3D4e5F6⟧
set / system aaa server-group tac server 192.0.2.1 tacacs secret-key ⟦otter⟧
set / network-instance default protocols bgp group g authentication password ⟦otter⟧
""",
    "mikrotik_routeros": r"""
/snmp set enabled=yes trap-community=⟦otter⟧ trap-version=2
 0 * name=⟦otter⟧ addresses=::/0 security=none read-access=yes write-access=no authentication-protocol=MD5
 0 * name="⟦otter⟧" addresses=::/0 security=none read-access=yes write-access=no
@@
 # NAME        ADDRESSES          SECURITY   READ-ACCESS
 0 * ⟦otter⟧     ::/0               none       yes
 1   ⟦otter2⟧    192.0.2.0/24       none       yes

@@
Columns: NAME, ADDRESSES, SECURITY, READ-ACCESS
#   NAME    ADDRESSES  SECURITY  READ-ACCESS
0 * ⟦otter⟧   ::/0       none      yes

/interface l2tp-client add connect-to=192.0.2.1 ipsec-secret="⟦otter⟧" name=l2 password=⟦Sl0w-Otter⟧ user=ann
/interface wifi security add authentication-types=wpa2-psk name=s passphrase=⟦otter⟧
set wifi1 security.passphrase=⟦Sl0w-Otter⟧
set [ find default-name=wifi1 ] configuration.mode=ap .security.passphrase=⟦otter9⟧
/interface wireless security-profiles add name=p static-key-0=⟦0a1b2c3d4e⟧ static-sta-private-key=⟦1a1b2c3d4e⟧
/tool e-mail set address=192.0.2.1 password=⟦otter⟧ user=ann
/interface vrrp add interface=e1 name=v password=⟦otter⟧
@@
add mode=dynamic-keys name=p supplicant-identity=MikroTik wpa2-pre-shared-key=\
    ⟦Sl0w-Otter⟧

@@
add name=site1 profile=default-encryption service=l2tp password=\
    "⟦slow otter⟧"

  name: "p"  mode: dynamic-keys  wpa2-pre-shared-key: "⟦otter⟧"
""",
    "vyos_cumulus": r"""
set service snmp v3 user u auth plaintext-key '⟦Sl0w-Otter⟧'
set service snmp v3 user u privacy plaintext-key '⟦Sl0w-Otter⟧'
            plaintext-key ⟦Sl0w-Otter⟧
set service https api keys id KID key '⟦Sl0w-Otter⟧'
set service https api keys id KID key ⟦otter⟧
set protocols ospf interface eth0 authentication md5 key-id 1 md5-key '⟦otter⟧'
set protocols ospf interface eth0 authentication plaintext-password ⟦otter⟧
set protocols isis area-password plaintext-password ⟦otter⟧
set protocols nhrp tunnel tun0 cisco-authentication '⟦otter⟧'
set interfaces macsec macsec0 security mka cak '⟦0a1b2c3d4e5f⟧'
set interfaces macsec macsec0 security static key '⟦0a1b2c3d4e5f⟧'
set interfaces wireguard wg0 private-key '⟦aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0u=⟧'
set interfaces wireguard wg0 peer P preshared-key '⟦aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0u=⟧'
set pki certificate C private key '⟦MIIEowIBAAKCAQEAaB1cD2eF3gH4iJ5k⟧'
set pki openvpn shared-secret S key '⟦aB1cD2eF3gH4iJ5k⟧'
set vpn openconnect authentication local-users username u otp key '⟦Sl0w0tter⟧'
set service monitoring telegraf influxdb authentication token '⟦Sl0w-Otter⟧'
set service snmp trap-target 192.0.2.9 community '⟦otter⟧'
set service snmp community ⟦otter⟧
set container name c environment ADMIN_PASSWORD value '⟦otter⟧'
set service pppoe-server authentication local-users username u password '⟦otter⟧'
nv set system snmp-server readonly-community ⟦otter⟧ access any
nv set system snmp-server readwrite-community ⟦otter⟧ access any
nv set service snmp-server default readonly-community ⟦otter⟧
nv set system aaa user u password ⟦otter⟧
nv set system aaa user u hashed-password '⟦$6$aB1cD2eF$gH3iJ4kL5mN6oP7⟧'
nv set system aaa tacacs server 1 secret ⟦otter⟧
nv set vrf default router bgp neighbor swp1 password ⟦otter⟧
nv set system snmp-server username u auth-md5 ⟦Sl0w-Otter⟧ encrypt-aes ⟦Sl0w-Otter2⟧
nv set system snmp-server trap-destination 192.0.2.9 community-password ⟦otter⟧
net add snmp-server readonly-community ⟦otter⟧ access any
net add snmp-server username u auth-md5 ⟦Sl0w-Otter⟧ encrypt-aes ⟦Sl0w-Otter2⟧
net add snmp-server username u auth-sha ⟦Sl0w-Otter⟧ encrypt-des ⟦Sl0w-Otter2⟧
net add snmp-server trap-destination 192.0.2.9 community-password ⟦otter⟧ version 2c
net add bgp neighbor swp1 password ⟦otter⟧
@@
        readonly-community:
          ⟦otter⟧:
            access: any

            readonly-community: ⟦otter⟧
""",
    "f5_checkpoint": r"""
    bind-pw ⟦otter⟧
    bind-pw ⟦$M$Ek$aB1cD2eF3g==⟧
auth radius-server /Common/r { secret ⟦Sl0w-Otter⟧ server 192.0.2.1 }
auth ldap /Common/system-auth { bind-dn cn=x bind-pw ⟦Sl0w-Otter⟧ servers { 192.0.2.1 } }
ltm monitor http /Common/m { password ⟦Sl0w-Otter⟧ send "GET /" username ann }
    send "GET / HTTP/1.1\r\nAuthorization: Basic ⟦YW5uOnNsb3c=⟧\r\n\r\n"
@@
sys snmp {
    traps {
        /Common/x {
            community ⟦otter⟧

@@
sys snmp {
    users {
        /Common/u {
            auth-password ⟦Sl0w-Otter⟧
            auth-password-encrypted ⟦aB1cD2eF3g==⟧
            privacy-password ⟦Sl0w-Otter2⟧
            privacy-password-encrypted ⟦bB1cD2eF3g==⟧

    preshared-key ⟦Sl0w-Otter⟧
    preshared-key-encrypted ⟦aB1cD2eF3g==⟧
sys smtp-server s { password ⟦Sl0w-Otter⟧ username ann }
add snmp community ⟦otter⟧ read-only
set snmp community ⟦otter⟧ read-write
add snmp traps receiver 192.0.2.9 version v2 community ⟦otter⟧
add snmp usm user u security-level authPriv auth-pass-phrase ⟦Sl0w-Otter⟧ privacy-pass-phrase ⟦Sl0w-Otter2⟧ privacy-protocol DES
add aaa radius-servers priority 1 host 192.0.2.1 port 1812 secret ⟦otter9⟧ timeout 3
add aaa tacacs-servers priority 1 server 192.0.2.1 key ⟦Sl0w-Otter⟧ timeout 5
set aaa tacacs-servers priority 1 server 192.0.2.1 key ⟦otter9⟧
set grub2-password-hash ⟦grub.pbkdf2.sha512.10000.0A1B2C3D4E⟧
set ospf instance default interface eth0 authtype simple ⟦otter⟧
set ospf instance default interface eth0 authtype md5 key 1 secret ⟦otter9⟧
set bgp external remote-as 1 peer 192.0.2.1 authtype md5 secret ⟦otter⟧
set rip interface eth0 authtype simple ⟦otter⟧
set user ann newpass ⟦Sl0w-Otter⟧
""",
    "aruba_hp": r"""
password manager plaintext "⟦otter⟧"
password manager user-name "ann" plaintext ⟦otter⟧
snmp-server host 192.0.2.9 community "⟦otter⟧" trap-level all
radius-server host 192.0.2.1 key "⟦otter⟧"
radius-server host 192.0.2.1 encrypted-key "⟦aB1cD2eF3g==⟧"
key-chain "K" key 1 key-string "⟦otter⟧"
sntp authentication key-id 1 authentication-mode md5 key-value "⟦otter⟧" trusted
sntp authentication key-id 1 authentication-mode md5 encrypted-key "⟦aB1cD2eF3g==⟧"
aaa authentication local-user "u" group "g" password sha1 "⟦5baa61e4c9b93f3f⟧"
aaa port-access supplicant 1 secret "⟦otter9⟧"
mgmt-user admin root ⟦7dd2f1a3b4c5d6e7f8⟧
mgmt-user admin ⟦7dd2f1a3b4c5d6e7f8⟧
hash-mgmt-user admin password hash ⟦7dd2f1a3b4c5d6e7f8⟧
enable secret "⟦7dd2f1a3b4c5d6e7f8⟧"
    wpa-hexkey ⟦0a1b2c3d4e5f⟧
@@
aaa authentication-server radius "R"
   key ⟦7dd2f1a3b4c5d6e7f8⟧

@@
aaa rfc-3576-server "192.0.2.1"
   key ⟦otter9⟧

   admin-passwd ⟦7dd2f1a3b4c5d6e7f8⟧
snmp-server user u auth-prot sha ⟦Sl0w-Otter⟧ priv-prot AES ⟦Sl0w-Otter2⟧
snmp-server host 192.0.2.9 version 2c ⟦otter⟧ udp-port 162
snmp-server host 192.0.2.9 trap version v2c community ⟦otter⟧
crypto-local isakmp key "⟦otter⟧" address 0.0.0.0 netmask 0.0.0.0
localip 0.0.0.0 ipsec ⟦7dd2f1a3b4c5d6e7f8⟧
masterip 192.0.2.1 ipsec ⟦otter9⟧ interface vlan 1
local-userdb add username ann password ⟦otter⟧
@@
vrrp 1
  authentication ⟦otter⟧

mka cak-length 16 ckn 0a1b cak ciphertext ⟦AQBapGhIjKl⟧
ntp authentication-key 1 md5 ciphertext ⟦AQBapGhIjKl⟧ trusted
neighbor 192.0.2.1 password ciphertext ⟦AQBapGhIjKl⟧
radius-server key ciphertext ⟦AQBapGhIjKl⟧
radius-server key plaintext ⟦otter⟧
""",
    "extreme_dell_alcatel": r"""
configure account admin encrypted "⟦aB1cD2eF3g⟧"
configure account admin encrypted ⟦aB1cD2eF3g⟧
create account user ann encrypted "⟦aB1cD2eF3g⟧"
create account admin ann ⟦Sl0w-Otter⟧
configure snmp add community readwrite ⟦otter⟧
configure snmpv3 add user u engine-id 80:00 authentication md5 ⟦Sl0w-Otter⟧ privacy ⟦Sl0w-Otter2⟧
configure snmpv3 add user u authentication md5 auth-encrypted localized-key ⟦0a1b2c⟧ privacy privacy-encrypted localized-key ⟦1a1b2c⟧
configure snmpv3 add community "⟦otter⟧" name "⟦otter⟧" user "v1v2c_ro"
configure snmpv3 add community encrypted "⟦aB1cD2eF3g⟧" name encrypted "⟦aB1cD2eF3g⟧" user "v1v2c_ro"
configure snmp add trapreceiver 192.0.2.9 community ⟦otter⟧ vr VR-Mgmt
configure snmp add trapreceiver 192.0.2.9 community encrypted "⟦aB1cD2eF3g⟧"
configure radius mgmt-access primary shared-secret encrypted "⟦aB1cD2eF3g⟧"
configure radius mgmt-access primary shared-secret ⟦otter⟧
configure tacacs primary shared-secret encrypted "⟦aB1cD2eF3g⟧"
configure ospf vlan v authentication encrypted md5 1 "⟦aB1cD2eF3g⟧"
configure ospf vlan v authentication md5 1 ⟦Sl0w-Otter⟧
configure ospf vlan v authentication simple-password ⟦otter⟧
configure bgp neighbor 192.0.2.1 password encrypted "⟦aB1cD2eF3g⟧"
configure ntp key 1 md5 encrypted "⟦aB1cD2eF3g⟧"
configure ntp key 1 md5 ⟦Sl0w-Otter⟧
configure vrrp vlan v vrid 1 authentication simple-password ⟦otter⟧
configure keychain k add key k1 string encrypted "⟦aB1cD2eF3g⟧"
create netlogin local-user u encrypted "⟦aB1cD2eF3g⟧"
snmp-server user ann read-view r md5 ⟦Sl0w-Otter⟧ des ⟦Sl0w-Otter2⟧
radius server host 192.0.2.1 key ⟦otter9⟧ used-by cli
isis hello-auth type hmac-md5 key ⟦otter9⟧ key-id 1
cli password ⟦otter9⟧ rwa
tacacs-server host 192.0.2.1 key 9 ⟦0a1b2c3d4e⟧
radius-server host 192.0.2.1 key 9 ⟦0a1b2c3d4e⟧
ntp authentication-key 1 md5 9 ⟦0a1b2c3d4e⟧
system-user linuxadmin password ⟦$6$aB1cD2eF$gH3iJ4kL5mN6⟧
 authentication-type simple 7 ⟦08204D5D1A⟧
 authentication-type simple ⟦otter9⟧
key "⟦otter9⟧"
tacacs-server key "⟦otter⟧" encrypted
username "ann" password ⟦0a1b2c3d4e⟧ level 15 encrypted
enable password ⟦0a1b2c3d4e⟧ encrypted
user admin password "⟦otter⟧"
user ann read-write all password "⟦otter⟧" sha+des
aaa radius-server "R" host 192.0.2.1 key "⟦aB1cD2eF3g⟧" hash-key "⟦bB1cD2eF3g⟧" retransmit 3
aaa radius-server "R" host 192.0.2.1 hash-key "⟦bB1cD2eF3g⟧" retransmit 3
aaa tacacs+-server "T" host 192.0.2.1 key "⟦otter⟧" timeout 2
aaa ldap-server "L" host 192.0.2.1 dn "cn=x" password "⟦otter⟧" base "dc=x"
snmp community map "⟦otter⟧" user "u" on
snmp community-map "⟦otter⟧" user "u" enable
ip ospf interface "v" auth-type simple auth-key "⟦otter⟧"
ip ospf interface "v" md5 1 encrypt-key "⟦0a1b2c3d4e⟧"
ip bgp neighbor 192.0.2.1 md5 key "⟦otter⟧"
ip bgp neighbor 192.0.2.1 md5 key-encrypt "⟦0a1b2c3d4e⟧"
ip rip interface "v" auth-key ⟦otter⟧
ip isis auth-type simple key ⟦otter⟧
""",
    "yamaha_netscaler": r"""
login password ⟦otter⟧
login password encrypted ⟦otter⟧
administrator password ⟦otter⟧
login user ann ⟦Sl0w-Otter⟧
login user ann encrypted ⟦aB1cD2eF3g⟧
pp auth myname ann ⟦Sl0w-Otter⟧
pp auth username ann ⟦Sl0w-Otter⟧
ipsec ike pre-shared-key 1 text ⟦otter⟧
ipsec ike pre-shared-key 1 ⟦otter⟧
snmp community read-only ⟦otter⟧
snmp community read-write ⟦otter⟧
snmp trap community ⟦otter⟧
snmpv2c community read-only ⟦otter⟧
snmpv2c trap community ⟦otter⟧
snmpv3 usm user 1 ann sha ⟦Sl0w-Otter⟧ aes128-cfb ⟦Sl0w-Otter2⟧
l2tp tunnel auth on ann ⟦Sl0w-Otter⟧
auth user 1 ann ⟦Sl0w-Otter⟧
bgp neighbor pre-shared-key 1 text ⟦otter⟧
mail server smtp 1 192.0.2.1 smtp-auth ann ⟦Sl0w-Otter⟧
set ns rpcNode 192.0.2.1 -password ⟦0a1b2c3d4e⟧ -encrypted -encryptmethod ENCMTHD_3
add system user ann ⟦0a1b2c3d4e5f⟧ -encrypted
set system user nsroot ⟦0a1b2c3d4e5f⟧ -encrypted -hashmethod SHA512
add authentication radiusAction R -serverIP 192.0.2.1 -radKey ⟦Sl0w-Otter⟧ -encrypted
add authentication radiusAction R -serverIP 192.0.2.1 -radKey ⟦otter⟧
add authentication ldapAction L -ldapBindDnPassword ⟦otter⟧ -encrypted
add authentication tacacsAction T -tacacsSecret ⟦otter⟧ -encrypted
add snmp community ⟦otter⟧ ALL
add snmp trap generic 192.0.2.9 -version V2 -communityName ⟦otter⟧
add snmp user u -group g -authType SHA -authpasswd ⟦otter⟧ -privType AES -privpasswd ⟦Sl0w-Otter2⟧
add ssl certKey K -cert f.pem -key f.key -passcrypt "⟦aB1cD2eF3g⟧"
add lb monitor M HTTP -userName ann -password ⟦otter⟧ -secondaryPassword ⟦Sl0w-Otter⟧
add lb monitor M SNMP -snmpCommunity ⟦otter⟧
add ipsec profile p -psk ⟦otter⟧
add authentication OAuthAction A -clientSecret ⟦otter⟧
""",
    "linux": r"""
1 MD5 ⟦Sl0w-Otter⟧
  2 SHA1 ⟦0a1b2c3d4e5f60718293a4b5c6d7e8f901234567⟧
"ann" * "⟦otter⟧" *
DB_PASS=⟦otter⟧
export DB_PASS="⟦otter⟧"
PGPASSWORD=⟦otter⟧
MYSQL_PWD=⟦otter⟧
AWS_SECRET_ACCESS_KEY=⟦aB1cD2eF3gH4iJ5k⟧
ansible_become_pass: ⟦otter⟧
ansible_password: ⟦otter⟧
machine h.example.com login ann password ⟦otter⟧
192.0.2.1 : PSK "⟦otter⟧"
%any 192.0.2.1 : PSK ⟦0x0a1b2c3d⟧
ann : EAP "⟦otter⟧"
: RSA key.pem "⟦otter⟧"
private_key_passwd="⟦otter⟧"
sae_password=⟦otter⟧
auth_server_shared_secret=⟦otter⟧
ann Cleartext-Password := "⟦otter⟧"
ann	NT-Password := "⟦0a1b2c3d⟧"
defCommunity ⟦otter⟧
defAuthPassphrase ⟦otter⟧
    auth_pass ⟦otter⟧
requirepass ⟦otter⟧
masterauth ⟦otter⟧
rootpw ⟦{SSHA}aB1cD2eF3gH4iJ5k⟧
bindpw ⟦otter⟧
ldap_default_authtok = ⟦otter⟧
credentials=⟦Sl0w-Otter⟧
ann:⟦$apr1$aB1cD2eF$gH3iJ4kL5mN6oP7⟧
userPassword: ⟦{SSHA}aB1cD2eF3gH4iJ5k⟧
	algorithm hmac-md5; secret "⟦aB1cD2eF3g==⟧"; };
define('DB_PASSWORD', '⟦otter⟧');
$config['db_pass'] = '⟦otter⟧';
client-key-data: ⟦LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVkt⟧
    token: ⟦aB1cD2eF3gH4iJ5k⟧
login = cleartext ⟦otter9⟧
    key = "⟦otter9⟧"
preshared key: ⟦aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3a4B5=⟧
PresharedKey = ⟦aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3a4B5=⟧
wg0	⟦aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3a4B5=⟧	bB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3a4B5=	51820	off
snmpget -v2c -c ⟦otter⟧ 192.0.2.1 sysName.0
snmpwalk -v 2c -c '⟦otter⟧' 192.0.2.1
X-Auth-Token: ⟦aB1cD2eF3gH4iJ5k⟧
X-API-Key: ⟦aB1cD2eF3gH4iJ5k⟧
""",
    "json_xml": r"""
{"name": "password", "value": "⟦otter⟧"}
{"name":"snmp_community","type":"string","value":"⟦otter⟧"}
{"value": "⟦otter⟧", "name": "password"}
{"key": "radius_secret", "value": "⟦otter⟧"}
{"passwords": ["⟦otter⟧", "⟦Sl0w-Otter⟧"], "x": ["y"]}
{"snmp_communities": ["⟦otter⟧", "⟦otter2⟧"]}
{"auth-pass-phrase-hashed": "⟦0a1b2c⟧"}
{"some-key-hashed": "⟦0a1b2c⟧"}
{"readCommunity": "⟦otter⟧", "writeCommunity": "⟦otter2⟧"}
{"password": {"value": "⟦otter⟧", "encrypted": false}}
{"password": {"encrypted": false, "value": "⟦otter⟧"}}
<password><![CDATA[⟦otter⟧]]></password>
<password encrypted="true">⟦otter⟧</password>
<password><value>⟦otter⟧</value></password>
<property name="password">⟦otter⟧</property>
<property name="password" value="⟦otter⟧"/>
<entry key="db.password">⟦otter⟧</entry>
<user name="x" password="⟦otter⟧"/>
<Param name='wpaPassphrase' value='⟦otter⟧'/>
<snmpCommunity>⟦otter⟧</snmpCommunity>
<ns1:communityName>⟦otter⟧</ns1:communityName>
""",
    "further_types": r"""
snmp-server community 2 ⟦$MlVzZCFAbg==⟧ ro
snmp-server host 192.0.2.9 version v2c 2 ⟦$MlVzZCFAbg==⟧
snmp-server host 192.0.2.9 ⟦otter⟧ version 2c severity-level Info
snmp-server host 192.0.2.9 v2c ⟦otter⟧
snmp-server host 192.0.2.9 port 162 v2c ⟦otter⟧ filter x
snmp-server host 192.0.2.9 traps version 2 "⟦otter⟧"
snmp-server host 192.0.2.9 traps encrypted ⟦055A545C⟧ udp-port 162
enable telnet password 2 ⟦$MlVzZCFAbg==⟧
radius-server key 2 ⟦$MlVzZCFAbg==⟧
radius-server host 192.0.2.1 auth-port 1812 acct-port 1813 default key 2 ⟦$MlVzZCFAbg==⟧ dot1x
 neighbor 192.0.2.1 password 1 ⟦$!iu0Qw⟧
 authentication-key key-id 1 md5 2 ⟦$MlVzZCFAbg==⟧
 ip vrrp-extended auth-type simple-text-auth 2 ⟦$MlVzZCFAbg==⟧
 ip vrrp auth-type simple-text-auth ⟦otter⟧
 key "⟦Rf3x2abc==⟧" encryption-level 7
ntp authentication-key 1 aes128cmac ⟦fewhg12⟧ 7
      secret 1 7 ⟦kO5tJx3Zq==⟧ receive-lifetime infinite transmit-lifetime infinite
                        password chap "⟦Uy2kRt7Pq1⟧" hash2
                authentication md5 ascii-key "⟦otter⟧"
 wep key 1 wep40 pass-phrase simple ⟦otter⟧
 mpls rsvp-te authentication plain ⟦otter⟧
  vlink-peer 192.0.2.1 hmac-md5 1 plain ⟦otter⟧
 md5-authentication 192.0.2.1 plain ⟦otter⟧
authentication key eigrp 1 ⟦otter⟧ key-id 1
authentication key eigrp 1 8 ⟦abcdef12⟧ key-id 1
  ip pim hello-authentication ah-md5 3 ⟦9125d59c18a9b015⟧
vrrp 1 1 authenticate ⟦otter⟧
configure ospf vlan x authentication md5 1 ⟦otter9⟧
snmpv3 community index "1" name "⟦otter⟧" sec-name "CommunityManagerReadWrite" tag "x"
snmp-server user "u" g auth-md5 "⟦otter9⟧" priv-des ⟦otter8⟧
snmp-server set-community cipher ⟦abcd1234⟧
radius-server host 1 192.0.2.1 auth-port 1812 key-cipher ⟦abcd1234⟧
config mgmtuser add encrypt admin 1 ⟦0a1b2c3d4e5f6071⟧ ⟦1a2b3c4d5e6f708192a3b4c5⟧ 16 ⟦2a3b4c5d6e7f8091a2b3⟧ read-write
crypto key import rsa X pem terminal ⟦otter9⟧
crypto key export rsa X pem terminal 3des ⟦otter9⟧
crypto ca import TP pkcs12 bootflash:x.p12 ⟦otter9⟧
key config-key password-encryption ⟦otter9⟧
 group VPN key ⟦otter9⟧
 user u nthash 7 ⟦08204D5D1A⟧ group X
set mgt-config users admin phash ⟦fnRL/G5lXVMug⟧
<entry name="admin"><phash>⟦fnRL/G5lXVMug⟧</phash></entry>
Community Index: ⟦otter⟧
Nov 27 10:00:00.123: %HA_EM-6-LOG: CLIlog: enable secret ⟦otter9⟧
sys db configsync.password { value "⟦otter⟧" }
/container envs add key=DB_PASSWORD name=x value=⟦otter⟧
 exec /usr/bin/TerminAttr -ingestauth=key,⟦otter⟧ -taillogs
authcommunity log,execute,net ⟦otter⟧
userPassword:: ⟦e1NTSEF9abcdefgh⟧
ann  Auth-Type := Local, User-Password == "⟦otter⟧"
//192.0.2.1/s /m cifs username=ann,password=⟦otter⟧,uid=0 0 0
""",
    "arguments": r"""
0 3 * * * curl -u ann:⟦otter⟧ https://192.0.2.1/y
   action bash curl -u ann:⟦otter⟧ https://192.0.2.1/y
curl -s --user ann:⟦otter⟧ https://192.0.2.1/y
lftp -u ann,⟦otter⟧ ftp.example.com
smbclient //192.0.2.1/s -U ann%⟦otter⟧
mysqldump -u root -p⟦otter⟧ db
mysql -uroot -p'⟦otter⟧' db
ipmitool -I lanplus -H 192.0.2.1 -U ann -P ⟦otter⟧ chassis status
docker login -u ann -p ⟦otter⟧ registry.example.com
snmpget -v3 -u ann -l authPriv -a SHA -A ⟦otter-one⟧ -x AES -X ⟦otter-two⟧ 192.0.2.1
sshpass -p ⟦otter⟧ ssh ann@192.0.2.1
sshpass -p '⟦an otter⟧' ssh ann@192.0.2.1
openssl rsa -passin pass:⟦otter⟧ -in x
ann : XAUTH "⟦otter⟧"
curl -X POST https://hooks.slack.com/services/⟦T0AB12CD3/B0EF45GH6/aB1cD2eF3gH4iJ5kL6mN7oP8⟧ -d x
        set uri "hooks.slack.com/services/⟦T0AB12CD3/B0EF45GH6/aB1cD2eF3gH4iJ5kL6mN7oP8⟧"
https://192.0.2.1/api/?key=⟦LUFRPT1abcdEFGH9⟧&type=op
""",
    "tables_and_blocks": r"""
@@
 #   NAME        SERVICE CALLER-ID       PASSWORD       PROFILE       REMOTE-ADDRESS
 0   site1       pptp                    ⟦otter⟧          default       192.0.2.7
 1 X site2       pptp                    ⟦Sl0w-Otter⟧     default       192.0.2.8

@@
# NAME   SERVICE  PASSWORD  PROFILE
0 test   any      ⟦otter⟧     default

@@
config system snmp community
    edit 1
        config hosts
            edit 1
                set ip 192.0.2.7 255.255.255.255
            next
        end
        set name "⟦otter⟧"
        config hosts6
        end
    next
    edit 2
        set name ⟦otter2⟧
        config hosts
            edit 1
            next
        end
    next
end
config system zone
    edit 1
        set name "office"

@@
config system snmp community
    edit 1
        set name "⟦otter⟧"
        config hosts
end
config system snmp community
    edit 1
        set name "⟦otter2⟧"

@@
router hsrp
 interface x
  address-family ipv4
   hsrp 1
    preempt
    priority 101
    authentication ⟦otter⟧
    address 192.0.2.7

@@
snmp
 no shutdown
 view v
 community ⟦otter⟧
  view v

@@
snmp {
    v3 {
        usm {
            local-engine {
                user u {
                    authentication-sha {
                        authentication-key "⟦$9$kMxNqP5zF6⟧"; ## SECRET-DATA
                    }
                    privacy-aes128 {
                        privacy-key "⟦$9$kMxNqP5zF6⟧"; ## SECRET-DATA
                    }
                }
            }
        }
        vacm {
            security-to-group {
                security-model usm {
                    security-name u {
                        group g;
                    }
                }
            }
        }
    }
/* comment */
    community ⟦otter⟧;
}
policy-options {
    policy-statement P {
        from {
            protocol bgp;
            community FOO;
        }
    }
}
""",
    "commands_in_json": r"""
{"cmds": {"snmp-server community ⟦otter⟧ ro": null, "enable password ⟦otter⟧": null, "hostname r1": null}}
{"cmds":{"router bgp 65000":{"cmds":{"neighbor 192.0.2.1 password 7 ⟦kO5tJx3Zq==⟧":null,"neighbor 192.0.2.2 password ⟦otter⟧":null}}}}
{"output": "hostname r1\nsnmp-server community ⟦otter⟧ ro\n!\r\nusername ann password ⟦otter9⟧\r\nenable secret \"⟦an otter⟧\"\nline vty 0 4\n password ⟦otter8⟧\n"}
[["hostname r1", "enable secret ⟦otter⟧", " password ⟦otter9⟧"], {"description": "password office"}]
{"TABLE_host": {"ROW_host": {"host": "192.0.2.9", "version": "v2c", "level": "noauth", "type": "trap", "secname": "⟦otter⟧"}}}
{"SNMP_COMMUNITY": {"⟦otter⟧": {"TYPE": "RO"}, "⟦otter2⟧": {"TYPE": "RW"}}, "TACPLUS": {"global": {"passkey": "⟦otter⟧"}}}
{"NTP_KEY": {"1": {"type": "md5", "value": "⟦otter⟧", "trusted": "yes"}, "2": {"value": "⟦otter2⟧"}}}
{"snmp-server":{"Cisco-IOS-XE-snmp:community":[{"name":"⟦otter⟧","RO":[null]}]}}
""",
    "vpn_and_wireless": r"""
set ike gateway "GW1" address 198.51.100.7 Main outgoing-interface "ethernet0/0" preshare "⟦8Jx2kQmRN5sd7oCb⟧" proposal "p"
set ike gateway "GW1" address 198.51.100.7 Aggr seed-preshare "⟦tulip⟧" sec-level standard
	option key '⟦Zebra-91xx!⟧'
	option key '⟦tulip⟧'
	option key '⟦12345678⟧'
wireless.default_radio0.key='⟦Zebra-91xx!⟧'
wireless.@wifi-iface[0].key='⟦12345678⟧'
wireless.default_radio0.key1='⟦abcdefghij⟧'
""",
    "receivers": r"""
@@
snmp-server vrf MGMT
 host 192.0.2.9 traps version 2c ⟦w1ndm1ll⟧
 host 192.0.2.9 informs version 2c ⟦w1ndm1ll⟧ udp-port 163
 host 192.0.2.9 traps encrypted ⟦104D000A0618⟧
 host 192.0.2.9 version 3 priv ann
 context x
!
ntp server host name

snmp-server host 192.0.2.9 "⟦w1ndm1ll⟧" trap-level critical
snmp-server host 192.0.2.9 "⟦w1ndm1ll⟧" trap-level not-info
snmp station 192.0.2.9 162 "⟦w1ndm1ll⟧" v2 enable
""",
    "users_and_tokens": r"""
login user ann ⟦Walnut77⟧
:global password "⟦tulip⟧"
git clone https://192.0.2.1/x ⟦ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8⟧
git clone https://192.0.2.1/x ⟦glpat-A1b2C3d4E5f6G7h8I9j0⟧
git clone https://192.0.2.1/x ⟦github_pat_A1b2C3d4E5f6G7h8I9j0_K1l2M3⟧
vault login ⟦hvs.CAESIJ8s9dk2jf8s7dkfj39sk⟧
curl -H "X-Vault-Token: ⟦hvs.CAESIJ8s9dk2jf8s7dkfj39sk⟧" https://192.0.2.1
curl -H "Cookie: session=⟦a1b2c3d4e5f6⟧" https://192.0.2.1
Cookie: session=⟦a1b2c3d4e5f6⟧; theme=dark
""",
}
# Nothing in these lines may change.
MORE_HARMLESS = r"""
no password strength-check
cli password prompting-only
   neighbor 192.0.2.1 password shared-secret profile P algorithm hmac-sha1-96
   password encryption-key common
                    pre-shared-key 1 encryption-type aes-128-cmac create
snmp-server community ..... ro
Nov 27 10:00:00 192.0.2.1 100: %SYS-5-PRIV_AUTH_PASS: Privilege level set to 15 by ann
{"description": "password office", "message": "enable the secret port"}
{"TABLE_host": {"ROW_host": {"host": "192.0.2.9", "version": "v3", "level": "priv", "secname": "ann"}}}
{"secname": "ann", "version": "v3"}
# NAME MTU ADDRESS
// password of the office
curl -u ann https://192.0.2.1/y
see https://192.0.2.1/webhooks/settings
1 MD5 enabled
MD5 digest 0a1b2c3d
flash:x.bin md5 0a1b2c3d4e5f60718293a4b5c6d7e8f9
verify /md5 flash:x.bin 0a1b2c3d4e5f60718293a4b5c6d7e8f9
verify /md5 (flash:x.bin) = 0a1b2c3d4e5f60718293a4b5c6d7e8f9
SHA1 fingerprint: 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567
set tunnel-key 5
set sort-key name
set group-key enable
set x y rsa-key K1
10   secret                           active    Gi1/0/1
10   password   up   down
{"name": "community", "value": "65000:1"}
<community><name>FOO</name><members>65000:1</members></community>
server { key { x } }
TLS-PSK and public key infrastructure are used
cat /etc/passwd > x
the username and password portion of the URL
username and password prompts are shown
| key | value |
| password |
password: $(DB_PASSWORD)
password: ${DB_PASSWORD}
password: {{ vault_password }}
Pass x1y2 to it
 peer 192.0.2.1 keychain K
 description uplink
rouser ann
  password             Set the password
  secret   Configure the secret
password: required
Password set: yes
Password authentication: enabled
Password aging : disabled
password authentication is enabled
Key                   Value
Key chain K:
 key chain K
  key 1 -- text ""
crypto key mypubkey rsa
Key name: R1.example.com
Key type: RSA KEYS
Temporary key
 Key pair was generated at: 00:00:00
Key Data:
  30819F30 0D06092A 864886F7 0D010101
% Key pair import
authentication: MD5
  Authentication   MD5
  authentication mode   simple
Message digest authentication enabled
    Youngest key id is 1
Cryptographic authentication enabled
  Simple password authentication enabled
TCP MD5 authentication: enabled
BGP neighbor is 192.0.2.1, remote AS 65000
  Community attribute sent to this neighbor
  Community: 65000:1 no-export
  Large Community: 1:2:3
community 65000:1
community members 65000:1
ip community-list 1 permit 65000:1
route-map X permit 10
set community 65000:1 65000:2
set policy-options policy-statement P term 1 from community C
policy-statement P from community C
 apply community C
bgp community C
match community 1
Token bucket: 1000
token ring
Access token: none
secret storage: tpm
key exchange dh14
hash algorithm sha256
auth sha256
encryption aes 256
encryption aes-256 integrity sha256
authentication pre-share
 hash sha256
 group 14
crypto ipsec transform-set T esp-aes 256 esp-sha256-hmac
set security ipsec proposal P authentication-algorithm hmac-sha-256-128
set security ike proposal P authentication-method pre-shared-keys
set system services ssh root-login deny-password
set system authentication-order [ password radius ]
set system login password minimum-changes 2
authentication-order [ password radius ];
aaa authentication login default local
aaa authentication ppp default group radius local
aaa group server radius RAD
aaa accounting commands 15 default start-stop group tacacs+
snmp-server enable traps
snmp-server trap link ietf
snmp-server host 192.0.2.1 source-interface Loopback0
snmp-server queue-length 50
snmp-agent trap enable
snmp-agent target-host trap address udp-domain 192.0.2.1 params securityname ann v3 privacy
snmp-agent group v3 G privacy
show snmp community
show snmp user ann
User name: ann
Engine ID: 800000090300AABBCCDDEEFF
Authentication Protocol: SHA
Privacy Protocol: AES128
Group-name: OPS
access-list 10 permit 192.0.2.0
no snmp-server community
user ann
user ann group G
 login user ann privilege 15
show running-config | include password
show run | include secret|password
logging host 192.0.2.1 transport tcp port 514
ip ssh server algorithm authentication publickey keyboard password
ip ssh client algorithm mac hmac-sha2-256
ssh server authentication-type keyboard-interactive
login authentication VTY
 transport input ssh
switchport port-security
passive-interface Gi1/0/1
 ip pim passive
bypass enable
compass-heading north
 keepalive 30
monitor session 1 source interface Gi1/0/1
hostname passwort-router
interface description password store
 ip address 192.0.2.1 255.255.255.0
Vlan 10  secret-lab   active
10   secret-lab                       active    Gi1/0/1, Gi1/0/2
GigabitEthernet1/0/1   password room      connected    10
Gi1/0/1  key-room  up  up
ge-0/0/0 up up  community room
device token-ring0 is up
lldp neighbor secret-sw1 Gi0/1
username ann nopassword
username ann role network-admin
user admin key ssh-rsa AAAAB3NzaC1yc2E
"key": "value"
"keys": ["a", "b"]
"tokens": 5
"secretName": "x"
"passwordHash": null
"password": true
"auth": {"type": "password"}
"required": ["username", "password", "host"]
"authType": "password", "port": 22
<authType>password</authType>
<key>name</key>
<key>vlan</key>
config_key=value
sort key=name
primary key id
Master key: present
Host key algorithm ssh-rsa
Private key: present
private-key-file /etc/x.key
passphrase: none
psk: disabled
wpa-psk enabled
auth_algs=1
wpa_key_mgmt=WPA-PSK
key_mgmt=WPA-PSK
wpa_pairwise=CCMP
auth-server 192.0.2.1
authentication open
authentication key-management wpa version 2
security wpa akm psk
security wpa wpa2 ciphers aes
mka policy P
 key-server priority 10
 macsec
service password-encryption
password encryption aes
key config-key
tunnel-group X type ipsec-l2l
tunnel-group X ipsec-attributes
crypto map M 10 set peer 192.0.2.1
PasswordAuthentication yes
PermitRootLogin prohibit-password
AuthorizedKeysFile .ssh/authorized_keys
HostKey /etc/ssh/ssh_host_rsa_key
ssh_host_key: /etc/ssh/key
UsePAM yes
Mar  1 00:00:01 r1 sshd[1]: Accepted publickey for ann from 192.0.2.1
Mar  1 00:00:01 r1 sshd[1]: Failed password for root from 192.0.2.1 port 22
%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: ann] [Source: 192.0.2.1] [Reason: password mismatch]
%AAA-3-BADSERVERTYPEERROR: secret not configured
%SYS-5-CONFIG_I: Configured from console by ann
snmp-server v3-host 192.0.2.9 u traps auth
radius-server host auth 192.0.2.1
ssl_certificate_key /etc/nginx/ssl/x.key;
private-key /etc/ssl/private/x.pem
private_key = /etc/ssl/private/x.pem
tls-key /etc/x.key
-key x.key
key-file: x.pem
keyfile=/etc/x.key
add ssl certKey K -cert x.pem -key x.key
secret: /run/secrets/db_password
   exec /usr/bin/TerminAttr -cvauth=token,/tmp/token -cvvrf=MGMT
ntp server 192.0.2.1 key 4242 prefer
ntp server 192.0.2.1 minpoll 4 key 4242
ntp peer 192.0.2.1 key 10
server 192.0.2.1 key 4242 prefer
snmp-server host mgmt 10.0.0.1
snmp-server host inside 192.0.2.9 community *****
snmp-server host 192.0.2.9 traps version 3 priv ann
PWD=/root
PWD=home
OLDPWD=/var
Token: usb0 present
Token: present
token usb0
Token count: 5
Password last changed: 2024-01-01
Password age: 90
Password expires in 30 days
password 2024-01-01
Authentication key ID: 5
Authentication key: not set
Authentication Password: none
secret key is not configured
key-chain K
 key-id 1
 send-lifetime 00:00:00 Jan 1 2024 infinite
 cryptographic-algorithm hmac-sha-256
 authentication ipsec spi 500 sha1
mka pre-shared-key key-chain K
 macsec-cipher-suite gcm-aes-256
mpls ldp password rollover duration 10
mpls ldp password option 1 for ACL1 key-chain K
cts sxp connection peer 192.0.2.1 password default mode local
cts sxp connection peer 192.0.2.1 password none mode local
 authentication remote pre-share
 authentication local rsa-sig
security passwords min-length 8
aaa password restriction
ip ospf authentication key-chain K
 area 0 authentication
 area 0 authentication ipsec null
crypto key generate rsa label K modulus 2048
crypto key zeroize
service password-recovery
set passwd-policy "default"
set password-expire 0000-00-00 00:00:00
set passwd-time 2024-01-01 12:00:00
set password-policy enable
set ssh-public-key1 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"
set public-key 'aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3a4B5='
set system login user u authentication public-keys k key 'AAAAC3NzaC1lZDI1NTE5'
set password-controls min-password-length 8
set key-lifetime 3600
set keylife 86400
set group-key-update 5m
group-key-update=5m
rekey-interval 3600
Public key   : aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3a4B5=
PublicKey = aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3a4B5=
interface: wg0
  private key: (hidden)
ip bgp-community new-format
set community-list standard X permit 65000:1
bgp community new-format
 send-community
 set extcommunity rt 65000:1
  Community: 65000:1
community-list X members [ 65000:1 ]
set snmp trap-group G categories link
set snmp interface ge-0/0/0
  Community Access : read-only
snmp-server group ops v3 priv read ALL
snmp-server view ALL iso included
snmp-server trap-source Loopback0
snmp-server engineID local 8000000903
snmp-agent sys-info version v3
snmp-agent mib-view included ALL iso
 security-level auth-priv
authentication-protocol md5
authentication-mode md5
 privacy-mode aes128
WORD  password of the user
  LINE  Specify the password
  password  WORD
  key  LINE
Passwords must have 8 characters.
The password is stored in /etc/shadow.
Your password will expire on Monday.
Enter the secret to unlock
% Bad secrets
 IKE SA: auth method PSK, encryption AES-CBC-256 PSK enabled
 authentication method: Pre-Shared Key, encryption aes PSK
 wlan security wpa2 encryption aes PSK
 standby 1 authentication md5 key-chain HSRP-KEY
 isis authentication key-chain ISIS-KEY level-1
 keyring local VPN-PSK
% Login invalid: wrong password for ann
ann logged in with password from 192.0.2.1
Accepted password for ann from 192.0.2.1 port 22 ssh2
Failed password for invalid user ann from 192.0.2.1 port 22
Jan  1 00:00:00 edge-1 sshd[1]: pam_unix: password changed for ann
Key exchange: curve25519-sha256
key size 2048
Key length: 2048
RSA key 2048 bits
 key-length 2048
Serial number: 0A1B2C3D4E
Host key: SHA256:abcdefghijklmnop
 ssh key rsa 2048
keepalive 10
Keyring default
monkey 5
turnkey x1
hotkey F10
passive-interface default
passthrough mode1
bypass on1
compass 9
Pass: 5 Fail: 0
PASS x1 test
session-key lifetime 3600
session-key refresh 60
tokens 5
token-bucket 1000
 rate-limit token 5000
{"keyType": "rsa", "keySize": 2048}
{"publicKey": "AAAAB3Nz"}
{"name": "passive", "value": "x1"}
{"name": "password_policy", "value": "strong"}
{"passwordExpired": false, "passwordAge": 30}
{"password": "", "secret": null}
{"communities": ["65000:1", "65000:2"]}
<password/>
<password></password>
<community>65000:1</community>
<key>1</key>
<name>key</name>
<property name="keyType">rsa</property>
 0 * name=ether1 mtu=1500 running=yes
/export hide-sensitive
Interface   Key    Partner
Gi1/0/1     0x1    0x2
LACP: Actor key 0x8001
mac-address aa:bb:cc:dd:ee:ff
 tacacs-server host 192.0.2.1 timeout 5
radius-server host 192.0.2.1 auth-port 1812 acct-port 1813
radius-server retransmit 3
radius-server deadtime 10
	option key '1'
	option key /etc/x.key
	option key_mgmt 'psk'
wireless.default_radio0.key='1'
uhttpd.main.key='/etc/uhttpd.key'
wireless.default_radio0.encryption='psk2'
set ike p1-proposal "x" preshare group2 esp aes128 sha-1 second 28800
snmp-server host 192.0.2.9 trap-level critical
snmp station 192.0.2.9 162 "ann" v3 enable
groupname: ILMI                             security model:v1
groupname: OPS                              security model:v3 auth
Login user ann vty0
login user ann from 192.0.2.1
Login user ann1 failed on vty2
Cookie: theme=dark
 set ssl-cert-key Fortinet_Local
 User Password Expiry..................... 90
 User Password Age ....................... 90
 CAK name: 1
 CAK Name: ABCDEF01
 Set-Cookie: theme=dark
login user ann
login authentication default
 login local
login timer 300
user ann group admin
account default
aaa accounting exec default start-stop group tacacs+
mgmt-user authentication
pp auth request chap
auth user group 1
"""


def cases(marked: str) -> list[str]:
    """Return the tests in a text."""
    found: list[str] = []
    block: list[str] | None = None
    for line in [*marked.split("\n"), ""]:
        if line == "@@":
            block = []
        elif block is not None and (line or (len(block) == 1 and "Keyring" in block[0])):
            block.append(line)
        elif block is not None:
            found.append("\n".join(block))
            block = None
        elif line:
            found.append(line)
    return found
