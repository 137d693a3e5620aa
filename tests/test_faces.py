"""Sources, framing and splits of faces, good input and bad."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import picture
from PIL import Image

from lfsrkit.errors import BadPicture, UsageError
from lfsrkit.faces import FaceRef, Rejected, SourcePicture, assign, frame, open_source, pictures_of, read_identities
from lfsrkit.faces.framing import crop_of
from lfsrkit.images import encode_png
from lfsrkit.pairs import make_plan
from lfsrkit.stages import load_stage

Folder = Callable[..., Path]


def refs(count: int) -> list[FaceRef]:
    return [FaceRef(hashlib.sha256(str(i).encode()).hexdigest(), f"{i:04d}.png", i) for i in range(count)]


def test_a_folder_is_searched_at_any_depth_and_hashed(folder: Folder) -> None:
    place = folder(2)
    (place / "deep" / "er").mkdir(parents=True)
    shutil.copy(place / "000.png", place / "deep" / "er" / "x.PNG")
    (place / "deep" / "er" / "y.jpg").write_bytes(encode_png(picture(9)))
    (place / "notes.txt").write_text("no picture")
    found = open_source(str(place)).find()
    assert {ref.source for ref in found.refs} == {"000.png", "001.png", "deep/er/y.jpg"}
    assert all(ref.id == hashlib.sha256((place / ref.source).read_bytes()).hexdigest() for ref in found.refs)
    assert [(item.source, item.reason) for item in found.rejected] == [("deep/er/x.PNG", "same picture as 000.png")]


def test_links_are_followed_once(folder: Folder) -> None:
    place = folder(1)
    (place / "loop").symlink_to(place, target_is_directory=True)
    (place / "gone.png").symlink_to(place / "nothing")
    found = open_source(str(place)).find()
    assert [ref.source for ref in found.refs] == ["000.png"]
    assert [item.source for item in found.rejected] == ["gone.png"]
    assert "No such file" in found.rejected[0].reason


def test_a_name_that_is_no_text_is_rejected_and_the_rest_is_found(folder: Folder) -> None:
    place = folder(2)
    os.rename(place / "001.png", os.fsencode(place) + b"/b\xff.png")  # noqa: PTH104 - no path of text names it
    found = open_source(str(place)).find()
    assert [ref.source for ref in found.refs] == ["000.png"]
    assert found.rejected == [Rejected("b\\xff.png", "its name is not UTF-8; rename it")]


def test_a_file_that_disappears_is_a_bad_picture(folder: Folder) -> None:
    source = open_source(str(folder(1)))
    ref = source.find().refs[0]
    (source.folder / ref.source).unlink()
    with pytest.raises(BadPicture, match="cannot be read"):
        source.read(ref)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs a second user")
def test_a_file_that_changes_is_a_bad_picture(folder: Folder) -> None:
    place = folder(2)
    source = open_source(str(place))
    first, second = sorted(source.find().refs, key=lambda ref: ref.source)
    shutil.copy(place / second.source, place / first.source)
    with pytest.raises(BadPicture, match="has changed since it was found"):
        source.read(first)


@pytest.mark.slow
def test_an_unreadable_folder_is_reported_and_the_rest_is_found(folder: Folder) -> None:
    # Outside pytest's own folders, which no other user may enter.
    with tempfile.TemporaryDirectory() as open_to_all:
        place = Path(open_to_all)
        place.chmod(0o755)
        for path in folder(2).iterdir():
            shutil.copy(path, place / path.name)
        (place / "locked").mkdir(mode=0o700)
        shutil.copy(place / "000.png", place / "locked" / "z.png")
        (place / "001.png").chmod(0o600)
        printed = found_by_nobody(place)
        assert printed.startswith("['000.png'] ")
        assert "('locked', 'cannot be read: Permission denied')" in printed
        assert "('001.png', 'cannot be read: Permission denied')" in printed


def found_by_nobody(place: Path) -> str:
    program = (
        "import os, sys\nfrom lfsrkit.faces import open_source\nos.setgid(65534); os.setuid(65534)\n"
        "f = open_source(sys.argv[1]).find()\n"
        "print([r.source for r in f.refs], [(r.source, r.reason) for r in f.rejected])"
    )
    return subprocess.check_output([sys.executable, "-c", program, str(place)], text=True)


@pytest.mark.parametrize("spec", ["synthetic:", "synthetic:0", "synthetic:x", "no/such/folder", "hub:./no-such-place"])
def test_an_unknown_source_is_a_usage_error(spec: str) -> None:
    with pytest.raises(UsageError):
        open_source(spec)


def test_files_and_sources_are_read_one_after_the_other(folder: Folder) -> None:
    faces = folder(2)
    (faces / "broken.png").write_bytes(b"no picture")
    named = str(faces / "001.png")
    found = [(ref.source, ref.id, read) for ref, read in pictures_of([named, "synthetic:1", str(faces)], size=32)]
    assert [source for source, _, _ in found] == [named, "synthetic/000000", "000.png", "001.png", "broken.png"]
    assert found[0][1] == found[3][1] == hashlib.sha256((faces / "001.png").read_bytes()).hexdigest()
    assert np.array_equal(found[0][2]().pixels, found[3][2]().pixels)
    with pytest.raises(BadPicture, match="not a picture"):
        found[4][2]()
    (gone,) = [read for _, read in pictures_of([named])]
    Path(named).unlink()
    with pytest.raises(BadPicture, match="cannot be read"):
        gone()


def test_drawn_faces_are_the_same_every_time_with_landmarks_and_regions() -> None:
    source = open_source("synthetic:5", size=64)
    found = source.find()
    assert len(found.refs) == 5
    assert list(found.refs) == sorted(found.refs)
    first = source.read(found.refs[0])
    again = open_source("synthetic:9", size=64).read(found.refs[0])
    assert (first.pixels == again.pixels).all()
    assert first.landmarks is not None
    assert first.landmarks.shape == (68, 2)
    assert first.regions is not None
    assert first.regions.shape == (7, 64, 64)


@pytest.mark.slow
def test_hub_opens_parquet_and_image_folders(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    import datasets

    place = folder(3)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    found = open_source(f"hub:{place}").find()
    assert {ref.id for ref in found.refs} == {ref.id for ref in open_source(str(place)).find().refs}
    rows = [{"face": {"bytes": path.read_bytes(), "path": None}, "n": 1} for path in sorted(place.iterdir())]
    table = tmp_path / "t.parquet"
    features = datasets.Features({"face": datasets.Image(), "n": datasets.Value("int64")})
    datasets.Dataset.from_list(rows, features=features).to_parquet(table)
    source = open_source(f"hub:{table}:train:face")
    assert {ref.id for ref in source.find().refs} == {ref.id for ref in found.refs}
    assert source.read(source.find().refs[0]).pixels.shape == (32, 32, 3)
    with pytest.raises(UsageError, match="image columns: face"):
        open_source(f"hub:{table}:train:n")
    with pytest.raises(UsageError, match="no split 'tset'"):
        open_source(f"hub:{table}:tset")
    halves = tmp_path / "halves"
    for split in ("validation", "test"):
        datasets.Dataset.from_list(rows, features=features).to_parquet(halves / f"{split}-0.parquet")
    with pytest.raises(UsageError, match="name a split as hub:NAME:SPLIT; splits: "):
        open_source(f"hub:{halves}")


def test_framing_cuts_the_published_rows_of_celeba() -> None:
    pixels = picture(0, 218, 178)
    face = frame(SourcePicture(Image.fromarray(pixels)), framing="auto", size=178, min_side=1)
    assert face.crop == (0, 20, 178, 198)
    assert (face.clean == pixels[20:198]).all()


def test_framing_moves_regions_with_the_picture() -> None:
    regions = np.zeros((7, 20, 40), np.uint8)
    regions[0, :, 10:30] = 255
    face = frame(
        SourcePicture(Image.fromarray(picture(0, 20, 40)), None, regions), framing="centre", size=10, min_side=1
    )
    assert face.regions is not None
    assert (face.regions[0] == 255).all()


def test_a_build_of_pairs_is_no_folder_of_faces(built: Path) -> None:
    with pytest.raises(UsageError, match="holds pairs that were built, no faces"):
        open_source(str(built))
    assert open_source(str(built.parent / "faces")).find().refs


@pytest.mark.parametrize(("framing", "reason"), [("celeba", "178x218"), ("whole", "squares"), ("centre", "min_side")])
def test_a_picture_of_the_wrong_shape_is_refused(framing: str, reason: str) -> None:
    with pytest.raises(BadPicture, match=reason):
        frame(SourcePicture(Image.fromarray(picture(0, 30, 20))), framing=framing, size=64, min_side=64)


@given(st.integers(1, 500), st.integers(1, 500))
def test_the_centre_crop_is_the_largest_square_inside(height: int, width: int) -> None:
    left, top, right, bottom = crop_of(height, width, "centre")
    assert right - left == bottom - top == min(height, width)
    assert 0 <= left <= right <= width
    assert 0 <= top <= bottom <= height
    assert abs(left - (width - right)) <= 1


def test_counts_rank_by_hash() -> None:
    found, ranked = assign(refs(20), {"train": 10, "validation": 3, "test": 4}), sorted(refs(20))
    assert found["train"] == ranked[:10]
    assert found["validation"] == ranked[10:13]
    assert found["test"] == ranked[-4:]
    with pytest.raises(UsageError, match=r"20 usable faces.*= 22"):
        assign(refs(20), {"train": 20, "test": 2})


def test_fractions_keep_a_face_where_it_is_when_others_come() -> None:
    sizes = {"train": 0.6, "validation": 0.2, "test": 0.1}
    few, many = assign(refs(200), sizes), assign(refs(400), sizes)
    assert all(set(few[split]) <= set(many[split]) for split in sizes)
    # A share of 400 draws: five standard errors.
    assert all(abs(len(many[s]) / 400 - share) < 5 * (share * (1 - share) / 400) ** 0.5 for s, share in sizes.items())


@given(st.permutations(range(12)))
def test_order_does_not_change_splits(order: list[int]) -> None:
    shuffled = [refs(12)[i] for i in order]
    assert assign(shuffled, {"train": 8, "test": 4}) == assign(refs(12), {"train": 8, "test": 4})


@pytest.mark.parametrize("sizes", [{"train": 30, "validation": 5, "test": 5}, {"train": 0.5, "test": 0.4}])
def test_a_person_is_in_one_split(sizes: dict[str, float], tmp_path: Path) -> None:
    listing = tmp_path / "identity.txt"
    listing.write_text("".join(f"{i:04d}.png {i % 10}\n" for i in range(60)))
    people = read_identities(listing)
    splits = assign(refs(60), sizes, people)
    owners = {split: {people[ref.source] for ref in members} for split, members in splits.items()}
    names = [name for members in owners.values() for name in members]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("people", "sizes", "said"),
    [
        (2, {"train": 10, "validation": 5, "test": 5}, "validation 0 of 5 faces.*the people are 2"),
        (1, {"train": 10, "test": 5}, "train 0 of 10 faces.*the people are 1"),
        (5, {"train": 5, "validation": 10, "test": 4}, "validation 8 of 10 faces.*the people are 5"),
    ],
)
def test_people_that_do_not_fill_the_splits_are_refused(people: int, sizes: dict[str, int], said: str) -> None:
    owners = {ref.source: str(number % people) for number, ref in enumerate(refs(20))}
    with pytest.raises(UsageError, match=said):
        assign(refs(20), sizes, owners)


def test_identities_that_name_no_face_are_refused(folder: Folder, tmp_path: Path) -> None:
    faces, listing = folder(16), tmp_path / "identity.txt"
    values = {"faces": str(faces), "clean_size": 32, "identities": str(listing), "splits": {"train": 0.5, "test": 0.5}}
    listing.write_text("000.png 1\n001.png 2\nother.png 3\n")
    assert make_plan(load_stage("pairs", values=values)).strangers == 14
    listing.write_text("other.png 3\n")
    with pytest.raises(UsageError, match=r"it names none of the 16 faces, such as '0.*png'"):
        make_plan(load_stage("pairs", values=values))


def test_a_malformed_identity_file_is_named_with_its_line(tmp_path: Path) -> None:
    listing = tmp_path / "identity.txt"
    listing.write_text("a.jpg 1\nb.jpg\n")
    with pytest.raises(UsageError, match="line 2"):
        read_identities(listing)
