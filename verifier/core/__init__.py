"""The pure heart: no clock, chance, I/O, async or logging. Same rows in, same verdict out, byte for byte."""
