#!/usr/bin/env bash
# libfaketime, which sets the time of day of one process: Debian's package, installed where that may be done.
#   faketime.sh install     prints the library's path
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=faketime
. "$here/lib.sh"

library() {
  local path
  for path in /usr/lib/*/faketime/libfaketime.so.1 /usr/local/lib/faketime/libfaketime.so.1; do
    [ -e "$path" ] && { echo "$path"; return; }
  done
  return 1
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

install() {
  library && return
  mkdir -p "$cache"
  exec 9>"$cache/faketime.lock"; flock 9 # two test files may want it at once
  library && return
  command -v apt-get >/dev/null || die 'it is not installed, and there is no apt-get to do it'
  { as_root apt-get install -y faketime || { as_root apt-get update && as_root apt-get install -y faketime; }; } >&2
  library || die 'it was installed, and its library is not where it was expected'
}

"$@"
