"""Published call-quality scorers, to set beside our verdict on the same stored rows."""
