"""Regions from tables, parsing maps and whatever is known of a picture, in the order in which it counts."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image as Pillow

from lfsrkit.errors import BadPicture, UsageError
from lfsrkit.regions import (
    REGIONS,
    Bisenet,
    CelebAMaskHQ,
    ParsingFolder,
    RegionSources,
    View,
    flip_regions,
    label_mask,
    landmark_regions,
    parsing_regions,
    read_landmarks,
    regions_for,
    template_regions,
)
from lfsrkit.regions.lookup import Lookup
from tests.region_cases import BROWS, NUMBERS, WHOLE, centroid, drawn, label_map


class TestTables:
    POINTS = ((69, 109), (106, 113), (77, 142), (73, 152), (108, 154))

    def test_json_by_name_and_as_rows(self, tmp_path: Path) -> None:
        by_name, rows = tmp_path / "a.json", tmp_path / "b.JSON"
        by_name.write_text(json.dumps({"x/1.jpg": self.POINTS}))
        rows.write_text(
            json.dumps(
                [
                    {"id": "ab", "source": "x/1.jpg", "landmarks": self.POINTS},
                    {"id": "cd", "landmarks": None},
                    {"id": "ef", "landmarks": self.POINTS, "accepted": False},
                ]
            )
        )
        for path in (by_name, rows):
            assert read_landmarks(path).find(["1.jpg"]).tolist() == [[float(x), float(y)] for x, y in self.POINTS]
        table = read_landmarks(rows)
        assert table.find(["ab"]) is not None
        assert table.find(["cd"]) is None
        assert table.find(["ef"]) is None

    @pytest.mark.parametrize("kind", [pa.list_(pa.list_(pa.float32())), pa.large_list(pa.list_(pa.float64(), 2))])
    def test_parquet(self, tmp_path: Path, kind: Any) -> None:
        draw = np.random.default_rng(0)
        points = [draw.random((n, 2)).astype(np.float32) for n in (68, 5, 468)]
        columns = {
            "file_name": ["1.png", "2.png", "3.png", "4.png", "5.png"],
            "landmarks": pa.array([points[0].tolist(), None, points[1].tolist(), points[2].tolist(), []], kind),
            "accepted": [True, True, True, False, None],
        }
        rows = {key: column[:4] for key, column in columns.items()}
        pq.write_table(pa.table(rows), tmp_path / "t.parquet", row_group_size=2)
        table = read_landmarks(tmp_path / "t.parquet")
        assert table.find(["1.png"]) == pytest.approx(points[0])
        assert table.find(["3.png"]) == pytest.approx(points[1])
        assert table.find(["2.png"]) is None
        assert table.find(["4.png"]) is None
        pq.write_table(pa.table(columns), tmp_path / "t.parquet")
        with pytest.raises(UsageError, match=r"5\.png: landmarks of the shape \(0, 2\)"):
            read_landmarks(tmp_path / "t.parquet")

    def test_the_text_file_of_celeba(self, tmp_path: Path) -> None:
        path = tmp_path / "list_landmarks_align_celeba.txt"
        head = "1\nlefteye_x lefteye_y righteye_x righteye_y nose_x nose_y leftmouth_x leftmouth_y rightmouth_x y\n"
        path.write_text(head + "000001.jpg  69  109  106  113   77  142   73  152  108  154\n")
        points = read_landmarks(path).find(["000001.jpg"])
        assert points.tolist() == [[x + 0.5, y + 0.5] for x, y in self.POINTS]
        view = View(178, 218, (0, 20, 178, 198), 128)
        maps = regions_for(view, ["000001.jpg"], RegionSources(landmarks=read_landmarks(path))).maps
        assert centroid(maps[0]) == pytest.approx((69.5 / 178 * 128, 89.5 / 178 * 128), abs=3)

    @pytest.mark.parametrize(
        ("name", "text", "message"),
        [
            ("t.csv", "", "ends in .json, .parquet, .txt"),
            ("t.json", "{", "cannot be read"),
            ("t.json", "3", "neither an object"),
            ("t.json", "{}", "there are none"),
            ("t.json", '{"a": [[1, 2]]}', "t.json, a: landmarks of the shape"),
            ("t.json", '[{"landmarks": []}]', "none of the fields id, source, file_name"),
            ("t.txt", "000001.jpg 1 2 3", "line 1: a name and ten numbers"),
            ("t.parquet", "no", "cannot be read"),
        ],
    )
    def test_faults_are_named(self, tmp_path: Path, name: str, text: str, message: str) -> None:
        (tmp_path / name).write_text(text)
        with pytest.raises(UsageError, match=message):
            read_landmarks(tmp_path / name)
        with pytest.raises(UsageError):
            read_landmarks(tmp_path / "absent.json")

    def test_parquet_without_the_columns(self, tmp_path: Path) -> None:
        pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")
        with pytest.raises(UsageError, match="it has the columns a; wanted: landmarks and one of id"):
            read_landmarks(tmp_path / "t.parquet")

    def test_an_ambiguous_short_name_finds_nothing(self) -> None:
        table = Lookup([("a/1.png", 1), ("b/1.png", 2), ("b/2.png", 3)])
        assert table.find(["1.png"]) is None
        assert table.find(["b/1.png"]) == 2
        assert table.find(["c/2.png"]) == 3
        assert table.find(["hash", "a/1.png"]) == 1


class TestParsing:
    def test_the_numberings_are_those_of_their_projects(self) -> None:
        for numbering, names in NUMBERS.items():
            assert [member.value for member in numbering] == list(range(19))
            assert numbering["NOSE"].value == names["nose"]
            assert numbering["EYE_GLASSES"].value == names["glasses"]
            assert numbering["NECK"].value == names["neck"]
            assert (numbering["L_BROW"].value, numbering["R_BROW"].value) == BROWS[numbering]

    def test_both_numberings_give_the_same_regions(self) -> None:
        first, second = (parsing_regions(label_map(kind), kind, 64) for kind in NUMBERS)
        assert torch.equal(first, second)
        assert not torch.equal(parsing_regions(label_map(CelebAMaskHQ), Bisenet, 64), first)

    @pytest.mark.parametrize("size", [32, 64, 128])
    def test_parts_lie_where_the_labels_do(self, size: int) -> None:
        maps = parsing_regions(label_map(Bisenet, 192), Bisenet, size)
        scale = size / 64
        middles = [(21, 22), (43, 22), (21, 13.5), (43, 13.5), (32, 32), (32, 47)]
        for index, (x, y) in enumerate(middles):
            assert centroid(maps[index]) == pytest.approx((x * scale, y * scale), abs=0.6), REGIONS[index]
        assert maps[6, round(40 * scale), round(14 * scale)] > 0.9
        assert maps[6, round(62 * scale), round(32 * scale)] < 0.1
        assert (maps[:6].amax(0) + maps[6]).max() <= 1 + 1 / 255

    def test_sides_are_seen_and_not_believed(self) -> None:
        labels = label_map(Bisenet)
        mirrored = np.ascontiguousarray(labels[:, ::-1])  # with the labels of the sides left as they were
        assert torch.equal(parsing_regions(mirrored, Bisenet, 64), flip_regions(parsing_regions(labels, Bisenet, 64)))

    @pytest.mark.parametrize(("hidden", "seen"), [(4, 1), (5, 0)])
    def test_a_single_eye_lies_on_its_side_of_the_nose(self, hidden: int, seen: int) -> None:
        labels = label_map(Bisenet)
        labels[labels == hidden] = Bisenet.SKIN.value
        for number in (4, 5):  # whatever it is called
            labels[20:24, :][np.isin(labels[20:24, :], (4, 5))] = number
            maps = parsing_regions(labels, Bisenet, 64)
            assert maps[seen].max() > 0.9
            assert maps[1 - seen].max() == 0

    def test_numbers_are_refused(self) -> None:
        labels = label_map(Bisenet)
        assert label_mask(labels, [Bisenet.L_EYE, Bisenet.R_EYE]).sum() == 80
        wrong: Any = [4, 5]
        with pytest.raises(
            UsageError, match=r"10 is the mouth in one and the nose in the other; write .*Bisenet\.NOSE"
        ):
            label_mask(labels, wrong)
        mixed: Any = [Bisenet.NOSE, CelebAMaskHQ.NOSE]
        with pytest.raises(UsageError, match="mixed"):
            label_mask(labels, mixed)

    def test_what_is_no_label_map_is_refused(self) -> None:
        with pytest.raises(BadPicture, match="0 to 18; 0 to 255"):
            parsing_regions(np.array([[0, 255]], np.uint8), Bisenet, 8)

    def test_files(self, tmp_path: Path) -> None:
        labels = label_map(Bisenet)
        palette = Pillow.new("P", labels.shape[::-1])
        palette.putdata(labels.ravel().tolist())
        palette.putpalette(list(range(255, -1, -1)) * 3)
        (tmp_path / "a").mkdir()
        palette.save(tmp_path / "a" / "face.1.png")
        Pillow.fromarray(labels).convert("RGB").save(tmp_path / "2.png")
        (tmp_path / "3.png").write_bytes(b"no picture")
        maps = ParsingFolder(tmp_path, Bisenet)
        for name in ("a/face.1.jpg", "face.1.webp", "face.1"):
            assert np.array_equal(maps.find(["00ff", name]), labels)
        assert maps.find(["4.png"]) is None
        with pytest.raises(BadPicture, match=r"2\.png has pixels of the format 'RGB'"):
            maps.find(["2.jpg"])
        with pytest.raises(BadPicture, match=r"3\.png cannot be read"):
            maps.find(["3.jpg"])

    def test_a_fingerprint_is_that_of_what_the_maps_say(self, tmp_path: Path) -> None:
        def fingerprint() -> str:
            return ParsingFolder(tmp_path, Bisenet).fingerprint()

        Pillow.fromarray(np.full((8, 8), 1, np.uint8)).save(tmp_path / "a.bmp")
        first = fingerprint()
        (tmp_path / ".DS_Store").write_bytes(b"of a program that shows folders")
        (tmp_path / "empty.png").mkdir()
        assert fingerprint() == first
        Pillow.fromarray(np.full((8, 8), 2, np.uint8)).save(tmp_path / "a.bmp")
        second = fingerprint()
        (tmp_path / "a.bmp").rename(tmp_path / "b.bmp")
        assert len({first, second, fingerprint()}) == 3
        (tmp_path / "gone.png").symlink_to(tmp_path / "absent.png")
        with pytest.raises(UsageError, match=r"gone\.png cannot be read"):
            fingerprint()

    def test_folders(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no parsing map"):
            ParsingFolder(tmp_path, Bisenet)
        with pytest.raises(UsageError, match="no folder"):
            ParsingFolder(tmp_path / "absent", Bisenet)


class TestSources:
    def sources(self, folder: Path) -> RegionSources:
        folder.mkdir(exist_ok=True)
        Pillow.fromarray(label_map(Bisenet)).save(folder / "p.png")
        face = drawn(0).landmarks
        return RegionSources(ParsingFolder(folder, Bisenet), Lookup([("p.jpg", face), ("id of q", face)]))

    def test_the_order(self, tmp_path: Path) -> None:
        sources, own = self.sources(tmp_path), drawn(1).landmarks
        assert regions_for(WHOLE, ["p.jpg"], sources, landmarks=own).origin == "parsing"
        table = regions_for(WHOLE, ["id of q", "q.jpg"], sources, landmarks=own)
        assert table.origin == "landmarks"
        assert torch.equal(table.maps, landmark_regions(drawn(0).landmarks, 128))
        mine = regions_for(WHOLE, ["r.jpg"], sources, landmarks=own)
        assert mine.origin == "landmarks"
        assert torch.equal(mine.maps, landmark_regions(own, 128))
        last = regions_for(WHOLE, ["r.jpg"], sources, framing="ffhq")
        assert last.origin == "template"
        assert torch.equal(last.maps, template_regions(128, "ffhq"))

    def test_the_square_of_the_picture_counts(self, tmp_path: Path) -> None:
        sources = self.sources(tmp_path)
        # The map has 64 pixels, the picture 128; its left half is looked at.
        view = View(128, 128, (0, 0, 64, 64), 64)
        maps = regions_for(view, ["p.jpg"], sources).maps
        assert centroid(maps[0]) == pytest.approx((42, 44), abs=0.6)
        points = np.array([(10.0, 20.0)])
        assert View(100, 80, (10, 20, 60, 70), 25).of_points(points).tolist() == [[0, 0]]

    @pytest.mark.slow
    def test_any_order_of_pictures_and_flips(self, tmp_path: Path) -> None:
        sources, own = self.sources(tmp_path), drawn(1).landmarks
        view = View(128, 128, (0, 0, 128, 128), 32)
        given: list[tuple[str, dict[str, Any]]] = [
            ("p.jpg", {}),
            ("id of q", {}),
            ("r.jpg", {"landmarks": own}),
            ("s.jpg", {}),
        ]
        first = [regions_for(view, [name], sources, **more).maps.clone() for name, more in given]
        mirrored = [flip_regions(maps) for maps in first]
        before = own.copy()
        choice = random.Random(0)
        for _ in range(1000):
            number, flip = choice.randrange(len(given)), choice.random() < 0.5
            name, more = given[number]
            maps = regions_for(view, [name], sources, **more).maps
            result = flip_regions(maps) if flip else maps
            assert torch.equal(result, (mirrored if flip else first)[number])
            if flip:
                result.zero_()  # a flip is a new tensor
        assert np.array_equal(own, before)
