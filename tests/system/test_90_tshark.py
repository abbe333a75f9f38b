# SPDX-License-Identifier: BSD-2-Clause
"""Wireshark's dissectors, which know nothing of us, read the same from the
captures: order and fields of RRQ, RRP and RA."""

import ipaddress
import subprocess

import pytest

from netlab import capture, config
from netlab.topology import CN6, HA, NAS1

POOLS = {"alice": config.UNIQUE_POOL, "bob": config.SHARED_POOL}


def tshark(path, only, **fields):
    """[{name: value}] of the packets that match."""
    argv = ["tshark", "-n", "-r", path, "-Y", only, "-T", "fields"]
    for f in fields.values():
        argv += ["-e", f]
    done = subprocess.run(argv, text=True, capture_output=True, timeout=120,
                          check=False)
    assert done.returncode == 0, done.stderr
    return [dict(zip(fields, line.split("\t")))
            for line in done.stdout.splitlines()]


@pytest.fixture(params=sorted(POOLS))
def entry(lab, tmp_path, request):
    """Captures of an entry: (user, access link's file, core's)."""
    access, core = lab.tap("mn1", "eth0"), lab.tap("nas1", "core0")
    client = lab.connect("mn1", request.param)
    client.ping(CN6)
    files = [str(tmp_path / f"{name}.pcap") for name in ("access", "core")]
    for path, tap in zip(files, (access, core)):
        capture.write_pcap(path, tap.read())
    return request.param, *files


def test_tshark_reads_the_entry(entry):
    user, access, core = entry
    hoa = check_registration(user, core)
    check_access(hoa, access)


def check_registration(user, core):
    """RRQ and RRP; the home address."""
    rows = tshark(
        core, "mip", kind="mip.type", src="ip.src", dst="ip.dst",
        sport="udp.srcport", dport="udp.dstport", life="mip.life",
        coa="mip.coa", ha="mip.haaddr", home="mip.homeaddr",
        exts="mip.ext.type", nai="mip.nai", spi="mip.auth.spi",
        code="mip.code", data="mip.extension", time="mip.ident")
    assert rows[0]["kind"] == "1"
    # It may have been asked again before.
    rrp = next(r for r in rows if r["kind"] == "3")
    rrq = next(r for r in rows[:rows.index(rrp)] if r["time"] == rrp["time"])
    assert rrq["kind"] == "1"
    assert (rrq["src"], rrq["dst"], rrq["dport"]) == (NAS1, HA, "434")
    assert (rrp["src"], rrp["dst"], rrp["sport"]) == (HA, NAS1, "434")
    assert rrp["dport"] == rrq["sport"]
    assert (rrq["coa"], rrq["ha"], rrp["ha"]) == (NAS1, HA, HA)
    assert rrq["exts"] == "131,120,137,34"
    assert rrp["exts"] == "131,221,137,34"
    assert rrp["code"] == "0" and rrp["time"] == rrq["time"]
    for message in (rrq, rrp):
        assert message["life"] == "1800"
        assert message["home"] == "0.0.0.0"
        assert message["nai"] == config.user(user)
        assert int(message["spi"], 16) == 256
    # Sub-Type 0 and the identifier; U and the address [draft 4.1, 4.2].
    asked = bytes.fromhex(rrq["data"].replace(":", ""))
    given = bytes.fromhex(rrp["data"].replace(":", ""))
    assert len(asked) == 9 and len(given) == 17 and asked[0] == 0
    hoa = ipaddress.IPv6Address(given[1:])
    assert hoa in ipaddress.IPv6Network(POOLS[user])
    if user == "alice":
        assert given[0] == 0x80 and asked[1:] == hoa.packed[8:]
    else:
        assert given[0] == 0 and asked[1:] == bytes(8)
    return hoa


def check_access(hoa, access):
    rows = tshark(access, "pppoed || pppoes", pppoe="pppoe.code",
                  proto="ppp.protocol", code="ppp.code", ident="ppp.identifier",
                  iid="ipv6cp.interface_identifier", icmp="icmpv6.type",
                  hops="ipv6.hlim", src="ipv6.src",
                  prefix="icmpv6.opt.prefix",
                  plen="icmpv6.opt.prefix.length",
                  on_link="icmpv6.opt.prefix.flag.l",
                  auto="icmpv6.opt.prefix.flag.a",
                  life="icmpv6.nd.ra.router_lifetime")
    # Each at its first time: what is not answered soon is said again.
    codes = dict.fromkeys(r["pppoe"] for r in rows if r["pppoe"] != "0x00")
    assert list(codes)[:4] == ["0x09", "0x07", "0x19", "0x65"]
    iid = hoa.packed[8:].hex(":")
    v6cp = list(dict.fromkeys((r["code"], r["iid"], r["ident"]) for r in rows
                              if r["proto"] == "0x8057"))
    naks = [i for i, m in enumerate(v6cp) if m[0] == "3"]
    assert [v6cp[i][1] for i in naks] == [iid]
    # In between there may be what the other end's identifier still lacks.
    assert [m[:2] for m in v6cp[naks[0] + 1:] if m[1] == iid] == \
        [("1", iid), ("2", iid)]
    opened = max(i for i, r in enumerate(rows) if r["proto"] == "0x8057")
    ra = next(r for r in rows[opened:] if r["icmp"] == "134")
    assert ipaddress.IPv6Address(ra["prefix"]).packed[:8] == hoa.packed[:8]
    assert (ra["plen"], ra["auto"], ra["on_link"]) == ("64", "1", "0")
    assert ra["hops"] == "255" and ra["src"].startswith("fe80::")
    assert int(ra["life"]) > 0
    assert any(r["icmp"] == "133" for r in rows[opened:])
