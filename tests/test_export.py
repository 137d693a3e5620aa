"""Models for other programs: each is read by that program, and gives the same pictures there."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from lfsrkit import MODELS, export
from lfsrkit.errors import LfsrkitError, OutputRefused, UsageError
from lfsrkit.export.windows import windows_of_any_size
from lfsrkit.models import ModelInfo, Restorer, load, save
from lfsrkit.models.edsr import Edsr
from lfsrkit.models.ic_fsrnet import GridRefinement
from tests.command_cases import run

SMALL_SWINIR = {
    "scale": 4,
    "embed_dim": 12,
    "depths": [2],
    "num_heads": [2],
    "window_size": 8,
    "img_size": 16,
    "upsampler": "pixelshuffledirect",
}
ANY_SIZE = [
    ("lfsrnet_tiny", {"scale": 4}),
    ("dln", {}),
    ("spandrel:SwinIR", SMALL_SWINIR),
    ("spandrel:OmniSR", {"scale": 4, "res_num": 1, "num_feat": 16}),
]


def seeded(name: str, **params: Any) -> Restorer:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MODELS.create(name, **params).eval()


def saved(folder: Path, name: str, **params: Any) -> Path:
    save(seeded(name, **params), folder / "model.safetensors", name=name, params=params, extra={"step": "7"})
    return folder


def small() -> Restorer:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Edsr(2, channels=8, blocks=1).eval()


class Fussy(Restorer):
    """Does something else for small pictures, which cannot be traced for all sizes."""

    def __init__(self) -> None:
        super().__init__(ModelInfo("enhance", (1,)), 1)

    def _stages(self, low: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"restored": low * (0.5 if float(low.mean()) > 0.1 else 2.0)}


class Reading(Restorer):
    """Wants sides that are multiples of 4, from 8, and reads from them as IC-FSRNet's grid does."""

    def __init__(self) -> None:
        super().__init__(ModelInfo("enhance", (1,), min_size=8, multiple=4), 1)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.reading = GridRefinement(3)

    def _stages(self, low: torch.Tensor) -> dict[str, torch.Tensor]:
        grid = low[:, :, None, ::4, ::4]
        return {"restored": low + self.reading(grid, low)[:, :, 0].repeat_interleave(4, 2).repeat_interleave(4, 3)}


class TestOnnx:
    def run_with(self, path: Path, low: torch.Tensor) -> torch.Tensor:
        runtime = pytest.importorskip("onnxruntime")
        session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        return torch.from_numpy(session.run(None, {"low": low.numpy()})[0])

    @pytest.mark.slow
    def test_any_size_and_number_of_pictures(self, tmp_path: Path) -> None:
        pytest.importorskip("onnxscript")
        model = small()
        done = export.export_onnx(model, tmp_path / "m.onnx")
        assert float(done.facts["largest difference to torch"]) < 1e-5
        assert {"bytes", "sizes", "tried"} < done.facts.keys()
        assert sum("ms a picture" in name for name in done.facts) == 2
        for n, height, width in [(1, 3, 50), (3, 31, 7)]:
            low = torch.rand(n, 3, height, width, generator=torch.Generator().manual_seed(1))
            with torch.inference_mode():
                torch.testing.assert_close(self.run_with(tmp_path / "m.onnx", low), model(low).clamp(0, 1))
        with pytest.raises(OutputRefused, match="exists already"):
            export.export_onnx(model, tmp_path / "m.onnx")

    @pytest.mark.slow
    def test_one_size(self, tmp_path: Path) -> None:
        pytest.importorskip("onnxscript")
        done = export.export_onnx(small(), tmp_path / "m.onnx", side=12)
        assert done.facts["sizes"] == "12x12 alone"
        assert self.run_with(tmp_path / "m.onnx", torch.rand(1, 3, 12, 12)).shape == (1, 3, 24, 24)

    @pytest.mark.slow
    @pytest.mark.parametrize(("name", "params"), ANY_SIZE)
    def test_networks_take_any_size(self, name: str, params: dict[str, Any], tmp_path: Path) -> None:
        pytest.importorskip("onnxscript")
        done = export.export_onnx(seeded(name, **params), tmp_path / "m.onnx")
        assert str(done.facts["sizes"]).startswith("any")

    @pytest.mark.slow
    def test_sides_are_padded_to_multiples_and_attention_has_one_head(self, tmp_path: Path) -> None:
        pytest.importorskip("onnxscript")
        done = export.export_onnx(Reading().eval(), tmp_path / "m.onnx")
        assert str(done.facts["sizes"]).startswith("any")

    def test_windows_of_other_packages_are_left_alone(self) -> None:
        class SwinTransformerBlock(torch.nn.Module):
            input_resolution = (16, 16)

        other = SwinTransformerBlock()
        with windows_of_any_size(torch.nn.Sequential(other)):
            assert other.input_resolution == (16, 16)

    def test_spandrel_is_left_as_it_was(self) -> None:
        written: Any = import_module("spandrel.architectures.SwinIR.__arch.SwinIR")

        model, before = seeded("spandrel:SwinIR", **SMALL_SWINIR), written.window_reverse
        with windows_of_any_size(model):
            assert written.window_reverse is not before
        assert written.window_reverse is before
        assert next(m for m in model.modules() if hasattr(m, "calculate_mask")).input_resolution == (16, 16)

    @pytest.mark.slow
    def test_what_cannot_be_traced_is_answered_with_what_may_work(self, tmp_path: Path) -> None:
        pytest.importorskip("onnxscript")
        with pytest.raises(LfsrkitError, match="for any size; one fixed size may work: --size N"):
            export.export_onnx(Fussy(), tmp_path / "m.onnx")
        assert list(tmp_path.iterdir()) == []
        with pytest.raises(UsageError, match=r"\.onnx file"):
            export.export_onnx(small(), tmp_path / "m.bin")


