"""The rows about networks: commands with a network there or not, memory of what serves it, bytes and requests per second.

Podman makes bridge networks by netavark, with a slirp4netns for all of them; Podman 4.3 has no pasta. Speeds are measured between real
programs (iperf3, nginx, ab of servers.tar, see helpers/images.sh); the host's side needs iperf3 and ab there.
"""
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import time

from tools import BUSYBOX, Failed, Row, Scene, print_row

MANY = 20
SECONDS = 3  # of one throughput measurement
REQUESTS = 3000
SERVERS = "localhost/servers:latest"


def start_on_network(tool):
    tool.run("network", "create", "bench")
    tool.run("run", "-d", "--name", "there", "--network", "bench", BUSYBOX, "sleep", "100000")


def leave_network(tool):
    tool.run("rm", "-f", "-t", "0", "there", check=False)
    tool.run("network", "rm", "bench", check=False)


def start_on_default(tool):
    tool.run("run", "-d", "--name", "there", "--network", "bridge", BUSYBOX, "sleep", "100000")


def run_on(name):
    return ("run", "--rm", "--network", name, BUSYBOX, "true")


def until_no_hub(tool):
    """The hub stays for some seconds after its last member."""
    deadline = time.monotonic() + 30
    while any("lichen-hub" in name for name, _ in processes_of(tool).values()):
        if time.monotonic() > deadline:
            raise Failed("the hub does not go")
        time.sleep(0.05)


def rows():
    there, default = Scene(start_on_network, leave_network), Scene(start_on_default, lambda tool: tool.run("rm", "-f", "-t", "0", "there", check=False))
    alone = Scene(lambda tool: tool.run("network", "create", "bench"), leave_network)
    return [
        Row("run-network", "`run --rm --network NAME IMG true`, another container there", 18, 20, run_on("bench"), scene=there),
        Row("run-network-cold", "the same, no container on any network", 45, 5, run_on("bench"), before=until_no_hub, scene=alone),
        Row("run-bridge", "`run --rm --network bridge IMG true`, another container there", 18, 20, run_on("bridge"), scene=default),
        Row("run-bridge-cold", "the same, no container on any network", 45, 5, run_on("bridge"), before=until_no_hub),
        Row("network", "`network create`", 10, 20, ("network", "create", "made"), after=lambda tool: tool.run("network", "rm", "made")),
        Row("network-rm", "`network rm`", 10, 20, ("network", "rm", "made"), before=lambda tool: tool.run("network", "create", "made")),
    ]


# ---- twenty at once

def start_many(tool, count):
    tool.run("network", "create", "many")
    for number in range(count):
        tool.run("run", "-d", "--name", f"many{number}", "--network", "many", BUSYBOX, "sleep", "100000")


def stop_many(tool, count):
    tool.run("rm", "-f", "-t", "0", *[f"many{number}" for number in range(count)], check=False, timeout=300)
    tool.run("network", "rm", "many", check=False)


def measure_many(tools, rounds=3):
    """({tool: seconds up}, {tool: seconds down}, {tool: kB of the hub and its helpers while they are up})"""
    up, down, memory = {}, {}, {}
    for tool in tools:
        samples = []
        try:
            for _ in range(rounds):
                start = time.perf_counter()
                start_many(tool, MANY)
                middle = time.perf_counter()
                time.sleep(2)  # what it costs while nothing happens
                memory[tool.name] = pss_of(tool, lambda name: re.search(r"lichen-hub|slirp4netns|aardvark-dns|catatonit|rootlessport", name))
                ready = time.perf_counter()
                stop_many(tool, MANY)
                samples.append((middle - start, time.perf_counter() - ready))
            up[tool.name], down[tool.name] = (statistics.median(column) for column in zip(*samples))
        except (Failed, OSError, subprocess.TimeoutExpired) as error:
            up[tool.name] = down[tool.name] = memory[tool.name] = str(error)
            stop_many(tool, MANY)
    return up, down, memory


# ---- memory

def processes_of(tool):
    """{pid: (command line, parent)} of what runs for the tool: its path in command line or environment, and all that is below such."""
    found, others = {}, {}
    marks = [mark.encode() for mark in tool.marks]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                command = file.read()
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                parent = file.read().rsplit(")", 1)[1].split()[1]
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    command_and_more = command + file.read()
            except OSError:
                command_and_more = command
        except OSError:
            continue
        text = command.replace(b"\0", b" ").decode(errors="replace")
        (found if any(mark in command_and_more for mark in marks) else others)[pid] = (text, parent)
    found.pop(str(os.getpid()), None)
    more = True
    while more:
        more = [pid for pid, (_, parent) in others.items() if parent in found]
        for pid in more:
            found[pid] = others.pop(pid)
    return found


def pss_of(tool, wanted):
    """kB of all processes of the tool whose command line is wanted."""
    total = 0
    for pid, (command, _) in processes_of(tool).items():
        if not wanted(command):
            continue
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except FileNotFoundError:
            continue
        except (OSError, StopIteration) as error:
            raise Failed(f"memory of '{command[:40]}' cannot be read: {error}") from error
    if total == 0:
        raise Failed("there is no such process")
    return total


def measure_ten(tools):
    """kB of everything that serves ten idle containers: not what runs in them."""
    result = {}
    for tool in tools:
        try:
            start_many(tool, 10)
            time.sleep(2)
            result[tool.name] = pss_of(tool, lambda name: not name.startswith("sleep "))
        except (Failed, OSError, subprocess.TimeoutExpired) as error:
            result[tool.name] = str(error)
        stop_many(tool, 10)
    return result


