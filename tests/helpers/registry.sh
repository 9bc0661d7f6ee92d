#!/usr/bin/env bash
# A real registry (Debian's docker-registry) on loopback, for one test file.
#
#   registry.sh start FOLDER [tls [mutual]] [auth]     prints host:port; files in FOLDER: port pid ca.crt log
#   registry.sh stop FOLDER
#   registry.sh push FOLDER ARCHIVE NAME[:TAG] [skopeo options]
#
# mutual: only who shows a certificate of the same authority is served; FOLDER/client.cert and .key are one.
# tls: a certificate for 127.0.0.1 and localhost, signed by an authority of its own (FOLDER/ca.crt). auth: htpasswd with
# user `tester`, password `s3cret`. The port is one the kernel gave out as free; a start that loses it tries another.
set -euo pipefail

make_certificates() { # FOLDER
  local folder=$1
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=lichen test authority" \
    -keyout "$folder/ca.key" -out "$folder/ca.crt" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" \
    -keyout "$folder/server.key" -out "$folder/server.csr" 2>/dev/null
  openssl x509 -req -in "$folder/server.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -CAcreateserial -days 30 \
    -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") -out "$folder/server.crt" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=a client" \
    -keyout "$folder/client.key" -out "$folder/client.csr" 2>/dev/null
  openssl x509 -req -in "$folder/client.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -CAcreateserial -days 30 \
    -out "$folder/client.cert" 2>/dev/null
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

write_config() { # FOLDER PORT TLS AUTH MUTUAL
  cat >"$1/config.yml" <<EOF
version: 0.1
log: {level: info, accesslog: {disabled: false}}
storage: {filesystem: {rootdirectory: $1/data}, delete: {enabled: true}}
http:
  addr: 127.0.0.1:$2
  secret: for-tests
EOF
  local clients=""
  [ -z "$5" ] || clients=", clientcas: [$1/ca.crt]"
  [ -z "$3" ] || printf '  tls: {certificate: %s/server.crt, key: %s/server.key%s}\n' "$1" "$1" "$clients" >>"$1/config.yml"
  [ -z "$4" ] || printf 'auth: {htpasswd: {realm: lichen-test, path: %s/htpasswd}}\n' "$1" >>"$1/config.yml"
}

answers() { # FOLDER SCHEME PORT: is it our registry, and up?
  kill -0 "$(cat "$1/pid")" 2>/dev/null || return 1
  local shown=()
  [ ! -e "$1/client.cert" ] || shown=(--cert "$1/client.cert" --key "$1/client.key")
  curl --silent --max-time 2 --cacert "$1/ca.crt" "${shown[@]}" -o /dev/null "$2://127.0.0.1:$3/v2/" 2>/dev/null
}

start() { # FOLDER [tls] [auth]
  local folder=$1 tls="" auth="" mutual="" scheme=http port
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  [[ " $* " != *" tls "* ]] || { tls=1 scheme=https; make_certificates "$folder"; }
  [[ " $* " != *" mutual "* ]] || mutual=1
  [[ " $* " != *" auth "* ]] || { auth=1; htpasswd -Bbn -C 4 tester s3cret >"$folder/htpasswd"; }
  [ -e "$folder/ca.crt" ] || : >"$folder/ca.crt"
  local try
  for try in 1 2 3; do
    port=$(free_port)
    write_config "$folder" "$port" "$tls" "$auth" "$mutual"
    # Nothing of bats may be held open by the server (it waits for descriptor 3 to close).
    setsid docker-registry serve "$folder/config.yml" >"$folder/log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$folder/pid"
    local waited
    for waited in $(seq 100); do
      if answers "$folder" $scheme "$port"; then
        echo "$port" >"$folder/port"
        echo "127.0.0.1:$port"
        return 0
      fi
      kill -0 "$(cat "$folder/pid")" 2>/dev/null || break
      sleep 0.05
    done
  done
  echo "registry.sh: it did not start (try $try, waited $waited):" >&2
  tail -n 5 "$folder/log" >&2
  return 1
}

stop() { # FOLDER
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 0
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != docker-registry ] || kill "$pid"
  rm -f "$1/pid"
}

push() { # FOLDER ARCHIVE NAME [OPTIONS]
  local folder=$1 archive=$2 name=$3
  shift 3
  skopeo --insecure-policy copy --quiet --dest-tls-verify=false "$@" "docker-archive:$archive" "docker://127.0.0.1:$(cat "$folder/port")/$name"
}

case ${1:-} in
  start | stop | push) "$@" ;;
  *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"; exit 2 ;;
esac
