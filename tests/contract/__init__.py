"""Two doors, one behaviour: every suite here runs against the in-memory fakes and the real store alike."""
