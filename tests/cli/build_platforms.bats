#!/usr/bin/env bats
# build for several platforms: a manifest list of images, what is for the machine that builds is built once.
# ctest: timeout=300
load helpers

setup_file() {
  make_world
  load_image busybox
}
teardown_file() { remove_world; }
setup() {
  CONTEXT=$(mktemp -d "$BASE/tmp/context.XXXXXX")
  cd "$CONTEXT" || return 1
}

dockerfile() { cat >"$CONTEXT/Dockerfile"; }
build() { run_lichen build --progress plain "$@" "$CONTEXT"; } # FLAGS...
platforms() { lichen manifest inspect "$1" | jq -r '[.manifests[].platform | .os + "/" + .architecture + (if .variant then "/" + .variant else "" end)] | join(" ")'; }
foreign_program() { # FILE: what only another machine can execute
  python3 - "$1" <<'END'
import struct, sys
# ELF64, little endian, executable, EM_AARCH64, without segments
head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, 0x400000, 64, 0, 0, 64, 56, 0, 64, 0, 0)
open(sys.argv[1], "wb").write(head)
END
  chmod +x "$1"
}

@test "COPY alone for three platforms: one list by the name of -t, an image for each, which is for it" {
  # flags: build --platform
  for arch in amd64 arm64 arm; do echo "for $arch" >"file.$arch"; done
  dockerfile <<'END'
FROM scratch
ARG TARGETARCH TARGETPLATFORM
COPY file.$TARGETARCH /file
LABEL platform=$TARGETPLATFORM
END
  build --platform linux/amd64,linux/arm64 --platform linux/arm/v7 -t several -t again --iidfile iid --metadata-file metadata
  assert_success
  assert_equal "$(platforms several)" "linux/amd64 linux/arm64 linux/arm/v7"
  assert_equal "$(platforms again)" "$(platforms several)"
  assert_equal "sha256:$output" "$(cat iid)"
  assert_equal "$(jq -r '."image.name"' metadata)" "several,again"
  assert_equal "$(jq -r '."containerimage.digest"' metadata)" "$(jq -r '."containerimage.descriptor".digest' metadata)"
  run_lichen image inspect -f '{{.Architecture}} {{.Config.Labels.platform}}' several
  assert_output "amd64 linux/amd64"
  # All of them leave, and another store takes the one that it wants.
  build --platform linux/amd64,linux/arm64 -t several -o type=oci,dest=several.tar
  assert_success
  LICHEN_ROOT=$BASE/other lichen load -q --platform linux/arm64 -i several.tar
  assert_equal "$(LICHEN_ROOT=$BASE/other lichen images -q | xargs env LICHEN_ROOT="$BASE/other" "$LICHEN" image inspect -f '{{.Architecture}} {{.Config.Labels.platform}}')" "arm64 linux/arm64"
}

@test "stages for the machine that builds are built once, also with --no-cache; the others for each" {
  dockerfile <<END
FROM --platform=\$BUILDPLATFORM $BUSYBOX AS tools
RUN echo made >/tool
FROM scratch
ARG TARGETARCH
COPY --from=tools /tool /\$TARGETARCH
END
  build --platform linux/amd64,linux/arm64 --no-cache -t once
  assert_success
  assert_equal "$(grep -c 'RUN echo made' <<<"$stderr")" 2
  assert_equal "$(grep -c ' CACHED$' <<<"$stderr")" 1 "the RUN for the second platform"
  assert_stderr "linux/arm64 "
  build --platform linux/amd64,linux/arm64 -t once
  assert_equal "$(grep -c ' CACHED$' <<<"$stderr")" 4
  assert_equal "$(platforms once)" "linux/amd64 linux/arm64"
}

@test "RUN of a foreign platform: an error that names the way out, and nothing is tagged" {
  [ ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || skip "this machine can execute programs for arm64"
  mkdir bin && foreign_program bin/sh
  dockerfile <<END
FROM scratch
COPY bin /bin
RUN true
END
  build --platform linux/amd64,linux/arm64 -t never
  assert_failure 1
  build --platform linux/arm64 -t never
  assert_failure 1 "Dockerfile:3:1"
  assert_stderr "cannot execute programs for linux/arm64"
  assert_stderr "binfmt_misc"
  assert_stderr "FROM --platform=\$BUILDPLATFORM"
  run_lichen image exists never
  assert_failure 1
}

@test "RUN of a foreign platform goes through what the kernel has registered" {
  # Since Linux 6.7 each user namespace may have a binfmt_misc of its own.
  mkdir -p bin misc && foreign_program bin/sh
  cp "$LICHEN_TEST_FIXTURES/rootfs/bin/busybox" emulator
  cat >inside <<END
set -e
mount -t binfmt_misc none misc
printf ':lichen:M::\\\\x7fELF\\\\x02\\\\x01\\\\x01\\\\x00\\\\x00\\\\x00\\\\x00\\\\x00\\\\x00\\\\x00\\\\x00\\\\x00\\\\x02\\\\x00\\\\xb7\\\\x00::$CONTEXT/echo:F' >misc/register
cd "$CONTEXT"
LICHEN_ROOT=$BASE/emulated exec "$LICHEN" build --progress plain --network none --platform linux/arm64 .
END
  printf '#include <unistd.h>\nint main(int n, char **v) { (void)n; return write(1, "emulated ", 9) + (int)write(1, v[n - 1], 4) == 13 ? 0 : 1; }\n' >echo.c
  cc -static -o echo echo.c 2>/dev/null || skip "no C compiler"
  unshare -Urm mount -t binfmt_misc none misc 2>/dev/null || skip "the kernel has no binfmt_misc for users (Linux 6.7)"
  dockerfile <<END
FROM scratch
COPY bin /bin
RUN true
END
  run_split unshare -Urm bash inside
  assert_success
  assert_stderr "emulated true"
}

@test "-o type=local makes a directory for each platform; docker's archive holds no list" {
  echo x >file
  dockerfile <<'END'
FROM scratch
ARG TARGETARCH
COPY file /$TARGETARCH
END
  build --platform linux/amd64,linux/arm64 -o out
  assert_success
  assert_equal "$(cd out && find . -type f | sort | xargs)" "./linux_amd64/amd64 ./linux_arm64/arm64"
  build --platform linux/amd64,linux/arm64 -o type=docker,dest=x.tar
  assert_failure 1 "docker's archives hold no manifest list"
}

@test "--manifest: images are added to a list, one platform after the other; a last stage of one platform only is told" {
  # flags: build --manifest
  echo x >file
  dockerfile <<'END'
FROM scratch
COPY file /
END
  build --platform linux/amd64 --manifest mine
  build --platform linux/arm64 --manifest mine
  assert_success
  assert_equal "$(platforms mine)" "linux/amd64 linux/arm64"
  dockerfile <<'END'
FROM --platform=linux/amd64 scratch
COPY file /
END
  build --platform linux/amd64,linux/arm64 -t same
  assert_failure 1 "have both made an image for linux/amd64"
}
