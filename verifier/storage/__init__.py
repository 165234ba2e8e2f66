"""Adapter to the database: tables, migrations, one repository per aggregate. Start at ``Store``.

URL → dialects → migrating.upgrade → Store.open → store.units() → repositories → tables
"""

from verifier.storage.migrating import head_is_current, upgrade
from verifier.storage.sealing import Sealer
from verifier.storage.store import Store

__all__ = ["Sealer", "Store", "head_is_current", "upgrade"]
