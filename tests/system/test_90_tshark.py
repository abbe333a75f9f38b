# SPDX-License-Identifier: BSD-2-Clause
"""Wireshark's dissectors, which know nothing of us, read the same from the
captures: order and fields of RRQ, RRP and RA."""

import subprocess

import pytest

from netlab import capture, config, decode
from netlab.topology import CN6, HA, NAS1


def tshark(path, *fields, only):
    argv = ["tshark", "-n", "-r", path, "-Y", only, "-T", "fields"]
    for f in fields:
        argv += ["-e", f]
    done = subprocess.run(argv, text=True, capture_output=True, timeout=120,
                          check=False)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.fixture
def entry(lab, tmp_path):
    """Captures of one entry: (access file, core file, our reading of RRP)."""
    access, core = lab.tap("mn1", "eth0"), lab.tap("nas1", "core0")
    client = lab.connect()
    client.ping(CN6)
    files = [str(tmp_path / f"{name}.pcap") for name in ("access", "core")]
    for path, tap in zip(files, (access, core)):
        capture.write_pcap(path, tap.read())
    rrp = next(p for p in decode.packets(core) if p.proto == "RRP")
    return *files, rrp


def test_tshark_reads_the_registration(entry):
    _, core, rrp = entry
    rows = tshark(core, "mip.type", "ip.src", "ip.dst", "udp.srcport",
                  "udp.dstport", "mip.life", "mip.coa", "mip.haaddr",
                  "mip.ext.type", "mip.nai", "mip.auth.spi", "mip.code",
                  only="mip")
    assert [r[0] for r in rows[:2]] == ["1", "3"]
    rrq, rep = rows[0], rows[1]
    assert rrq[1:5] == [NAS1, HA, "434", "434"] or \
        rrq[1:3] == [NAS1, HA] and rrq[4] == "434"
    assert rrq[5] == "1800" and rrq[6] == NAS1 and rrq[7] == HA
    assert rrq[8].split(",") == ["131", "120", "137", "34"]
    assert rep[8].split(",") == ["131", "221", "137", "34"]
    assert rep[1:3] == [HA, NAS1]
    for row in (rrq, rep):
        assert row[9] == config.user("alice")
        assert int(row[10], 0) == 256
    assert int(rep[11], 0) == 0 == rrp.values["code"]


def test_tshark_reads_the_access_link(entry):
    access, _, rrp = entry
    rows = tshark(access, "frame.number", "pppoed.code", "ppp.protocol",
                  "ppp.code", "icmpv6.type", "icmpv6.opt.prefix",
                  "icmpv6.opt.prefix.length", only="pppoed || pppoes")
    codes = [r[1] for r in rows if r[1]]
    assert [int(c, 16) for c in codes[:4]] == [0x09, 0x07, 0x19, 0x65]
    ipv6cp = [int(r[3]) for r in rows if r[2] and int(r[2], 16) == 0x8057
              and r[3]]
    # Nak before the second request, which is acked; 3 exactly once.
    assert ipv6cp.count(3) == 1 and ipv6cp[-1] == 2
    ra = next(r for r in rows if r[4] == "134" and r[5])
    prefix = ":".join(rrp.values["hoa"].split(":")[:4])
    assert ra[5].startswith(prefix) and ra[6] == "64"
