#!/usr/bin/env python3
"""Every flag of daily use is accepted by lichen and has a test that sees its effect.

Compares tests/golden/flags/daily.tsv (what docker and podman have) with `lichen __flags` (what lichen has) and with the .bats files.
A flag has a test when a @test runs that command, or an alias, with that flag; the report prefers a test whose name says the flag. `create` and
`run` share their flags by the very rows of the table: a test of one is one of the other, as long as kSharedProof is there, which gives
all of them to both and compares what came out.
What cannot work yet is in tests/golden/flags/not_yet.tsv, with the reason; a line there that nothing needs any more is an error.

  tests/check_flags.py [--report FILE] [--bin LICHEN]   exit 1: a flag is missing, untested or wrongly excused; 77: no program
  tests/check_flags.py --self-test                      proves that each of these is found
"""
import fnmatch
import os
import re
import subprocess
import sys

import bats_words

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LISTS = os.path.join(ROOT, "tests/golden/flags")
kSharedProof = ("create.bats", "create takes every flag that run takes, and makes the same container")


class Table:
    """lichen's own commands and flags, from `lichen __flags`."""

    def __init__(self, lines):
        self.paths, self.flags, self.short, self.value = {}, {}, {}, set()
        for line in lines:
            path, flag, state, short, value = line.split("\t")
            if flag.startswith("="):
                self.paths[path] = flag[1:]
                continue
            self.paths[path] = path
            self.flags[path, flag] = state
            if short:
                self.short[path, short] = flag
            if value:
                self.value.add((path, flag))

    def command_of(self, words):
        """(path, words behind it), or None. Global options in front are stepped over."""
        at = 0
        while at < len(words) and words[at].startswith("-"):
            name = words[at].lstrip("-")
            name = self.short.get(("", name), name)
            at += 2 if ("", name) in self.value and "=" not in words[at] else 1
        for length in (3, 2, 1):
            path = " ".join(words[at:at + length])
            if path in self.paths and path:
                return self.paths[path], words[at + length:]
        return None

    def flags_in(self, path, words):
        """Long names of the flags before the command's own words end ("--", or the image of run)."""
        stops = path in ("run", "create", "exec", "top", "unshare")
        at = 0
        while at < len(words):
            word, at = words[at], at + 1
            if word == "--":
                return
            if word.startswith("--"):
                name = word[2:].split("=")[0]
                yield name
                at += (path, name) in self.value and "=" not in word
            elif re.match(r"-[A-Za-z]", word):
                for index, short in enumerate(word[1:]):
                    name = self.short.get((path, short))
                    if name is None:
                        break
                    yield name
                    if (path, name) in self.value:
                        at += index + 2 == len(word)
                        break
            elif stops and not re.match(r"\$\{?[a-z_]*(\[@\]\})?$", word):
                return  # a variable in lower case may hold further flags


def uses_of(table, tests):
    """(path, flag) -> [(file, test, how many flags that test uses)]; flag "-": the command alone."""
    uses = {}
    for file, cases in tests.items():
        for name, runs in cases:
            seen = set()
            for words in runs:
                found = table.command_of(words)
                if found:
                    seen.add((found[0], "-"))
                    seen.update((found[0], flag) for flag in table.flags_in(*found))
            for key in seen:
                uses.setdefault(key, []).append((file, name, len(seen)))
    return uses


def best_test(uses, path, flag, short):
    """The test that says the flag in its name, else the one that does the least besides."""
    def rank(use):
        file, name, count = use
        says = re.search(r"(^|[ (,])--?" + re.escape(flag) + r"\b", name) or (short and re.search(r"(^|[ (,/])-" + short + r"\b", name))
        refuses = re.search(r"refused|unknown|cannot|is not there|wrong", name) is not None
        return (0 if says and path.split()[0] in name + file else 1 if says else 2, refuses, count, file, name)
    return min(uses, key=rank)[:2]


def read_rows(path, columns):
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]
    return [tuple(row + [""] * (columns - len(row))) for row in rows]


