#!/usr/bin/env bash
# Prints an access token for a client of the tutorial: get-token.sh <name>. Needs <name>.pem and <name>.json beside you.
# What it does is SMART Backend Services: sign a short-lived assertion with the private key, exchange it for a token.
set -euo pipefail

name=$1
base=${SIP_HUB:-http://127.0.0.1:8080}
client=$(node -p "JSON.parse(fs.readFileSync('$name.json', 'utf8'))[0].clientId")
kid=$(node -p "JSON.parse(fs.readFileSync('$name.json', 'utf8'))[0].keys[0].kid")
now=$(date +%s)

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

header=$(printf '{"alg":"RS384","typ":"JWT","kid":"%s"}' "$kid" | base64url)
claims=$(printf '{"iss":"%s","sub":"%s","aud":"%s/oauth/token","iat":%s,"exp":%s,"jti":"%s"}' \
  "$client" "$client" "$base" "$now" "$((now + 240))" "$(openssl rand -hex 16)" | base64url)
signature=$(printf '%s.%s' "$header" "$claims" | openssl dgst -sha384 -sign "$name.pem" | base64url)

curl --silent --show-error --fail-with-body "$base/oauth/token" \
  --data-urlencode grant_type=client_credentials \
  --data-urlencode client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
  --data-urlencode "client_assertion=$header.$claims.$signature" \
  --data-urlencode "scope=${2:-system/*.cruds}" |
  node -p "JSON.parse(fs.readFileSync(0, 'utf8')).access_token"
