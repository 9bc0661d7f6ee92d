#!/usr/bin/env python3
"""Run a command and say what it cost: peak.py OUT COMMAND... writes "PEAK_KIB STATUS SECONDS" to OUT.

PEAK is the largest resident set of the command or of any descendant that it waited for (getrusage(2)); of processes that live
on, such as monitors, nothing is known. The exit status is the command's.
"""
import resource
import subprocess
import sys
import time

start = time.monotonic()
status = subprocess.run(sys.argv[2:]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
with open(sys.argv[1], "w") as out:
    out.write(f"{peak} {status} {time.monotonic() - start:.1f}\n")
sys.exit(status if status >= 0 else 128 - status)
