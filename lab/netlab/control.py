# SPDX-License-Identifier: BSD-2-Clause
"""The daemons' control sockets: one JSON object a line each way."""

import json
import socket


class ControlError(Exception):
    """The daemon answered with an error; code is its code."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Control:
    def __init__(self, path):
        self.path = path

    def __call__(self, cmd, **args):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            # Connects blocking: with a time limit it would not wait for
            # room in the daemon's queue.
            s.connect(self.path)
            s.settimeout(60)
            s.sendall(json.dumps({"id": 1, "cmd": cmd,
                                  "args": args}).encode() + b"\n")
            data = b""
            while not data.endswith(b"\n"):
                more = s.recv(65536)
                if not more:
                    raise ConnectionError(f"{self.path}: closed in an answer")
                data += more
        reply = json.loads(data)
        if reply.get("status") != "ok":
            raise ControlError(reply.get("code"), reply.get("message"))
        return reply.get("data")

    def alive(self):
        try:
            self("show version")
            return True
        except (OSError, ControlError):
            return False
