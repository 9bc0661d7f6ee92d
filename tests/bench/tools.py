"""What the benchmarks share: the two tools, a row of the table and its rounds, how it is printed."""
import os
import statistics
import subprocess
import tempfile
import time

BUSYBOX = "localhost/busybox:latest"


class Failed(Exception):
    """A row cannot be measured; the text says why."""


class Tool:
    """lichen or podman with a store of its own. Its processes have one of the marks in command line or environment."""

    def __init__(self, name, command, environment, folders):
        self.name, self.command = name, command
        self.environment = dict(environment, LICHEN_BENCH_TOOL=name)
        self.marks = ["LICHEN_BENCH_TOOL=" + name, *folders]

    def run(self, *arguments, check=True, timeout=120):
        done = subprocess.run([*self.command, *arguments], env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout, check=False)
        if check and done.returncode != 0:
            raise Failed(f"{self.name} {arguments[0]}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}")
        return done.stdout.strip()

    def seconds(self, *arguments):
        """How long the command takes. By posix_spawn without pipes: subprocess costs more than a whole `lichen version`."""
        with tempfile.TemporaryFile() as errors:
            actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
                       (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)]
            command = [*self.command, *arguments]
            start = time.perf_counter()
            pid = os.posix_spawnp(command[0], command, self.environment, file_actions=actions)
            status = os.waitpid(pid, 0)[1]
            taken = time.perf_counter() - start
            if status != 0:
                errors.seek(0)
                text = errors.read().decode(errors="replace").strip().splitlines()
                raise Failed(f"{self.name} {arguments[0]}: {text[-1] if text else status}")
        return taken


class Row:
    """prepare(tool), then rounds of: before(tool) untimed, command timed, after(tool) untimed; then finish(tool).

    Rows side by side with the same scene (prepare and finish) share it: a thousand containers are made once."""

    def __init__(self, name, title, limit, rounds, command, before=None, after=None, scene=None):
        self.name, self.title, self.limit, self.rounds, self.command = name, title, limit, rounds, command
        self.before, self.after = before, after
        self.scene = scene or Scene()


class Scene:
    def __init__(self, prepare=None, finish=None):
        self.prepare, self.finish = prepare, finish


def start_sleeper(name):
    return lambda tool: tool.run("run", "-d", "--name", name, "--network", "none", BUSYBOX, "sleep", "1000")


def remove(name):
    return lambda tool: tool.run("rm", "-f", "-t", "0", name, check=False)


def prepare(scene, tools):
    """{tool name: why it cannot be measured}"""
    reasons = {}
    for tool in tools:
        try:
            if scene.prepare:
                scene.prepare(tool)
        except (Failed, subprocess.TimeoutExpired) as error:
            reasons[tool.name] = str(error)
    return reasons


def measure(row, tools, rounds, reasons):
    """{tool name: median seconds, or the reason why not}"""
    result = dict(reasons)
    alive = [tool for tool in tools if tool.name not in reasons]
    samples = {tool.name: [] for tool in alive}
    for number in range((rounds or row.rounds) + 1):
        for tool in list(alive):
            try:
                if row.before:
                    row.before(tool)
                took = tool.seconds(*row.command)
                if row.after:
                    row.after(tool)
                if number > 0:  # the first is for warm caches
                    samples[tool.name].append(took)
            except (Failed, subprocess.TimeoutExpired) as error:
                result[tool.name] = str(error)
                alive.remove(tool)
    for tool in alive:
        result[tool.name] = statistics.median(samples[tool.name])
    return result


def measure_rows(chosen, tools, rounds):
    """(row, result) one after the other."""
    scene, reasons = None, {}
    for row in [*chosen, None]:
        if row is None or row.scene is not scene:
            for tool in tools:
                if scene and scene.finish:
                    scene.finish(tool)
            if row is None:
                return
            scene, reasons = row.scene, prepare(row.scene, tools)
        yield row, measure(row, tools, rounds, reasons)


def milliseconds(value):
    return value if isinstance(value, str) else f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def print_row(title, limit, result, text):
    lichen, podman = result.get("lichen"), result.get("podman")
    ratio = f"{podman / lichen:.1f}×" if isinstance(lichen, (int, float)) and isinstance(podman, (int, float)) and lichen else "-"
    print(f"| {title} | {text(lichen)} | {limit} | {text(podman) if podman is not None else '-'} | {ratio} |", flush=True)
