#!/bin/sh
# Drover, under the Node that it brings. It needs nothing of the PATH, and may be linked to from elsewhere.
file=$0
while [ -h "$file" ]; do
  target=$(PATH=${PATH:-}:/usr/bin:/bin readlink "$file") || exit 1
  case $target in /*) file=$target ;; *) file=${file%/*}/$target ;; esac
done
case $file in */*) here=${file%/*} ;; *) here=. ;; esac
exec "$here/../lib/node" "$here/../lib/drover/bin/drover.mjs" "$@"
