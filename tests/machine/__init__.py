"""A state machine over people, commands, clocks, links and sample streams; run by tests and by bench reliability."""
