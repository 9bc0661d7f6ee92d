#!/usr/bin/env python3
"""Run one test program for ctest, pass its output on, and count what happened inside it.

  case.py NAME LABEL RESULTS_DIR bats|gtest|plain COMMAND...

ctest sees only whole programs. This reads TAP (bats), GoogleTest's listing, or nothing (plain), and writes
RESULTS_DIR/NAME.json: passed and failed counts, and every skipped case with its reason. tests/run prints their sum.
Exit status: the program's; 77 (ctest: skipped) when everything in it was skipped; 1 when something was skipped while
LICHEN_TEST_STRICT=1, because a machine that claims to run everything must do so. A plain program skips itself with
status 77 and a last line "skip: REASON".
"""
import json
import os
import re
import subprocess
import sys
import time

TAP = re.compile(r"^(ok|not ok) \d+ (.*?)(?: # skip ?(.*)| in \d+(?:ms|sec))?$")
GTEST_DONE = re.compile(r"^\[ +(OK|FAILED|SKIPPED) +\] ([^ ,]+)(?: \((\d+) ms\))$")
GTEST_SKIP = re.compile(r"^.*: Skipped$")


class Counter:
    """Sums one program's cases while its lines go by."""

    def __init__(self, kind):
        self.kind, self.passed, self.failed, self.skipped = kind, 0, [], []
        self.last_line, self.skip_text, self.reading_skip = "", "", False

    def line(self, text):
        if text.strip():
            self.last_line = text.strip()
        if self.kind == "bats":
            self.tap(text)
        elif self.kind == "gtest":
            self.gtest(text)

    def tap(self, text):
        match = TAP.match(text)
        if not match:
            return
        if match[3] is not None:
            self.skipped.append([match[2], match[3] or "no reason given"])
        elif match[1] == "ok":
            self.passed += 1
        else:
            self.failed.append(match[2])

    def gtest(self, text):
        if GTEST_SKIP.match(text):
            self.reading_skip, self.skip_text = True, ""
            return
        match = GTEST_DONE.match(text)
        if not match:
            if self.reading_skip and not text.startswith("["):
                self.skip_text = (self.skip_text + " " + text.strip()).strip()
            return
        if match[1] == "OK":
            self.passed += 1
        elif match[1] == "FAILED":
            self.failed.append(match[2])
        else:
            self.skipped.append([match[2], self.skip_text or "no reason given"])
        self.reading_skip = False

    def finish(self, status, name):
        if self.kind != "plain":
            return
        if status == 77:
            self.skipped.append([name, self.last_line.removeprefix("skip: ")])
        elif status == 0:
            self.passed = 1
        else:
            self.failed.append(name)


def verdict(status, counter):
    if status == 77 or status == 0:
        if counter.skipped and os.environ.get("LICHEN_TEST_STRICT") == "1":
            print(f"LICHEN_TEST_STRICT=1: {len(counter.skipped)} skipped cases count as failures")
            return 1
        return 77 if counter.skipped and not counter.passed else status
    return 1


def main():
    name, label, results, kind, *command = sys.argv[1:]
    counter, start = Counter(kind), time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL) as child:
        for raw in child.stdout:
            text = raw.decode("utf-8", "replace").rstrip("\n")
            print(text, flush=True)
            counter.line(text)
    counter.finish(child.returncode, name)
    status = verdict(child.returncode, counter)
    record = {"name": name, "label": label, "status": status, "passed": counter.passed, "failed": counter.failed,
              "skipped": counter.skipped, "seconds": round(time.monotonic() - start, 1)}
    with open(os.path.join(results, name + ".json"), "w", encoding="utf-8") as file:
        json.dump(record, file)
    if status == 0 and kind != "plain" and counter.passed == 0:
        print(f"{name}: ran no case at all")
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
