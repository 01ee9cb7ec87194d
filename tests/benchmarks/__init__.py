"""Benchmarks: `make bench`, or one row by name. They measure; they assert nothing but what must never happen."""
