"""Run the command line as ``python -m lfsrkit_cli``."""

from lfsrkit_cli.app import main

main()
