"""The command line of lfsrkit: it parses, calls the library, and prints what comes back."""

from lfsrkit_cli.app import main

__all__ = ["main"]
