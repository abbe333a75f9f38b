# SPDX-License-Identifier: BSD-2-Clause
"""What Debian offers for the same job: pppoe-server with pppd, CHAP from a
file. The bench compares with it."""

import os

from .process import Daemon


class StockServer:
    def __init__(self, ns, workdir):
        options = os.path.join(workdir, "stock-server.options")
        with open(options, "w", encoding="ascii") as f:
            f.write("require-chap\nnoip\n+ipv6\nlcp-echo-interval 10\n"
                    "lcp-echo-failure 3\nname stock\ndebug\nnodetach\n"
                    f"logfile {workdir}/stock-pppd.log\n")
        self.daemon = Daemon(ns, "pppoe-server", [
            "/usr/sbin/pppoe-server", "-F", "-I", "acc0", "-C", "stock",
            "-O", options, "-L", "10.0.0.1", "-R", "10.0.1.1"], workdir)

    def close(self):
        self.daemon.stop()
