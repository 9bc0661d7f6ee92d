#!/usr/bin/env python3
"""The include rule of tests/layers.txt: reads every #include of every .hh and .cc and fails on one that breaks it.

A folder's rule is written down once, as data; this program knows nothing about the folders. It also refuses relative
includes, includes of files that do not exist, a folder without a rule, and a rule that points upwards (a cycle).

  tests/check_layers.py [ROOT]          exit 0 and a line of counts, or 1 and one line per breach
  tests/check_layers.py --self-test     proves that each kind of breach is found
"""
import fnmatch
import os
import re
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
IGNORED_TOPS = {"build", "tests", ".git"}


def read_rules(path):
    """layers.txt -> ({folder: set of folders}, [(header pattern, [file patterns])], [breaches])"""
    allowed, only, breaches = {}, [], []
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        name, _, rest = line.partition(":")
        if name.startswith("only "):
            only.append((name[5:].strip(), rest.split()))
            continue
        for folder in rest.split():
            if folder not in allowed:
                breaches.append(f"{path}:{number}: '{name}' may not include '{folder}', which does not come before it")
        allowed[name.strip()] = set(rest.split()) | {name.strip()}
    return allowed, only, breaches


def sources(root):
    for top, folders, files in os.walk(root):
        relative = os.path.relpath(top, root)
        if relative == ".":
            folders[:] = [f for f in folders if f not in IGNORED_TOPS and not f.startswith((".", "build-"))]
        for name in sorted(files):
            if name.endswith((".hh", ".cc", ".h", ".cpp")):
                yield os.path.normpath(os.path.join(relative, name))


def folder_of(path, allowed):
    """The rule's folder that holds `path`, or None."""
    parts = path.split("/")
    for count in range(len(parts) - 1, 0, -1):
        folder = "/".join(parts[:count])
        if folder in allowed:
            return folder
    return None


def check_include(root, path, folder, kind, header, allowed, only):
    if kind == '"':
        if not os.path.exists(os.path.join(root, header)):
            return f"includes \"{header}\", which is not a path from the root of the repository"
        target = folder_of(header, allowed)
        if target is None:
            return f"includes \"{header}\", whose folder has no rule in layers.txt"
        if target not in allowed[folder]:
            return f"includes \"{header}\": {folder} may include only {' '.join(sorted(allowed[folder] - {folder})) or 'nothing of ours'}"
        return None
    for pattern, files in only:
        if fnmatch.fnmatch(header, pattern) and not any(fnmatch.fnmatch(path, f) for f in files):
            return f"includes <{header}>: only {' '.join(files)} may"
    return None


def check(root):
    allowed, only, breaches = read_rules(os.path.join(root, "tests/layers.txt"))
    counted = 0
    for path in sources(root):
        folder = folder_of(path, allowed)
        if folder is None:
            breaches.append(f"{path}: its folder has no rule in tests/layers.txt")
            continue
        for number, line in enumerate(open(os.path.join(root, path), encoding="utf-8"), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            counted += 1
            complaint = check_include(root, path, folder, match[1], match[2], allowed, only)
            if complaint:
                breaches.append(f"{path}:{number}: {complaint}")
    return breaches, counted


def self_test():
    cases = {
        'libpod/base/x.cc:#include "libpod/sys/y.hh"': "may include only nothing of ours",
        'libpod/sys/x.cc:#include "y.hh"': "not a path from the root",
        'libpod/sys/x.cc:#include <curl/curl.h>': "only libpod/image/* may",
        'extra/x.cc:#include <string>': "no rule in tests/layers.txt",
    }
    rules = "libpod/base:\nlibpod/sys: libpod/base\nonly curl/*: libpod/image/*\n"
    for case, expected in cases.items():
        path, _, line = case.partition(":")
        with tempfile.TemporaryDirectory() as root:
            for name, text in ((path, line), ("libpod/sys/y.hh", ""), ("tests/layers.txt", rules)):
                os.makedirs(os.path.join(root, os.path.dirname(name)), exist_ok=True)
                with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                    file.write(text + "\n")
            breaches, _ = check(root)
            if len(breaches) != 1 or expected not in breaches[0]:
                print(f"self-test: {case}: expected one breach with '{expected}', got {breaches}")
                return 1
    print(f"self-test: {len(cases)} breaches of {len(cases)} found")
    return 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    breaches, counted = check(root)
    for breach in breaches:
        print(breach)
    print(f"check_layers: {counted} includes, {len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
