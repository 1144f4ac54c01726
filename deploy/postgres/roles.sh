#!/bin/sh
# Run by the postgres image when its volume is new. Passwords are read from files and never appear in a process list.
set -eu
{
  for name in admin worker signer compliance prefect; do
    printf "\\\\set %s_password '%s'\n" "$name" "$(cat "/run/secrets/postgres_$name")"
  done
  cat /opt/cordon/roles.sql
} | psql --username "$POSTGRES_USER" --dbname postgres --no-psqlrc --quiet
