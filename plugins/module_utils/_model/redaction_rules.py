# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What secrets look like in the texts of devices, as data. ``redaction`` applies it.

The rules of all platforms apply to every text: a secret must not be shown because the platform of its device is not
known or wrong. All patterns are bounded, so that the work is linear.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# -- names of values ---------------------------------------------------------------------------------------------------

# Endings of words that name a secret, in lower case and with ``-`` for ``_``.
SECRET_ENDINGS = (
    *("password", "passwd", "passphrase", "pass-phrase", "pwd", "secret", "psk", "phash", "psksecret", "pmk"),
    *("password-hash", "passwordhash", "passwd-hash", "hashed-password", "password-encrypted", "secret-hash"),
    *("pre-shared-key", "preshared-key", "presharedkey", "pre-share-key", "shared-key", "sharedkey", "server-key"),
    *("authentication-key", "auth-key", "authkey", "authpwd", "privpwd", "auth-pass", "priv-pass", "privacy-key"),
    *("encryption-key", "md5-key", "message-digest-key", "authentication-keyid", "key-string", "keystring", "set-key"),
    *("private-key", "privatekey", "priv-key", "privkey", "api-key", "apikey", "secret-key", "secretkey", "access-key"),
    *("accesskey", "token", "radius-common-pw", "hexkey", "keypassphrase", "pass-phrase-hashed", "auth-password-l1"),
    *("auth-password-l2", "wep-key", "wepkey", "wpa-key", "wlan-key", "master-key", "masterkey", "psk-key"),
    *(
        "psk-ascii",
        "psk-hex",
        "static-key",
        "snmp-community-string",
        "snmp-community",
        "snmpcommunity",
        "notify-community",
        "usm-community",
        "string-key",
        "encrypted-key",
        "clientsecret",
    ),
)
# Words with these endings that name something else.
NO_SECRETS = _words(
    "nopassword no-password deny-password change-password without-password permit-password prohibit-password "
    "reset-password forgot-password show-password check-password public-key cancel-token etoken"
)
NEEDS_NUMBER = ("authentication-key", "message-digest-key", "authentication-keyid", "md5-key")  # the number of a key

