# SPDX-License-Identifier: BSD-2-Clause
"""Garbage at every door: closed, logged, others unaffected."""

import os
import random
import socket
import time

from netlab.control import ControlError
from netlab.process import wait_for
from netlab.topology import CN6, HA, NAS1

PLUGIN = "/run/netmip4/plugin.sock"
SEED = 2007


def garbage(count, most=1500):
    rng = random.Random(SEED)
    return [rng.randbytes(rng.randint(0, most)) for _ in range(count)]


def unharmed(lab):
    """The session of before still works, and a new one comes up."""
    assert lab.nas.running() and lab.had.running()
    assert lab.clients[0].ping(CN6)[1] == 1
    assert lab.connect("mn2", "bob").ping(CN6)[1] == 1


def test_plugin_socket(lab):
    lab.connect()
    mark = lab.nas.log_mark()
    for data in [b"", b"\0" * 12, b"nm4p" + b"\xff" * 2044, b"x" * 4096,
                 *garbage(30)]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.settimeout(60)
            s.connect(PLUGIN)
            try:
                s.send(data)
                assert s.recv(4096) == b""
            except (BrokenPipeError, ConnectionResetError):
                pass
    assert lab.nas.log(mark)
    unharmed(lab)


def test_idle_plugin_connections(lab):
    """A hundred that say nothing do not keep others out, and are closed."""
    lab.connect()
    idle = []
    for _ in range(100):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.settimeout(60)
        try:
            s.connect(PLUGIN)
        except OSError:
            s.close()
            continue
        idle.append(s)
    unharmed(lab)
    for s in idle:
        try:
            assert s.recv(10) == b""
        except ConnectionResetError:
            pass
        s.close()


def test_control_sockets(lab):
    lab.connect()
    for control in (lab.nasctl, lab.hactl):
        for data in [b"\n", b"{}\n", b"[1,2]\n", b'{"cmd": 7}\n',
                     b'{"id":1,"cmd":"no such"}\n', b"x" * 200000,
                     b'{"id":1,"cmd":"show session","args":[]}\n',
                     *garbage(20)]:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
                s.settimeout(60)
                s.connect(control.path)
                try:
                    s.sendall(data)
                    s.shutdown(socket.SHUT_WR)
                    while s.recv(65536):
                        pass
                except (BrokenPipeError, ConnectionResetError):
                    pass
        try:
            control("no such command")
            raise AssertionError("an unknown command was accepted")
        except ControlError as e:
            assert e.code == "usage"
    unharmed(lab)


def test_idle_control_connections(lab):
    idle = []
    for _ in range(100):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.connect(lab.nasctl.path)
        idle.append(s)
    assert lab.nasctl.alive()
    assert lab.hactl.alive()
    for s in idle:
        s.close()


def test_registration_port(lab):
    """UDP 434 of both ends, from a stranger and from the NAS itself."""
    lab.connect()
    with lab.ns["stranger"].inside():
        stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with lab.ns["nas1"].inside():
        nas = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with stranger, nas:
        for data in garbage(150, 200):
            for target in (HA, NAS1):
                stranger.sendto(data, (target, 434))
            nas.sendto(data, (HA, 434))
        for kind in (1, 3, 7, 15):
            for length in range(0, 60):
                data = bytes([kind]) + os.urandom(length)
                stranger.sendto(data, (HA, 434))
                stranger.sendto(data, (NAS1, 434))
                nas.sendto(data, (HA, 434))
        assert len(lab.bindings()) == 1
        # By then both have read it all. A stranger gets no answer, whatever
        # it says.
        unharmed(lab)
        stranger.settimeout(0.1)
        try:
            answer = stranger.recv(4096)
            raise AssertionError(f"a stranger was answered: {answer.hex()}")
        except TimeoutError:
            pass


def test_discovery_garbage(lab):
    """PPPoE frames of every code and length."""
    lab.connect()
    with lab.ns["mn3"].inside():
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    rng = random.Random(SEED)
    with raw:
        raw.bind(("eth0", 0x8863))
        own = raw.getsockname()[4]
        for i in range(300):
            code = rng.choice((0x09, 0x19, 0xa7, 0x65, rng.randrange(256)))
            body = rng.randbytes(rng.randint(0, 80))
            length = rng.choice((len(body), rng.randrange(1500)))
            frame = b"\xff" * 6 + own + b"\x88\x63\x11" + bytes([code]) + \
                rng.randbytes(2) + length.to_bytes(2, "big") + body
            raw.send(frame)
            if i % 50 == 0:
                time.sleep(0.05)
    wait_for("nasd to answer", 5, lab.nasctl.alive)
    assert len(lab.sessions()) == 1
    unharmed(lab)
