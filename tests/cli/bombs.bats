#!/usr/bin/env bats
# Archives that are small and cost much, name files that are not theirs, or are of kinds that nobody asked for (C26 C27
# C28 C29). After each: refused in words, less than 256 MiB of memory, staging empty, the other commands answer.
# ctest: timeout=400
load helpers

setup_file() { make_world; load_image tiny; }
teardown_file() { remove_world; }

# make NAME PYTHON: BASE/NAME.tar, a docker-archive whose only layer member is `blob` and whose diff id is `diff_id`.
make() {
  python3 - "$HELPERS" "$BASE/$1.tar" "$2" <<'PY'
import gzip, hashlib, io, json, os, subprocess, sys, tarfile
sys.path.insert(0, sys.argv[1])
import make_image
out = sys.argv[2]

def tar_of(*entries):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()

def header(name, size, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)

def packed(data, tool="gzip"):
    return gzip.compress(data, 1) if tool == "gzip" else subprocess.run([tool, "-c", "-1"], input=data, stdout=subprocess.PIPE, check=True).stdout

def zeros(megabytes, tool="gzip"):
    return packed(bytes(32 << 20), tool) * (megabytes // 32)

blob, diff_id, layers, tags, config_name, extra = b"", "0" * 64, None, ["localhost/bomb:latest"], "config.json", []
exec(sys.argv[3])
layers = ["layer.tar"] if layers is None else layers
config = json.dumps({"architecture": make_image.architecture(), "os": "linux", "config": {"Cmd": ["sh"]},
                     "rootfs": {"type": "layers", "diff_ids": ["sha256:" + diff_id] * len(layers)}}).encode()
manifest = json.dumps([{"Config": config_name, "RepoTags": tags, "Layers": layers}]).encode()
with open(out, "wb") as file:
    file.write(tar_of(("config.json", config), ("layer.tar", blob), *extra, ("manifest.json", manifest)))
PY
}

refused() { # FILE TEXT: load it; the message has the text
  local peak cpu used
  used=$(du -sk "$LICHEN_ROOT" 2>/dev/null | cut -f1)
  run_split timeout 100 python3 "$HELPERS/peak.py" "$BASE/peak" "$LICHEN" load -q -i "$1"
  ((status == 1 || status == 125)) || fail_with "load $1" "refused" "$status"
  assert_stderr "$2"
  read -r peak _ cpu <"$BASE/peak"
  assert_less "$peak" 262144 "KiB for $1"
  assert_less "$cpu" 60000 "milliseconds of CPU time for $1"
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" "staging after $1"
  assert_less "$(du -sk "$LICHEN_ROOT" | cut -f1)" $((used + 1024)) "KiB on disk after $1"
  run_lichen images -q; assert_success
  assert_equal "${#lines[@]}" 1 "images after $1"
}

@test "C28 gzip and zstd bombs: in a file, behind the end mark, in an entry that makes no file; the twin loads" {
  need zstd
  make file "blob = packed(header('f', 10 << 30)) + zeros(2048)"
  refused "$BASE/file.tar" "unpacks to more than"
  make padding "blob = packed(tar_of(('f', b'x')), 'zstd') + zeros(4096, 'zstd')"
  refused "$BASE/padding.tar" "unpacks to more than"
  make whiteout "blob = packed(header('.wh.f', 2 << 30)) + zeros(2048)"
  refused "$BASE/whiteout.tar" "unpacks to more than"
  # A tenth of a gigabyte of zeros is a file like any other.
  make twin "data = tar_of(('f', bytes(100 << 20))); blob = packed(data); diff_id = hashlib.sha256(data).hexdigest(); tags = ['localhost/twin:latest']"
  run_lichen load -q -i "$BASE/twin.tar"; assert_success
  run_lichen rmi localhost/twin; assert_success
}

@test "C28 the archive itself is a bomb, by file and by pipe" {
  python3 - "$BASE/bomb.tar.gz" <<'PY'
import gzip, sys, tarfile
info = tarfile.TarInfo("layer.tar")
info.size = 2 << 30
open(sys.argv[1], "wb").write(gzip.compress(info.tobuf()) + gzip.compress(bytes(32 << 20), 1) * 64)
PY
  refused "$BASE/bomb.tar.gz" "more than 200 times"
  run_split timeout 100 sh -c "cat '$BASE/bomb.tar.gz' | '$LICHEN' load -q"
  ((status == 1 || status == 125))
  assert_stderr "more than 200 times"
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" staging
}

@test "C28 a window of two gigabytes, gzip within gzip, twenty thousand layers, sparse documents of a gigabyte" {
  need zstd
  head -c 100000 /dev/urandom | zstd -q -1 --long=31 >"$BASE/window"
  make window "blob = open('$BASE/window', 'rb').read()"
  refused "$BASE/window.tar" "zstd data"
  make nested "blob = packed(packed(tar_of(('f', b'x'))))"
  refused "$BASE/nested.tar" "tar archive"
  make layers "layers = ['layer.tar'] * 20000"
  refused "$BASE/layers.tar" "layers"
  local file
  for file in manifest.json index.json; do
    rm -rf "$BASE/oci"
    mkdir "$BASE/oci"
    truncate -s 1G "$BASE/oci/$file"
    refused "$BASE/oci" "larger than"
  done
}

@test "C28 more entries than a layer may have" {
  ((${LICHEN_TEST_ROUNDS:-1} > 1)) || skip "writes a million entries: LICHEN_TEST_ROUNDS=2"
  make entries "blob = packed(header('d/', 0, tarfile.DIRTYPE) * 65536) * 80"
  refused "$BASE/entries.tar" "entries"
}

@test "C27 archives and layers of kinds that are not ours" {
  local name bytes
  while IFS='|' read -r name bytes; do
    { printf '%b' "$bytes"; head -c 4000 /dev/zero | tr '\0' x; } >"$BASE/$name"
    refused "$BASE/$name" "is not an image archive"
    make "layer-$name" "blob = open('$BASE/$name', 'rb').read()"
    refused "$BASE/layer-$name.tar" "tar archive"
  done <<'KINDS'
rar|Rar!\x1a\x07\x01\x00
7z|7z\xbc\xaf\x27\x1c\x00\x04
zip|PK\x03\x04\x14\x00
cpio|070701
warc|WARC/1.0\r\n
cab|MSCF\x00\x00
ar|!<arch>\n
lha|xx-lh5-
xar|xar!\x00\x1c
lz4|\x04\x22\x4d\x18
KINDS
  # And no other reader of libarchive can be reached at all: the program does not ask for one.
  need nm
  local readers
  readers=$(nm -D --undefined-only "$LICHEN_TEST_BIN/lichen-image" | grep -o 'archive_read_support_[a-z0-9_]*')
  [[ $readers == *format_raw* ]] || fail_with "nm" "the reader that is used" "$readers"
  assert_equal "$(grep -vxE 'archive_read_support_(format_(raw|tar)|filter_(bzip2|gzip|xz|zstd))' <<<"$readers" || true)" "" "readers of libarchive"
}

@test "C26 C29 archives whose documents name what is not theirs" {
  local name
  for name in ../../../../../../../../etc/passwd /etc/passwd "$BASE/secret" ../secret; do
    echo '{"secret": 1}' >"$BASE/secret"
    make config "config_name = '$name'"
    refused "$BASE/config.tar" "no member"
    refute_stderr "root:"
    make layer "layers = ['$name']"
    refused "$BASE/layer.tar" "no member"
    rm -rf "$BASE/dir"
    mkdir "$BASE/dir"
    printf '[{"Config": "config.json", "RepoTags": [], "Layers": []}]' >"$BASE/dir/manifest.json"
    ln -s "$name" "$BASE/dir/config.json"
    refused "$BASE/dir" "config.json"
    refute_stderr "root:"
  done
  make links "extra = [('x', b'')]; config_name = 'loop'"
  python3 - "$BASE/links.tar" <<'PY'
import sys, tarfile
with tarfile.open(sys.argv[1], "a") as tar:
    for name, target in (("loop", "pool"), ("pool", "loop")):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = tarfile.SYMTYPE, target
        tar.addfile(info)
PY
  refused "$BASE/links.tar" "no member"
  for name in ../../x 'localhost/../x:1' 'localhost/x:../../y' '/etc/passwd' 'localhost/UPPER:1' 'localhost/x@sha256:../x' ''; do
    make tags "data = tar_of(('f', b'x')); blob = data; diff_id = hashlib.sha256(data).hexdigest(); tags = ['$name']"
    refused "$BASE/tags.tar" "name"
  done
  make twice "extra = [('config.json', b'{}')]"
  refused "$BASE/twice.tar" "twice"
  make good "data = tar_of(('f', b'x')); blob = data; diff_id = hashlib.sha256(data).hexdigest()"
  run_lichen load -q -i "$BASE/good.tar"; assert_success
  run_lichen rmi localhost/bomb; assert_success
}

@test "C28 volume import and cp: an xz that asks for a dictionary of 1 or 4 GiB, one that is cut; the twin is imported" {
  need xz
  python3 - "$BASE" <<'PY'
import io, lzma, sys, tarfile, zlib
buffer = io.BytesIO()
with tarfile.open(fileobj=buffer, mode="w") as tar:
    info = tarfile.TarInfo("f")
    info.size = 5
    tar.addfile(info, io.BytesIO(b"hello"))
honest = lzma.compress(buffer.getvalue())
open(sys.argv[1] + "/honest.xz", "wb").write(honest)
open(sys.argv[1] + "/cut.xz", "wb").write(honest[:len(honest) // 2])
# The byte of the dictionary's size in the block header (xz file format 1.2, section 5.3.1), and the header's checksum.
for code, name in ((36, "1g"), (40, "4g")):
    data = bytearray(honest)
    size = (data[12] + 1) * 4
    data[data.index(b"\x21\x01", 12) + 2] = code
    data[12 + size - 4:12 + size] = zlib.crc32(bytes(data[12:12 + size - 4])).to_bytes(4, "little")
    open(sys.argv[1] + f"/{name}.xz", "wb").write(data)
PY
  lichen volume create box >/dev/null
  lichen create --name box localhost/tiny true >/dev/null
  for name in 1g 4g; do
    run_lichen volume import box "$BASE/$name.xz"; assert_failure 125 "import: the archive" "more memory than the 128 MiB"
    run_split sh -c "'$LICHEN' cp - box:/ <'$BASE/$name.xz'"; assert_failure 125 "more memory than the 128 MiB"
  done
  run_lichen volume import box "$BASE/cut.xz"; assert_failure 125 "ends too early"
  run_lichen volume import box "$BASE/honest.xz"; assert_success
  assert_equal "$(lichen volume export box | tar -xO f)" hello
  run_split sh -c "'$LICHEN' cp - box:/ <'$BASE/honest.xz'"; assert_success
  assert_equal "$(lichen cp box:/f - | tar -xO f)" hello
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" staging
  run_lichen rm box; assert_success
  run_lichen volume rm box; assert_success
}
