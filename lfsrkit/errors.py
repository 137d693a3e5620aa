"""The errors of the kit; every message says what was given, what is allowed and what is near.

LfsrkitError                 something failed; the command line prints the message and exits with 1
+-- UsageError               the request itself is wrong; exit code 2
|   +-- UnknownComponent     no plug of that name
|   +-- BadParameters        a plug exists but not with these parameters
|   +-- TooSmall             pictures that are smaller than something can look at
|   +-- ConfigError          faults of a configuration, all of them at once
+-- BadPicture               one picture cannot be used; quarantined, never fatal
+-- OutputRefused            the output folder holds something else, or cannot be written
+-- DamagedFile              a checkpoint or shard that does not match its recorded hash
+-- MissingWeights           weights that are not on this machine, with what to do
"""

from collections.abc import Iterable, Sequence


class LfsrkitError(Exception):
    """Base of all errors that the kit raises on purpose."""


class UsageError(LfsrkitError):
    """The request itself is wrong."""


class UnknownComponent(UsageError):  # noqa: N818 - reads better without the suffix
    """No plug of that name is registered."""


class BadParameters(UsageError):  # noqa: N818
    """A plug was given parameters that it does not take.

    Args:
        owner: What was to be made, such as ``"mask 'patch'"``.
        faults: One line each.
    """

    def __init__(self, owner: str, faults: Sequence[str]) -> None:
        super().__init__(f"{owner}: " + "; ".join(faults))
        self.faults = tuple(faults)


class TooSmall(UsageError):  # noqa: N818
    """Pictures are smaller than what is to look at them can take."""


class ConfigError(UsageError):
    """Everything that is wrong with a configuration, one line a fault.

    Args:
        faults: Lines such as ``"optim.lrr: no such key; did you mean 'lr'?"``.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class BadPicture(LfsrkitError):  # noqa: N818
    """A picture cannot be used; the message is the reason that goes into the report."""


class OutputRefused(LfsrkitError):  # noqa: N818
    """The output folder holds something else or cannot be written."""


class DamagedFile(LfsrkitError):  # noqa: N818
    """A file does not hold what was recorded of it."""


class MissingWeights(LfsrkitError):  # noqa: N818
    """Weights that this machine does not have."""


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Find up to three names that a mistyped one may have meant, comparing whole names and their words.

    Args:
        name: What was given.
        known: What exists.

    Example:
        >>> nearest("poison", ["poisson_gaussian", "patch"])
        ['poisson_gaussian']
    """
    from difflib import SequenceMatcher

    def likeness(candidate: str) -> float:
        words = [candidate, *candidate.replace(":", "_").split("_")]
        return max(SequenceMatcher(None, name.lower(), word.lower()).ratio() for word in words)

    ranked = sorted(((likeness(candidate), candidate) for candidate in known), key=lambda pair: (-pair[0], pair[1]))
    return [candidate for score, candidate in ranked[:3] if score >= 0.6]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Write the end of an error sentence that offers near names, or nothing when none is near.

    Args:
        name: What was given.
        known: What exists.

    Example:
        >>> did_you_mean("pach", ["patch", "random"])
        "; did you mean 'patch'?"
    """
    near = nearest(name, known)
    return f"; did you mean {' or '.join(repr(candidate) for candidate in near)}?" if near else ""
