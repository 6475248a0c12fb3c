# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What secrets look like in the texts of devices, as data. ``redaction_search`` applies it.

The rules of all platforms apply to every text: a secret must not be shown because the platform of its device is not
known or wrong. All patterns are bounded, so that the work is linear.
"""

from __future__ import annotations

import re

from .redaction_names import words

# -- names and values --------------------------------------------------------------------------------------------------

BLANKS = r"[ \t]{1,40}"
# Before a command: the marks of a difference or comment, the number of a line, a prompt, and what a log says of it.
PREFIX = (
    r"[-+<>!|#* \t]{0,60}+(?:\d{1,6}[ \t]?[:.)|]?[ \t]{1,10})?(?:\S{1,80}[#>$%\]] ?)?"
    r"(?:[^\n]{0,160}?(?:command|cmd|cfg|%HA_EM-\d-LOG: \S{1,40}): ?['\"]?)?"
)
BROCADE = r"[12](?=[ \t]{1,40}(?:\$|redacted_))"  # a type of NetIron, FastIron and SLX; elsewhere they are no types
# What stands between the name and the value. Numbers are types: ``password 7 0822455D0A16``.
KINDS = (
    r"0|3|4|5|6|7|8a?|9|10|14|encrypted|cipher|cipher-text|ciphertext|irreversible-cipher|simple|plain"
    r"|plain-?text|clear|clear-?text|text|hash2?|hashed|hmac-md5|md5|sha|sha-?(?:1|2|224|256|384|512)"
    r"|sha2-(?:224|256|384|512)|hmac-sha-?\d{1,3}(?:-\d{1,3})?|hmac-sha2-\d{1,3}|sm3|ascii|ascii-text|hex|hexadecimal"
    r"|hidden|localized|localizedkey|unencrypted|pbkdf2|scrypt|bcrypt|secure|aes-?\d{0,3}|aes-128-cfb|3des|des|des56|ENC"
    r"|encrypted-password|plaintext-password|algorithm-type|type-?[06789]|level \d{1,2}|key|password|ietf-md5|value"
    r"|local-user|local|remote|authentication|accounting|authorization|usual|nonstandard|rfc2453|rfc2082|localized-key"
    r"|role \S{1,32}|manager|operator|user-name \S{1,64}|(?:in|out)bound|esp|ah|\d{1,3}(?:\.\d{1,3}){3}"
    r"|peer|localip|size \d{1,4}bit|type \S{1,16}|hostname \S{1,128}|address \S{1,64}|sha-?\d{1,3}-\d{1,3}"
    r"|cmac-aes-\d{3}|pass-phrase|pre-shared-key|shared-secret(?! profile)|chap|pap|"
    r"ckn \S{1,64}|cak|plaintext-password|md5-password|unix"
    r"|wep-?\d{1,3}|aes128cmac|key-id \d{1,10}|\|"
    rf"|{BROCADE}"
)
# Words after the name of a secret that are no secret.
ORDINARY = words(
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
    "active inactive admin-down down up engineid fallback ldap radius tacacs tacacs+ tacplus "
    "weak were when which will with without word wrong yes you your zeroize "
    "absent available blank common complexity-check configure count eigrp empty encryption-key initial missing "
    "n/a na not-configured not-set optional present prompting-only protected restriction restrictions secured specify "
    "strength-check unlock "
    "unspecified validate verify-only"
)
# A line that begins with one of these says something about secrets in words.
PROSE = re.compile(
    r"[-+ \t]{0,40}(?:(?:set|no|undo|system|snmp|snmp-server|snmp-agent|sys-info|interfaces? \S{1,64}) ){0,8}"
    r"(?:description|remark|alias|banner|comment|annotate"
    r"|motd|title|location|contact|/\*|//[ \t])\b",
    re.IGNORECASE,
)
# What a line begins with in which the name of a secret is followed by its value. By families of platforms.
COMMANDS = words(
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
    "preshared-key sa sap macsec mka trap-target /user /snmp /ip /ppp /interface /radius /system /caps-man "
    ":global :local"
)
COMMAND = re.compile(
    rf"{PREFIX}(?:[^\n]{{0,100}}? (?=username ))?"
    rf"(?:(?:no|undo|delete|set|edit|add|configure|config|default|create|nv|net|deactivate)[ \t]{{1,40}}){{0,6}}"
    rf"(?:{'|'.join(sorted(COMMANDS))})(?![\w.-])",
    re.IGNORECASE,
)
# A line that begins like a command of a system that is not known here, and words of sentences.
LIKE_COMMAND = re.compile(
    r"[-+<>!|#* \t]{0,60}+(?:\d{1,6}[ \t]?[:.)|]?[ \t]{1,10})?[a-z0-9/._-][\w./:-]{0,80}(?:[ \t]|\Z)"
)
SENTENCE = re.compile(
    r"(?:\A|[\s(])(?:the|is|are|was|were|of|for|to|your|you|with|a|an|this|that|not|if|when|and|or|must|can|has|have|"
    r"by|from|in|on|be|will|it|at|as|last|please|failed|invalid|wrong|bad|logged|accepted|authenticated)(?=[\s,.:;)]|\Z)",
    re.IGNORECASE,
)
SENTENCE_NEXT = re.compile(r"[ ](?:of|is|are|was|were|has|have|must|can|will|and|or|that|which)\b")
HELP = re.compile(r"[ \t]{2,40}[A-Z][A-Za-z]{1,20}[ \t]")  # between a word and the sentence about it
# Before ``key``: only here is what follows a secret and not the number or the name of a key.
KEY_COMMAND = re.compile(
    rf"{PREFIX}(?:(?:no|undo|set|add)[ \t]{{1,40}})?"
    r"(?:(?=[^\n]{0,160}?(?:radius|tacacs|tacplus|ldap|map-server|isakmp|pre-share|psk|hello-auth|auth-type|"
    r"keys id|key-id \d{1,5} \Z|otp|shared-secret|security static|local-as|(?:authentication|encryption|"
    r"md5)(?:[ \t]{1,40}\d{1,5})?"
    r"[ \t]{1,40}\Z|auth-profile|aaa|\boption[ \t]{1,8}\Z))|"
    r"tacacs|tacacs\+|tacacs-server|radius|radius-server|aaa-server|ldap|ldap-server|hwtacacs|server|server-private|"
    r"client|crypto isakmp|isakmp|pre-shared-key|failover|primary|secondary|wpa|wep|encryption|ipsec|aaa|"
    r"entry|dynamic-author|pac|bind|authentication|accounting|tunnel-group|profiles?|cluster|host|address|network|ip|"
    r"group(?= \S{1,64} \Z))",
    re.IGNORECASE,
)
# ``key`` in a line in which it is the number of a key unless the line names a server.
KEY_OF_SERVER = re.compile(
    r"radius|tacacs|tacplus|ldap|aaa|isakmp|failover|server-private|dynamic-author|\boption[ \t]", re.IGNORECASE
)
NO_COMMUNITY = re.compile(  # one word of the value of a BGP community, and what is said of communities
    r"[\w.-]{1,40}(?::[\w.*-]{1,40})+|\(?\[?(?:no-export|no-advertise|no-peer|internet|local-as|local-AS|additive|"
    r"blackhole|graceful-shutdown|both|standard|extended|large|delete|members|string|list|exact|"
    r"replace|name|strings|index|access|map|count|color|complexity-check)\b.*",
    re.IGNORECASE,
)
LONGEST_COMMUNITY = 1000  # characters
SNMP = re.compile(
    rf"{PREFIX}(?:[^\n]{{0,160}}?[ \t/])?"
    r"(?:snmp-server|snmp|snmpv?[123]c?|snmp-agent|snmp-setting|/snmp|trapcommunity|snmptrap|snmpv3)(?![\w.])",
    re.IGNORECASE,
)
SNMP_BLOCK = re.compile(r"[-+<>! \t]{0,60}(?:/configure system security |sys |system )?(?:snmp|access-group)[ {\n]")
NO_BLOCK = re.compile(r"[-+ \t]{0,80}(?:[!#]|/\*|\n)")  # an empty line or a comment, whatever is around it
SNMP_READ = (
    rf"(?:(?:read|write|read-only|read-write|readonly|readwrite|ro|rw|add|poll|community|0|7|8|{BROCADE}|"
    r"cipher|simple|encrypted|clear|plaintext|ciphertext|text|string|name|create|delete|accessmode (?:ro|rw)|"
    r"mode (?:enable|disable)|map|ipaddr \S{1,40} \S{1,40}|hash2?)[ \t]{1,40})"
)

# -- shapes of values --------------------------------------------------------------------------------------------------

LONGEST = 8192  # characters of a value
QUOTED = rf'(?:"((?:[^"\\\n]|\\.){{1,{LONGEST}}})"|\'([^\'\n]{{1,{LONGEST}}})\')'
BARE = rf"((?:[^\s\"'<\[{{(]|\{{(?=[^\s{{\"']))[^\s]{{0,{LONGEST}}})"
VALUE = rf"(?:{QUOTED}|{BARE})"

KEY_OF_HEX = re.compile(rf"{BLANKS}[0-9a-fA-F]{{2,64}}{BLANKS}(?:0|7|8a){BLANKS}{VALUE}")  # MACsec on EOS
AFTER_NAME = re.compile(rf"{BLANKS}(?:(?:{KINDS}){BLANKS}){{0,6}}{VALUE}", re.IGNORECASE)
AFTER_NUMBER = re.compile(
    rf"{BLANKS}(?:\d{{1,10}}{BLANKS}(?=[^\s]))?(?:(?:{KINDS}){BLANKS}){{0,6}}{VALUE}", re.IGNORECASE
)
AFTER_COMMUNITY = re.compile(rf"{BLANKS}{SNMP_READ}{{0,5}}{VALUE}", re.IGNORECASE)
OPENING = re.compile(r"[ \t]{1,40}\"?([^\s\"{;]{1,128})\"? \{(?:[^\n]{0,200}\n)?\s{0,80}(?:authorization|clients?|view|"
                     r"network|client-list-name|routing-instance|logical-system|version|access)\b")  # fmt: skip
ASSIGNED = re.compile(
    r"(?:[ \t]{1,40}(?:name|string|value|text|securityname|index|hash|key|\d{1,3}))?(?:\\?[\"']\]?)?"
    r"(?:[ \t.]{0,80}(?::=|=>|::?|=(?!=)|==(?=[ ]?\"))|\.{3,80}(?=[ \t]))[ \t]{0,40}(?:\\\n[ \t]{0,20})?"
    rf"(?:(?:(?:{KINDS})[ ]){{0,6}}(?:\\\"([^\"\\\n]{{1,{LONGEST}}})\\\"|{QUOTED})"
    rf"|([^\s\"'<\[{{(,;}}][^\s,;}}\"'<]{{0,{LONGEST}}}))",
    re.IGNORECASE,
)
# The name of a secret as a value, and the secret as another value beside it: in JSON, in XML and in PHP.
PAIR = re.compile(
    rf"[\"'](?:\s{{0,40}},[^{{}}\n]{{0,200}}?[\"']value[\"']\s{{0,40}}:\s{{0,40}}{QUOTED}"
    rf"|[^<>\n]{{0,200}}?\bvalue={QUOTED}|[^<>\n]{{0,200}}(?<!/)>\s{{0,20}}([^<>\s][^<>]{{0,{LONGEST}}}?)\s{{0,20}}</)"
)
PAIR_BEFORE = re.compile(
    rf"[\"']value[\"']\s{{0,40}}:\s{{0,40}}{QUOTED}\s{{0,40}},\s{{0,40}}[\"'](?:name|key)[\"']\s{{0,40}}:\s{{0,40}}[\"']\Z"
)
PAIR_OF_ELEMENTS = re.compile(r"</(?:name|key)>\s{0,80}<(?:value|string)>\s{0,20}([^<>]{1,4096}?)\s{0,20}</")
DEFINED = re.compile(rf"[\"']\s{{0,10}},\s{{0,10}}{QUOTED}\s{{0,10}}\)")
# A list, or an object with the secret in it.
LIST = re.compile(r"[\"']?[ \t]{0,40}[:=][ \t]{0,40}\[(?=\s{0,200}[\"'])")
ITEM = re.compile(r"[\s,]{0,200}\"((?:[^\"\\\n]|\\.){1,4096})\"")
ENTRIES = re.compile(r"\"\s{0,40}:\s{0,40}\[(?=\s{0,200}\{\s{0,200}\"name\")")
NAMED_ENTRY = re.compile(
    r"[\s,]{0,200}\{\s{0,200}\"name\"\s{0,40}:\s{0,40}\"([^\"\n]{1,128})\"(?![^{}]{0,600}\"members\")[^{}]{0,600}\}?"
)
CHILD = re.compile(
    rf"\"\s{{0,40}}:\s{{0,40}}\{{[^{{}}]{{0,200}}?\"(?:value|string|text|plain|hash|key)\"\s{{0,40}}:\s{{0,40}}{QUOTED}"
)
YAML_ITEM = re.compile(r":?[ \t]{0,40}\n[ \t]{0,80}- [\"']?([^\s\"':]{1,1024})[\"']?[ \t]{0,40}(?=\n|\Z)")
YAML_KEY = re.compile(r":[ \t]{0,40}\n[ \t]{1,80}(?:- )?[\"']?([^\s\"':]{1,128})[\"']?:?[ \t]{0,40}(?:\n|\Z)")
ROUTEROS = re.compile(r"[-+ \t]{0,40}(?:/|add |set |key=)")  # a line in which ``key`` is no number
UCI_KEY = re.compile(r"[-+ \t]{0,40}(?:uci set )?wireless\.[\w@\[\]-]{1,64}\.key[1-4]?\Z")  # OpenWrt
ELEMENT = re.compile(
    rf"[^<>\n]{{0,200}}(?<!/)>\s{{0,80}}(?:<(?:value|key|ascii-text|hexadecimal|string|text|plain|hash)>\s{{0,80}})?"
    rf"(?:<!\[CDATA\[)?([^<>\s][^<>]{{0,{LONGEST}}}?)(?:\]\]>)?\s{{0,20}}</"
)
NAMED = re.compile(
    r"[ \t]{1,40}(?:secret|id|members|modify|action|community-name|key|ckn)[ \t]"
)  # behind the name of an entry: ``psk NAME secret VALUE``
HASHED = re.compile(r"[\"']?[ \t]{1,40}hash2?\b")
HEAD = re.compile(r"[\w.-]{1,64}")
CIPHERED = re.compile(
    r"[ \t]{1,40}(?:0|5|6|7|8a?|9|encrypted|cipher|irreversible-cipher|ciphertext|hash2?|simple|"
    rf"ENC|{BROCADE})[ \t]{{1,40}}(?=[^ \n])"
)
SERVER = re.compile(r"[-+ \t]{0,40}(?:aaa |address |)(?:tacacs|radius|ldap|server|group)[\w+-]{0,16}[ \t]{1,40}")
# In XML, ``<community>NAME</community>`` is one of BGP, and an entry without members is one of SNMP.
ENTRY = re.compile(r">\s{0,80}<name>([^<>\s]{1,128})</name>(?!\s{0,80}<members)")
# In JSON, ``"communities": {"NAME": {…}}``: the names are the communities.
NAMES = re.compile(r"\"\s{0,40}:\s{0,40}\{(?=\s{0,200}\"[^\"\n]{1,128}\"\s{0,40}:\s{0,40}\{)")
NAME = re.compile(r"\s{0,200}\"([^\"\n]{1,128})\"\s{0,40}:\s{0,40}\{[^{}]{0,2000}\}\s{0,200},?")
TYPED = re.compile(rf"{BLANKS}(?:{KINDS}){BLANKS}")
# What may follow a value at the end of a line that begins with the name of the secret.
END = re.compile(
    r"[ \t]*(?:[;{},][ \t]*)?(?:(?:##|//|/\*|!|#)[^\n]*)?(?:\n|\Z)"
    r"|[ \t]{1,40}(?:encrypted|hash2?|pbkdf2|level-[12]|level \d|role|privilege|priv|mschap|nt-encrypted|"
    r"algorithm|7|8a?|encryption-(?:type|level)|address|hostname|authentication|authenticate|level|timeout|retransmit|fallback|clients?|"
    r"sha\S*)\b"
)
# The type directly before a value, and what follows values but is no name of a secret.
TYPE = re.compile(
    r"0|5|6|7|8a?|9|10|encrypted|(?:irreversible-)?cipher|cipher-?text|simple|plain|plain-?text|clear|clear-?text|"
    rf"hash2?|hashed|ascii|ascii-text|hex|hexadecimal|unencrypted|{BROCADE}",
    re.IGNORECASE,
)
OPTION = re.compile(
    r"[ \t]{1,40}(?:role|privilege|priv|level|timeout|retransmit|address|hostname|authorization|port|auth-port|"
    r"acct-port|vrf|trusted|group|class|expire|r[ow]|read-only|read-write)\b",
    re.IGNORECASE,
)
HIDDEN = re.compile(
    r"\*+|[xX]{4,}|\.{3,}|<[\w ]{1,40}>|redacted(?:_[0-9a-f]+)?|REDACTED|REMOVED|removed|MASKED|hidden|"
    r"(?:min|max)(?:imum)?-[a-z-]{1,40}|[^\w*]{1,2}|\$\(\w{1,64}\)|\$\{\w{1,64}\}?|\{\{[\w .]{1,64}\}\}"
)

QUOTE = re.compile(r"(?<!\\)[\"']")
# A string of JSON, with the colon before a value, and what is escaped in it. The two characters stay two.
JSON_STRING = re.compile(r'(:\s{0,40})?"((?:[^"\\]|\\.)*+)(?:"|\Z)', re.DOTALL)
# The same of several words, if it is no value.
JSON_COMMAND = re.compile(
    r'(?<!:)(?<!: )()"([ \t]{0,80}[A-Za-z!#/][^"\\\s]{0,64}[ \t](?:[^"\\]|\\.)*+)(?:"|\Z)', re.DOTALL
)
JSON_ESCAPE = re.compile(r"\\[nrt\"]")
ESCAPED = {"\\n": " \n", "\\r": "  ", "\\t": "  "}
PARAMETER = re.compile(r"&(?=\w{1,40}=)")  # the next one in a URL
ADDRESS = re.compile(
    r"\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d{1,5})?|(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}|"
    r"(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?=[0-9a-fA-F:]{0,40}::)[0-9a-fA-F:.]{2,45}(?:/\d{1,3})?"
)
PATH = re.compile(
    r"(?:~|\.{1,2})(?:/[\w@.-]{1,64}){1,16}/?|(?:/[a-z@.][a-z0-9@._-]{0,63}){2,16}/?|/(?:root|etc|home|var|tmp|usr|opt|run)/?|"
    r"[\w./~:-]{1,200}\.(?:key|pem|crt|cer|crl|der|csr|p12|pfx|p7b|jks|conf|cfg|txt|json|ya?ml|xml)"
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]?[\d:.Z+-]{0,30})?|\d{1,2}:\d\d(?::\d\d)?")
# What looks like a word with a number behind it, such as an interface, or like a number with its unit.
LIKE_NAME = re.compile(
    r"[A-Za-z_][A-Za-z_-]{0,60}\d{1,4}(?:[/.:]\d{1,6}){0,4}|\d{1,10}[A-Za-z]{1,5}|0x[0-9a-fA-F]{1,4}"
)
SPECIAL = re.compile(r"[!@#$%^&*+=~`?|]")

ENTRY_OF_KEY = re.compile(rf"=([\w.-]{{1,64}})[ ](?:[^\n]{{0,200}}?[ ])?value={VALUE}")  # RouterOS
NAME_OF_TRAP = re.compile(r"\"[ ]?:[ ]?\"([^\"\n]{1,128})\"")  # NX-OS in JSON
URL_KEY = re.compile(r"[?&]")  # before ``key=`` in a URL
MODULE = re.compile(r"[\"'][\w.-]{1,64}:\Z")  # of YANG, before a name in JSON
# A user and a password as arguments of a program.
OF_PROGRAM = re.compile(
    r"(?:[^\n]{0,200}?[ \t/;|&(])?(?:(?:curl|wget)[ \t][^\n]{0,200}?"
    rf"-(?:u|-user)[ =]?[\"']?[\w.@\\-]{{1,64}}:{VALUE}"
    rf"|(?:lftp|smbclient)[ \t][^\n]{{0,200}}?-[uU] ?[\"']?[\w.@\\-]{{1,64}}[,%]{VALUE}"
    rf"|mysql\w*[ \t][^\n]{{0,200}}?-p{VALUE}|(?:ipmitool|ncftp\w*|docker)[ \t][^\n]{{0,200}}?[ ]-[pP] ?{VALUE}"
    rf"|snmp\w+[ \t][^\n]{{0,200}}?-A[ ]?{VALUE}(?:[^\n]{{0,80}}?-X[ ]?{VALUE})?)"
)
SSHPASS = re.compile(rf"sshpass[ \t]{{1,8}}(?:-[^p\s]\S{{0,64}}[ \t]{{1,8}}){{0,4}}-p[ \t]?{VALUE}")
PASS_OF_OPENSSL = re.compile(r"pass(?:in|out|word)?[ =]pass:([^\s\"']{1,256})")
# Values that are secrets wherever they stand, and what they begin with. The first group is the secret.
_CRYPT = r"[./A-Za-z0-9$=,+-]"
SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "$",
        re.compile(
            rf"(\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|nvsec|aes1|M\$\w{{1,4}}|sha1|sha256|sha512|argon2i?d?|pbkdf2[\w-]{{0,12}}|scrypt|md5)\${_CRYPT}{{8,1000}}"
            r"|\$(?:4|8|9|10|14|1[abcd]|c\$3|h\$6|s\$5)\$[^\s\"';<>,]{4,1000})"
        ),
    ),
    ("{ssha", re.compile(r"(\{SSHA\d{0,3}\}[A-Za-z0-9+/=]{8,512})")),
    ("grub.pbkdf2", re.compile(r"(grub\.pbkdf2\.[\w.]{8,2048})")),
    ("=\t", re.compile(r"(?<![A-Za-z0-9+/])([A-Za-z0-9+/]{43}=)(?=\t[A-Za-z0-9+/]{43}=\t)")),
    ("://", re.compile(r"://[^\s/@:\"'<>]{0,256}:([^\s/@\"'<>]{1,512})@")),
    ("hook", re.compile(r"hooks?(?:\.slack\.com/services|[\w.-]{0,20})/(?=[^\s\"'<>]{0,512}\d)([^\s\"'<>]{20,512})")),
    ("eyj", re.compile(r"(eyJ[\w-]{8,4096}\.eyJ[\w-]{4,8192}(?:\.[\w-]{0,4096})?)")),
    ("bearer ", re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] (?=[\w.~+/-]{0,64}\d)([\w.~+/-]{16,8192}={0,2})")),
    # tokens of GitHub, GitLab and Vault, and the cookie of a session
    ("ghp_", re.compile(r"(ghp_[A-Za-z0-9]{20,255})")),
    ("github_pat_", re.compile(r"(github_pat_\w{20,255})")),
    ("glpat-", re.compile(r"(glpat-[\w-]{16,255})")),
    ("hvs.", re.compile(r"(hvs\.[\w-]{16,1024})")),
    ("cookie: ", re.compile(r"[Cc]ookie: [\w.-]{1,64}=(?=[^\s;\"']{0,512}\d)([^\s;\"']{8,4096})")),
    (" enc ", re.compile(r" ENC ([A-Za-z0-9+/=]{8,8192})")),
    ("-aq==", re.compile(r"(-AQ==[A-Za-z0-9+/=]{8,8192})")),
    # ciphers of VRP
    ("%#", re.compile(r"((%[\^#+]%#)\S{8,600}?\2)")),
    *((mark, re.compile(rf"({re.escape(mark)}\S{{8,600}}?{re.escape(mark)})")) for mark in ("%@%@", "%$%$")),
)
# A user with a password before the name of a server, without ``://``.
USER_AT = re.compile(r"[^\n]{0,200}?[ \t\"'](?!\w{1,10}://)[\w.-]{1,64}:([^\s/@:\"'<>]{1,256})(?=@[\w.\[])")
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
    r"|cfb-?\S{0,8}|128|192|256|hmacsha|hmacmd5|aescfb128|null|cmac-\S{1,20}|cfb128-\S{1,10}|auth-encrypted|"
    r"privacy-encrypted|localized-key"
)
# Authentication and privacy of SNMPv3. The kinds come before and behind the name of the algorithm.
V3 = re.compile(
    r"[ \t]{1,40}(?:auth|authentication|authentication-mode|authentication-protocol|auth-protocol|auth-pass|auth-key|"
    r"priv|privacy|privacy-mode|privacy-protocol|priv-protocol|priv-pass|privacy-encrypted|auth-encrypted|localized-key|"
    r"auth-prot|priv-prot|priv-des|priv-aes\d{0,3}|des-key|aes-128-cfb-key|auth-pass-phrase(?:-hashed)?|"
    r"privacy-pass-phrase(?:-hashed)?|priv-pass-phrase(?:-hashed)?|encryption|SHA|MD5|AES|DES)"
    rf"(?:{BLANKS}(?:{_ALGORITHM}|{KINDS}|engine|hex)){{0,8}}{BLANKS}{VALUE}",
    re.IGNORECASE,
)
PRIVACY = re.compile(r"[ \t]*(?:\Z|[ \t]priv[\w-]{0,20} )")  # behind the secret of an algorithm
V3_LINE = re.compile(r"[ -](?:user|usm)\b", re.IGNORECASE)
NO_V3 = words(
    "auth priv noauth privacy authentication none md5 sha aes des 3des read write notify access v1 v2c v3 group user"
    " acl context remote engineid localized localizedkey network-admin network-operator security-level"
    " authnopriv authpriv trap traps informs version hash hash2 simple cipher encrypted view target usm"
    " security-model match exact prefix context-name"
)
# An algorithm and its key, in other lines about authentication and encryption.
ALGORITHM = re.compile(
    rf"{BLANKS}(?:(?:ah-)?md5|sha\d{{0,3}}|sha-\d{{1,3}}|hmac-\S{{1,20}}|cmac-\S{{1,20}}|aes\S{{0,14}}|des\S{{0,4}}|3des\S{{0,6}}|null|"
    rf"cipher|authenticator|ascii|hex|passphrase)(?:{BLANKS}(?:\d{{1,5}}|{_ALGORITHM}|{KINDS})){{0,8}}{BLANKS}{VALUE}",
    re.IGNORECASE,
)
NO_ALGORITHM = words(
    "key-chain keychain key-string key message-digest key-id timeout text string md5 sha1 ipsec esp null transmit-key "
    "trusted simple authenticator integrity message-digest group prf lifetime sha-1 spi mode"
)
# Another word behind a value: the first one can be a type that is not known.
NEXT = re.compile(rf"{BLANKS}(?:[12]?\d{BLANKS})?{VALUE}")
# A number of a secret, before its type.
AFTER_TYPE = re.compile(r"[ \t]{1,40}\d{1,5} (?:0|7|8a) ")
IN_BLOCK = re.compile(rf"[ \t]{{1,8}}\{{\s{{0,80}}value {VALUE}")  # tmsh
NTP_KEYS = re.compile(r"[\"']\s{0,40}:\s{0,40}\{(?=\s{0,200}\"\d{1,5}\"\s{0,40}:\s{0,40}\{)")
NTP_KEY = re.compile(
    r"[\s,]{0,200}\"\d{1,5}\"\s{0,40}:\s{0,40}\{[^{}]{0,400}?\"value\"\s{0,40}:\s{0,40}\"([^\"\n]{1,128})\"[^{}]{0,400}\}"
)
# The receivers of traps: the community is behind the address and some options.
_TRAP_OPTIONS = (
    r"(?:(?:vrf \S{1,64}|use-vrf \S{1,64}|filter-vrf \S{1,64}|traps?|informs?|version v?(?:1|2c?)|v1|v2c|poll|"
    rf"community|encrypted|clear|0|7|{BROCADE}|(?:udp-)?port \d+|"
    r"(?=[\da-fA-F]{0,4}[.:])[\d.:a-fA-F]{3,45}|timeout \d+|retries \d+)[ \t]{1,40}){0,12}"
    rf"(?!version 3|traps? version 3|informs? version 3){VALUE}"
)
TRAP_HOST = re.compile(
    rf"{PREFIX}(?:no )?snmp-server{BLANKS}host(?:-group)?{BLANKS}(?:\"?[^\s\"]{{1,128}}\"?{BLANKS}){_TRAP_OPTIONS}",
    re.IGNORECASE,
)
# The block of a VRF on IOS-XR, and a line of it.
TRAP_BLOCK = re.compile(r"[-+ \t]{0,40}snmp-server vrf \S{1,64}[ \t]*\n")
TRAP_LINE = re.compile(rf"[-+]?[ \t]{{1,40}}host{BLANKS}\S{{1,128}}{BLANKS}{_TRAP_OPTIONS}")
BEFORE_COMMUNITY = re.compile(
    r"[ \t]{1,40}(?:community|traps?|informs?|"
    r"version(?! v?(?:1|2c)[ \t]*(?:\n|\Z| (?:severity|udp-port|port|use-vrf))))\b(?!-)"
)
NO_HOST = words(
    "vrf use-vrf filter-vrf traps trap informs inform version poll community source-interface udp-port port trap-level"
    " tls ssh retries timeout"
)
TRAP_OF_AGENT = re.compile(rf"{BLANKS}(?:(?:{KINDS}){BLANKS})?{VALUE}(?![^\n]{{0,80}} v3\b)")
RECEIVER = re.compile(
    r"[ \t]*(?:-{8,200}|\S{1,128}[ \t]{1,80}\d{1,5}[ \t]{1,40}v(?:3\b|"
    r"(?:1|2c)[ \t]{1,40}\w{1,20}[ \t]{1,40}\w{1,20}[ \t]{1,40}(\S{1,128})))"
)
TRAP_USER = re.compile(r"(?:[Uu]ser(?: name)?|groupname): ?(?!ILMI )(\S{1,128})[ \t]{1,40}security model: ?v?[12]")
SINK = re.compile(
    r"[ \t]{0,40}(?:(?:ro|rw)(?:community|user)6?|trapcommunity|authcommunity[ \t]{1,20}\S{1,64}|"
    r"(?:trap2?|inform)sink[ \t]{1,20}\S{1,200}|"
    rf"com2sec6?[ \t]{{1,20}}(?:-Cn[ \t]{{1,20}}\S{{1,64}}[ \t]{{1,20}})?"
    rf"\S{{1,64}}[ \t]{{1,20}}\S{{1,128}})[ \t]{{1,20}}{VALUE}"
)
CREATE_USER = re.compile(
    rf"[ \t]{{0,40}}createUser[ \t]{{1,20}}(?:-e \S{{1,80}} )?\S{{1,128}} \S{{1,20}}[ \t]{{1,20}}{VALUE}"
    rf"(?:[ \t]{{1,20}}\S{{1,20}}[ \t]{{1,20}}{VALUE})?"
)
# Blocks in which the community is called otherwise: FortiOS, and the export of RouterOS.
COMMUNITY_BLOCK = re.compile(r"[ \t]*config system snmp community[ \t]*\n|[ \t]*/snmp community[ \t]*\n")
COMMUNITY_NAME = re.compile(rf"[ \t]*+set name {VALUE}|[ \t]*+(?:[^\n]{{0,400}}?{BLANKS})?name={VALUE}")
LINE_OF_BLOCK = re.compile(r"\n[ \t]*+(?:(?:next )?(config|end\b|/)|(?=\S[^\n]{0,400}name))")
# Behind the header of a table: a rule of dashes, or an empty line. Then a row in each line.
TABLE_RULE = re.compile(r"[^\n]{0,200}\n(?:[ \t]{0,40}(?:[-=][-=+| \t]{3,300})?\n)?")
TABLE_HEADER = re.compile(
    r"[ \t]{0,40}[A-Z]\S{0,40}(?: \S{1,40}){0,3}(?:[ \t]{2,80}[A-Z]\S{0,40}(?: \S{1,40}){0,3}){2,20}[ \t]{0,40}\n"
)
# Of RouterOS: each word is a column.
TABLE_OF_WORDS = re.compile(
    r"[ \t]{0,8}#[ \t]{1,8}[A-Z][A-Z0-9-]{0,40}(?:[ \t]{1,80}[A-Z][A-Z0-9-]{0,40}){1,20}[ \t]{0,40}\n"
)
TABLE_GAP = re.compile(r"[ \t]{2,200}|\t")
TABLE_CELL = re.compile(r"(\S{1,512}(?: \S{1,512}){0,8})(?=[ \t]{0,200}(?:\n|\Z)|[ \t]{2}|\t)")
TABLE_LINES = 400
# The communities of RouterOS, as a table and in lines.
COMMUNITY_TABLE = re.compile(r"[ \t]*#[ \t]{1,20}NAME[ \t]{1,80}ADDRESSES")
COMMUNITY_CELL = re.compile(r"(?:[ \t]{0,8}\d{1,6}[ \t*XD]{1,12})(\S{1,128})")
COMMUNITY_TERSE = re.compile(rf"[^\n]{{0,400}}?[ \t]name={VALUE}")
# An authentication text without a name: HSRP, VRRP, GLBP, NHRP.
GROUP_TEXT = re.compile(
    rf"{PREFIX}(?:(?:standby|vrrp|glbp|ip nhrp|ip rip|hsrp|nhrp)\b[^\n]{{0,60}}?)?authentication"
    rf"{BLANKS}(?:text |string |ietf-md5 |md5 |simple )?(?:key-string )?(?:(?:{KINDS}){BLANKS})?{VALUE}"
)
GROUP = re.compile(rf"{PREFIX}(?:standby|vrrp|glbp|ip nhrp|ip rip|hsrp|nhrp|authentication text)\b")
# Comware and VRP.
HMAC = re.compile(rf"{BLANKS}mode hmac-sha-\d{{1,3}}{BLANKS}(?:[0678] )?{VALUE}")  # EIGRP
MODE = re.compile(
    r"[ \t]{1,40}(?:md5|simple|plain|hmac-\S{1,20}|sm3|keyed-\S{1,12}|sha\S{0,8})"
    r"(?:[ \t]{1,40}(?:\d{1,5}|usual|nonstandard|rfc2453|rfc2082|"
    rf"ip|osi|{KINDS})){{0,8}}{BLANKS}{VALUE}"
)
AUTHORIZATION = re.compile(
    r"[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?(?:bearer|basic|digest|token|apikey|negotiate)"
    r"[ \t]{1,40}([\w.~+/=-]{6,8192})",
    re.IGNORECASE,
)
# Secrets that are arguments.
IMPORT = re.compile(
    rf"[ \t]*crypto (?:pki|ca|key) (?:import|export) [^\n]{{0,200}}?"
    rf"(?:terminal|pkcs12(?: \S{{1,200}})?|password)(?: (?:aes|des|3des))?{BLANKS}{VALUE}[ \t]*(?:\n|\Z)"
)
CONFIG_KEY = re.compile(rf"{BLANKS}(?:password-encrypt(?:ion)?|ascii){BLANKS}{VALUE}")
