#!/usr/bin/env python3
"""Files that pages, comments and scripts name are there: `folder/file.c` is the end of some file's path, `docs/` a folder."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILE = re.compile(r"(?<![\w./*<>%$\"'{}~+:@=-])([A-Za-z_][\w.-]*(?:/[\w.-]+)*\.(?:c|h|py|md|def))(?![\w/*-])")
FOLDER = re.compile(r"`([a-z]\w*(?:/\w+)*/)`")
# What others have, and what is made: not ours to find.
ELSEWHERE = {"mbedtls/", "sys/", "netinet/", "linux/", "build/"}
NAMES = {"NAME.c", "test_X.py"}
OURS = ("README.md", "docs", "cli", "inspect", "nat", "pki", "platform", "policy", "proxy", "scripts", "tests")


def files_of(root):
    out = [f for f in OURS if os.path.isfile(os.path.join(root, f))]
    for top in OURS:
        for at, folders, names in os.walk(os.path.join(root, top)):
            folders[:] = [f for f in folders if f[0] not in "._"]
            out += [os.path.relpath(os.path.join(at, n), root) for n in names]
    return sorted(out)


def ends(files):
    """Every end of a path that begins with a whole name, and every folder."""
    tails, folders = set(), set()
    for f in files:
        parts = f.split("/")
        tails.update("/".join(parts[i:]) for i in range(len(parts)))
        folders.update("/".join(parts[i:k]) + "/" for k in range(1, len(parts)) for i in range(k))
    return tails, folders


def prose(path, text):
    """The lines people read: of a page all, of a C file its comments."""
    if path.endswith((".c", ".h", ".def")):
        text = re.sub(r"\A|\*/.*?(?:/\*|\Z)", lambda m: re.sub(r"[^\n]", "", m.group()), "*/" + text, flags=re.S)
    return text.split("\n")


def main():
    files = files_of(ROOT)
    tails, folders = ends(files)
    bad = 0
    for path in files:
        full = os.path.join(ROOT, path)
        if not path.endswith((".md", ".c", ".h", ".def")) or not os.path.isfile(full):
            continue
        with open(full, encoding="utf-8", errors="replace") as f:
            text = f.read()
        for no, line in enumerate(prose(path, text), 1):
            gone = [w for w in FILE.findall(line) if w not in tails and w not in NAMES]
            if path.endswith(".md"):
                gone += [w for w in FOLDER.findall(line) if w not in folders]
            for w in gone:
                if not any(w.startswith(e) for e in ELSEWHERE):
                    print(f"{path}:{no}: there is no {w}")
                    bad += 1
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
