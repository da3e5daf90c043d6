"""One file a device family: each turns what a device says into canonical readings, and is a pure function."""
