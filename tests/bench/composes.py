"""Rows of `compose`: 30 services up, nothing to do, down, and a file of 500 services; beside podman-compose, over the same podman.

Docker compose has no row: it needs a daemon as root. Its documentation says that a service is stopped by SIGTERM and killed after stop_grace_period,
10 s unless the file says otherwise, which PID 1 without a handler waits out; `down` here does not.
"""
import os
import shutil
import statistics
import subprocess

from tools import BUSYBOX, Failed, Tool, milliseconds, print_row

SERVICES = 30
NAMES = {"compose-up", "compose-same", "compose-down", "compose-config"}


def write_project(world, name, count):
    folder = os.path.join(world, name)
    os.makedirs(folder)
    path = os.path.join(folder, "compose.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("services:\n")
        for number in range(count):
            file.write(f"  s{number}:\n    image: {BUSYBOX}\n    command: sleep 100000\n    init: true\n    environment: {{NUMBER: '{number}'}}\n")
    return path


def make_podman_compose(world, tools):
    """podman-compose over the benchmark's podman, or None."""
    podman = next((tool for tool in tools if tool.name == "podman"), None)
    if podman is None or not shutil.which("podman-compose"):
        return None
    path = os.path.join(world, "podman-of-compose")
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\nexec " + " ".join(podman.command) + ' "$@"\n')
    os.chmod(path, 0o755)
    return Tool("podman", ["podman-compose", "--podman-path", path], podman.environment, [])


def commands(tool, path):
    quiet = ["--progress", "quiet"] if tool.name == "lichen" else []
    start = [*(["compose"] if tool.name == "lichen" else []), *quiet, "-f", path]
    return {"up": [*start, "up", "-d"], "down": [*start, "down", "-t", "0"], "config": [*start, "config"]}


def measure(tools, path, rounds):
    """{"compose-up": {tool: seconds}, ...}"""
    results = {name: {} for name in ("compose-up", "compose-same", "compose-down")}
    for tool in tools:
        words, samples = commands(tool, path), {name: [] for name in results}
        try:
            for _ in range(rounds if tool.name == "lichen" else 1):
                samples["compose-up"].append(tool.seconds(*words["up"]))
                samples["compose-same"].append(tool.seconds(*words["up"]))
                samples["compose-down"].append(tool.seconds(*words["down"]))
            for name, row in samples.items():
                results[name][tool.name] = statistics.median(row)
        except (Failed, OSError, subprocess.SubprocessError) as error:
            for name in results:
                results[name].setdefault(tool.name, str(error))
            tool.run(*words["down"], check=False)
    return results


def measure_config(tools, path):
    result = {}
    for tool in tools:
        try:
            result[tool.name] = statistics.median([tool.seconds(*commands(tool, path)["config"]) for _ in range(5)])
        except (Failed, OSError, subprocess.SubprocessError) as error:
            result[tool.name] = str(error)
    return result


def measure_and_print(tools, chosen, world):
    names = NAMES & (chosen or NAMES)
    if not names or not tools:
        return {}
    pair = [tool for tool in (tools[0], make_podman_compose(world, tools)) if tool is not None]
    results = {}
    if names - {"compose-config"}:
        results = measure(pair, write_project(world, "thirty", SERVICES), 5)
        for name, title, limit in (("compose-up", f"`compose up -d` of {SERVICES} services (podman-compose)", "1 s"),
                                   ("compose-same", "the same again: nothing to do", "60 ms"), ("compose-down", "`compose down` of them", "0.5 s")):
            print_row(title, limit, results[name], milliseconds)
    if "compose-config" in names:
        results["compose-config"] = measure_config(tools[:1], write_project(world, "many", 500))  # podman-compose has no `config` here
        print_row("`compose config` of 500 services", "100 ms", results["compose-config"], milliseconds)
    return results