def check(table, tests, daily, excused):
    """(report rows, complaints)."""
    uses, rows, complaints = uses_of(table, tests), [], []
    shorts = {(path, flag): short for (path, short), flag in table.short.items()}
    names = {(file, name) for file, cases in tests.items() for name, _ in cases}
    needed = set()
    for path, flag, _ in daily:
        title = path if flag == "-" else f"{path} --{flag}"
        state = table.flags.get((table.paths.get(path, path), flag), "missing")
        lines = [i for i, (p, f, _) in enumerate(excused) if fnmatch.fnmatchcase(path, p) and fnmatch.fnmatchcase(flag, f)]
        test = ("", "")
        if state != "works":
            needed.update(lines)
            if not lines:
                complaints.append(f"{title}: {'is refused as not done yet' if state == 'not yet' else 'lichen does not know it'}")
        else:
            found = uses.get((table.paths[path], flag), [])
            twin = {"create": "run", "run": "create"}.get(path)
            if not found and kSharedProof in names and table.flags.get((twin, flag)) == "works":
                found = uses.get((twin, flag), [])
            if found:
                test = best_test(found, path, flag, shorts.get((table.paths[path], flag)))
            else:
                complaints.append(f"{title}: no @test of tests/cli runs it")
        reason = "; ".join(excused[i][2] for i in lines) if state != "works" else ""
        rows.append((path, "" if flag == "-" else "--" + flag, state, f"{test[0]}: {test[1]}" if test[0] else reason))
    for i, (path, flag, _) in enumerate(excused):
        if i not in needed:
            complaints.append(f"not_yet.tsv: '{path}' '{flag}' excuses nothing any more: remove the line")
    return rows, complaints


def program():
    if "--bin" in sys.argv:
        return sys.argv[sys.argv.index("--bin") + 1]
    folder = os.environ.get("LICHEN_TEST_BIN", os.path.join(ROOT, "build/bin"))
    return os.path.join(folder, "lichen")


def self_test():
    table = Table(["\troot\tworks\t\tvalue", "run\t-\tworks\t\t", "run\trm\tworks\t\t", "run\ttty\tworks\tt\t", "run\tname\tworks\t\tvalue",
                   "run\tlater\tnot yet\t\t", "container run\t=run\t\t\t", "ps\t-\tworks\t\t"])
    text = 'lichen --root x container run --name --rm -t IMG --later\nrun_lichen ps "$(f run --rm IMG)"'
    runs = list(bats_words.invocations(text, {"f": [["$@"]]}))
    tests = {"a.bats": [("t", runs)]}
    used = set(uses_of(table, tests))
    assert used == {("run", "-"), ("run", "name"), ("run", "tty"), ("run", "rm"), ("ps", "-")}, used
    daily = [("run", flag, "") for flag in ("-", "rm", "later", "never")]
    assert check(table, tests, daily, [])[1] == ["run --later: is refused as not done yet", "run --never: lichen does not know it"]
    assert check(table, {}, daily[:2], [])[1] == ["run: no @test of tests/cli runs it", "run --rm: no @test of tests/cli runs it"]
    assert check(table, tests, daily[:3], [("*", "lat*", "why")])[1] == []
    assert check(table, tests, daily[:2], [("run", "later", "why")])[1] == ["not_yet.tsv: 'run' 'later' excuses nothing any more: remove the line"]
    print("check_flags: found everything that was planted")
    return 0


def main():
    if "--self-test" in sys.argv:
        return self_test()
    lichen = program()
    if not os.access(lichen, os.X_OK):
        print(f"skip: no program at {lichen} to ask for its flags")
        return 77
    table = Table(subprocess.run([lichen, "__flags"], check=True, capture_output=True, text=True).stdout.splitlines())
    tests = bats_words.all_tests(os.path.join(ROOT, "tests/cli"))
    rows, complaints = check(table, tests, read_rows(os.path.join(LISTS, "daily.tsv"), 3), read_rows(os.path.join(LISTS, "not_yet.tsv"), 3))
    if "--report" in sys.argv:
        with open(sys.argv[sys.argv.index("--report") + 1], "w", encoding="utf-8") as file:
            file.write("command\tflag\tstate\ttest, or why not\n" + "".join("\t".join(row) + "\n" for row in rows))
    print("\n".join(complaints + [f"check_flags: {len(rows)} rows, {sum(row[2] == 'works' for row in rows)} work, "
                                  f"{sum(row[2] != 'works' for row in rows)} do not, {len(complaints)} complaints"]))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
