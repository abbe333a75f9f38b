# SPDX-License-Identifier: BSD-2-Clause
"""Reads a namespace's links, addresses, routes, rules and filters by
rtnetlink, each as one line of text, in a few system calls. For comparing, so
what changes by itself (counters, timers, caches) is left out."""

import socket
import struct

NLM_F_REQUEST_DUMP = 0x301
GETLINK, GETADDR, GETROUTE, GETQDISC, GETFILTER, GETRULE = 18, 22, 26, 38, 46, 34
NLMSG_ERROR, NLMSG_DONE = 2, 3
RTM_F_CLONED = 0x200
PROTO = {1: "redirect", 2: "kernel", 3: "boot", 4: "static", 9: "ra"}


def _dump(sock, kind, header):
    sock.send(struct.pack("=IHHII", 16 + len(header), kind,
                          NLM_F_REQUEST_DUMP, 1, 0) + header)
    while True:
        data = sock.recv(1 << 18)
        while len(data) >= 16:
            length, got, _, _, _ = struct.unpack("=IHHII", data[:16])
            if got == NLMSG_DONE:
                return
            if got == NLMSG_ERROR:
                err = struct.unpack("=i", data[16:20])[0]
                if err:
                    raise OSError(-err, "rtnetlink dump")
                return
            yield data[16:length]
            data = data[(length + 3) & ~3:]


def _attrs(data):
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack("=HH", data[:4])
        if length < 4:
            break
        found[kind & 0x3fff] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def _text(b):
    return b.rstrip(b"\0").decode("utf-8", "replace")


def _u32(b):
    return struct.unpack("=I", b[:4])[0]


def _address(family, b):
    try:
        return socket.inet_ntop(family, b)
    except ValueError:
        return b.hex()


def snapshot(ns):
    """Set of lines that describe the namespace's networking."""
    with ns.inside():
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    with sock:
        sock.settimeout(60)
        names, lines = {}, set()
        for m in _dump(sock, GETLINK, bytes(16)):
            index, flags = struct.unpack("=4xiI", m[:12])
            attrs = _attrs(m[16:])
            names[index] = _text(attrs[3])
            kind = _text(_attrs(attrs[18]).get(1, b"")) if 18 in attrs else ""
            lines.add(f"link {names[index]} {kind} mtu {_u32(attrs[4])}"
                      f" {'up' if flags & 1 else 'down'}")
        for m in _dump(sock, GETADDR, bytes(8)):
            family, plen, _, _, index = struct.unpack("=BBBBi", m[:8])
            attrs = _attrs(m[8:])
            lines.add(f"address {_address(family, attrs.get(2, attrs.get(1)))}"
                      f"/{plen} dev {names.get(index, index)}")
        for family in (socket.AF_INET, socket.AF_INET6):
            lines |= _routes(sock, family, names)
            lines |= _rules(sock, family)
        lines |= _filters(sock, names)
        return lines


def _routes(sock, family, names):
    lines = set()
    for m in _dump(sock, GETROUTE, struct.pack("=B11x", family)):
        _, dlen, slen, _, table, proto, _, kind, flags = struct.unpack(
            "=BBBBBBBBI", m[:12])
        attrs = _attrs(m[12:])
        if flags & RTM_F_CLONED:
            continue
        table = _u32(attrs[15]) if 15 in attrs else table
        parts = [f"route{'6' if family == socket.AF_INET6 else ''}",
                 f"{_address(family, attrs[1])}/{dlen}" if 1 in attrs
                 else "default"]
        if 2 in attrs:
            parts.append(f"from {_address(family, attrs[2])}/{slen}")
        if 5 in attrs:
            parts.append(f"via {_address(family, attrs[5])}")
        if 4 in attrs:
            parts.append(f"dev {names.get(_u32(attrs[4]), '?')}")
        parts.append(f"table {table} type {kind} {PROTO.get(proto, proto)}")
        lines.add(" ".join(parts))
    return lines


def _rules(sock, family):
    lines = set()
    for m in _dump(sock, GETRULE, struct.pack("=B11x", family)):
        _, dlen, slen, _, table = struct.unpack("=BBBBB", m[:5])
        attrs = _attrs(m[12:])
        parts = [f"rule{'6' if family == socket.AF_INET6 else ''}",
                 f"pref {_u32(attrs[6]) if 6 in attrs else 0}"]
        for kind, name, show in ((3, "iif", _text), (17, "oif", _text),
                                 (10, "fwmark", _u32)):
            if kind in attrs:
                parts.append(f"{name} {show(attrs[kind])}")
        if slen:
            parts.append(f"from {_address(family, attrs[2])}/{slen}")
        if dlen:
            parts.append(f"to {_address(family, attrs[1])}/{dlen}")
        table = _u32(attrs[15]) if 15 in attrs else table
        lines.add(" ".join([*parts, f"table {table}"]))
    return lines


def _filters(sock, names):
    lines = set()
    for m in _dump(sock, GETQDISC, bytes(20)):
        index, handle = struct.unpack("=4xiI", m[:12])
        kind = _text(_attrs(m[20:]).get(1, b""))
        if kind not in ("noqueue", "pfifo_fast", "fq_codel", "mq", "noop"):
            lines.add(f"qdisc {kind} {handle:#x} dev {names.get(index, '?')}")
    for index, name in names.items():
        for parent in (0xfffffff2, 0xfffffff3):         # ingress, egress
            header = struct.pack("=4xiIII", index, 0, parent, 0)
            try:
                for m in _dump(sock, GETFILTER, header):
                    info = struct.unpack("=I", m[16:20])[0]
                    lines.add(f"filter dev {name} parent {parent:#x} pref"
                              f" {info >> 16}"
                              f" {_text(_attrs(m[20:]).get(1, b''))}")
            except OSError:
                break
    return lines
