"""A failure written by hand: accepted when every rule holds, refused for each single violation (I1 to I11).

Every test writes rows past the store, on SQLite and on PostgreSQL, and names the very constraint that says no.
"""
