"""What only the real database can show: constraints, guards, migrations, durability."""
