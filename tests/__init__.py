"""The tests, one folder per room; sentences about behaviour."""
