# SPDX-License-Identifier: BSD-2-Clause
"""nasd ends where there are no sessions and no RADIUS server answers: what is
left is accounting records, for the next start, and no warning."""

import os
import re
import signal
import subprocess
from pathlib import Path

from netlab import config

SRC = Path(__file__).resolve().parents[2]
STAGE = Path(os.environ.get("LAB_STAGE", SRC / "build-lab" / "stage"))


def test_no_sessions_are_not_left_behind(tmp_path):
    files = config.Writer(str(tmp_path), str(STAGE))
    files.secrets()
    text = re.sub(r'(?s)\npppoe "acc0" \{.*?\n\}', "", files.nasd(), count=1)
    text = text.replace('user = "netmip4"', 'user = "nobody"') \
        .replace("/run/netmip4", str(tmp_path / "run"))
    path = config.write(files.path("nasd.conf"), text +
                        f'chroot = "{tmp_path}/empty"\n')
    coa = re.search(r'care-of-address = "(.*)"', text).group(1)
    with subprocess.Popen(
            ["unshare", "-n", "sh", "-c", 'ip link set lo up && ip address add '
             '"$1" dev lo && exec "$2" -f "$3"', "sh", coa,
             STAGE / "sbin" / "nasd", path],
            text=True, stderr=subprocess.PIPE) as nasd:
        log = []
        for line in nasd.stderr:
            log.append(line)
            if " is up" in line:
                nasd.send_signal(signal.SIGINT)
        nasd.wait(30)
    log = "".join(log)
    assert nasd.returncode == 0, log
    assert "accounting records wait for the next start" in log, log
    assert "left behind" not in log and " warn" not in log, log
