#!/usr/bin/env bash
# The base images of the tests, made of Debian packages: no registry and no network but apt's is needed.
#
#   images.sh FOLDER [NAME...]     NAME: busybox layers tiny rootfs debian (all but debian when none is given)
#
# Writes FOLDER/NAME.tar (docker-archive; debian.tar is a plain file-system tar for `lichen import`) and FOLDER/rootfs/.
# debian takes 30 s and the network; it is kept for a week in a cache (LICHEN_TEST_CACHE, ~/.cache/lichen-tests, or
# /var/tmp/lichen-tests-UID for root).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/common.sh
. "$here/../lib/common.sh"
readonly kDebianSuite=bookworm
readonly kDebianPackages=python3-minimal,libpython3-stdlib,netbase,iproute2,procps

make_debian() { # OUT
  local cache key
  cache=$(cache_folder)
  install -d -m 700 "$cache"
  [ -O "$cache" ] || { echo "images.sh: '$cache' belongs to somebody else" >&2; exit 1; }
  key=$(printf '%s %s %s' $kDebianSuite "$kDebianPackages" "$(dpkg --print-architecture)" | sha256sum | cut -c1-12)
  find "$cache" -maxdepth 1 -name 'debian-*.tar*' -mtime +7 -delete
  local kept=$cache/debian-$key.tar
  if [ ! -e "$kept" ]; then
    echo "making a Debian root of packages (about 30 s; kept in $cache)"
    local mode=unshare
    [ "$(id -u)" != 0 ] || mode=root
    mmdebstrap --quiet --mode=$mode --variant=minbase --include=$kDebianPackages --format=tar $kDebianSuite "$kept.new" </dev/null
    mv "$kept.new" "$kept"
  fi
  ln -f "$kept" "$1" 2>/dev/null || cp --reflink=auto "$kept" "$1"
}

make_one() { # FOLDER NAME
  case $2 in
    debian) make_debian "$1/debian.tar" ;;
    rootfs) python3 "$here/make_image.py" rootfs "$1/rootfs" ;;
    *) python3 "$here/make_image.py" "$2" "$1/$2.tar" ;;
  esac
}

[ $# -ge 1 ] || { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"; exit 2; }
folder=$1
shift
[ $# -gt 0 ] || set -- busybox layers tiny rootfs
mkdir -p "$folder"
for name; do
  make_one "$folder" "$name"
done
