#!/bin/sh
# Starts a node of the network broker's cluster with passwords from the environment: BROKER_PASSWORD_<user>, where a hyphen of
# the user's name is written as an underscore. They are written to a file in memory, and EMQX does not inherit them.
set -eu
umask 077
folder=${SMARTWORK_RUN_FOLDER:-/run/smartwork}

passwords=$(env | sed -n 's/^BROKER_PASSWORD_\([a-z0-9_]*\)=\(..*\)$/\1:\2/p')
if [ -z "$passwords" ]; then
    echo "start-cluster.sh: no BROKER_PASSWORD_<user> is set; nobody could connect" >&2
    exit 2
fi
{
    separator='['
    echo "$passwords" | {
        while IFS=: read -r user password; do
            printf '%s{"user_id": "%s", "password": "%s", "is_superuser": false}' \
                "$separator" "$(echo "$user" | tr _ -)" "$password"
            separator=', '
        done
        echo ']'
    }
} > "$folder/users.json"
for name in $(env | sed -n 's/^\(BROKER_PASSWORD_[a-z0-9_]*\)=.*/\1/p'); do
    unset "$name"
done
exec "${SMARTWORK_ENTRYPOINT:-/usr/bin/docker-entrypoint.sh}" "$@"
