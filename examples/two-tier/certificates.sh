#!/bin/sh
# Makes certificates to try mTLS with: ca.pem, and a certificate and key for the gateway and the agent. Valid for 30 days.
#   certificates.sh DIRECTORY [HOST OF THE GATEWAY]
set -eu
directory=$1
host=${2:-localhost}
mkdir -p "$directory"
cd "$directory"
umask 077

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
  -subj '/CN=millrace two-tier example' -keyout ca-key.pem -out ca.pem 2>/dev/null
for name in gateway agent; do
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -subj "/CN=$name" -keyout "$name-key.pem" -out "$name.csr" 2>/dev/null
  printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\n' "$host" > "$name.ext"
  openssl x509 -req -days 30 -in "$name.csr" -CA ca.pem -CAkey ca-key.pem -CAcreateserial \
    -extfile "$name.ext" -out "$name.pem" 2>/dev/null
  rm "$name.csr" "$name.ext"
done
