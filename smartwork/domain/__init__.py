"""The rules of the business: pure functions over values. No I/O, no clock; time is an argument."""
