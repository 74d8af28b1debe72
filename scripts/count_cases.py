#!/usr/bin/env python3
"""Adds up test cases: of the cmocka programs of a build (from ctest's own log), or of a JUnit file (--junit FILE).

Prints "passed failed skipped". A program without cmocka's closing lines counts as one case.
"""
import os
import re
import sys
import xml.etree.ElementTree as ET


def from_junit(path):
    if not os.path.exists(path):
        return 0, 1, 0
    total = failed = skipped = 0
    for suite in ET.parse(path).getroot().iter("testsuite"):
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return total - failed - skipped, failed, skipped


def from_ctest(build):
    log = os.path.join(build, "Testing", "Temporary", "LastTest.log")
    if not os.path.exists(log):
        return 0, 1, 0
    passed = failed = skipped = 0
    with open(log, errors="replace") as f:
        blocks = re.split(r"(?:^|\n)\d+/\d+ Testing: ", f.read())[1:]
    for block in blocks:
        ran = re.findall(r"\[  PASSED  \] (\d+) test", block)
        bad = re.findall(r"\[  FAILED  \] [^\n]*?(\d+) test\(s\)", block)
        skip = re.findall(r"\[  SKIPPED \] [^\n]*?(\d+) test\(s\)", block)
        ok = "Test Passed." in block
        if ran:
            passed += sum(map(int, ran))
            failed += sum(map(int, bad)) or (0 if ok else 1)
            skipped += sum(map(int, skip))
        elif ok:
            passed += 1
        else:
            failed += 1
    return passed, failed, skipped


def main():
    if sys.argv[1] == "--junit":
        print(*from_junit(sys.argv[2]))
    else:
        print(*from_ctest(sys.argv[1]))


main()
