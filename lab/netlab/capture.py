# SPDX-License-Identifier: BSD-2-Clause
"""Frames on a link, with the kernel's time of each, and as pcap files.

A Tap only opens a packet socket; the frames wait in its buffer until read()
fetches them, so that watching costs nothing while something is measured.
"""

import socket
import struct
import threading

ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
SO_RCVBUFFORCE = 33
BUFFER = 4 << 20
DLT = {1: 1, 512: 9, 776: 12, 768: 12, 772: 1}  # ARPHRD_* to LINKTYPE_*


class Tap:
    """Sees what passes an interface, both ways."""

    def __init__(self, ns, ifname, pcap=None):
        self.name = f"{ns.name}-{ifname}"
        with ns.inside():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                      socket.htons(ETH_P_ALL))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        self.sock.bind((ifname, ETH_P_ALL))
        self.sock.setblocking(False)
        hatype = self.sock.getsockname()[3]
        self.frames = []                # (seconds since the epoch, bytes)
        self.lock = threading.Lock()
        self.pcap = None
        if pcap:
            self.pcap = open(pcap, "wb")
            self.pcap.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0,
                                        65535, DLT.get(hatype, 1)))

    def read(self):
        """All frames so far, in order."""
        with self.lock:
            while True:
                try:
                    frame, anc, _, _ = self.sock.recvmsg(65535, 64)
                except BlockingIOError:
                    break
                except OSError:         # the interface went down
                    continue
                sec = nsec = 0
                for level, kind, data in anc:
                    if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                        sec, nsec = struct.unpack("qq", data[:16])
                self.frames.append((sec + nsec / 1e9, frame))
                if self.pcap:
                    self.pcap.write(struct.pack("<IIII", sec, nsec, len(frame),
                                                len(frame)) + frame)
            if self.pcap:
                self.pcap.flush()
            return list(self.frames)

    def clear(self):
        self.read()
        self.frames.clear()

    def close(self):
        if self.sock.fileno() >= 0:
            self.read()
            self.sock.close()
        if self.pcap:
            self.pcap.close()
            self.pcap = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def write_pcap(path, frames, linktype=1):
    """Frames of a Tap as a pcap file of its own."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535,
                            linktype))
        for t, frame in frames:
            f.write(struct.pack("<IIII", int(t), int(t % 1 * 1e9), len(frame),
                                len(frame)) + frame)
