"""The commands, one subject a file; `smartwork.cli.app` hangs them together."""
