"""Broker and TimescaleDB without Docker and without root: for the demo, the tests and development.

`stack.up()` starts both, `stack.down()` stops them, `stack.ephemeral()` lends a throwaway pair to a test.
Why it is done this way stands in docs/decisions/0002-devstack.md.
"""
