"""The REST API for platforms, /api/v1. One rule: one table of operations is served and described.

Each resource has its file; ``table`` collects them. Errors leave as exceptions of our tree and become problem documents
in web/middleware.
"""
