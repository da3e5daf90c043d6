"""The wire: topics, messages, metrics, policy."""