# What stands between the name and the value. Numbers are types: ``password 7 0822455D0A16``.
KINDS = (
    r"0|3|4|5|6|7|8a?|9|10|14|encrypted|cipher|cipher-text|ciphertext|irreversible-cipher|simple|plain"
    r"|plain-?text|clear|clear-?text|text|hash2?|hashed|hmac-md5|md5|sha|sha-?(?:1|2|224|256|384|512)"
    r"|sha2-(?:224|256|384|512)|hmac-sha-?\d{1,3}(?:-\d{1,3})?|hmac-sha2-\d{1,3}|sm3|ascii|ascii-text|hex|hexadecimal"
    r"|hidden|localized|localizedkey|unencrypted|pbkdf2|scrypt|bcrypt|secure|aes-?\d{0,3}|aes-128-cfb|3des|des|des56|ENC"
    r"|encrypted-password|plaintext-password|algorithm-type|type-?[06789]|level \d{1,2}|key|password|ietf-md5|value"
    r"|local-user|local|remote|authentication|accounting|authorization|usual|nonstandard|rfc2453|rfc2082|localized-key"
    r"|role \S{1,32}|manager|operator|user-name \S{1,64}|(?:in|out)bound|esp|ah|\d{1,3}(?:\.\d{1,3}){3}"
)
# Words after the name of a secret that are no secret.
ORDINARY = _words(
    "a about above accepted access account accounting accounts adaptive add added again age aging algorithm-type "
    "all allowed alphanumeric also an and any are as asked at attempt attempts authentication authorization auto "
    "be been both but by cached can cannot chain change changed changes changing character characters chars check "
    "checking cleared compatible complexity config config-key configuration configured confirmation control "
    "correct created day days default deleted denied disable disabled displayed does enable enabled encoded "
    "encrypt encrypted encryption end enforced enforcement entered error exchange exec exists expiration expire "
    "expired expires expiry export fail failed failure false find for format forms found from generate generated "
    "gracetime group groups has hashed hashing have hex hidden history hours id if ignored import in incorrect "
    "input invalid is it its key-chain keychain keyring label length less level lifetime limit line list local "
    "lock locked lockout login management management-key manager match matches max maximum may method methods min "
    "min-length minimum minimum-length minutes mismatch mode must never new no none not null of off ok old on "
    "once only option optional or out over per permitted plugin policies policy print profile prompt prompting "
    "provided quality read recovery refused rejected remains remove removed replaced required requirement "
    "requirements reset rollover rotation rsa same saved seconds send sent server set setting settings should "
    "shown size state status stays storage store stored strength strict string strong-password support supported "
    "than that the their then this time timeout times to too true type unchanged undefined unknown unset until "
    "update updated use used user username users using valid validation value verified verify via warntime was "
    "weak were when which will with without word wrong yes you your zeroize"
)
# A line that begins with one of these says something about secrets in words.
PROSE = re.compile(
    r"[-+ \t]{0,40}(?:(?:set|no|undo|system|snmp|snmp-server|snmp-agent|sys-info|interfaces? \S{1,64}) ){0,8}"
    r"(?:description|remark|alias|banner|comment|annotate"
    r"|motd|title|location|contact|/\*|//)\b",
    re.IGNORECASE,
)
# What a line begins with in which the name of a secret is followed by its value. By families of platforms.
COMMANDS = _words(
    # Cisco IOS, IOS-XE, NX-OS, IOS-XR, ASA, and those that are alike: EOS, FRR, Dell, Ruckus, Extreme, ...
    "username user enable line neighbor ip ipv6 isis ospf ospfv3 router rip bgp area crypto isakmp ikev1 ikev2 ntp ppp "
    "tacacs tacacs-server tacacs\\+ radius radius-server ldap ldap-server aaa aaa-server server server-private client "
    "snmp-server snmp vpdn l2tp tunnel vtp vrrp standby glbp hsrp mpls ldp msdp dot1x cts wpa wpa2 wpa-psk wlan ssid "
    "security key key-chain keychain failover authentication auth-type domain lsp hello wireless ap mgmtuser mgmt-user "
    "service smtp smtp-server ftp tftp http https ftp-server proxy email vpn tunnel-group group-policy map peer "
    "peer-group session-group template profile dialer interface bfd stack cluster vsf operator manager admin "
    "administrator root local-user local-password super sup users redundancy pki certificate import export account "
    "boot grub monitor telnet ssh console serial web web-server "
    # H3C Comware, Huawei VRP
    "snmp-agent hwtacacs hwtacacs-server ntp-service primary secondary pre-shared-key ike ipsec set undo header sip "
    "voice "
    # Junos, VyOS, FortiOS, PAN-OS, SR OS, Gaia, SR Linux: the value is behind the path in the tree
    "delete edit add system protocols configure configuration config /configure deviceconfig mgt-config shared network "
    "vsys modify create entry root-authentication encrypted-password "
    # MikroTik, Linux
    "preshared-key sa sap macsec mka trap-target /user /snmp /ip /ppp /interface /radius /system /caps-man"
)
COMMAND = re.compile(
    r"[-+ \t]{0,60}(?:\S{1,80}[#>$%\]] ?)?(?:[^\n]{0,160}?(?:command|cmd|cfg): ?['\"]?|[^\n]{0,100}? (?=username ))?"
    rf"(?:(?:no|undo|delete|set|edit|add|configure|config|default) ){{0,6}}(?:{'|'.join(sorted(COMMANDS))})(?![\w.-])",
)
# Before ``key``: only here is what follows a secret and not the number or the name of a key.
KEY_COMMAND = re.compile(
    r"[-+ \t]{0,60}(?:\S{1,80}[#>$%\]] ?)?(?:[^\n]{0,160}?(?:command|cmd): ?)?(?:no |undo |set |add )?"
    r"(?:[^\n]{0,160}?(?:radius|tacacs|tacplus|ldap)(?:-server| server)|[^\n]{0,160}? authentication(?= \Z)|"
    r"tacacs|tacacs\+|tacacs-server|radius|radius-server|aaa-server|ldap|ldap-server|hwtacacs|server|server-private|"
    r"client|crypto isakmp|isakmp|pre-shared-key|failover|primary|secondary|wpa|wep|encryption|ipsec|aaa|"
    r"entry|dynamic-author|pac|bind|authentication|accounting|tunnel-group|profiles?|cluster|host|address|network)(?![\w.])",
)
NO_COMMUNITY = re.compile(  # one word of the value of a BGP community, and what is said of communities
    r"[\w.-]{1,40}(?::[\w.*-]{1,40})+|\(?\[?(?:no-export|no-advertise|no-peer|internet|local-as|local-AS|additive|"
    r"blackhole|graceful-shutdown|both|standard|extended|large|delete|members|string|list|exact|"
    r"replace|name|strings|index|access|map|count|color|complexity-check)\b.*",
    re.IGNORECASE,
)
LONGEST_COMMUNITY = 1000  # characters
SNMP = re.compile(
    r"[-+ \t]{0,60}(?:\S{1,80}[#>$%\]] ?)?(?:[^\n]{0,160}?(?:command|cmd): ?)?"
    r"(?:(?:no|undo|set|add|delete|configure|config|system|security|service|protocols|deviceconfig|"
    r"snmp-setting|/configure|create|edit|1\.3\.[\d.]+)[ ]){0,10}"
    r"(?:snmp-server|snmp|snmpv?[123]c?|snmp-agent|snmp-setting|/snmp|trapcommunity)(?![\w.])",
)
SNMP_BLOCK = re.compile(r"[-+ \t]{0,60}(?:/configure system security |sys )?snmp[ {]")
SNMP_READ = (
    r"(?:(?:read|write|read-only|read-write|readonly|readwrite|ro|rw|add|poll|community|0|7|8|cipher|simple|encrypted|"
    r"clear|plaintext|ciphertext|text|string)[ ])"
)

