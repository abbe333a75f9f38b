# SPDX-License-Identifier: BSD-2-Clause
"""Our RADIUS client against a real FreeRADIUS, with the lab's configuration,
on loopback: no root, no lab."""

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2]
STAGE = Path(os.environ.get("LAB_STAGE", SRC / "build-lab" / "stage"))
PROBE = os.environ.get("RADIUS_PROBE",
                       STAGE.parent / "build" / "radius" / "radius-probe")
SERVER = shutil.which("freeradius", path="/usr/sbin:/usr/bin")


def udp_socket():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    return s


class Radius:
    """A FreeRADIUS on two ports that were free."""

    def __init__(self, directory):
        self.dir = directory / "raddb"
        shutil.copytree(SRC / "lab" / "freeradius", self.dir)
        with udp_socket() as a, udp_socket() as b:
            self.auth, self.acct = a.getsockname()[1], b.getsockname()[1]
        conf = self.dir / "radiusd.conf"
        text = conf.read_text()
        for old, new in ((1812, self.auth), (1813, self.acct)):
            text = re.sub(rf"port = {old}\b", f"port = {new}", text)
        conf.write_text(text)
        self.log = directory / "freeradius.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [SERVER, "-f", "-l", "stdout", "-d", self.dir],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "RADDB": str(self.dir)})
        end = time.monotonic() + 60
        while "Ready to process requests" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.02)
        self.secret = directory / "secret"
        self.secret.write_text("lab-radius-secret\n")

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def probe(self, *what, password="", first=(), secret=None, ms=1000):
        """Exit status and lines of radius-probe, which waits ms for each
        answer."""
        servers = [*first, f"127.0.0.1:{self.auth}:{self.acct}"]
        done = subprocess.run(
            [PROBE, "-D", SRC / "etc" / "radius" / "dictionary", "-m",
             "-t", str(ms), "-k", secret or self.secret,
             *(a for s in servers for a in ("-s", s)), *what],
            input=password + "\n", text=True, capture_output=True,
            check=False, timeout=120)
        return done.returncode, done.stdout.splitlines()


@pytest.fixture(scope="module")
def radius(tmp_path_factory):
    assert SERVER, "freeradius is not installed"
    server = Radius(tmp_path_factory.mktemp("radius"))
    yield server
    server.stop()


@pytest.mark.parametrize("method", ("pap", "chap"))
def test_right_and_wrong_password(radius, method):
    status, lines = radius.probe(method, "alice@example.net",
                                 password="secret-alice")
    assert status == 0 and lines[0] == "accepted"
    assert "Filter-Id = netmip4:unique" in lines
    status, lines = radius.probe(method, "alice@example.net",
                                 password="secret-bob")
    assert status == 1 and lines[0] == "rejected"
    assert "Filter-Id = netmip4:unique" not in lines


def test_long_password_is_hidden_in_blocks(radius):
    with open(radius.dir / "users", encoding="ascii") as f:
        assert "secret-dave" in f.read()
    assert radius.probe("pap", "dave@example.net",
                        password="secret-dave" + 100 * "x")[0] == 1


def test_vendor_and_ipv6_attributes(radius):
    status, lines = radius.probe("pap", "dave@example.net",
                                 password="secret-dave")
    assert status == 0
    assert "3GPP2-Home-Agent-IP-Address = 198.51.100.1" in lines
    assert "DNS-Server-IPv6-Address = 2001:db8:ffff::53" in lines
    assert "Session-Timeout = 7200" in lines
    assert any(li.startswith("Framed-Interface-Id = ") for li in lines)
    assert sum(li.startswith("Class = ") for li in lines) == 2


@pytest.mark.parametrize("user, said", (
    ("frank", "SPI 512, 20 bytes"), ("grace", "SPI 513, 21 bytes"),
    ("heidi", "3GPP2-MN-HA-Shared-Key: shorter than 16 bytes"),
    ("alice", None)), ids=("3gpp2", "wimax", "short", "none"))
def test_keys(radius, user, said):
    """As 3GPP2 and WiMAX write them, by a server that is not ours; the same
    when a home agent asks, who has no password."""
    answers = (radius.probe("chap", f"{user}@example.net",
                            password=f"secret-{user}"),
               radius.probe("lookup", f"{user}@example.net"))
    for status, lines in answers:
        assert status == 0
        keys = [li for li in lines if li.startswith("MN-HA key: ")]
        assert keys == ([f"MN-HA key: {said}"] if said else [])
        assert not any("frank-and" in li or "Key = " in li for li in lines)


def test_lookup_of_nobody(radius):
    status, lines = radius.probe("lookup", "nobody@example.net")
    assert status == 1 and lines[0] == "rejected"


@pytest.mark.parametrize("kind, name", (
    ("start", "Start"), ("interim", "Interim-Update"), ("stop", "Stop")))
def test_accounting_arrives(radius, kind, name):
    status, _ = radius.probe(
        kind, "alice@example.net", f"Acct-Session-Id = session-{kind}",
        "Framed-IPv6-Prefix = 2001:db8:100:2::/64",
        "Framed-IPv6-Address = 2001:db8:100:2::7",
        "3GPP2-Home-Agent-IP-Address = 198.51.100.1", ms=20000)
    assert status == 0
    record = [r for r in (radius.dir / "detail").read_text().split("\n\n")
              if f'"session-{kind}"' in r]
    assert len(record) == 1
    for line in (f"Acct-Status-Type = {name}",
                 "Framed-IPv6-Prefix = 2001:db8:100:2::/64",
                 "Framed-IPv6-Address = 2001:db8:100:2::7",
                 "3GPP2-Home-Agent-IP-Address = 198.51.100.1",
                 "Acct-Delay-Time = 0"):
        assert line in record[0]


def test_second_server_when_the_first_is_silent(radius):
    with udp_socket() as silent:
        port = silent.getsockname()[1]
        status, lines = radius.probe(
            "chap", "bob@example.net", password="secret-bob",
            first=[f"127.0.0.1:{port}:{port}"])
        assert status == 0 and lines[0] == "accepted"
        silent.setblocking(False)
        assert len({silent.recv(4096) for _ in range(2)}) == 1


def test_wrong_secret_has_no_answer(radius, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("another\n")
    status, lines = radius.probe("pap", "alice@example.net",
                                 password="secret-alice", secret=wrong)
    assert status == 3 and lines == ["no answer"]
