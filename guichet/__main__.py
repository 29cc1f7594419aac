"""The entry of the command ``guichet``.

It imports nothing at its top: the processes beside (``core.processes``) run this module anew when
they start, and need none of the command line.
"""


def main() -> None:
    from guichet.cli import app

    app()


if __name__ == "__main__":
    main()