# -- shapes of values --------------------------------------------------------------------------------------------------

LONGEST = 8192  # characters of a value
QUOTED = rf'"((?:[^"\\\n]|\\.){{1,{LONGEST}}})"|\'([^\'\n]{{1,{LONGEST}}})\''
BARE = rf"([^\s\"'<\[{{(][^\s]{{0,{LONGEST}}})"
VALUE = rf"(?:{QUOTED}|{BARE})"

AFTER_NAME = re.compile(rf"[ ](?:(?:{KINDS})[ ]){{0,6}}{VALUE}")
AFTER_NUMBER = re.compile(rf"[ ](?:\d{{1,10}}[ ](?=[^\s]))?(?:(?:{KINDS})[ ]){{0,6}}{VALUE}")
AFTER_COMMUNITY = re.compile(rf"[ ]{SNMP_READ}{{0,5}}{VALUE}")
OPENING = re.compile(r"[ ]\"?([^\s\"{;]{1,128})\"? \{[^\n]{0,200}\n\s{0,80}(?:authorization|clients?|view|network|"
                     r"client-list-name|routing-instance|logical-system|version|access)\b")  # fmt: skip
ASSIGNED = re.compile(
    r"(?:[ ](?:name|string|value|text|securityname|hash|key))?(?:\\?[\"'])?[ \t]{0,40}(?::=|=>|:|=(?!=))[ \t]{0,8}"
    rf"(?:(?:(?:{KINDS})[ ]){{0,6}}(?:\\\"([^\"\\\n]{{1,{LONGEST}}})\\\"|{QUOTED})"
    rf"|([^\s\"'<\[{{(,;}}][^\s,;}}\"'<]{{0,{LONGEST}}}))",
    re.IGNORECASE,
)
ROUTEROS = re.compile(r"[-+ \t]{0,40}(?:/|add |set |key=)")  # a line in which ``key`` is no number
ELEMENT = re.compile(rf"[^<>\n]{{0,200}}(?<!/)>\s{{0,20}}([^<>\s][^<>]{{0,{LONGEST}}}?)\s{{0,20}}</")
NAMED = re.compile(
    r"[ ](?:secret|id|members|modify|action|community-name) "
)  # behind the name of an entry: ``psk NAME secret VALUE``
CIPHERED = re.compile(
    r"[ ](?:0|5|6|7|8a?|9|encrypted|cipher|irreversible-cipher|ciphertext|hash2?|simple|ENC)[ ](?=[^ \n])"
)
SERVER = re.compile(r"[-+ \t]{0,40}(?:aaa |address |)(?:tacacs|radius|ldap|server|group)[\w+-]{0,16}[ ]")
# In XML, ``<community>NAME</community>`` is one of BGP, and an entry without members is one of SNMP.
ENTRY = re.compile(r">\s{0,80}<name>([^<>\s]{1,128})</name>(?!\s{0,80}<members)")
# In JSON, ``"communities": {"NAME": {…}}``: the names are the communities.
NAMES = re.compile(r"\"\s{0,40}:\s{0,40}\{(?=\s{0,200}\"[^\"\n]{1,128}\"\s{0,40}:\s{0,40}\{)")
NAME = re.compile(r"\s{0,200}\"([^\"\n]{1,128})\"\s{0,40}:\s{0,40}\{[^{}]{0,2000}\}\s{0,200},?")
TYPED = re.compile(rf"[ ](?:{KINDS})[ ]")
# What may follow a value at the end of a line that begins with the name of the secret.
END = re.compile(
    r"[ \t]*(?:[;{},][ \t]*)?(?:(?:##|//|/\*|!|#)[^\n]*)?(?:\n|\Z)"
    r"|[ ](?:encrypted|hash2?|pbkdf2|level-[12]|level \d|role|privilege|priv|mschap|nt-encrypted|algorithm|7|8a?|"
    r"encryption-type|address|hostname|authentication|level|timeout|retransmit|sha\S*)\b"
)
HIDDEN = re.compile(r"\*+|[xX]{4,}|\.{3,}|<[\w ]{1,40}>|redacted(?:_[0-9a-f]+)?|REDACTED|REMOVED|removed|MASKED|hidden")

