#!/usr/bin/env bash
# The base images of the tests, made of Debian packages: no registry and no network but apt's is needed.
#
#   images.sh FOLDER [NAME...]     NAME: busybox layers tiny rootfs debian servers (all but the last two when none is given)
#
# Writes FOLDER/NAME.tar (docker-archive; debian.tar and servers.tar are plain file-system tars for `lichen import`) and
# FOLDER/rootfs/. debian and servers take 30 s each and the network; they are kept for a week in a cache
# (LICHEN_TEST_CACHE, ~/.cache/lichen-tests, or /var/tmp/lichen-tests-UID for root).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/common.sh
. "$here/../lib/common.sh"
readonly kDebianSuite=bookworm
readonly kDebianPackages=python3-minimal,libpython3-stdlib,netbase,iproute2,procps
readonly kServerPackages=nginx,redis-server,postgresql-15,python3-minimal,busybox-static,iperf3,apache2-utils

make_kept() { # NAME OUT MMDEBSTRAP-ARGUMENTS...
  local name=$1 out=$2 cache key mode=unshare
  shift 2
  cache=$(cache_folder)
  install -d -m 700 "$cache"
  [ -O "$cache" ] || { echo "images.sh: '$cache' belongs to somebody else" >&2; exit 1; }
  key=$(printf '%s %s %s' $kDebianSuite "$*" "$(dpkg --print-architecture)" | sha256sum | cut -c1-12)
  find "$cache" -maxdepth 1 -name "$name-*.tar*" -mtime +7 -delete
  local kept=$cache/$name-$key.tar
  if [ ! -e "$kept" ]; then
    echo "making the $name root of Debian packages (about 30 s; kept in $cache)"
    [ "$(id -u)" != 0 ] || mode=root
    mmdebstrap --quiet --mode=$mode --format=tar "$@" $kDebianSuite "$kept.new" </dev/null
    mv "$kept.new" "$kept"
  fi
  ln -f "$kept" "$out" 2>/dev/null || cp --reflink=auto "$kept" "$out"
}

# Servers as their packages have them, but only unpacked: to configure a whole Debian below them would take twice as long.
# So busybox is the shell, the users are written here, and what servers never open goes (three quarters of the bytes).
# shellcheck disable=SC2016 # $1 is the root, in mmdebstrap's shell
readonly kServerHook='set -e; cd "$1"
for applet in $(bin/busybox --list); do
  [ -e bin/$applet ] || [ -L bin/$applet ] || [ -e usr/bin/$applet ] || ln -s busybox bin/$applet
done
mkdir -p etc tmp run root proc sys dev var/run
chmod 1777 tmp
printf "%s\n" root:x:0:0::/root:/bin/sh www-data:x:33:33::/var/www:/bin/false redis:x:101:101::/var/lib/redis:/bin/false \
  postgres:x:102:102::/var/lib/postgresql:/bin/sh nobody:x:65534:65534::/:/bin/false >etc/passwd
printf "%s\n" root:x:0: www-data:x:33: redis:x:101: postgres:x:102: nogroup:x:65534: >etc/group
install -d -o 101 -g 101 var/lib/redis
install -d -o 102 -g 102 var/lib/postgresql var/run/postgresql
rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/i18n usr/share/perl usr/share/perl5 usr/share/info usr/lib/systemd \
  usr/lib/*/perl* usr/lib/*/libperl* usr/lib/*/libLLVM* usr/lib/*/libz3* usr/lib/*/gconv usr/bin/perl* usr/lib/postgresql/15/lib/bitcode \
  usr/lib/postgresql/15/lib/llvmjit*'

make_one() { # FOLDER NAME
  case $2 in
    debian) make_kept debian "$1/debian.tar" --variant=minbase --include=$kDebianPackages ;;
    servers) make_kept servers "$1/servers.tar" --variant=extract --include=$kServerPackages --extract-hook="$kServerHook" ;;
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
