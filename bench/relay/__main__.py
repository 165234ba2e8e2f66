"""``python -m bench.relay``, for a choice of systems and numbers of calls."""

from bench.relay.figures import main

if __name__ == "__main__":
    main()
