#!/usr/bin/env python3
"""Run a command and say what it cost: peak.py OUT COMMAND... writes "PEAK_KIB STATUS CPU_MS" to OUT.

PEAK is the largest resident set of the command or of any descendant that it waited for (getrusage(2)); of processes that live
on, such as monitors, nothing is known. CPU time, unlike the clock, does not depend on what else the machine does. The exit status is the command's.
"""
import resource
import subprocess
import sys

status = subprocess.run(sys.argv[2:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as out:
    out.write(f"{used.ru_maxrss} {status} {int(1000 * (used.ru_utime + used.ru_stime))}\n")
sys.exit(status if status >= 0 else 128 - status)
