"""A state machine over all people, commands, clocks, links and sample streams; run by tests and by bench reliability."""
