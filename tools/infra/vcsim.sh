#!/usr/bin/env bash
# vcsim, the vCenter simulator of govmomi (SOAP and REST), and govc, its client.
#   vcsim.sh install | start | stop | status
# VCSIM_PORT (8989), VCSIM_TLS (true: self-signed; false: plain http), VCSIM_USER / VCSIM_PASSWORD (drover / drover),
# VCSIM_ARGS ("-standalone-host 0 -vm 40": one cluster, 40 VMs). State is in memory only: a restart is a new fleet.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=vcsim
. "$here/lib.sh"

port=${VCSIM_PORT:-8989}
tls=${VCSIM_TLS:-true}
version=v0.46.3 # the last line whose root module still contains vcsim
url=$([ "$tls" = true ] && echo https || echo http)://127.0.0.1:$port/sdk

install() {
  local began; began=$(now_ms)
  mkdir -p "$cache"
  exec 9>"$cache/vcsim.lock"; flock 9 # two test files may want it at once
  [ "$(cat "$cache/vcsim/version" 2>/dev/null)" = "$version" ] || {
    command -v go >/dev/null || die 'Go is not installed'
    go_build github.com/vmware/govmomi "$version" "$cache/vcsim" ./vcsim ./govc
    echo "$version" >"$cache/vcsim/version"
  }
  exec 9>&-
  echo "vcsim: $version installed in $(seconds_since "$began") s, $(mb "$cache/vcsim") MB"
}

answers() { curl -skf -o /dev/null --max-time 2 "${url%/sdk}/about"; }

start() {
  local began id; began=$(now_ms)
  if id=$(pid_of vcsim); then echo "vcsim: running already (pid $id, $url)"; return; fi
  install >/dev/null
  if listens "$port"; then die "port $port is taken by another process"; fi
  began=$(now_ms)
  # shellcheck disable=SC2086
  launch vcsim "$cache/vcsim/vcsim" -l "127.0.0.1:$port" -tls="$tls" -username "${VCSIM_USER:-drover}" -password "${VCSIM_PASSWORD:-drover}" ${VCSIM_ARGS:--standalone-host 0 -vm 40}
  await vcsim 30 answers
  echo "vcsim: ready in $(seconds_since "$began") s at $url"
}

stop() { local began; began=$(now_ms); halt vcsim; echo "vcsim: stopped in $(seconds_since "$began") s"; }
status() { local id; if id=$(pid_of vcsim); then echo "vcsim: running (pid $id, $url)"; else echo "vcsim: not running"; return 3; fi; }

verbs "$@"
