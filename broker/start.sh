#!/bin/sh
# Starts the network broker with passwords from the environment: BROKER_PASSWORD_<user>, where a hyphen of the user's
# name is written as an underscore. They are hashed into a file in memory, and mosquitto does not inherit them.
set -eu
umask 077
cd /run/smartwork

head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > health
{
    echo "health:$(cat health)"
    env | sed -n 's/^BROKER_PASSWORD_\([a-z0-9_]*\)=\(..*\)$/\1:\2/p' | while IFS=: read -r user password; do
        echo "$(echo "$user" | tr _ -):$password"
    done
} > passwords
mosquitto_passwd -U passwords

cp /smartwork/broker/acl acl
cat /smartwork/broker/mosquitto.conf /smartwork/broker/production.conf > mosquitto.conf
for name in $(env | sed -n 's/^\(BROKER_PASSWORD_[a-z0-9_]*\)=.*/\1/p'); do
    unset "$name"
done
exec mosquitto -c mosquitto.conf
