#!/usr/bin/env python3
"""Files of at most 500 lines and functions of at most 60: what is longer does two things (design section 11).

Data tables are exempt: a file below a folder `tables/`, or one whose first 20 lines say "data table".
Functions are recognised by layout, which clang-format holds: a body opens at the end of a line that starts at column 0
(or 2, in a class) and closes with a brace in the same column.

  tests/check_sizes.py [ROOT]     exit 1 when something is too long; prints the largest of each
"""
import os
import re
import sys

MAX_FILE, MAX_FUNCTION = 500, 60
NOT_A_FUNCTION = re.compile(r"^\s*(namespace|class|struct|enum|union|extern|using|typedef)\b|=\s*\{$|^\s*[}#/]")
STARTS_BODY = re.compile(r"[)\w>]\s*\{$")


def sources(root):
    for top, folders, files in os.walk(root):
        if top == root:
            folders[:] = [f for f in folders if f != "build" and not f.startswith((".", "build-"))]
        for name in files:
            if name.endswith((".cc", ".hh")):
                yield os.path.relpath(os.path.join(top, name), root)


def is_table(path, lines):
    return "/tables/" in path or any("data table" in line.lower() for line in lines[:20])


def is_candidate(line, column, in_class):
    """May a function's head start on this line? At column 0, or at column 2 of a class body."""
    if not line.startswith(" " * column) or line[column:column + 1] in ("", " ", "}", "#", "/"):
        return False
    return column == 0 or in_class


def functions(lines):
    """(first line number, length, head) of each function body."""
    in_class, start, head_at, end = False, None, None, ""
    for number, line in enumerate(lines):
        if start is not None:
            if line.rstrip() in (end, end + ";"):
                yield start + 1, number - start + 1, lines[start].strip()
                start, head_at = None, None
            continue
        if line[:1] not in ("", " ", "}"):
            in_class = bool(re.match(r"(class|struct)\b.*\{$", line))
        for column in (0, 2):
            if is_candidate(line, column, in_class):
                head_at, end = number, " " * column + "}"
        if head_at is None:
            continue
        head = lines[head_at]
        if STARTS_BODY.search(line) and "(" in "".join(lines[head_at:number + 1]):
            start = None if NOT_A_FUNCTION.search(head) else head_at
            head_at = None
        elif line.rstrip().endswith((";", "}")):
            head_at = None


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    long_files, long_functions, sizes = [], [], []
    for path in sorted(sources(root)):
        lines = open(os.path.join(root, path), encoding="utf-8").read().splitlines()
        if is_table(path, lines):
            continue
        sizes.append((len(lines), path))
        if len(lines) > MAX_FILE:
            long_files.append(f"{path}: {len(lines)} lines; at most {MAX_FILE}")
        if path.startswith("tests/"):
            continue
        for at, length, head in functions(lines):
            if length > MAX_FUNCTION:
                long_functions.append(f"{path}:{at}: {length} lines; at most {MAX_FUNCTION}: {head}")
    for complaint in long_files + long_functions:
        print(complaint)
    print("check_sizes: largest " + ", ".join(f"{path} {count}" for count, path in sorted(sizes)[-3:]))
    return 1 if long_files or long_functions else 0


if __name__ == "__main__":
    sys.exit(main())
