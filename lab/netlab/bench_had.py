# SPDX-License-Identifier: BSD-2-Clause
"""had's memory for a binding and its pace, without a data plane: this needs
no PPP and no sit, so it runs on any kernel."""

import os
import sys
import time

from .bench import figure, note, pss_kb
from .lab import Lab
from .registrar import Registrar


def main():
    n = int(os.environ.get("LAB_BINDINGS", "9000"))
    with Lab(mobile_nodes=0) as lab:
        lab.start_had(dataplane="none", log="warn")
        client = Registrar(lab.ns["nas1"])
        for i in range(100):
            client.register(f"warm{i}@example.net")
        pids = lab.daemon_pids()["had"]
        base = pss_kb(pids)
        begun = time.monotonic()
        for i in range(n):
            code = client.register(f"subscriber{i}@example.net")
            if code not in (0, 1):
                sys.exit(f"registration {i}: code {code}")
        seconds = time.monotonic() - begun
        note(f"{n} registrations one after the other: {n / seconds:.0f} /s")
        figure("memory.had_binding_kB", (pss_kb(pids) - base) / n, "kB")
        client.close()
        held = len(lab.bindings())
        if held != n + 100:
            sys.exit(f"{held} bindings")


if __name__ == "__main__":
    main()
