#!/bin/sh
# Whether the broker lets in somebody with the right password and answers.
exec mosquitto_sub -h 127.0.0.1 -p 1883 -i health -u health -P "$(cat /run/smartwork/health)" \
    -t '$SYS/broker/uptime' -C 1 -W 5 > /dev/null
