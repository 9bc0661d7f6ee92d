"""The row "push": an image of one large layer that nobody has yet goes to a registry on loopback."""
import io
import os
import random
import shutil
import statistics
import subprocess
import sys
import tarfile

from tools import Failed

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "helpers"))
HELPERS = sys.path[0]


def make_tar(path, megabytes):
    """An unpacked layer in files of ordinary sizes, of which gzip takes away a little more than half."""
    source = random.Random(7)
    block = source.randbytes(1 << 20)
    with tarfile.open(path, mode="w") as tar:
        for number in range(megabytes * 4):
            begin = source.randrange(len(block) - 106_000)
            data = block[begin:begin + 106_000] + b"text and more text\n" * 7580
            entry = tarfile.TarInfo(f"usr/share/d{number % 97}/f{number}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def measure_push(tools, world, megabytes, rounds=3):
    """{tool name: seconds}, and in `peaks` the largest resident set of each in kB."""
    if not shutil.which("docker-registry"):
        return {tool.name: "docker-registry is not installed" for tool in tools}
    folder, layer = os.path.join(world, "push-registry"), os.path.join(world, "layer.tar")
    host = subprocess.run([os.path.join(HELPERS, "registry.sh"), "start", folder], capture_output=True, text=True, check=True).stdout.strip()
    result, samples, peaks = {}, {tool.name: [] for tool in tools}, {}
    try:
        make_tar(layer, megabytes)
        for tool in tools:
            tool.run("import", "-q", layer, "localhost/pushed:1", timeout=300)
        for _ in range(rounds):
            for tool in tools:
                shutil.rmtree(os.path.join(folder, "data"), ignore_errors=True)  # nothing is there already
                samples[tool.name].append(tool.seconds("push", "-q", "--tls-verify=false", "localhost/pushed:1", f"{host}/bench:1"))
        for tool in tools:
            result[tool.name] = statistics.median(samples[tool.name])
            shutil.rmtree(os.path.join(folder, "data"), ignore_errors=True)
            out = os.path.join(world, "peak")
            subprocess.run([sys.executable, os.path.join(HELPERS, "peak.py"), out, *tool.command, "push", "-q", "--tls-verify=false", "localhost/pushed:1",
                            f"{host}/bench:1"], env=tool.environment, check=True, capture_output=True)
            peaks[tool.name] = int(open(out, encoding="utf-8").read().split()[0])
    except (Failed, subprocess.SubprocessError) as error:
        result.setdefault(tool.name, str(error))
    finally:
        subprocess.run([os.path.join(HELPERS, "registry.sh"), "stop", folder], check=False)
        for tool in tools:
            tool.run("rmi", "-f", "localhost/pushed:1", check=False)
        if os.path.exists(layer):
            os.unlink(layer)
    result["peaks"] = peaks
    return result
