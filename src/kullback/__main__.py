"""``python -m kullback`` is the `kullback` command."""

from kullback.cli import main

if __name__ == "__main__":
    main()