class TestSpandrel:
    @pytest.mark.slow
    def test_spandrel_reads_the_file_and_makes_the_same_picture(self, tmp_path: Path) -> None:
        from spandrel import ImageModelDescriptor, ModelLoader

        saved(tmp_path / "run", "swinir_s", scale=2)
        done = export.export_spandrel(tmp_path / "run", tmp_path / "swinir.safetensors")
        assert done.facts["architecture"] == "SwinIR"
        read = ModelLoader(device="cpu").load_from_file(tmp_path / "swinir.safetensors")
        assert isinstance(read, ImageModelDescriptor)
        low = torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(0))
        with torch.inference_mode():
            ours = load(tmp_path / "run")(low).clamp(0, 1)
            torch.testing.assert_close(read(low), ours, atol=1e-5, rtol=0)
            assert (ours[..., ::2, ::2] - low).abs().max() > 1e-3

    def test_what_spandrel_does_not_know_is_refused(self, tmp_path: Path) -> None:
        saved(tmp_path / "run", "lfsrnet_tiny", scale=2)
        with pytest.raises(UsageError, match="cannot run 'lfsrnet_tiny', but swinir_m, swinir_s and spandrel:NAME"):
            export.export_spandrel(tmp_path / "run", tmp_path / "m.safetensors")


class Hub:
    """Stands for the client of the hub."""

    sent: list[dict[str, Any]] = []  # noqa: RUF012
    fails = False

    def create_repo(self, name: str, **how: Any) -> Any:
        if self.fails:
            raise ConnectionError("no network here\nand more")
        from huggingface_hub import RepoUrl

        self.sent.append({"created": name, **how})
        return RepoUrl(f"https://huggingface.co/{'datasets/' if how['repo_type'] == 'dataset' else ''}{name}")

    def upload_folder(self, **how: Any) -> None:
        self.sent.append(how)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> type[Hub]:
    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    monkeypatch.setattr(Hub, "sent", [])
    return Hub


class TestHub:
    def test_the_folder_is_a_model_with_a_card(self, tmp_path: Path) -> None:
        run_folder = saved(tmp_path / "run", "lfsrnet_tiny", scale=4)
        (run_folder / "config.toml").write_text("[train]\nsteps = 7\n")
        export.export_hub(run_folder, tmp_path / "hub")
        assert sorted(path.name for path in (tmp_path / "hub").iterdir()) == [
            "README.md",
            "config.json",
            "model.safetensors",
        ]
        low = torch.rand(1, 3, 8, 8)
        with torch.inference_mode():
            assert torch.equal(load(tmp_path / "hub")(low), load(run_folder)(low))
        _, head, text = (tmp_path / "hub" / "README.md").read_text().split("---\n", 2)
        assert yaml.safe_load(head)["library_name"] == "lfsrkit"
        assert "lfsrnet_tiny, 4 times larger" in text
        assert "steps = 7" in text
        assert "{" not in text.replace('{"scale": 4}', "")
        assert json.loads((tmp_path / "hub" / "config.json").read_text())["scale"] == 4
        with pytest.raises(OutputRefused, match="exists already"):
            export.export_hub(run_folder, tmp_path / "hub")

    def test_a_push_sends_the_folder(self, tmp_path: Path, hub: type[Hub]) -> None:
        run_folder = saved(tmp_path / "run", "lfsrnet_tiny", scale=4)
        result = run(
            *["export", run_folder, "--to", "hub", "--out", tmp_path / "hub", "--push", "me/net", "--public", "--json"]
        )
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["push"]["url"] == "https://huggingface.co/me/net"
        created, uploaded = hub.sent
        assert (created["created"], created["repo_type"], created["private"]) == ("me/net", "model", False)
        assert sorted(uploaded["allow_patterns"]) == ["README.md", "config.json", "model.safetensors"]

    def test_pairs_are_pushed_with_their_card(self, built: Path, hub: type[Hub]) -> None:
        tried = run("pairs", "push", built, "me/faces", "--dry-run", "--json")
        assert tried.exit_code == 0, tried.stderr
        plan = json.loads(tried.stdout)
        assert "README.md" in plan["files"]
        assert any(name.startswith("data/train-") for name in plan["files"])
        assert (plan["url"], hub.sent) == (None, [])
        sent = run("pairs", "push", built, "me/faces")
        assert sent.exit_code == 0, sent.stderr
        assert (hub.sent[0]["repo_type"], hub.sent[0]["private"]) == ("dataset", True)
        assert "https://huggingface.co/datasets/me/faces" in sent.stdout

    def test_a_failed_push_is_one_line(self, built: Path, hub: type[Hub], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(hub, "fails", True)
        result = run("pairs", "push", built, "me/faces")
        assert result.exit_code == 1
        assert result.stderr == "Error: me/faces was not pushed: ConnectionError: no network here\n"

    def test_wrong_names_and_folders_are_refused(self, built: Path, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no name for the hub"):
            export.plan_push(built, "a//b", "dataset")
        with pytest.raises(UsageError, match="lfsrkit export --to hub"):
            export.plan_push(tmp_path, "me/net", "model")
        for words in (["--to", "onnx", "--push", "me/net"], ["--to", "hub", "--size", "3"]):
            assert run("export", "bicubic", *words, "--out", tmp_path / "x").exit_code == 2
