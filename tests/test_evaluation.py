"""Evaluation, enhancement and the page: right numbers, nothing overwritten, nothing lost."""

import csv
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from pictures import picture

from lfsrkit import evaluation, models, pairs
from lfsrkit.errors import UsageError
from lfsrkit.images import decode, encode_png, resize, to_bytes, to_float, to_pixels
from lfsrkit.inference import enhance
from lfsrkit.metrics.regional import regional_psnr
from lfsrkit.registries import METRICS, MODELS
from lfsrkit.report import Contents, write_page
from lfsrkit.report.curves import line_chart
from lfsrkit.sheets import ENHANCED
from lfsrkit.stages import EnhanceConfig, load_stage
from tests.command_cases import LIMIT_SECONDS, run

CONFIG = load_stage("evaluate", values={"metrics": ["psnr", "ssim"], "batch_size": 3})
Folder = Callable[..., Path]


def test_the_floor_is_measured_as_if_by_hand(built: Path) -> None:
    test = pairs.open(built, "test")
    rows = list(evaluation.evaluate("bicubic", test, CONFIG))
    model = MODELS.create("bicubic", scale=4, target_mean=test.clean_mean)
    for row, pair in zip(rows, test, strict=True):
        restored = model(pair.low[None]).clamp(0, 1)
        assert row.values["psnr"] == pytest.approx(float(METRICS.create("psnr")(restored, pair.clean[None])), abs=1e-4)
    assert evaluation.summarise(rows).mean["psnr"] == pytest.approx(np.mean([row.values["psnr"] for row in rows]))


def test_batch_size_does_not_change_a_value(built: Path) -> None:
    train = pairs.open(built, "train")
    one, many = (
        [row.values for row in evaluation.evaluate("bicubic", train, CONFIG.model_copy(update={"batch_size": size}))]
        for size in (1, 5)
    )
    assert [pytest.approx(values) for values in one] == many


def test_results_are_written_one_line_a_picture(built: Path, tmp_path: Path) -> None:
    rows = list(evaluation.evaluate("bicubic", pairs.open(built, "test"), CONFIG))
    assert evaluation.write_results(tmp_path / "e", iter(rows)) == evaluation.summarise(rows)
    lines = list(csv.DictReader((tmp_path / "e" / "per_image.csv").read_text().splitlines()))
    assert [line["id"] for line in lines] == [row.id for row in rows]
    assert float(lines[0]["psnr"]) == pytest.approx(rows[0].values["psnr"], rel=1e-4)
    assert json.loads((tmp_path / "e" / "results.json").read_text())["count"] == 2
    for name in ("_first.png", "_worst.png"):
        assert decode((tmp_path / "e" / name).read_bytes()).ndim == 3


