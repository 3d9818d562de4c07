#!/usr/bin/env bash
# nginx, the proxy of the page about proxies: the program out of Debian's package, unpacked and not installed, so that it
# takes no root and starts no service. Another nginx on the PATH is as good.
#   nginx.sh install     prints the program's path
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=nginx
. "$here/lib.sh"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# fetch <into>: the package of the release that runs here; a machine that knows no packages yet asks for them first.
fetch() {
  cd "$1"
  apt-get download nginx || { as_root apt-get update && apt-get download nginx; }
}

install() {
  local program=$cache/nginx/usr/sbin/nginx
  command -v nginx && return
  mkdir -p "$cache"
  exec 9>"$cache/nginx.lock"; flock 9 # two test files may want it at once
  if ! "$program" -v 2>/dev/null; then
    command -v apt-get >/dev/null || die 'it is not installed, and there is no apt-get to fetch it'
    rm -rf "$cache/nginx"; mkdir -p "$cache/nginx"
    (fetch "$cache/nginx") >&2
    dpkg -x "$cache"/nginx/nginx_*.deb "$cache/nginx"
    "$program" -v 2>/dev/null || die 'it was unpacked, and it does not run here'
  fi
  echo "$program"
}

"$@"
