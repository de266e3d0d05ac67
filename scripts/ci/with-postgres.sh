#!/usr/bin/env bash
# with-postgres.sh COMMAND...: runs a command with DATABASE_URL of a Postgres that lives as long as the command, on a
# free port of 127.0.0.1. Installs Debian's package where it can; exits with 77 where there is no Postgres to be had.
set -eu

server_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

bin=$(server_bin)
if [ -z "$bin" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql; } >/dev/null 2>&1 || true
  bin=$(server_bin)
fi
if [ -z "$bin" ]; then
  echo "SKIPPED: no Postgres server on this machine, and it could not be installed." >&2
  exit 77
fi

# The server refuses to run as root.
as_server() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

folder=$(mktemp -d)
chmod 755 "$folder"
[ "$(id -u)" != 0 ] || chown postgres "$folder"
trap 'as_server "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT

port=$(node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
as_server "$bin/initdb" -D "$folder/data" -U assay -A trust >/dev/null
as_server "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
  -o "-h 127.0.0.1 -p $port -k $folder" start >/dev/null
as_server "$bin/createdb" -h 127.0.0.1 -p "$port" -U assay assay
DATABASE_URL="postgres://assay@127.0.0.1:$port/assay" "$@"
