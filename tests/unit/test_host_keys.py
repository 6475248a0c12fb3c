# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions on host keys, the writer of known_hosts, and the comparison of a whole fleet."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import multiprocessing
import os
import shlex
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncssh
import pytest

from ansible_collections.rollcall.network.plugins.module_utils import _known_hosts
from ansible_collections.rollcall.network.plugins.module_utils._device import Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._known_hosts import KnownHosts, Verdict
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError, Error
from ansible_collections.rollcall.network.plugins.module_utils._transport import host_keys
from ansible_collections.rollcall.network.plugins.module_utils._transport.host_keys import NewKey, append, remove
from ansible_collections.rollcall.network.plugins.plugin_utils import _host_keys as fleet

REFUSED = asyncssh.HostKeyNotVerifiable("Host key is not trusted for host r1")
needs_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


def blob(seed: int, key_type: str = "ssh-ed25519") -> bytes:
    """A key in the SSH wire format: nothing here looks behind its type."""
    name = key_type.encode()
    return len(name).to_bytes(4, "big") + name + (32).to_bytes(4, "big") + hashlib.sha256(b"%d" % seed).digest()


def line(names: str, key: bytes) -> str:
    return f"{names} {key[4 : 4 + key[3]].decode()} {base64.b64encode(key).decode()}"


