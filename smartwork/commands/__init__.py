"""The commands, one subject a file; `smartwork.cli` hangs them together."""
