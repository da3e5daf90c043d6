#!/bin/sh
# Exit status 0 if the broker accepts a client with the right password and answers.
exec mosquitto_sub -h 127.0.0.1 -p 1883 -i health -u health -P "$(cat /run/smartwork/health)" \
    -t '$SYS/broker/uptime' -C 1 -W 5 > /dev/null
