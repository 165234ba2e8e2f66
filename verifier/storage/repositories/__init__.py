"""Repositories of the ports on SQLAlchemy Core, one per aggregate. One rule: they move rows and decide nothing."""