def test_missing_weights_become_a_note_never_a_number(
    built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LFSRKIT_WEIGHTS", str(tmp_path / "none"))
    monkeypatch.setenv("LFSRKIT_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    rows = list(evaluation.evaluate("bicubic", pairs.open(built, "test"), load_stage("evaluate")))
    summary = evaluation.summarise(rows)
    assert summary.mean["lpips"] is None
    assert summary.mean["psnr"] is not None
    assert any(note.startswith("lpips unavailable: ") and "LFSRKIT_WEIGHTS" in note for note in summary.notes)


def test_two_metrics_of_one_name_are_refused(built: Path) -> None:
    config = load_stage("evaluate", overrides=['metrics=["psnr", "psnr"]'])
    with pytest.raises(UsageError, match="psnr is asked for twice"):
        list(evaluation.evaluate("bicubic", pairs.open(built, "test"), config))


@pytest.mark.parametrize("what", ["alignment", "regions"])
def test_what_compares_with_clean_pictures_needs_them(what: str, tmp_path: Path) -> None:
    told = run("evaluate", "--restored", tmp_path, "-s", f"{what}=true")
    assert (told.exit_code, "give --clean DIR" in told.stderr) == (2, True)


def test_regions_of_pictures_that_are_no_squares_are_refused() -> None:
    wide = torch.zeros(1, 3, 16, 24)
    with pytest.raises(UsageError, match="regions: pictures of 24x16 pixels have none"):
        regional_psnr(wide, wide, [None])


def test_folders_are_compared_by_name(tmp_path: Path) -> None:
    for name, shift in (("clean", 0), ("restored", 5)):
        (tmp_path / name).mkdir()
        for i in range(2):
            pixels = np.clip(picture(i, 40).astype(int) + shift, 0, 255).astype(np.uint8)
            (tmp_path / name / f"{i}.png").write_bytes(encode_png(pixels))
    rows = list(evaluation.compare_folders(tmp_path / "restored", tmp_path / "clean", CONFIG))
    a, b = (to_float(to_bytes([decode((tmp_path / n / "1.png").read_bytes())])) for n in ("restored", "clean"))
    assert rows[1].values["psnr"] == pytest.approx(float(METRICS.create("psnr")(a, b)))
    (tmp_path / "clean" / "1.png").rename(tmp_path / "clean" / "other.png")
    with pytest.raises(UsageError, match=r"no picture in \S+/clean for 1 of the 2 in \S+/restored: 1;"):
        list(evaluation.compare_folders(tmp_path / "restored", tmp_path / "clean", CONFIG))
    (tmp_path / "clean" / "other.png").unlink()
    (tmp_path / "clean" / "1.png").write_bytes(encode_png(picture(1, 20)))
    with pytest.raises(UsageError, match="40x40 and 20x20"):
        list(evaluation.compare_folders(tmp_path / "restored", tmp_path / "clean", CONFIG))


@pytest.mark.parametrize(
    ("model", "reason"),
    [("bicubicc", "did you mean 'bicubic'"), ("edsr_baseline", "trained first"), ("no/such/run", "no such run folder")],
)
def test_a_model_that_cannot_be_used_is_refused(built: Path, model: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        list(evaluation.evaluate(model, pairs.open(built, "test"), CONFIG))


def test_a_model_of_another_scale_is_refused(built: Path) -> None:
    with pytest.raises(UsageError, match="enlarges 8 times, but the pairs are 4 times larger"):
        list(evaluation.evaluate("bicubic(scale=8)", pairs.open(built, "test"), CONFIG))


def test_enhance_takes_files_folders_and_patterns_and_keeps_names_apart(folder: Folder, tmp_path: Path) -> None:
    place, out = folder(3, 8), tmp_path / "out"
    (place / "deep").mkdir()
    (place / "deep" / "000.jpg").write_bytes(encode_png(picture(5, 8)))
    inputs = [place, place / "001.png", place / "00*.png"]
    results = list(enhance("bicubic(scale=4)", inputs, out, EnhanceConfig()))
    assert len(results) == 8
    assert len({result.output for result in results}) == 8
    outputs = [result.output for result in results if result.output is not None]
    assert [decode(output.read_bytes()).shape for output in outputs] == [(32, 32, 3)] * 8
    assert (out / "deep" / "000.png").is_file()
    assert (out / ENHANCED).is_file()


def test_enhance_writes_what_the_model_gives(folder: Folder, tmp_path: Path) -> None:
    place = folder(1, 8)
    model = MODELS.create("bicubic", scale=2)
    found = next(enhance(model, [place], tmp_path / "out", EnhanceConfig()))
    assert found.output is not None
    low = decode((place / "000.png").read_bytes())
    expected = to_pixels(model(to_float(to_bytes([low]))))[0]
    assert (decode(found.output.read_bytes()) == expected).all()


def test_enhance_overwrites_nothing_and_names_what_it_cannot_use(folder: Folder, tmp_path: Path) -> None:
    place, out = folder(2, 8), tmp_path / "out"
    (place / "bad.png").write_bytes(b"no picture")
    (place / "huge.png").write_bytes(encode_png(picture(0, 8, 600)))
    config = EnhanceConfig(mode="face")
    out.mkdir()
    (out / "000.png").write_bytes(b"mine")
    results = {r.source.name: r for r in enhance("bicubic", [place], out, config)}
    assert (out / "000.png").read_bytes() == b"mine"
    assert "exists already" in str(results["000.png"].reason)
    assert results["001.png"].output is not None
    assert "not a picture" in str(results["bad.png"].reason)
    assert "600x8 pixels as one face" in str(results["huge.png"].reason)
    with pytest.raises(UsageError, match="would be overwritten"):
        list(enhance("bicubic", [place / "001.png"], place, EnhanceConfig()))
    with pytest.raises(UsageError, match="no file, folder or match"):
        list(enhance("bicubic", [tmp_path / "nothing*"], out, EnhanceConfig()))


def test_a_saved_model_is_used_by_path(built: Path, tmp_path: Path) -> None:
    with torch.random.fork_rng(devices=[]):
        model = MODELS.create("lfsrnet_tiny", scale=4).eval()
    models.save(model, tmp_path / "run" / "model.safetensors", name="lfsrnet_tiny", params={"scale": 4})
    test = pairs.open(built, "test")
    by_path = [row.values for row in evaluation.evaluate(tmp_path / "run", test, CONFIG)]
    assert by_path == [row.values for row in evaluation.evaluate(model, test, CONFIG)]


def test_the_page_loads_nothing_and_marks_the_best(tmp_path: Path) -> None:
    faces = [(picture(0, 8), resize(picture(0, 8), 32, 32), picture(0, 32))]
    scores = {
        "floor <b>": {"psnr": 15.0, "lpips": None, "colour_bias": 3.0, "nme": 0.5, "landmark_failures": 0.75},
        "net": {"psnr": 20.0, "lpips": None, "colour_bias": 9.0, "nme": 0.25, "landmark_failures": 0.125},
    }
    contents = Contents("T & t", "s", scores, "p", faces, {"loss": [(0, 1.0), (5, 0.5)]}, {"hash": "abc"})
    write_page(tmp_path / "r.html", contents)
    text = (tmp_path / "r.html").read_text()
    assert "http" not in text.replace("http://www.w3.org", "")
    assert "<td class='best'>20.00</td>" in text
    for best in ("3.00", "0.2500", "0.1250"):
        assert f"<td class='best'>{best}</td>" in text
    assert "<td>-</td>" in text
    assert "T &amp; t" in text
    assert "floor &lt;b&gt;" in text
    assert text.count("data:image/png;base64,") == 3
    assert "$" not in text.partition("<body>")[2].partition("<script>")[0]


@pytest.mark.parametrize("points", [[], [(0, 1.0)], [(0, float("nan")), (1, 1.0)]])
def test_a_curve_without_points_says_so(points: list[tuple[float, float]]) -> None:
    assert "too few points" in line_chart("loss", points, across="step")


def test_a_flat_curve_is_drawn() -> None:
    assert "<path" in line_chart("loss", [(0, 2.0), (9, 2.0)], across="step")


BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BROWSER_WORDS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--dump-dom")


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here (Debian: apt-get install chromium)")
def test_the_slider_moves_in_a_browser(tmp_path: Path) -> None:
    faces = [(picture(0, 8), picture(1, 32), picture(0, 32))]
    contents = Contents("t", "s", {"a": {"psnr": 1.0}}, "p", faces, {}, {})
    write_page(tmp_path / "r.html", contents)
    move = "const i = document.querySelector('.slider input'); i.value = 80; i.dispatchEvent(new Event('input'));"
    with (tmp_path / "r.html").open("a") as page:
        page.write(f"<script>{move}</script>")
    command = [str(BROWSER), *BROWSER_WORDS, f"--user-data-dir={tmp_path / 'profile'}", str(tmp_path / "r.html")]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=True).stdout
    assert "--at: 80%" in dom
