"""What documents, postings and evidence must agree on."""
