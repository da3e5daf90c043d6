#!/bin/sh
# Starts the network broker, or with the argument `centre` the broker of a centre, with passwords from the environment:
# BROKER_PASSWORD_<user>, where a hyphen of the user's name is written as an underscore. They are hashed into a file in
# memory, and mosquitto does not inherit them.
set -eu
umask 077
case "${1:-network}" in
network) settings=production.conf list=acl ;;
centre) settings=centre.conf list=centre.acl ;;
*)
    echo "start.sh: unknown broker '$1'; expected network or centre" >&2
    exit 2
    ;;
esac
cd /run/smartwork

head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > health
{
    echo "health:$(cat health)"
    env | sed -n 's/^BROKER_PASSWORD_\([a-z0-9_]*\)=\(..*\)$/\1:\2/p' | while IFS=: read -r user password; do
        echo "$(echo "$user" | tr _ -):$password"
    done
} > passwords
mosquitto_passwd -U passwords

cp "/smartwork/broker/$list" acl
cat /smartwork/broker/mosquitto.conf "/smartwork/broker/$settings" > mosquitto.conf
for name in $(env | sed -n 's/^\(BROKER_PASSWORD_[a-z0-9_]*\)=.*/\1/p'); do
    unset "$name"
done
exec mosquitto -c mosquitto.conf
