"""Which face belongs to which split: decided by hashes, so that no order, name or run changes it."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from lfsrkit.errors import UsageError
from lfsrkit.faces.base import FaceRef

ORDER = ("train", "validation", "test")


def assign(
    refs: Sequence[FaceRef], sizes: Mapping[str, int | float], identities: Mapping[str, str] | None = None
) -> dict[str, list[FaceRef]]:
    """Give every face to a split; with identities, a person is in one split only.

    Counts rank by hash: the first go to train, the next to validation, the last to test. Fractions compare the hash
    with thresholds, so a face keeps its split when others are added.

    Args:
        refs: Faces without duplicates.
        sizes: Counts (``int``) or fractions (``float``) by split.
        identities: Person by file name; by default every face is a person of its own.

    Raises:
        UsageError: If there are fewer faces than the counts ask for, or too few people to fill every split.
    """
    groups: dict[str, list[FaceRef]] = {}
    for ref in sorted(refs):
        groups.setdefault(_unit(ref, identities), []).append(ref)
    ranked = [groups[key] for key in sorted(groups)]
    if all(isinstance(size, int) for size in sizes.values()):
        chosen = _by_counts(ranked, {split: int(sizes.get(split, 0)) for split in ORDER})
    else:
        chosen = _by_fractions(sorted(groups.items()), sizes)
    return {split: sorted(members) for split, members in chosen.items() if members}


def read_identities(path: str | Path) -> dict[str, str]:
    """Read a file with a picture's name and a person a line, as ``identity_CelebA.txt`` has them.

    Args:
        path: Text file.

    Raises:
        UsageError: If it cannot be read or a line has another form.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"identities {path}: {error}") from None
    pairs = [line.split() for line in lines if line.strip()]
    wrong = [number for number, pair in enumerate(pairs, 1) if len(pair) != 2]
    if wrong:
        raise UsageError(
            f"identities {path}, line {wrong[0]}: write a file name and a person, such as '000001.jpg 2880'"
        )
    return {pair[0]: pair[1] for pair in pairs}


def strangers(refs: Sequence[FaceRef], identities: Mapping[str, str] | None) -> list[FaceRef]:
    """List the faces whose person is not known; none where no identities are given.

    Args:
        refs: Faces.
        identities: Person by file name.
    """
    return [ref for ref in refs if identities is not None and _person(ref, identities) is None]


def _person(ref: FaceRef, identities: Mapping[str, str]) -> str | None:
    return identities.get(ref.source) or identities.get(PurePosixPath(ref.source).name)


def _unit(ref: FaceRef, identities: Mapping[str, str] | None) -> str:
    person = None if identities is None else _person(ref, identities)
    return ref.id if person is None else hashlib.sha256(person.encode()).hexdigest()


def _by_counts(groups: Sequence[list[FaceRef]], counts: Mapping[str, int]) -> dict[str, list[FaceRef]]:
    wanted, found = sum(counts.values()), sum(map(len, groups))
    if found < wanted:
        asked = " + ".join(str(count) for count in counts.values())
        raise UsageError(
            f"{found} usable faces, but the splits ask for {asked} = {wanted}; ask for fewer, or "
            'for shares: -s "splits={train=0.8, validation=0.1, test=0.1}"'
        )
    chosen: dict[str, list[FaceRef]] = {split: [] for split in ORDER}
    # From the end, so that the test set stays the same when train or validation are made larger.
    forward, backward = list(groups), list(reversed(groups))
    taken = _fill(chosen["test"], backward, counts["test"])
    remaining = forward[: len(forward) - taken]
    used = _fill(chosen["train"], remaining, counts["train"])
    _fill(chosen["validation"], remaining[used:], counts["validation"])
    _check_filled(chosen, counts, len(groups))
    return chosen


def _check_filled(chosen: Mapping[str, Sequence[FaceRef]], counts: Mapping[str, int], people: int) -> None:
    short = [
        f"{split} {len(chosen[split])} of {counts[split]}" for split in ORDER if len(chosen[split]) < counts[split]
    ]
    if short:
        raise UsageError(
            f"the splits get {', '.join(short)} faces: a person is in one of them only, and the people are {people}; "
            "set splits to fewer"
        )


def _fill(members: list[FaceRef], groups: Sequence[list[FaceRef]], count: int) -> int:
    for used, group in enumerate(groups):
        if len(members) >= count:
            return used
        members += group[: count - len(members)]
    return len(groups)


def _by_fractions(
    groups: Sequence[tuple[str, list[FaceRef]]], sizes: Mapping[str, int | float]
) -> dict[str, list[FaceRef]]:
    chosen: dict[str, list[FaceRef]] = {split: [] for split in ORDER}
    for key, group in groups:
        place, edge = int(key[:16], 16) / 2**64, 0.0
        for split in ORDER:
            edge += sizes.get(split, 0.0)
            if place < edge:
                chosen[split] += group
                break
    return chosen
