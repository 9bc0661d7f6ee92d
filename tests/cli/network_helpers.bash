# shellcheck shell=bash
# For the files about bridge networks: `load network_helpers` after `load helpers`.

need_hub() {
  need slirp4netns
  [ -w /dev/net/tun ] || skip "/dev/net/tun is closed to this user"
}
serve() { # NAME TEXT [FLAGS...]: a web server that says TEXT
  lichen run -d --name "$1" "${@:3}" "$BUSYBOX" sh -c "echo '$2' >/tmp/index.html; exec httpd -f -h /tmp -p 80" >/dev/null
}
idle() { lichen run -d --name "$1" "${@:2}" "$BUSYBOX" sleep 1000 >/dev/null; } # NAME [FLAGS...]
fetch_from() { lichen run --rm --network "$1" "$BUSYBOX" timeout 5 wget -q -O- "http://$2/" 2>&1; } # NETWORK HOST
address_of() { lichen inspect -f "{{.NetworkSettings.Networks.$2.IPAddress}}" "$1"; } # CONTAINER NETWORK
says() { # PORT TEXT: a web server on the host's loopback answers TEXT
  [ "$( (exec 3<>"/dev/tcp/127.0.0.1/$1"; printf 'GET / HTTP/1.0\r\n\r\n' >&3; tail -n 1 <&3) 2>/dev/null)" = "$2" ]
}
in_hub() { # COMMAND...: in the network namespace of the hub, as root of the user namespace
  lichen unshare "$HELPERS/in_hub.py" "$(find "$XDG_RUNTIME_DIR" -path '*/hub/hub.sock' -printf '%h\n' -quit)" "$@"
}
hub_is_gone() { # FOLDER is the hub's
  ! pgrep -u "$(id -u)" -f "^lichen-hub $FOLDER " >/dev/null
}
remove_networks() {
  lichen rm -f -a -t 0 >/dev/null 2>&1 || true
  lichen network prune -f >/dev/null 2>&1 || true
}
