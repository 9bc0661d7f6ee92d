"""Rows of `build`: lichen beside buildah (`bud --layers`, what `podman build` does), in the same run, round by round.

The issue's bounds: four stages that each sleep two seconds in less than three; 100 000 small files and a step that writes 1 GB at least
three times faster than buildah; never more than 150 MB of memory. The ratio is what counts; it is printed, and said when it is below.
"""
import os
import shutil
import statistics
import subprocess
import sys

from tools import BUSYBOX, Failed, Tool, milliseconds, print_row

HELPERS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "helpers")
WANTED_RATIO = 3

PLAIN = f"""FROM {BUSYBOX}
RUN echo 1 >/1
RUN echo 2 >/2
RUN echo 3 >/3
RUN echo 4 >/4
COPY Dockerfile /d
"""
STAGES = "".join(f"FROM {BUSYBOX} AS s{n}\nRUN sleep 2; echo {n} >/{n}\n" for n in range(4)) + f"FROM {BUSYBOX}\n" + "".join(
    f"COPY --from=s{n} /{n} /\n" for n in range(4))
FILES = f"FROM {BUSYBOX}\nCOPY files /files\n"
# Zeros that are written: what makes other bytes would take longer than the layer.
LARGE = f"FROM {BUSYBOX}\nRUN dd if=/dev/zero of=/large bs=1000000 count=MEGABYTES 2>/dev/null\n"


def make_context(world, name, dockerfile):
    folder = os.path.join(world, "build-" + name)
    os.makedirs(folder)
    with open(os.path.join(folder, "Dockerfile"), "w", encoding="utf-8") as file:
        file.write(dockerfile)
    return folder


def make_files(folder, count):
    for number in range(count):
        if number % 1000 == 0:
            os.makedirs(os.path.join(folder, "files", str(number // 1000)))
        with open(os.path.join(folder, "files", str(number // 1000), str(number)), "w", encoding="utf-8") as file:
            file.write(f"{number}\n" * 40)


def make_buildah(world, lichen, fixtures):
    """A Tool, or the reason why there is none."""
    if not shutil.which("buildah"):
        return "buildah is not installed"
    folders = [os.path.join(world, "buildah"), os.path.join(world, "buildrun")]
    tool = Tool("buildah", ["buildah", "--root", folders[0], "--runroot", folders[1], "--storage-driver", "overlay"], dict(lichen.environment, TMPDIR=world), folders)
    try:
        tool.run("pull", "-q", "docker-archive:" + os.path.join(fixtures, "busybox.tar"), timeout=120)
        return tool
    except (Failed, subprocess.SubprocessError) as error:
        return str(error)


def command(tool, folder, cached=False):
    words = ["build", "-q"] if tool.name == "lichen" else ["bud", "-q", "--layers"]
    return [*words, *([] if cached else ["--no-cache"]), "-t", "localhost/bench-build", folder]


def measure(tools, folder, rounds, cached=False):
    result, samples = {}, {tool.name: [] for tool in tools}
    alive = list(tools)
    for number in range(rounds + 1):
        for tool in list(alive):
            try:
                os.sync()  # publishing a layer syncs the file system: nobody pays for what others have written
                took = tool.seconds(*command(tool, folder, cached))
                if number > 0 or rounds == 1:
                    samples[tool.name].append(took)
            except (Failed, subprocess.SubprocessError) as error:
                result[tool.name] = str(error)
                alive.remove(tool)
        if rounds == 1:
            break
    for tool in alive:
        result[tool.name] = statistics.median(samples[tool.name])
    return result


def measure_peak(tools, world, folder):
    result = {}
    for tool in tools:
        out = os.path.join(world, "build-peak")
        done = subprocess.run([sys.executable, os.path.join(HELPERS, "peak.py"), out, *tool.command, *command(tool, folder)],
                              env=tool.environment, capture_output=True, check=False)
        result[tool.name] = int(open(out, encoding="utf-8").read().split()[0]) * 1024 if done.returncode == 0 else "fails"
    return result


def show(title, limit, result, text=milliseconds, wanted=0):
    # The table's second column is podman's, whose `build` buildah is.
    print_row(title, limit, {"lichen": result.get("lichen"), "podman": result.get("buildah")}, text)
    ours, theirs = result.get("lichen"), result.get("buildah")
    if wanted and isinstance(ours, float) and isinstance(theirs, float) and theirs < wanted * ours:
        print(f"| ↑ below {wanted}× | | | | |", flush=True)


def measure_and_print(tools, chosen, world, fixtures):
    """Rows build, build-cached, build-stages, build-files, build-large and its memory; `chosen` is the set of names, empty for all."""
    names = {"build", "build-cached", "build-stages", "build-files", "build-large"} & (chosen or {"build", "build-cached", "build-stages", "build-files", "build-large"})
    if not names or not tools:
        return {}
    lichen, results = tools[0], {}
    buildah = make_buildah(world, lichen, fixtures)
    pair = [lichen] + ([buildah] if isinstance(buildah, Tool) else [])
    if isinstance(buildah, str):
        print(f"beside nothing: {buildah}")
    plain = make_context(world, "plain", PLAIN)
    if "build" in names:
        results["build"] = measure(pair, plain, 5)
        show("`build`: FROM, 4 RUN, COPY, no cache (buildah)", "80 ms", results["build"])
    if "build-cached" in names:
        results["build-cached"] = measure(pair, plain, 10, cached=True)
        show("the same, all cached", "8 ms", results["build-cached"])
    if "build-stages" in names:
        results["build-stages"] = measure(pair, make_context(world, "stages", STAGES), 1)
        show("`build` of 4 stages that sleep for 2 s", "3 s", results["build-stages"])
    if "build-files" in names:
        files = make_context(world, "files", FILES)
        count = int(os.environ.get("LICHEN_BENCH_FILES", "100000"))
        make_files(files, count)
        results["build-files"] = measure(pair, files, 1)
        show(f"`build`: COPY of {count} files", "-", results["build-files"], wanted=WANTED_RATIO)
        shutil.rmtree(files)
    if "build-large" in names:
        megabytes = os.environ.get("LICHEN_BENCH_BUILD_MB", "1000")
        large = make_context(world, "large", LARGE.replace("MEGABYTES", megabytes))
        results["build-large"] = measure(pair, large, 1)
        show(f"`build`: a RUN that writes {megabytes} MB", "-", results["build-large"], wanted=WANTED_RATIO)
        results["build-memory"] = measure_peak(pair, world, large)
        show("largest memory of it", "150 MB", results["build-memory"], lambda v: v if isinstance(v, str) else f"{v // 1000000} MB")
    for tool in pair:
        tool.run(*(("rmi", "-f", "localhost/bench-build") if tool is lichen else ("rmi", "-a", "-f")), check=False, timeout=300)
    return results
