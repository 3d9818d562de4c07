# Sourced by the scripts beside it after they set `name`. Linux, bash. Servers on loopback only.
cache=${INFRA_CACHE:-$HOME/.cache/drover-infra}
run=$(realpath -m "${INFRA_RUN:-./.drover}")/$name

die() { echo "$name: $*" >&2; exit 1; }
now_ms() { date +%s%3N; }
seconds_since() { local ms=$(($(now_ms) - $1)); printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100)); }
mb() { du -smc "$@" 2>/dev/null | tail -1 | cut -f1; }
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A pid file holds "pid starttime": a number that was given to another process since is not ours, and a zombie is dead.
started_at() { local s; s=$(cat "/proc/$1/stat" 2>/dev/null) || return 1; s=${s##*) }; set -- $s; [ "$1" != Z ] && echo "${20}"; }
pid_of() {
  local id at
  { read -r id at <"$run/$1.pid"; } 2>/dev/null || return 1
  [ "$(started_at "$id" || true)" = "$at" ] && echo "$id"
}

# launch <part> <command...>: in the background, in its own session, output to $run/<part>.log
launch() {
  local part=$1; shift
  mkdir -p "$run"
  setsid "$@" >>"$run/$part.log" 2>&1 </dev/null &
  local id=$!
  sleep 0.05
  echo "$id $(started_at "$id" || echo gone)" >"$run/$part.pid"
}

# await <part> <seconds> <probe...>: until the probe answers; ends early when the part has died.
await() {
  local part=$1 end=$(($(now_ms) + $2 * 1000)); shift 2
  until "$@"; do
    pid_of "$part" >/dev/null || { tail -5 "$run/$part.log" >&2; die "$part ended while starting, see $run/$part.log"; }
    [ "$(now_ms)" -lt "$end" ] || die "$part is not ready, see $run/$part.log"
    sleep 0.05
  done
}

# halt <part> [signal]: by pid only; asks first, kills after 15 s.
halt() {
  local id i
  if id=$(pid_of "$1"); then
    kill -"${2:-TERM}" "$id"
    for ((i = 0; i < 150; i++)); do pid_of "$1" >/dev/null || break; sleep 0.1; done
    if pid_of "$1" >/dev/null; then kill -KILL "$id"; fi
  fi
  rm -f "$run/$1.pid"
}

# go_build <module> <version> <into> <package...>: the module's own go.mod and go.sum pin every dependency.
# Not `go install path@version`: that also asks for the module's version list, which a mirror may not serve.
go_build() {
  local module=$1 version=$2 into=$3 dir; shift 3
  mkdir -p "$into"
  dir=$(go mod download -json "$module@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p' || true)
  [ -d "$dir" ] || die "cannot fetch $module@$version"
  if [ -n "${go_prepare:-}" ]; then
    rm -rf "$into/src"; cp -r "$dir" "$into/src"; chmod -R u+w "$into/src"; dir=$into/src
    (cd "$dir" && $go_prepare)
  fi
  (cd "$dir" && CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags '-s -w' -o "$into/" "$@")
  rm -rf "$into/src"
}

verbs() { case ${1:-} in install | start | stop | status) "$1" ;; *) die "usage: $name.sh install | start | stop | status" ;; esac; }