# Values that are secrets wherever they stand, and what they begin with. The first group is the secret.
_CRYPT = r"[./A-Za-z0-9$=,+-]"
MARKS = ("%^%#", "%@%@", "%$%$", "%#%#", "%+%#")  # around a cipher of VRP
SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "$",
        re.compile(
            rf"(\$(?:1|2[abxy]?|5|6|7|y|gy|sha1|sha256|sha512|argon2i?d?|pbkdf2[\w-]{{0,12}}|scrypt|md5)\${_CRYPT}{{8,1000}}"
            r"|\$(?:4|8|9|10|14|1[abcd]|c\$3|h\$6|s\$5)\$[^\s\"';<>,]{4,1000})"
        ),
    ),
    ("://", re.compile(r"://[^\s/@:\"'<>]{0,256}:([^\s/@\"'<>]{1,512})@")),
    ("eyj", re.compile(r"(eyJ[\w-]{8,4096}\.eyJ[\w-]{4,8192}(?:\.[\w-]{0,4096})?)")),
    ("bearer ", re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] (?=[\w.~+/-]{0,64}\d)([\w.~+/-]{16,8192}={0,2})")),
    (" enc ", re.compile(r" ENC ([A-Za-z0-9+/=]{8,8192})")),
    ("-aq==", re.compile(r"(-AQ==[A-Za-z0-9+/=]{8,8192})")),
    *((mark, re.compile(rf"({re.escape(mark)}[^\s]{{8,600}}?{re.escape(mark)})")) for mark in MARKS),
)
# A block of several lines: the secret is between the lines that begin and end it.
STRING = re.compile(r'"((?:[^"\\\n]|\\.){1,4096})"')
BLOCK = re.compile(
    r"-{4,5} ?BEGIN (?:[A-Z0-9]{1,20} ){0,4}(?:PRIVATE KEY(?: BLOCK)?|PKCS12|Static key V\d|KEY BACKUP) ?-{4,5}"
)
BLOCK_BEGIN = re.compile(r"(?:\s|\\[nr])*+")  # line ends; in JSON they are two characters
BLOCK_END = re.compile(r"-{4,5} ?END ")
# The lines of a block whose end was cut off: Base64 without blanks, and the header of a key.
BLOCK_LINE = re.compile(
    r"(?:[ \t]{0,80}(?:[A-Za-z0-9+/]{16,200}={0,2}|[A-Za-z0-9+/]{1,15}(?:={1,2}|\Z)|[A-Z][\w-]{1,20}: [^\n\\]{0,200}|"
    r"redacted_[0-9a-f]{8,64})?(?:\r?\n|(?:\\r)?\\n|\Z))*+"
)
LONGEST_BLOCK = 64_000  # characters
BASE64_LINE = re.compile(
    r"^[-+][ \t]{0,40}(?=[^\n]{0,200}[A-Z])(?=[^\n]{0,200}[0-9])([A-Za-z0-9+/]{40,128}={0,2})[ \t\"]{0,4}$",
    re.MULTILINE,
)

