# SPDX-License-Identifier: BSD-2-Clause
"""What is in a captured frame, as far as the ladder and the tests want to
know. Written from the RFCs, independent of the product's own decoders."""

import ipaddress
import struct
from dataclasses import dataclass, field

CODES = {1: "Configure-Request", 2: "Configure-Ack", 3: "Configure-Nak",
         4: "Configure-Reject", 5: "Terminate-Request", 6: "Terminate-Ack",
         7: "Code-Reject", 8: "Protocol-Reject", 9: "LCP-Echo-Request",
         10: "LCP-Echo-Reply"}
CHAP = {1: "Challenge", 2: "Response", 3: "Success", 4: "Failure"}
PAP = {1: "Request", 2: "Ack", 3: "Nak"}
DISCOVERY = {0x09: "PADI", 0x07: "PADO", 0x19: "PADR", 0x65: "PADS",
             0xa7: "PADT"}
PPP = {0xc021: ("LCP", CODES), 0xc023: ("PAP", PAP), 0xc223: ("CHAP", CHAP),
       0x8057: ("IPv6CP", CODES), 0x8021: ("IPCP", CODES)}
MIP = {1: "RRQ", 3: "RRP", 7: "Revocation", 15: "Revocation-Ack"}


@dataclass
class Packet:
    """One frame: who, what, and the values that matter."""
    time: float
    src: str = ""
    dst: str = ""
    proto: str = ""             # "PPPoE", "IPv6CP", "ICMPv6", "RRQ", ...
    what: str = ""              # "PADI", "Configure-Nak", "RA", ...
    values: dict = field(default_factory=dict)
    outer: "Packet" = None

    def __str__(self):
        values = " ".join(f"{k}={v}" for k, v in self.values.items())
        return f"{self.proto} {self.what} {values}".strip()


def mac(b):
    return b.hex(":")


def iid(b):
    return ":".join(b[i:i + 2].hex() for i in range(0, 8, 2))


def ethernet(time, frame):
    """Decodes an Ethernet frame; always returns a Packet."""
    p = Packet(time, mac(frame[6:12]), mac(frame[:6]))
    kind = int.from_bytes(frame[12:14], "big")
    body = frame[14:]
    if kind == 0x8863:
        _discovery(p, body)
    elif kind == 0x8864:
        length = int.from_bytes(body[4:6], "big")
        p.values["sid"] = int.from_bytes(body[2:4], "big")
        _ppp(p, body[6:6 + length])
    elif kind == 0x0800:
        _ipv4(p, body)
    elif kind == 0x86dd:
        _ipv6(p, body)
    return p


def _discovery(p, body):
    p.proto, p.what = "PPPoE", DISCOVERY.get(body[1], hex(body[1]))
    p.values["sid"] = int.from_bytes(body[2:4], "big")
    tags, at = {}, 6
    end = 6 + int.from_bytes(body[4:6], "big")
    while at + 4 <= end:
        tag, length = struct.unpack("!HH", body[at:at + 4])
        tags.setdefault(tag, body[at + 4:at + 4 + length])
        at += 4 + length
    for tag, name in ((0x0101, "service"), (0x0102, "ac"), (0x0201, "error"),
                      (0x0202, "error"), (0x0203, "error")):
        if tag in tags:
            p.values[name] = tags[tag].decode("utf-8", "replace")


def _ppp(p, body):
    proto = int.from_bytes(body[:2], "big")
    if proto == 0x57:
        _ipv6(p, body[2:])
        return
    if proto == 0x21:
        _ipv4(p, body[2:])
        return
    name, codes = PPP.get(proto, (hex(proto), {}))
    code, ident, length = struct.unpack("!BBH", body[2:6])
    p.proto, p.what = name, codes.get(code, str(code))
    p.values["id"] = ident
    data = body[6:2 + length]
    if name == "IPv6CP" and code <= 4:
        while len(data) >= 2 and data[1] >= 2:
            if data[0] == 1 and data[1] == 10:
                p.values["iid"] = iid(data[2:10])
            data = data[data[1]:]
    elif name == "CHAP" and code in (1, 2) and data:
        p.values["name"] = data[1 + data[0]:].decode("utf-8", "replace")
    elif name in ("CHAP", "PAP") and code in (3, 4):
        p.values["text"] = data.decode("utf-8", "replace")


def _ipv4(p, body):
    ihl = (body[0] & 15) * 4
    total = int.from_bytes(body[2:4], "big")
    p.src = str(ipaddress.IPv4Address(body[12:16]))
    p.dst = str(ipaddress.IPv4Address(body[16:20]))
    p.values["tos"] = body[1]
    p.values["ttl"] = body[8]
    payload = body[ihl:total]
    if body[9] == 41:
        p.proto, p.what = "6in4", ""
        outer = Packet(p.time, p.src, p.dst, "6in4", "", dict(p.values))
        p.values.clear()
        _ipv6(p, payload)
        p.outer = outer
    elif body[9] == 17 and len(payload) >= 8:
        sport, dport = struct.unpack("!HH", payload[:4])
        p.proto = "UDP"
        p.values.update(sport=sport, dport=dport)
        if 434 in (sport, dport):
            mobile_ip(p, payload[8:])
        elif 1812 in (sport, dport) or 1813 in (sport, dport):
            _radius(p, payload[8:])
    else:
        p.proto = f"IP{body[9]}"


def _ipv6(p, body):
    p.src = str(ipaddress.IPv6Address(body[8:24]))
    p.dst = str(ipaddress.IPv6Address(body[24:40]))
    first = int.from_bytes(body[:4], "big")
    p.values.update(tclass=first >> 20 & 255, hlim=body[7])
    p.proto = f"IPv6-{body[6]}"
    if body[6] == 58:
        p.proto = "ICMPv6"
        _icmp6(p, body[40:])


