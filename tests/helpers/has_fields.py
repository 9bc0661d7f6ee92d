#!/usr/bin/env python3
"""Print the fields of a list that a document on standard input does not have: `lichen inspect X | has_fields.py LIST`.

A line of the list is a path and perhaps its type: "Networks.*.Links[] string". `*` stands for every key of a map that must not
be empty, `[].x` for every element of a list that must not be empty; a last `[]` or `*` asks for the key alone.
"""
import json
import re
import sys


def has(value, steps):
    if not steps or steps in (["*"], ["[]"]):
        return True
    if steps[0] == "*":
        return isinstance(value, dict) and bool(value) and all(has(inner, steps[1:]) for inner in value.values())
    if steps[0] == "[]":
        return isinstance(value, list) and bool(value) and all(has(inner, steps[1:]) for inner in value)
    return isinstance(value, dict) and steps[0] in value and has(value[steps[0]], steps[1:])


document = json.load(sys.stdin)[0]
for line in open(sys.argv[1], encoding="utf-8"):
    if line.strip() and not line.startswith("#"):
        path = line.split()[0]
        if not has(document, re.findall(r"\[\]|[^.\[\]]+", path)):
            print(path)
