#!/usr/bin/env bash
# Runs a command with TEST_DATABASE_URL naming a throwaway PostgreSQL on loopback: scripts/with-postgres.sh npm test
# PostgreSQL refuses to run as root, so root hands it to the user "postgres".
set -euo pipefail

find_bin() {
  local dir
  for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) "$(dirname "$(command -v initdb || echo /nonexistent/x)")"; do
    if [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ]; then echo "$dir"; return; fi
  done
  echo "PostgreSQL's initdb and pg_ctl were not found; install PostgreSQL 15 or newer" >&2
  return 1
}

bin=$(find_bin)
work=$(mktemp -d "${TMPDIR:-/tmp}/offramp-postgres.XXXXXX")
port=$(node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
as_owner=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$work"
  as_owner=(runuser -u postgres --)
fi
cd "$work"
stop() { "${as_owner[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1 || true; cd /; rm -rf "$work"; }
trap stop EXIT
"${as_owner[@]}" "$bin/initdb" -D "$work/data" -U postgres -A trust -E UTF8 --no-sync >/dev/null
"${as_owner[@]}" "$bin/pg_ctl" -D "$work/data" -w -l "$work/log" \
  -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200" start >/dev/null
cd "$OLDPWD"
"$bin/postgres" --version
TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres" "$@"