def _icmp6(p, icmp):
    kind = icmp[0]
    p.what = {1: "Unreachable", 2: "Packet-Too-Big", 3: "Time-Exceeded",
              128: "Echo-Request", 129: "Echo-Reply", 133: "RS", 134: "RA",
              135: "NS", 136: "NA"}.get(kind, str(kind))
    if kind == 2:
        p.values["mtu"] = int.from_bytes(icmp[4:8], "big")
    elif kind in (128, 129):
        p.values["ident"], p.values["seq"] = struct.unpack("!HH", icmp[4:8])
    elif kind == 134:
        p.values["lifetime"] = int.from_bytes(icmp[6:8], "big")
        _ra_options(p, icmp[16:])


def _ra_options(p, data):
    while len(data) >= 8 and data[1]:
        length = data[1] * 8
        if data[0] == 3:
            prefix = ipaddress.IPv6Address(data[16:32])
            p.values["prefix"] = f"{prefix}/{data[2]}"
            p.values["flags"] = "".join(
                name for bit, name in ((0x80, "L"), (0x40, "A"))
                if data[3] & bit)
        elif data[0] == 25:             # RFC 8106
            p.values["rdnss"] = [
                str(ipaddress.IPv6Address(data[i:i + 16]))
                for i in range(8, length, 16)]
        elif data[0] == 5:
            p.values["mtu"] = int.from_bytes(data[4:8], "big")
        data = data[length:]


LONG_FORM = {36, 37, 38, 40, 41, 42, 43, 47, 48, 50, 127, 139}


def extensions(data):
    """[(type, body)] of Mobile IPv4 extensions; body follows the length."""
    found = []
    while data:
        if data[0] == 0:
            data = data[1:]
        elif data[0] in LONG_FORM:
            length = int.from_bytes(data[2:4], "big")
            found.append((data[0], data[4:4 + length]))
            data = data[4 + length:]
        else:
            found.append((data[0], data[2:2 + data[1]]))
            data = data[2 + data[1]:]
    return found


def mobile_ip(p, data):
    """Registration messages with draft-navali's extensions (120, 221)."""
    if not data:
        return
    p.proto = p.what = MIP.get(data[0], f"MIP-{data[0]}")
    fixed = {1: 24, 3: 20, 7: 20, 15: 12}.get(data[0])
    if not fixed or len(data) < fixed:
        return
    if data[0] == 1:
        p.values["lifetime"] = int.from_bytes(data[2:4], "big")
        p.values["coa"] = str(ipaddress.IPv4Address(data[12:16]))
        p.values["ident"] = data[16:24].hex()
    elif data[0] == 3:
        p.values["code"] = data[1]
        p.values["lifetime"] = int.from_bytes(data[2:4], "big")
        p.values["ident"] = data[12:20].hex()
    exts = extensions(data[fixed:])
    p.values["extensions"] = [kind for kind, _ in exts]
    for kind, body in exts:
        if kind == 131:
            p.values["nai"] = body.decode("utf-8", "replace")
        elif kind == 151:
            p.values["service"] = body.decode("utf-8", "replace")
        elif kind == 120 and len(body) >= 9:
            p.values["iid"] = iid(body[1:9])
        elif kind == 221 and len(body) >= 17:
            p.values["hoa"] = str(ipaddress.IPv6Address(body[1:17]))
            p.values["unique"] = bool(body[0] & 0x80)
        elif kind in (32, 34):
            p.values["spi"] = int.from_bytes(body[:4], "big")


def _radius(p, data):
    if len(data) < 20:
        return
    p.proto = "RADIUS"
    p.what = {1: "Access-Request", 2: "Access-Accept", 3: "Access-Reject",
              4: "Accounting-Request", 5: "Accounting-Response",
              11: "Access-Challenge"}.get(data[0], str(data[0]))
    attrs, at = [], 20
    while at + 2 <= len(data) and data[at + 1] >= 2:
        kind, value = data[at], data[at + 2:at + data[at + 1]]
        attrs.append(kind)
        if kind == 1:
            p.values["user"] = value.decode("utf-8", "replace")
        elif kind == 40:
            p.values["status"] = {1: "Start", 2: "Stop", 3: "Interim",
                                  7: "On", 8: "Off"}.get(
                int.from_bytes(value, "big"))
        elif kind == 44:
            p.values["session"] = value.decode("ascii", "replace")
        elif kind == 49:
            p.values["cause"] = int.from_bytes(value, "big")
        elif kind == 18:
            p.values["reply"] = value.decode("utf-8", "replace")
        at += data[at + 1]
    p.values["attributes"] = attrs


def packets(tap, link="ethernet"):
    """All of a tap's frames, decoded; a broken one is left out."""
    out = []
    for time, frame in tap.read():
        try:
            if link == "ethernet":
                out.append(ethernet(time, frame))
            else:
                p = Packet(time)
                {4: _ipv4, 6: _ipv6}[frame[0] >> 4](p, frame)
                out.append(p)
        except (IndexError, KeyError, struct.error, ValueError):
            continue
    return out


def pppoe_links(tap):
    """The same by client MAC: {mac: [Packet]} of discovery and sessions."""
    by_mac = {}
    for time, frame in tap.read():
        if frame[12:14] not in (b"\x88\x63", b"\x88\x64"):
            continue
        try:
            p = ethernet(time, frame)
        except (IndexError, struct.error, ValueError):
            continue
        for who in (frame[6:12], frame[:6]):
            by_mac.setdefault(mac(who), []).append(p)
    return by_mac
