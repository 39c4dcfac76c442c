#!/bin/sh
# Made the certificates of the data port's tests, good for a hundred years. Run it here to make others.
set -e
days=36500
ca() { openssl req -x509 -newkey rsa:2048 -nodes -days $days -subj "/CN=Banyan test authority" -keyout ca.key -out data-port-ca.pem; }
signed() { # name, common name, extensions
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "data-port-$1-key.pem" -out request.pem
  printf '%s\n' "$3" > extensions
  openssl x509 -req -in request.pem -CA data-port-ca.pem -CAkey ca.key -CAcreateserial -days $days -extfile extensions -out "data-port-$1.pem"
}
ca
signed server localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1'
signed renewed localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1'
signed client caller 'extendedKeyUsage=clientAuth'
chmod 600 data-port-*-key.pem
rm -f ca.key request.pem extensions data-port-ca.srl