def hashed(name: str, salt: bytes = b"12345678901234567890") -> str:
    digest = hmac.digest(salt, name.encode(), "sha1")
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def count_hmacs(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return a list to which each HMAC from now on adds an item."""
    done: list[bytes] = []
    digest = hmac.digest

    def counted(key: bytes, message: bytes, name: str) -> bytes:
        done.append(key)
        return digest(key, message, name)

    monkeypatch.setattr(hmac, "digest", counted)
    return done


def presented(key: bytes) -> Any:
    """As much of asyncssh's key as is used."""
    return SimpleNamespace(public_data=key)


def sha256(key: bytes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


A, B, RSA, EC = blob(1), blob(2), blob(3, "ssh-rsa"), blob(4, "ecdsa-sha2-nistp256")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(host_keys, "_accepted", {})
    return tmp_path / "known_hosts"


def device(file: Path, **fields: Any) -> Device:
    return Device(**{"name": "r1", "host": "192.0.2.1", "known_hosts": (str(file),), **fields})


def refusal(login: Device | Hop, key: bytes) -> DeviceError:
    keys = host_keys.known(login)
    assert not keys.validate_host_public_key(login.host, login.host, login.port, presented(key))
    keys.again(REFUSED)
    return keys.refusal(login.host, login.port, presented(key))


# -- files ---------------------------------------------------------------------------------------------------------


def test_a_file_is_read_once_and_again_when_it_changes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    read = _known_hosts._File.read

    def counted(self: _known_hosts._File, text: str) -> None:
        opened.append(self.path)
        read(self, text)

    monkeypatch.setattr(_known_hosts._File, "read", counted)
    file.write_text(line("192.0.2.1", A) + "\n")
    for _device in range(50):
        assert host_keys.known(device(file)).check(A) is Verdict.MATCH
    assert opened == [str(file)]
    file.write_text(line("192.0.2.1", B) + "\n" + line("192.0.2.2", A) + "\n")
    assert host_keys.known(device(file)).check(A) is Verdict.CHANGED
    assert opened == [str(file)] * 2


@pytest.mark.parametrize("form", [str, hashed])
def test_ten_thousand_entries_cost_nothing_per_device(file: Path, form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The known key of a device is found with one HMAC at most, not with one for each line."""
    file.write_text("".join(line(form(f"[r{number}]:830"), blob(number)) + "\n" for number in range(10_000)))
    KnownHosts.load([str(file)])
    hmacs = count_hmacs(monkeypatch)
    for number in range(0, 10_000, 100):
        keys = host_keys.known(device(file, host=f"r{number}", port=830))
        assert keys.trusted(f"r{number}", "192.0.2.1", 830) == ([], [], [])
        assert keys.server_host_key_algs()[0] == "ssh-ed25519"
        assert keys.validate_host_public_key("", "", 830, presented(blob(number)))
    assert len(hmacs) <= 100


def test_an_unknown_host_costs_one_scan_of_hashed_lines(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("".join(line(hashed(f"r{number}"), blob(number)) + "\n" for number in range(1000)))
    hmacs = count_hmacs(monkeypatch)
    assert refusal(device(file, host="other"), A).error.kind == "host_key_unknown"
    assert len(hmacs) <= 1010


def test_an_old_version_of_a_file_is_not_kept(file: Path) -> None:
    for number in range(5):
        file.write_text("".join(line(f"r{each}", A) + "\n" for each in range(number)))
        host_keys.known(device(file))
    assert [path for path in _known_hosts._files if path == str(file)] == [str(file)]
    assert len(_known_hosts._files) <= _known_hosts._MOST_FILES


# -- algorithms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ([], "ssh-ed25519"),
        ([line("192.0.2.1", RSA)], "rsa-sha2-512"),
        ([line("192.0.2.1", EC), line("192.0.2.1", RSA)], "ecdsa-sha2-nistp256"),
        ([line("192.0.2.*", RSA)], "rsa-sha2-512"),
        ([line("[192.0.2.1]:830", RSA)], "ssh-ed25519"),
        (["@revoked " + line("192.0.2.1", RSA)], "ssh-ed25519"),
        (["@cert-authority " + line("192.0.2.1", RSA)], "ssh-ed25519-cert-v01@openssh.com"),
        (["@cert-authority *.example " + line("", RSA).strip()], "ssh-ed25519"),
    ],
)
def test_the_known_key_types_are_offered_first(file: Path, lines: list[str], first: str) -> None:
    file.write_text("\n".join(lines) + "\n")
    offered = host_keys.known(device(file)).server_host_key_algs()
    assert offered[0] == first
    assert {"ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"} <= set(offered)
    assert any("cert" in each for each in offered) is first.endswith("-cert-v01@openssh.com")


def test_old_algorithms_are_offered_last_and_not_without_legacy_ssh(file: Path) -> None:
    assert host_keys.known(device(file)).server_host_key_algs()[-2:] == ["ssh-rsa", "ssh-dss"]
    modern = host_keys.known(device(file, legacy_ssh=False)).server_host_key_algs()
    assert not {"ssh-rsa", "ssh-dss"} & set(modern)
    assert "rsa-sha2-256" in modern


# -- errors --------------------------------------------------------------------------------------------------------


def test_an_unknown_key_has_its_fingerprint_and_the_command_that_learns_it(file: Path) -> None:
    error = refusal(device(file, port=830), A)
    assert (error.status, error.error.phase, error.error.kind) == ("unreachable", "connect", "host_key_unknown")
    assert f"{file} does not exist" in str(error)
    assert f"presented ssh-ed25519 {sha256(A)}; known: none." in str(error)
    assert str(error).endswith("add the key: ansible-playbook rollcall.network.host_keys --limit r1")


def test_a_changed_key_has_both_fingerprints_and_the_command_that_removes_the_old_one(file: Path) -> None:
    file.write_text(line("[192.0.2.1]:830", RSA) + "\n" + line("[192.0.2.1]:830", B) + "\n")
    error = refusal(device(file, port=830), A)
    assert error.error.kind == "host_key_changed"
    assert f"presented ssh-ed25519 {sha256(A)}; known: ssh-rsa {sha256(RSA)}, ssh-ed25519 {sha256(B)}." in str(error)
    playbook = "ansible-playbook rollcall.network.host_keys --limit r1 -e rollcall_replace_host_keys=r1"
    removal = f"ssh-keygen -R '[192.0.2.1]:830' -f {file}"
    assert str(error).endswith(f"was replaced, replace its key: {playbook}, or remove the old key: {removal}")


def test_a_revoked_key_has_its_fingerprint_file_and_line(file: Path) -> None:
    file.write_text(f"\n@revoked {line('*', A)}\n{line('192.0.2.1', A)}\n{line('192.0.2.1', B)}\n")
    error = refusal(device(file), A)
    assert error.error.kind == "host_key_revoked"
    assert f"marked as revoked in {file} line 2" in str(error)
    for key in (A, B):
        assert sha256(key) in str(error)


def test_a_key_in_a_line_for_several_hosts_is_corrected_by_hand(file: Path) -> None:
    file.write_text(line("192.0.2.*", B) + "\n")
    assert str(refusal(device(file), A)).endswith(f"correct line 1 of {file}, which is for several hosts")


def test_a_line_that_cannot_be_read_is_named_where_the_key_is_unknown(file: Path) -> None:
    file.write_text("192.0.2.1 ssh-ed25519 ???\n")
    assert f"Lines were skipped, the first is {file}:1: " in str(refusal(device(file), A))


def test_the_key_of_a_bastion_is_learned_with_the_devices_behind_it(file: Path) -> None:
    hop = Hop("gate", host="192.0.2.9", port=2222, known_hosts=(str(file),))
    assert str(refusal(hop, A)).endswith("add the key: ansible-playbook rollcall.network.host_keys")


def test_the_command_has_the_inventories_of_the_run(tmp_path: Path, file: Path) -> None:
    odd = "/srv/a b;$(id)/lab.yml"
    playbook = f"ansible-playbook rollcall.network.host_keys -i '{odd}' -i r1,"
    sources = {"inventory_sources": (odd, "r1,")}
    assert str(refusal(device(file, **sources), A)).endswith(f"add the key: {playbook} --limit r1")
    hop = Hop("gate", host="192.0.2.9", known_hosts=(str(file),), **sources)  # type: ignore[arg-type]
    assert str(refusal(hop, A)).endswith(f"add the key: {playbook}")
    file.write_text(line("192.0.2.1", B) + "\n")
    replacement = f"{playbook} --limit r1 -e rollcall_replace_host_keys=r1"
    assert f"replace its key: {replacement}, or" in str(refusal(device(file, **sources), A))
    assert Device.from_dict(json.loads(json.dumps(device(file, **sources).as_dict()))) == device(file, **sources)


@pytest.mark.parametrize("name", ["r1; reboot", "$(id)", "r'1", "a\nb", "-x", "all", "r1,r2", "*", "é"])
def test_names_are_quoted_for_a_shell_and_match_one_host_only(tmp_path: Path, file: Path, name: str) -> None:
    command = str(refusal(device(file, name=name), A)).rpartition("add the key: ")[2]
    assert "\n" not in command
    words = shlex.split(command)
    assert words[:3] == ["ansible-playbook", "rollcall.network.host_keys", "--limit"]
    assert len(words) == 4
    odd = tmp_path / "a b;c'd"
    odd.write_text(line("192.0.2.1", B) + "\n")
    removal = shlex.split(str(refusal(device(odd), A)).rpartition("remove the old key: ")[2])
    assert removal == ["ssh-keygen", "-R", "192.0.2.1", "-f", str(odd)]


def test_without_host_key_checking_every_key_is_accepted(file: Path) -> None:
    file.write_text(line("192.0.2.1", B) + "\n@revoked " + line("*", A) + "\n@cert-authority " + line("*", RSA) + "\n")
    keys = host_keys.known(device(file, host_key_checking=False))
    assert keys.known_hosts is None
    assert keys.validate_host_public_key("", "", 22, presented(A))
    assert keys.validate_host_ca_key("", "", 22, presented(A))
    assert keys.learned() is None


@pytest.mark.parametrize(
    ("host", "port", "names", "verdict"),
    [
        ("r1", 22, "sw", Verdict.MATCH),
        ("r1", 830, "sw", Verdict.MATCH),
        ("r1", 830, "[sw]:830", Verdict.UNKNOWN),
        ("r1", 22, "r1", Verdict.UNKNOWN),
    ],
)
def test_a_host_key_alias_replaces_host_and_port(file: Path, host: str, port: int, names: str, verdict: Any) -> None:
    file.write_text(line(names, A) + "\n")
    login = device(file, host=host, port=port, ssh_options=(("hostkeyalias", "sw"), ("hostkeyalias", "second")))
    assert host_keys.known(login).check(A) is verdict


@pytest.mark.parametrize(
    ("host", "names", "port"),
    [
        ("::1", "::1", 22),
        ("[::1]", "::1", 22),
        ("0:0:0:0:0:0:0:1", "::1", 22),
        ("2001:DB8::0001", "[2001:db8::1]:830", 830),
        ("fe80::1%eth0", "fe80::1%eth0", 22),
    ],
)
def test_ipv6_addresses_are_looked_up_as_openssh_writes_them(file: Path, host: str, names: str, port: int) -> None:
    file.write_text(line(names, A) + "\n")
    assert host_keys.known(device(file, host=host, port=port)).check(A) is Verdict.MATCH


def test_a_certificate_that_was_not_asked_for_is_refused(file: Path) -> None:
    """After a certificate that is not valid, the plain key is asked for. A hostile server may ignore that."""
    ca, revoked = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    lines = (
        f"{marker} * {key.export_public_key().decode()}"
        for marker, key in (("@cert-authority", ca), ("@revoked", revoked))
    )
    file.write_text("".join(lines) + line("192.0.2.1", A) + "\n")
    keys = host_keys.known(device(file))
    assert keys.validate_host_ca_key("", "", 22, ca)
    assert keys.again(asyncssh.HostKeyNotVerifiable("Certificate expired for host 192.0.2.1"))
    assert not any("cert" in each for each in keys.server_host_key_algs())
    assert keys.trusted("", "", None)[2] == [revoked.convert_to_public()]
    assert not keys.validate_host_ca_key("", "", 22, ca)
    assert not keys.again(REFUSED)
    assert keys.refusal().error.kind == "host_key_unknown"


# -- new keys ------------------------------------------------------------------------------------------------------


def accepting(file: Path, **fields: Any) -> host_keys.HostKeys:
    return host_keys.known(device(file, accept_new_host_keys=True, **fields))


def accepts(keys: host_keys.HostKeys, key: bytes) -> bool:
    return keys.validate_host_public_key("", "", 0, presented(key))


def test_a_new_key_is_accepted_and_handed_over_once(file: Path) -> None:
    keys = accepting(file, port=830)
    assert accepts(keys, A)
    assert keys.learned() == NewKey("192.0.2.1", 830, line("[192.0.2.1]:830", A), str(file))
    assert keys.learned() is None
    again = accepting(file, port=830)
    assert again.server_host_key_algs()[0] == "ssh-ed25519"
    assert accepts(again, A)
    assert again.learned() is None


def test_a_new_key_is_remembered_for_the_rest_of_the_run(file: Path) -> None:
    keys = accepting(file)
    assert accepts(keys, RSA)
    keys.learned()
    later = accepting(file)
    assert later.server_host_key_algs()[0] == "rsa-sha2-512"
    assert not accepts(later, A)
    error = later.refusal(key=presented(A))
    assert error.error.kind == "host_key_changed"
    assert f"presented ssh-ed25519 {sha256(A)}; known: ssh-rsa {sha256(RSA)}" in str(error)
    assert accepts(accepting(file, host="192.0.2.2"), A)


def test_a_key_whose_server_did_not_prove_it_is_not_remembered(file: Path) -> None:
    assert accepts(accepting(file), A)
    assert accepts(accepting(file), B)


@pytest.mark.parametrize("lines", [line("192.0.2.1", B), line(hashed("192.0.2.1"), B), line("192.0.2.1", RSA)])
def test_a_changed_key_is_an_error_with_accept_new_too(file: Path, lines: str) -> None:
    file.write_text(lines + "\n")
    keys = accepting(file)
    assert not accepts(keys, A)
    assert keys.learned() is None
    assert keys.refusal(key=presented(A)).error.kind == "host_key_changed"


def test_a_revoked_key_is_an_error_with_accept_new_too(file: Path) -> None:
    file.write_text("@revoked " + line("*", A) + "\n")
    assert not accepts(accepting(file), A)


@pytest.mark.parametrize("host", ["*", "a,b", "a b", "r?", "!x", "#x", "@revoked", "|1|x|y", "a\nb", "", 'a"b'])
def test_a_name_that_would_be_a_pattern_is_never_learned(file: Path, host: str) -> None:
    keys = accepting(file, host=host)
    assert not accepts(keys, A)
    assert keys.learned() is None
    assert keys.name is None


# -- the writer ----------------------------------------------------------------------------------------------------


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_append_creates_file_and_folder_for_the_user_only(tmp_path: Path) -> None:
    path = tmp_path / "home" / ".ssh" / "known_hosts"
    old = os.umask(0)
    try:
        assert append(str(path), [line("r1", A)]) == [line("r1", A)]
    finally:
        os.umask(old)
    assert path.read_text() == line("r1", A) + "\n"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert [each.name for each in path.parent.iterdir()] == ["known_hosts"]


def test_append_expands_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    append("~/.ssh/known_hosts", [line("r1", A)])
    assert (tmp_path / ".ssh" / "known_hosts").exists()


@pytest.mark.parametrize("before", [b"", b"# mine\n\xff r9 \r\n", b"no end of line", line("r9", B).encode() + b"\n\n"])
def test_append_leaves_existing_lines_as_they_are(file: Path, before: bytes) -> None:
    file.write_bytes(before)
    append(str(file), [line("r1", A), line("r2", B)])
    added = f"{line('r1', A)}\n{line('r2', B)}\n".encode()
    assert file.read_bytes() == before + (b"" if not before or before.endswith(b"\n") else b"\n") + added


@pytest.mark.parametrize(
    ("before", "new", "expected"),
    [
        (line("r1", A), line("r1", A), False),
        (line("R1", A), line("r1", A), False),
        (line("r9,r1", A) + " comment", line("r1", A), False),
        (line(hashed("[r1]:830"), A), line("[r1]:830", A), False),
        (line("r*", A), line("r1", A), False),
        ("@revoked " + line("r1", A), line("r1", A), False),
        (line("r1", A), line("r1", RSA), True),
        (line("r1", A), line("[r1]:830", A), True),
        ("@cert-authority " + line("r1", A), line("r1", A), True),
        ("# " + line("r1", A), line("r1", A), True),
    ],
)
def test_append_never_adds_what_the_file_has(file: Path, before: str, new: str, expected: bool) -> None:
    file.write_text(before + "\n")
    assert append(str(file), [new, new]) == ([new] if expected else [])
    assert file.read_text() == f"{before}\n{new}\n" if expected else f"{before}\n"


def test_append_does_not_touch_a_file_that_has_all(file: Path) -> None:
    file.write_text(line("r1", A) + "\n")
    before = file.stat()
    append(str(file), [line("r1", A)])
    append(str(file), [])
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_append_replaces_the_file_at_once_and_keeps_its_mode(file: Path) -> None:
    file.write_text(line("r9", B) + "\n")
    file.chmod(0o644)
    with file.open() as reader:
        append(str(file), [line("r1", A)])
        assert reader.read() == line("r9", B) + "\n"  # who has it open reads the old content to its end
    assert mode(file) == 0o644
    assert os.listdir(file.parent) == ["known_hosts"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a file to another user")
def test_append_keeps_the_owner(file: Path) -> None:
    file.write_text("")
    os.chown(file, 12345, 54321)
    append(str(file), [line("r1", A)])
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 54321)


def test_append_follows_the_link_of_the_user(tmp_path: Path, file: Path) -> None:
    target = tmp_path / "elsewhere" / "hosts"
    target.parent.mkdir()
    target.write_text(line("r9", B) + "\n")
    file.symlink_to("elsewhere/hosts")
    append(str(file), [line("r1", A)])
    assert file.is_symlink()
    assert target.read_text() == f"{line('r9', B)}\n{line('r1', A)}\n"


def test_append_and_remove_write_nothing_to_what_is_no_file(file: Path) -> None:
    """The usual case is /dev/null. A pipe takes its place here: root would replace the real one if this fails."""
    os.mkfifo(file)
    assert append(str(file), [line("r1", A)]) == []
    remove(str(file), ["r1"])
    assert stat.S_ISFIFO(file.stat().st_mode)


def test_append_in_a_folder_that_takes_no_new_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a file that is mounted into a container, or one in a folder of root."""

    def refuse(*_given: Any, **_named: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    file.write_text(line("r9", B) + "\n")
    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    append(str(file), [line("r1", A)])
    assert file.read_text() == f"{line('r9', B)}\n{line('r1', A)}\n"


def test_append_keeps_a_line_that_ssh_added_meanwhile(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSH does not lock the file."""
    file.write_text(line("r9", B) + "\n")
    copystat = shutil.copystat

    def meanwhile(source: str, target: str) -> None:
        if "r8" not in file.read_text():
            with file.open("a") as opened:
                opened.write(line("r8", B) + "\n")
        copystat(source, target)

    monkeypatch.setattr(shutil, "copystat", meanwhile)
    append(str(file), [line("r1", A)])
    assert file.read_text() == f"{line('r9', B)}\n{line('r8', B)}\n{line('r1', A)}\n"


def _append_many(path: str, number: int) -> None:
    for batch in range(5):
        append(path, [line(f"r{number}-{batch}-{each}", blob(each)) for each in range(20)] + [line("all", A)])


def test_append_from_several_processes_loses_and_repeats_nothing(file: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_append_many, args=(str(file), number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    lines = file.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 4 * 5 * 20 + 1
    assert not KnownHosts.load([str(file)]).problems


def test_append_takes_thousands_of_lines_to_a_hashed_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost grows with the number of lines, not with its square."""
    file.write_text("".join(line(hashed(f"r{number}"), blob(number)) + "\n" for number in range(2000)))
    new = [line(f"r{number}", blob(number)) for number in range(4000)]
    hmacs = count_hmacs(monkeypatch)
    assert append(str(file), new) == new[2000:]
    assert len(hmacs) <= 4000


@pytest.mark.parametrize(
    ("before", "names", "after"),
    [
        ([line("r1", A), line("r2", B)], ["r1"], [line("r2", B)]),
        ([line("r1,r2", A)], ["R1"], [line("r2", A)]),
        ([line(hashed("[r1]:830"), A), line(hashed("r2"), B)], ["[r1]:830"], [line(hashed("r2"), B)]),
        ([line("r*", A), "# r1", "@revoked " + line("r1", A)], ["r1"], None),
        ([line("[r1]:830", A)], ["r1"], None),
        ([line("r1", A), line("r1", RSA), ""], ["r1"], [""]),
        ([line("r1", A)], [], None),
    ],
)
def test_remove(file: Path, before: list[str], names: list[str], after: list[str] | None) -> None:
    file.write_text("".join(f"{each}\n" for each in before))
    remove(str(file), names)
    assert file.read_text() == "".join(f"{each}\n" for each in (before if after is None else after))


@needs_keygen
def test_what_was_written_is_found_by_ssh_keygen(file: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    keys = accepting(file, host="2001:DB8::0001", port=830)
    assert keys.validate_host_public_key("", "", 830, key)
    new = keys.learned()
    assert new is not None
    append(new.file, [new.line])
    found = subprocess.run(
        ["ssh-keygen", "-l", "-F", "[2001:db8::1]:830", "-f", str(file)], capture_output=True, text=True, check=True
    )
    assert key.get_fingerprint() in found.stdout


# -- a fleet -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "keys", "state"),
    [
        ([], [A, RSA], "new"),
        ([line("192.0.2.1", A)], [A], "known"),
        ([line("192.0.2.1", A)], [A, RSA], "known"),
        ([line("192.0.2.1", A), line("192.0.2.1", RSA)], [A, blob(9, "ssh-rsa")], "changed"),
        ([line("192.0.2.1", B)], [A], "changed"),
        ([line("192.0.2.1", RSA)], [A], "changed"),
        ([line(hashed("192.0.2.1"), RSA)], [RSA, A], "known"),
        (["@revoked " + line("*", RSA), line("192.0.2.1", A)], [A, RSA], "revoked"),
        (["@cert-authority " + line("192.0.2.*", B)], [A], "authority"),
        (["@cert-authority " + line("192.0.2.*", B), line("192.0.2.1", A)], [A], "known"),
    ],
)
def test_the_keys_of_a_device_are_compared(file: Path, lines: list[str], keys: list[bytes], state: str) -> None:
    file.write_text("".join(f"{each}\n" for each in lines))
    found = fleet.compare(device(file), keys)
    assert found["state"] == state
    assert bool(found["known"]) is (state == "changed")


def test_known_devices_are_compared_without_a_scan_of_hashed_lines(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("".join(line(hashed(f"r{number}"), blob(number)) + "\n" for number in range(1000)))
    hmacs = count_hmacs(monkeypatch)
    for number in range(0, 1000, 10):
        assert fleet.compare(device(file, host=f"r{number}"), [blob(number)])["state"] == "known"
    assert len(hmacs) <= 100


def a_fleet(file: Path) -> dict[str, Any]:
    file.write_text(f"{line('192.0.2.2', A)}\n{line('192.0.2.3,r3', B)}\n{line('192.0.2.4*', B)}\n")
    keys = {"r1": A, "r2": A, "r3": RSA, "r4": RSA}
    devices: dict[str, Device | Error] = {
        name: device(file, name=name, host=f"192.0.2.{number}") for number, name in enumerate(keys, start=1)
    }
    devices["r5"] = device(file, name="r5", host="192.0.2.5")
    devices["r6"] = Error("resolve", "unknown_host", "'r6' is not in the inventory")

    def ask(asked: Any, _limits: Any) -> dict[str, Any]:
        return {name: answer(name, each) for name, each in asked.items()}

    def answer(name: str, asked: Device | Error) -> dict[str, Any]:
        if isinstance(asked, Error):
            return {"status": "failed", "error": asked.as_dict(), "value": None}
        if name not in keys:
            error = Error("connect", "TimeoutError", f"{asked.host} port 22 is silent")
            return {"status": "unreachable", "error": error.as_dict(), "value": None}
        return {"status": "ok", "error": None, "value": [keys[name]]}

    return fleet.collect_keys(devices, ask)


def test_each_bastion_has_its_own_name_and_is_asked_once(file: Path) -> None:
    """Bastions that are hosts of the inventory, and addresses, some with the name of a host or of one another."""
    gate, same, other = (Hop("gate", "192.0.2.7", port) for port in (22, 2022, 2023))
    r1, mine = Hop("r1", "192.0.2.8"), Hop("r2", "192.0.2.2")
    chains = [(gate,), (gate, same), (mine,), (same,), (other,), (r1,)]
    devices = {f"r{n}": device(file, name=f"r{n}", host=f"192.0.2.{n}", hops=chain) for n, chain in enumerate(chains)}
    devices["r2"] = device(file, name="r2", host="192.0.2.2")
    asked: dict[str, Any] = {}

    def ask(all_: Any, _limits: Any) -> dict[str, Any]:
        asked.update(all_)
        error = Error("connect", "timeout", "silent").as_dict()
        return {name: {"status": "timeout", "error": error, "value": None} for name in all_}

    found = fleet.collect_keys(devices, ask)
    hops = {name: (each.host, each.port, each.hops) for name, each in asked.items() if name not in devices}
    assert hops == {
        "gate": ("192.0.2.7", 22, ()),
        "gate:2022": ("192.0.2.7", 2022, (gate,)),
        "r1:22": ("192.0.2.8", 22, ()),
        "gate:2022 through no other": ("192.0.2.7", 2022, ()),
        "gate:2023": ("192.0.2.7", 2023, ()),
    }
    assert list(found) == [*hops, *devices]


def test_every_name_of_a_fleet_has_one_state(file: Path) -> None:
    found = a_fleet(file)
    states = {name: each["state"] for name, each in found.items()}
    assert states == {
        "r1": "new",
        "r2": "known",
        "r3": "changed",
        "r4": "changed",
        "r5": "unreached",
        "r6": "unreached",
    }
    assert fleet.summary(found)["total"] == 6
    assert fleet.summary(found)["changed"] == 2
    assert fleet.shared_keys(found) == {sha256(A): ["r1", "r2"], sha256(RSA): ["r3", "r4"]}


def test_the_fingerprints_of_a_fleet_are_shown_in_groups(file: Path) -> None:
    assert list(fleet.lines_of(a_fleet(file))) == [
        "new: no key is known (1)",
        "  r1 (192.0.2.1 port 22)",
        f"    ssh-ed25519 {sha256(A)}",
        "CHANGED: another key than the known one (2)",
        "  r3 (192.0.2.3 port 22)",
        f"    ssh-rsa {sha256(RSA)}",
        f"    known: ssh-ed25519 {sha256(B)}",
        "  r4 (192.0.2.4 port 22)",
        f"    ssh-rsa {sha256(RSA)}",
        f"    known: ssh-ed25519 {sha256(B)}",
        "not reached (2)",
        "  192.0.2.5 port 22 is silent: r5",
        "  'r6' is not in the inventory: r6",
        "known (1)",
        "2 devices have the same key, and each should have its own: r1, r2",
        f"    {sha256(A)}",
        "2 devices have the same key, and each should have its own: r3, r4",
        f"    {sha256(RSA)}",
    ]


@pytest.mark.parametrize(
    ("new", "replace", "written"), [(True, [], ["r1"]), (False, ["r3"], ["r3"]), (True, ["r3"], ["r1", "r3"])]
)
def test_new_keys_are_written_and_changed_ones_only_by_name(
    file: Path, new: bool, replace: list[str], written: list[str]
) -> None:
    found = a_fleet(file)
    before = file.read_text()
    assert fleet.write(found, new=new, replace=replace, really=False)["written"] == written
    assert file.read_text() == before
    assert fleet.write(found, new=new, replace=replace) == {
        "written": written,
        "replaced": replace,
        "files": {str(file): len(written)},
    }
    lines = file.read_text().splitlines()
    assert (line("192.0.2.1", A) in lines) is ("r1" in written)
    assert (line("192.0.2.3", RSA) in lines) is ("r3" in written)
    assert (line("r3", B) in lines) is ("r3" in written)
    assert fleet.write(found, new=new, replace=[])["files"] == ({str(file): 0} if new else {})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("r1", "no key is known; to write new keys, set rollcall_accept_host_keys to true"),
        ("r2", "it has not changed"),
        ("r4", "in a line for several hosts"),
        ("r5", "the device was not reached"),
        ("r9", "it is not one of the hosts that were asked"),
    ],
)
def test_nothing_is_written_if_a_named_key_cannot_be_replaced(file: Path, name: str, reason: str) -> None:
    found = a_fleet(file)
    before = file.read_text()
    with pytest.raises(ValueError, match=reason):
        fleet.write(found, new=True, replace=["r3", name])
    assert file.read_text() == before
