#!/bin/sh
# sh prepare.sh PUBLIC_HOST [OAUTH_ISSUER]
# Makes what compose.yaml reads: .env with a new random secret, and secrets/ with an access code for the profile sign-in
# and the LeadDyno key, which it asks for (leave it empty for the profiles sign-in, caller-key and accounts). It never
# replaces a file that exists.
#
# sh prepare.sh --account NAME
# For the profile accounts: asks for the key of one more account, and lists all accounts in
# secrets/accounts/accounts.json.
set -eu
cd "$(dirname "$0")"
umask 077

# Reads a key from the terminal or from a pipe, and writes it to a file that everybody may read, because another user
# reads it in the container. On this machine the folder secrets/ keeps others out.
ask_key() {
  if [ -t 0 ]; then
    printf 'LeadDyno private API key%s (not shown): ' "$2" >&2
    stty -echo
    trap 'stty echo' EXIT
  fi
  read -r key || true
  if [ -n "$key" ]; then
    printf '%s\n' "$key" > "$1"
    chmod 444 "$1"
  fi
}

if [ "${1:-}" = --account ]; then
  name=${2:?give the name of the account: small letters, digits and hyphens}
  case $name in
    *[!a-z0-9-]* | -* | *- | all | accounts | default)
      echo "An account cannot be named $name: use small letters, digits and hyphens." >&2
      exit 2
      ;;
  esac
  mkdir -p secrets/accounts
  chmod 755 secrets/accounts
  file=secrets/accounts/$name.key
  if [ -e "$file" ]; then
    echo "deploy/$file is there already. To change the key, delete the file first." >&2
    exit 1
  fi
  ask_key "$file" " of $name"
  if [ ! -e "$file" ]; then
    echo "No key was given, so nothing was done." >&2
    exit 1
  fi
  list=
  for one in secrets/accounts/*.key; do
    account=$(basename "$one" .key)
    list="$list${list:+, }\"$account\": \"$account.key\""
  done
  rm -f secrets/accounts/accounts.json
  printf '{ "accounts": { %s } }\n' "$list" > secrets/accounts/accounts.json
  chmod 444 secrets/accounts/accounts.json
  exit 0
fi

host=${1:?give the name under which clients reach the server, such as mcp.example.com}
issuer=${2:-}

mkdir -p secrets
if [ ! -e .env ]; then
  secret=$(openssl rand -base64 32)
  printf 'PUBLIC_HOST=%s\nSTATE_SECRET=%s\nOAUTH_ISSUER=%s\n' "$host" "$secret" "$issuer" > .env
fi
if [ ! -e secrets/leaddyno_api_key ]; then
  ask_key secrets/leaddyno_api_key ""
fi
if [ ! -e secrets/sign_in_code ]; then
  openssl rand -hex 16 > secrets/sign_in_code
  chmod 444 secrets/sign_in_code
  echo "Access code for the profile sign-in, in deploy/secrets/sign_in_code: $(cat secrets/sign_in_code)" >&2
fi
for file in secrets/tls.crt secrets/tls.key; do
  [ -e "$file" ] || echo "Still needed: deploy/$file, from your certificate authority." >&2
done
