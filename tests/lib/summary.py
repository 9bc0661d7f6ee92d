#!/usr/bin/env python3
"""Print what the cases of a run came to: a table by suite, then each skip with its reason and each failure.

  summary.py RESULTS_DIR CTEST_LOG

Its last line is ctest's own summary line, so that a reader of the last line and a reader of the whole agree.
"""
import glob
import json
import os
import re
import sys


def flags_line(report):
    """What check_flags.py wrote: command, flag, state, test."""
    if not os.path.exists(report):
        return
    states = [line.split("\t")[2] for line in open(report, encoding="utf-8").read().splitlines()[1:]]
    works = states.count("works")
    print(f"\nflags and commands of daily use: {works} work and have a test, {len(states) - works} do not yet; all are in build/flags.tsv")


def main():
    results, log = sys.argv[1:3]
    records = [json.load(open(path, encoding="utf-8")) for path in sorted(glob.glob(os.path.join(results, "*.json")))]
    suites = {}
    for record in records:
        row = suites.setdefault(record["label"], [0, 0, 0, 0.0])
        row[0] += record["passed"]
        row[1] += len(record["failed"]) or (1 if record["status"] not in (0, 77) else 0)
        row[2] += len(record["skipped"])
        row[3] += record["seconds"]
    print(f"\n{'suite':<12}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for label, row in suites.items():
        print(f"{label:<12}{row[0]:>8}{row[1]:>8}{row[2]:>9}{row[3]:>9.0f}")
    reasons = {}
    for record in records:
        for case, reason in record["skipped"]:
            reasons.setdefault(reason, []).append(f"{record['name']}: {case}" if case != record["name"] else case)
    if reasons:
        print("\nskipped:")
        for reason, cases in sorted(reasons.items()):
            print(f"  {reason}")
            for case in cases:
                print(f"    {case}")
    text = open(log, encoding="utf-8", errors="replace").read()
    failed = [f"{r['name']}: {c}" for r in records for c in r["failed"] if c != r["name"]]
    failed += re.findall(r"^\s+\d+ - (\S+) \((?!Skipped|Disabled).*\)$", text, re.M)
    if failed:
        print("\nfailed:")
        for case in failed:
            print(f"  {case}")
    flags_line(os.path.join(results, "flags.tsv"))
    line = re.search(r"^\d+% tests passed.*$", text, re.M)
    print("\n" + (line[0] if line else "0% tests passed: ctest gave no summary"))


if __name__ == "__main__":
    main()