# -- lines that need a rule of their own -------------------------------------------------------------------------------

_ALGORITHM = (
    r"md5|sha|sha-?\d{1,3}|sha2-\d{1,3}|hmac-\S{1,20}|none|des|3des|des56|3desede|aes|aes-?\d{1,3}|aes-\S{1,12}"
    r"|cfb-?\S{0,8}|128|192|256"
)
# Authentication and privacy of SNMPv3. The kinds come before and behind the name of the algorithm.
V3 = re.compile(
    r"[ ](?:auth|authentication|authentication-mode|authentication-protocol|auth-protocol|auth-pass|auth-key|priv|"
    r"privacy|privacy-mode|privacy-protocol|priv-protocol|priv-pass|privacy-encrypted|auth-encrypted|localized-key|"
    r"auth-pass-phrase(?:-hashed)?|privacy-pass-phrase(?:-hashed)?|priv-pass-phrase(?:-hashed)?|encryption|SHA|MD5|AES|DES)"
    rf"(?:[ ](?:{_ALGORITHM}|{KINDS}|engine|hex)){{0,8}}[ ]{VALUE}"
)
V3_LINE = re.compile(r"[ -]user\b")
NO_V3 = _words(
    "auth priv noauth privacy authentication none md5 sha aes des 3des read write notify access v1 v2c v3 group user"
    " acl context remote engineid engineID localized localizedkey network-admin network-operator security-level"
    " authNoPriv authPriv trap traps informs version hash hash2 simple cipher encrypted view target usm"
    " security-model match exact prefix context-name"
)
# The receivers of traps: the community is behind the address and some options.
TRAP_HOST = re.compile(
    r"[-+ \t]{0,60}(?:\S{1,80}[#>] ?)?(?:no )?snmp-server host (?:\"?[^\s\"]{1,128}\"? )"
    r"(?:(?:vrf \S{1,64}|use-vrf \S{1,64}|filter-vrf \S{1,64}|traps?|informs?|version (?:1|2c)|poll|community|"
    r"encrypted|clear|0|7|udp-port \d+|[\d.:a-fA-F]{7,45}|timeout \d+|retries \d+)[ ]){0,12}"
    rf"(?!version 3|traps? version 3|informs? version 3){VALUE}"
)
NO_HOST = _words(
    "vrf use-vrf filter-vrf traps trap informs inform version poll community source-interface udp-port port trap-level"
    " tls ssh retries timeout"
)
TRAP_OF_AGENT = re.compile(rf"[ ](?:(?:{KINDS})[ ])?{VALUE}(?![^\n]{{0,80}} v3\b)")
TRAP_USER = re.compile(r"[Uu]ser(?: name)?: ?(\S{1,128})[ \t]{1,40}security model: ?v?[12]")
SINK = re.compile(
    r"[ \t]{0,40}(?:(?:ro|rw)(?:community|user)6?|trapcommunity|(?:trap2?|inform)sink[ \t]{1,20}\S{1,200}|"
    rf"com2sec6?[ \t]{{1,20}}\S{{1,64}}[ \t]{{1,20}}\S{{1,128}})[ \t]{{1,20}}{VALUE}"
)
CREATE_USER = re.compile(
    rf"[ \t]{{0,40}}createUser[ \t]{{1,20}}(?:-e \S{{1,80}} )?\S{{1,128}} \S{{1,20}}[ \t]{{1,20}}{VALUE}"
    rf"(?:[ \t]{{1,20}}\S{{1,20}}[ \t]{{1,20}}{VALUE})?"
)
# Blocks in which the community is called otherwise: FortiOS, and the export of RouterOS.
COMMUNITY_BLOCK = re.compile(r"[ \t]*config system snmp community[ \t]*\n|[ \t]*/snmp community[ \t]*\n")
COMMUNITY_NAME = re.compile(rf"[ \t]*set name {VALUE}|[ \t]*(?:[^\n]{{0,400}}?[ ])?name={VALUE}")
COMMUNITY_LINES = 400
# A table of communities: a header, a rule, and a community at the beginning of each line.
TABLE = re.compile(r"[ \t]*community(?: name| string)?[ \t]{2,}[^\n]{1,200}\n[- =\t]{8,300}\n", re.IGNORECASE)
TABLE_ROW = re.compile(r"[ \t]*(\S{1,128})[ \t]{2}")
# An authentication text without a name: HSRP, VRRP, GLBP, NHRP.
GROUP_TEXT = re.compile(
    rf"[-+ \t]{{0,60}}(?:(?:standby|vrrp|glbp|ip nhrp|ip rip|hsrp|nhrp)\b[^\n]{{0,60}}?)?authentication"
    rf"[ ](?:text |string |ietf-md5 |md5 |simple )?(?:key-string )?(?:(?:{KINDS})[ ])?{VALUE}"
)
GROUP = re.compile(r"[-+ \t]{0,60}(?:standby|vrrp|glbp|ip nhrp|ip rip|hsrp|nhrp|authentication text)\b")
# Comware and VRP.
HMAC = re.compile(rf"[ ]mode hmac-sha-\d{{1,3}}[ ](?:[0678] )?{VALUE}")  # EIGRP
MODE = re.compile(
    r"[ ](?:md5|simple|plain|hmac-\S{1,20}|sm3|keyed-\S{1,12}|sha\S{0,8})"
    r"(?:[ ](?:\d{1,5}|usual|nonstandard|rfc2453|rfc2082|"
    rf"ip|osi|{KINDS})){{0,8}}[ ]{VALUE}"
)
AUTHORIZATION = re.compile(
    r"[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?(?:bearer|basic|digest|token|apikey|negotiate)[ ]([\w.~+/=-]{6,8192})",
    re.IGNORECASE,
)
# Secrets that are arguments.
IMPORT = re.compile(
    rf"[ \t]*crypto (?:pki|ca) (?:import|export) [^\n]{{0,200}}?"
    rf"(?:terminal|pkcs12|password)(?: (?:aes|des|3des))?[ ]{VALUE}[ \t]*(?:\n|\Z)"
)
CONFIG_KEY = re.compile(rf"[ ](?:password-encrypt|ascii)[ ]{VALUE}")
