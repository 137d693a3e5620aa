"""How the site reads docstrings: ``Example:`` is the section that Griffe calls ``Examples:``."""

from typing import Any

import griffe


class Examples(griffe.Extension):
    """Give the section the name under which its lines are shown as code."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rename it."""
        if obj.docstring is not None:
            obj.docstring.value = obj.docstring.value.replace("\nExample:\n", "\nExamples:\n")
