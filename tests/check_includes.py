#!/usr/bin/env python3
"""Every #include goes downwards in the layer order of CMakeLists.txt, within cli in the order of its folders; engines see only the base and
their contract."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# layer -> the layers it may include (itself is always allowed)
BASE, NET = ["platform/base"], ["platform/base", "platform/net"]
POLICY = NET + ["policy"]
NAT = POLICY + ["nat"]
PROXY = NAT + ["pki", "inspect", "proxy"]
MAY = {
    "platform/base": BASE,
    "platform/net": NET,
    "policy": POLICY,
    "pki": NET + ["pki"],
    "nat": NAT,
    "inspect": BASE + ["inspect"],
    "proxy": PROXY,
    "platform/ha": PROXY + ["platform/ha"],
    "platform/svc": PROXY + ["platform/ha", "platform/svc"],
    "cli": PROXY + ["platform/ha", "platform/svc", "cli"],
    "platform/boot": PROXY + ["platform/ha", "platform/svc", "cli", "platform/boot"],
}
# The folders of cli; those of one rank see each other.
CLI_RANKS = (("term",), ("lang", "conf", "box"), ("aaa", "door"), ("session",), ("cmd", "exec", "ssh", "http", "snmp"))
CLI_RANK = {f"cli/{folder}": rank for rank, folders in enumerate(CLI_RANKS) for folder in folders}
ENGINE_CONTRACT = {"inspect/engine.h", "inspect/ctx.h"}


def layer_of(path):
    return next((l for l in sorted(MAY, key=len, reverse=True) if path.startswith(l + "/")), None)


def problems(path):
    layer = layer_of(path)
    folder = os.path.dirname(path)
    with open(os.path.join(ROOT, path), errors="replace") as f:
        for no, line in enumerate(f, 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not m:
                continue
            inc = m.group(1)
            if not os.path.exists(os.path.join(ROOT, inc)):
                yield f"{path}:{no}: {inc} is not a path from the root of the repository"
            elif layer_of(inc) not in MAY[layer]:
                yield f"{path}:{no}: {layer} may not include {inc}"
            elif layer == "cli" and CLI_RANK[folder] < CLI_RANK.get(os.path.dirname(inc), 0):
                yield f"{path}:{no}: {folder} may not include {inc}"
            elif layer == "inspect" and folder != "inspect" and inc.startswith("inspect/") \
                    and inc not in ENGINE_CONTRACT and os.path.dirname(inc) != folder:
                yield f"{path}:{no}: an engine sees only platform/base, engine.h, ctx.h and its own folder"


def main():
    bad = []
    count = 0
    for layer in MAY:
        for folder, _, names in os.walk(os.path.join(ROOT, layer)):
            for n in names:
                path = os.path.relpath(os.path.join(folder, n), ROOT)
                if n.endswith((".c", ".h")) and layer_of(path) == layer:
                    count += 1
                    bad += problems(path)
    print("\n".join(bad + [f"{count} files, {len(bad)} includes against the layer order"]))
    return 1 if bad or not count else 0


sys.exit(main())
