# SPDX-License-Identifier: BSD-2-Clause
"""pytest plugin: leaves "PASSED FAILED" in the file $LAB_RESULT. A
skipped test is a failed one: what was to be
seen was not."""

import os

_counts = {"passed": 0, "failed": 0}
_seen = set()


def pytest_runtest_logreport(report):
    bad = report.failed or report.skipped
    if report.when == "call" and not bad:
        _counts["passed"] += 1
    elif bad:
        # A test that fails and whose leak check fails too is one.
        if report.when == "teardown" and report.nodeid not in _seen:
            _counts["passed"] = max(0, _counts["passed"] - 1)
        if report.nodeid not in _seen:
            _counts["failed"] += 1
        _seen.add(report.nodeid)


def pytest_sessionfinish(session, exitstatus):
    # 5: nothing collected; 2..4: interrupted or broken.
    if exitstatus not in (0, 1):
        _counts["failed"] += 1
    with open(os.environ["LAB_RESULT"], "w", encoding="ascii") as f:
        f.write(f"{_counts['passed']} {_counts['failed']}\n")
