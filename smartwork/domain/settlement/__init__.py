"""What a centre gets: self-billed documents and statements."""
