"""`make bench`: how fast the library is, measured beside what people would use instead."""
