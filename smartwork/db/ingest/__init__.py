"""What ingest writes: batches with their readings, the ledger, rejected messages, status."""
