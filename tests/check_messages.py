#!/usr/bin/env python3
"""Every row of platform/base/syslog.def is sent from somewhere: a message that nothing sends promises what is not there."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCES = ("platform", "policy", "pki", "nat", "inspect", "proxy", "cli")


def text_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def sources():
    for top in SOURCES:
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            yield from (os.path.join(folder, n) for n in names if n.endswith((".c", ".h")))


def main():
    rows = re.findall(r"^SYSLOG(?:_AS)?\((\w+),", text_of(os.path.join(ROOT, "platform/base/syslog.def")), re.M)
    sent = set()
    for path in sources():
        sent.update(re.findall(r"\bLOG_(\w+)\b", text_of(path)))
    idle = [r for r in rows if r not in sent]
    for r in idle:
        print(f"platform/base/syslog.def: nothing sends LOG_{r}")
    if len(rows) < 100:
        print(f"platform/base/syslog.def: only {len(rows)} rows were read")
    return 1 if idle or len(rows) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
