# SPDX-License-Identifier: BSD-2-Clause
"""Memory that had's registration code has for a binding of an access node with
one link-local and one global address, beyond that of an access router; without
the data plane [tests/bench/nmbindings.c]. No kernel has a part in it."""

import os
import subprocess

from .bench import figure, note


def main():
    done = subprocess.run(
        [f"{os.environ['LAB_BENCH']}/nmbindings", "100000"], check=True,
        timeout=240, text=True, stdout=subprocess.PIPE)
    router, none, one, two = map(float, done.stdout.split())
    note(f"bytes a binding: router {router:.0f}; access node {none:.0f},"
         f" with one address {one:.0f}, with two {two:.0f}")
    figure("modes.an_binding_bytes", two - router, "B")


if __name__ == "__main__":
    main()