# ---- speeds

def host_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError as error:
            raise Failed("this machine has no address but loopback") from error
        return probe.getsockname()[0]


def free_port():
    with socket.socket() as probe:
        probe.bind(("", 0))
        return str(probe.getsockname()[1])


def output_of(command, environment=None):
    """Standard output and error."""
    if not shutil.which(command[0]):
        raise Failed(f"{command[0]} is not installed")
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout, (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]


def gigabits(text, error):
    try:
        return json.loads(text)["end"]["sum_received"]["bits_per_second"] / 1e9
    except (ValueError, KeyError) as bad:
        raise Failed(f"iperf3: {error}") from bad


def requests_per_second(text, error):
    found = re.search(r"Requests per second:\s+([0-9.]+)", text)
    if not found:
        raise Failed(f"ab: {error}")
    return float(found.group(1))


def retry(attempt):
    """Until the server listens."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return attempt()
        except Failed:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


NGINX = ("printf 'daemon off; worker_processes 1; error_log stderr crit; pid /tmp/pid; events {} "
         "http { access_log off; server { listen 80 backlog=4096; location / { return 200 hello; } } }' >/tmp/conf; nginx -c /tmp/conf & exec iperf3 -s")


def measure_mode(tool, mode):
    """{(direction, unit): number or the reason why not} of a server on this network and, on a bridge, a client beside it."""
    iperf, http = free_port(), free_port()
    load = ["iperf3", "-J", "-t", str(SECONDS), "-c"]
    ask = ["ab", "-q", "-n", str(REQUESTS), "-c", "8"]
    found = {}

    def add(way, prefix, address, ports):
        for unit, number, words in [("Gbit/s", gigabits, [*load, address, "-p", ports[0]]), ("requests/s", requests_per_second, [*ask, f"http://{address}:{ports[1]}/"])]:
            try:
                found[way, unit] = retry(lambda number=number, words=words: number(*output_of([*prefix, *words], tool.environment)))
            except (Failed, subprocess.TimeoutExpired) as error:
                found[way, unit] = str(error)
    try:
        tool.run("run", "-d", "--name", "server", "--network", mode, "-p", f"{iperf}:5201", "-p", f"{http}:80", SERVERS, "sh", "-c", NGINX)
        add("host → container", [], "127.0.0.1", (iperf, http))
        tool.run("run", "-d", "--name", "client", "--network", mode, SERVERS, "sleep", "100000")
        # Without a network in common the way is over the host.
        server, ports = host_address(), (iperf, http)
        if mode == "bench":
            server, ports = tool.run("inspect", "-f", "{{.NetworkSettings.Networks.bench.IPAddress}}", "server"), ("5201", "80")
        if mode != "pasta":  # there the host's address is the container's own
            add("container → container", [*tool.command, "exec", "client"], server, ports)
    finally:
        tool.run("rm", "-f", "-t", "0", "server", "client", check=False)
    return found


def measure_speeds(tools, fixtures):
    """{(mode, direction, unit): {tool: number}}"""
    archive = os.path.join(fixtures, "servers.tar")
    if not os.path.exists(archive):
        raise Failed("there is no servers.tar (tests/helpers/images.sh FOLDER servers)")
    for tool in tools:
        tool.run("import", archive, SERVERS)
        tool.run("network", "create", "bench")
    results = {}
    for mode in ("bench", "slirp4netns", "pasta"):
        for tool in tools:
            try:
                found = measure_mode(tool, mode)
            except (Failed, subprocess.TimeoutExpired) as error:
                found = {("host → container", "Gbit/s"): str(error)}
            for key, number in found.items():
                results.setdefault((mode.replace("bench", "bridge"), *key), {})[tool.name] = number
    for tool in tools:
        tool.run("network", "rm", "bench", check=False)
    return results


# ---- the table

def kilobytes(value):
    return value if isinstance(value, str) else f"{value} kB"


def seconds(value):
    return value if isinstance(value, str) else f"{value:.2f} s"


def measure_and_print(tools, wanted, fixtures):
    results = {}
    if not wanted or "up20" in wanted:
        up, down, memory = measure_many(tools)
        results.update({"up20": up, "down20": down, "hub": memory})
        print_row(f"a network and {MANY} containers on it, one `run -d` after the other", "-", up, seconds)
        print_row(f"`rm -f` of these {MANY}, and of the network", "-", down, seconds)
        print_row(f"memory (Pss) of the hub and its helpers for {MANY} containers", "-", memory, kilobytes)
    if not wanted or "ten" in wanted:
        results["ten"] = measure_ten(tools)
        print_row("memory (Pss) of all that serves ten idle containers on a network", "-", results["ten"], kilobytes)
    if not wanted or "speed" in wanted:
        print("\nMore is better:\n\n| network | way | lichen | podman | lichen / podman |\n|---|---|---|---|---|")
        try:
            speeds = measure_speeds(tools, fixtures)
        except Failed as error:
            print(f"| speeds | {error} | | | |")
            speeds = {}
        for (mode, way, unit), found in speeds.items():
            shown = {name: f"{value:.1f} {unit}" if isinstance(value, float) else value for name, value in found.items()}
            lichen, podman = found.get("lichen"), found.get("podman")
            ratio = f"{lichen / podman:.2f}" if isinstance(lichen, float) and isinstance(podman, float) else "-"
            print(f"| {mode} | {way} | {shown.get('lichen', '-')} | {shown.get('podman', '-')} | {ratio} |", flush=True)
            results[f"{mode} {way} {unit}"] = found
    return results
