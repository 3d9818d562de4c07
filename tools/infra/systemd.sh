#!/usr/bin/env bash
# systemd-analyze, which judges the unit: Debian's package, installed where that may be done. It starts nothing.
#   systemd.sh install     prints the program's path
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=systemd
. "$here/lib.sh"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

install() {
  command -v systemd-analyze && return
  command -v apt-get >/dev/null || die 'it is not installed, and there is no apt-get to do it'
  { as_root apt-get install -y systemd || { as_root apt-get update && as_root apt-get install -y systemd; }; } >&2
  command -v systemd-analyze || die 'it was installed, and systemd-analyze is not on the PATH'
}

"$@"
