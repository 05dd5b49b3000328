#!/bin/sh
# sh prepare.sh PUBLIC_HOST [OAUTH_ISSUER]
# Makes what compose.yaml reads: .env with a secret of its own, and secrets/ with the LeadDyno key, which it asks for
# (leave it empty for the profiles sign-in and caller-key). Nothing that is there is replaced.
set -eu
cd "$(dirname "$0")"
host=${1:?give the name under which clients reach the server, such as mcp.example.com}
issuer=${2:-}

umask 077
mkdir -p secrets
if [ ! -e .env ]; then
  secret=$(openssl rand -base64 32)
  printf 'PUBLIC_HOST=%s\nSTATE_SECRET=%s\nOAUTH_ISSUER=%s\n' "$host" "$secret" "$issuer" > .env
fi
if [ ! -e secrets/leaddyno_api_key ]; then
  if [ -t 0 ]; then
    printf 'LeadDyno private API key (not shown): ' >&2
    stty -echo
    trap 'stty echo' EXIT
  fi
  read -r key || true
  if [ -n "$key" ]; then
    printf '%s\n' "$key" > secrets/leaddyno_api_key
    # Read by another user in the container; on this machine the folder keeps others out.
    chmod 444 secrets/leaddyno_api_key
  fi
fi
if [ ! -e secrets/sign_in_code ]; then
  openssl rand -hex 16 > secrets/sign_in_code
  chmod 444 secrets/sign_in_code
  echo "Access code for the profile sign-in, in deploy/secrets/sign_in_code: $(cat secrets/sign_in_code)" >&2
fi
for file in secrets/tls.crt secrets/tls.key; do
  [ -e "$file" ] || echo "Still needed: deploy/$file, from your certificate authority." >&2
done
