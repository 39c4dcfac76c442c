#!/bin/sh
# Makes the certificates of this folder anew. They are for tests, committed because not every machine has openssl.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/index"
cat > "$work/ca.cnf" <<CNF
[ca]
default_ca = test
[test]
database = $work/index
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[localhost]
subjectAltName = DNS:localhost, IP:127.0.0.1
[elsewhere]
subjectAltName = DNS:elsewhere.test
[expired]
subjectAltName = DNS:localhost, IP:127.0.0.1
[client]
extendedKeyUsage = clientAuth
CNF
request() { # file, common name
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1-key.pem" -out "$work/$1.csr" -subj "/CN=$2"
}
sign() { # file, section, first day, last day, more
  file=$1 section=$2 from=$3 to=$4
  shift 4
  openssl ca -batch -notext -config "$work/ca.cnf" -extensions "$section" -startdate "$from" -enddate "$to" \
    -in "$work/$file.csr" -out "$file.pem" "$@"
}
FROM=20200101000000Z
TO=21200101000000Z
request ca "Banyan test authority"
sign ca authority $FROM $TO -selfsign -keyfile ca-key.pem
for name in localhost elsewhere client; do
  request "$name" "$name"
  sign "$name" "$name" $FROM $TO -cert ca.pem -keyfile ca-key.pem
done
request expired localhost
sign expired expired $FROM 20200201000000Z -cert ca.pem -keyfile ca-key.pem
# Nothing else is ever to be signed by it.
rm ca-key.pem
