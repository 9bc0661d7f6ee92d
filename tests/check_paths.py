#!/usr/bin/env python3
"""No path-taking system call where paths come from images, volumes, archives or containers (design section 7).

In these files a name must never be resolved by the host's rules: another process may turn any component into a symlink.
They open a root once and go on with descriptors (libpod/sys/resolve.hh). So a call that takes a path is refused there,
unless tests/path_calls.txt gives the reason why its argument is ours alone. getenv is refused everywhere outside the
files listed below: settings arrive as arguments.

  tests/check_paths.py [ROOT]          exit 0, or 1 and one line per call
  tests/check_paths.py --self-test     proves that calls, AT_FDCWD, getenv and stale allowances are found
"""
import fnmatch
import os
import re
import sys
import tempfile

GUARDED = ["libpod/runtime/*", "libpod/image/*unpack*", "libpod/image/*adopt*", "libpod/image/*whiteout*", "libpod/engine/copy*",
           "libpod/store/*unpack*", "buildah/*"]
CALLS = ("open creat fopen opendir access faccessat stat lstat chmod chown lchown link symlink unlink rmdir mkdir mkfifo mknod rename "
         "readlink truncate setxattr lsetxattr getxattr lgetxattr listxattr llistxattr removexattr lremovexattr utimes utimensat "
         "mount umount umount2 chroot chdir realpath canonicalize_file_name nftw ifstream ofstream fstream statfs statvfs "
         "open_path exists is_directory make_directory make_directories write_file write_file_atomic read_cached write_cached list_directory remove_tree "
         "rename_path rename_no_replace remove_file make_symlink read_link read_file disk_usage").split()
# A bare or sys:: call; not a member (x.open, x->open), not a declaration of another name (my_open).
CALL = re.compile(r"(?<![\w.>])(?:::|sys::|lichen::sys::|std::|std::filesystem::)?\b(" + "|".join(CALLS) + r")\s*[({]")
CWD = re.compile(r"\bAT_FDCWD\b")
GETENV = re.compile(r"\b(?:secure_)?getenv\s*\(")
MAY_GETENV = ["libpod/engine/settings.cc", "src/app.cc", "src/main.cc", "tests/*"]
STRING_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|//.*$')


def read_allowed(path):
    allowed = {}
    if os.path.exists(path):
        for line in open(path, encoding="utf-8"):
            words = line.split(None, 2)
            if words and not words[0].startswith("#"):
                allowed[(words[0], words[1])] = len(words) > 2
    return allowed


def sources(root):
    for top, folders, files in os.walk(root):
        if top == root:
            folders[:] = [f for f in folders if f != "build" and not f.startswith((".", "build-", "tests"))]
        for name in sorted(files):
            if name.endswith((".cc", ".hh")):
                yield os.path.relpath(os.path.join(top, name), root)


def findings(path, text):
    """(line number, function) of each refused call in one file, the allow-list not yet applied."""
    guarded = any(fnmatch.fnmatch(path, pattern) for pattern in GUARDED)
    may_getenv = any(fnmatch.fnmatch(path, pattern) for pattern in MAY_GETENV)
    for number, line in enumerate(text.splitlines(), 1):
        line = STRING_OR_COMMENT.sub('""', line)
        if not may_getenv and GETENV.search(line):
            yield number, "getenv"
        if not guarded:
            continue
        if re.match(r"\s*(static |inline |extern )?[\w:<>&*]+ [\w:]+\([^()]*(\)( const)?)? *[;{]?$", line) and "return" not in line:
            continue  # a declaration such as `UniqueFd open(const Name& name);`
        for match in CALL.finditer(line):
            yield number, match[1]
        if CWD.search(line):
            yield number, "AT_FDCWD"


def check(root):
    allowed = read_allowed(os.path.join(root, "tests/path_calls.txt"))
    used, complaints = set(), []
    for key, has_reason in allowed.items():
        if not has_reason:
            complaints.append(f"tests/path_calls.txt: {key[0]} {key[1]}: the reason is missing")
    for path in sources(root):
        for number, function in findings(path, open(os.path.join(root, path), encoding="utf-8").read()):
            if (path, function) in allowed:
                used.add((path, function))
                continue
            complaints.append(f"{path}:{number}: {function}: act on a descriptor (libpod/sys/resolve.hh), "
                              "or give the reason in tests/path_calls.txt" if function != "getenv" else
                              f"{path}:{number}: getenv: take it as an argument; only {' '.join(MAY_GETENV)} read the environment")
    for key in sorted(set(allowed) - used):
        complaints.append(f"tests/path_calls.txt: {key[0]} {key[1]}: matches nothing any more")
    return complaints


def self_test():
    cases = {
        "libpod/runtime/x.cc": ("  if (::open(path.c_str(), O_RDONLY) < 0) return;", "open"),
        "libpod/runtime/y.cc": ("  fstatat(AT_FDCWD, p, &st, 0);", "AT_FDCWD"),
        "libpod/engine/copy.cc": ("  sys::write_file(path, text);", "write_file"),
        "src/x.cc": ('  auto home = std::getenv("HOME");', "getenv"),
        "tests/path_calls.txt": ("libpod/gone.cc open it was here once", "matches nothing"),
    }
    for path, (line, expected) in cases.items():
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(line + "\n")
            complaints = check(root)
            if len(complaints) != 1 or expected not in complaints[0]:
                print(f"self-test: {path}: expected one complaint with '{expected}', got {complaints}")
                return 1
    print(f"self-test: {len(cases)} of {len(cases)} found")
    return 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    complaints = check(root)
    for complaint in complaints:
        print(complaint)
    print(f"check_paths: {len(complaints)} calls to mend")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
