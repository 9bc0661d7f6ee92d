#!/bin/sh
# An OCI runtime that contains nothing: `create` starts a shell that waits on a fifo, `start` lets it go on and execute
# $BUNDLE/command. For tests of lichen-conmon without a real runtime. Behaviour is chosen by files in the bundle:
# fail-create (text of the error), slow-create (seconds).
root="" log="" verb="" bundle="" pidfile="" id=""
while [ $# -gt 0 ]; do
  case $1 in
    --root) root=$2; shift ;;
    --log) log=$2; shift ;;
    --log-format) shift ;;
    --bundle) bundle=$2; shift ;;
    --pid-file) pidfile=$2; shift ;;
    --console-socket) shift ;;
    --force | --die-with-parent) ;;
    create | start | delete) verb=$1 ;;
    *) id=$1 ;;
  esac
  shift
done
state=$root/$id
case $verb in
  create)
    [ -f "$bundle/slow-create" ] && sleep "$(cat "$bundle/slow-create")"
    if [ -f "$bundle/fail-create" ]; then
      printf '{"msg":"%s","level":"error"}\n' "$(cat "$bundle/fail-create")" >"$log"
      exit 1
    fi
    mkdir -p "$state"
    mkfifo "$state/go"
    exec 9<&0 # a background job's standard input would be /dev/null
    sh -c 'read -r go <"$1"; exec sh "$2"' fake-init "$state/go" "$bundle/command" <&9 9<&- &
    echo $! >"$state/pid"
    echo $! >"$pidfile"
    ;;
  start) echo go >"$state/go" ;;
  delete)
    [ -f "$state/pid" ] && kill -9 "$(cat "$state/pid")" 2>/dev/null
    rm -rf "$state"
    ;;
esac
exit 0
