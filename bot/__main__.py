"""``python -m bot`` is the ``cratedigger`` command."""

from bot.cli import main

if __name__ == "__main__":
    main()
