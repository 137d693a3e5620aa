"""Laws of every model and backbone, the padding of the base class, and weights on disk."""

import json
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from lfsrkit import BACKBONES, MODELS
from lfsrkit.errors import DamagedFile, OutputRefused, UsageError
from lfsrkit.models import ModelInfo, Restorer, count_macs, load, read_header, save
from lfsrkit.models.bicubic import Bicubic, solve_exponent

SIZES = [(5, 7), (16, 16), (17, 23)]
SHARED = Path(__file__).parents[2] / "shared"


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(n: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(n, 3, height, width, generator=seeded())


def make(name: str, **params: object) -> Restorer:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MODELS.create(name, **params)


def make_backbone(name: str) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return BACKBONES.create(name, channels=32)


def scales() -> list[tuple[str, int]]:
    return [(name, scale) for name in MODELS.names() for scale in make(name).info.scales]


def assert_every_parameter_learns(module: nn.Module, output: torch.Tensor) -> None:
    (output - torch.rand(output.shape, generator=seeded(1))).abs().mean().backward()
    largest = {key: 0.0 if p.grad is None else float(p.grad.abs().max()) for key, p in module.named_parameters()}
    # What only rounding moves, such as a bias that cancels, is some ten orders below the rest.
    idle = [key for key, gradient in largest.items() if not gradient > 1e-8 * max(largest.values())]
    assert idle == []
    assert all(p.grad.isfinite().all() for p in module.parameters() if p.grad is not None)


# --- models ---


@pytest.mark.parametrize(("name", "scale"), scales())
def test_any_size_is_enlarged_by_the_scale(name: str, scale: int) -> None:
    model = make(name, scale=scale).eval()
    assert model.scale == scale
    with torch.no_grad():
        for height, width in [(1, 1), *SIZES]:
            restored = model(pictures(2, height, width))
            assert restored.shape == (2, 3, scale * height, scale * width)
            assert restored.isfinite().all()


@pytest.mark.parametrize("name", MODELS.names())
def test_stages_end_with_the_restored_picture(name: str) -> None:
    model = make(name).eval()
    low = pictures(1, 5, 7)
    with torch.no_grad():
        stages = model.stages(low)
        assert list(stages)[-1] == "restored"
        assert torch.equal(stages["restored"], model(low))


@pytest.mark.parametrize("name", MODELS.names())
def test_every_parameter_gets_a_gradient(name: str) -> None:
    model = make(name).train()
    restored = model(pictures(2, 16, 16))
    if any(True for _ in model.parameters()):
        assert_every_parameter_learns(model, restored)


@pytest.mark.parametrize("name", MODELS.names())
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_flat_pictures_give_finite_gradients(name: str, value: float) -> None:
    model = make(name).train()
    low = torch.full((1, 3, 16, 16), value).requires_grad_()
    model(low).square().mean().backward()
    gradients = [low.grad, *(p.grad for p in model.parameters())]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("name", MODELS.names())
def test_eval_is_deterministic_and_changes_nothing(name: str) -> None:
    model = make(name).eval()
    low = pictures(2, 9, 6)
    before, state = low.clone(), torch.get_rng_state()
    with torch.no_grad():
        assert torch.equal(model(low), model(low))
    assert torch.equal(low, before)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", MODELS.names())
def test_a_batch_equals_its_pictures_one_by_one(name: str) -> None:
    model = make(name).eval()
    low = pictures(3, 16, 16) ** torch.tensor([1.0, 2.0, 5.0]).view(3, 1, 1, 1)
    with torch.no_grad():
        singles = torch.cat([model(picture[None]) for picture in low])
        torch.testing.assert_close(model(low), singles, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", MODELS.names())
def test_a_single_picture_can_be_trained_on(name: str) -> None:
    model = make(name)
    low = pictures(1, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(model.train()(low), model.eval()(low), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", MODELS.names())
def test_bfloat16_stays_finite_and_near(name: str) -> None:
    model = make(name).eval()
    low = pictures(2, 16, 16)
    with torch.no_grad():
        exact = model(low)
        with torch.autocast("cpu", torch.bfloat16):
            rounded = model(low)
    assert rounded.isfinite().all()
    assert (rounded.float() - exact).abs().mean() < 0.02


@pytest.mark.parametrize("name", [*MODELS.names("lfsrnet*"), "edsr_baseline"])
def test_cost_grows_with_the_picture_and_not_with_its_square(name: str) -> None:
    model = make(name).to("meta")
    assert count_macs(model, 256, 256) < 1.05 * 64 * count_macs(model, 32, 32)


@pytest.mark.parametrize("name", MODELS.names())
@pytest.mark.parametrize(
    "low",
    [torch.rand(3, 8, 8), torch.rand(1, 1, 8, 8), torch.rand(1, 3, 0, 8), torch.rand(0, 3, 8, 8)],
    ids=lambda low: str(tuple(low.shape)),
)
def test_what_is_no_batch_of_pictures_is_refused(name: str, low: torch.Tensor) -> None:
    with pytest.raises(UsageError, match=r"\(n, 3, h, w\)"):
        make(name)(low)


def test_bytes_are_refused() -> None:
    with pytest.raises(UsageError, match="uint8"):
        make("bicubic")(torch.zeros(1, 3, 4, 4, dtype=torch.uint8))


@pytest.mark.parametrize("name", MODELS.names())
def test_an_impossible_scale_is_refused_with_the_possible_ones(name: str) -> None:
    with pytest.raises(UsageError, match=r"scale 7 is not possible.*2, 4, 8, 16"):
        make(name, scale=7)


@pytest.mark.parametrize("name", MODELS.names("lfsrnet*"))
@pytest.mark.parametrize("backbone", BACKBONES.names())
def test_lfsrnet_takes_every_backbone(name: str, backbone: str) -> None:
    model = make(name, scale=4, backbone=backbone)
    stages = model.stages(pictures(2, 16, 16))
    assert {key: tuple(stage.shape) for key, stage in stages.items()} == {
        "corrected": (2, 3, 16, 16),
        "restored": (2, 3, 64, 64),
    }
    assert_every_parameter_learns(model, stages["restored"])


def test_lfsrnet_takes_a_backbone_without_depth() -> None:
    def thin(channels: int = 64) -> nn.Module:
        """One convolution."""
        return nn.Conv2d(channels, channels, 1)

    with BACKBONES.temporary("thin", thin):
        assert make("lfsrnet_tiny", scale=2, backbone="thin")(pictures(1, 4, 4)).shape == (1, 3, 8, 8)


@pytest.mark.parametrize("name", MODELS.names("lfsrnet*"))
def test_an_untrained_lfsrnet_already_brightens(name: str) -> None:
    dark = pictures(4, 16, 16) ** 3
    with torch.no_grad():
        stages = make(name, scale=2).eval().stages(dark)
    assert stages["corrected"].mean() > 1.5 * dark.mean()
    torch.testing.assert_close(stages["restored"].mean(), stages["corrected"].mean(), atol=0.1, rtol=0)


# --- bicubic ---


def test_bicubic_reaches_its_mean_for_each_picture_alone() -> None:
    low = pictures(3, 16, 16) ** torch.tensor([0.3, 1.0, 4.0]).view(3, 1, 1, 1)
    restored = Bicubic(scale=4, target_mean=0.4)(low)
    torch.testing.assert_close(restored.mean(dim=(1, 2, 3)), torch.full((3,), 0.4), atol=1e-4, rtol=0)


def test_a_darker_power_law_gives_a_smaller_exponent_in_proportion() -> None:
    clean = 0.1 + 0.8 * pictures(4, 8, 8)
    bright, dark = (solve_exponent(images, torch.tensor(0.5)) for images in (clean, clean**3))
    torch.testing.assert_close(bright, 3 * dark, atol=1e-4, rtol=0)


def test_bicubic_keeps_a_flat_picture_flat() -> None:
    restored = Bicubic(scale=2, target_mean=0.5)(torch.full((1, 3, 4, 4), 0.02))
    torch.testing.assert_close(restored, torch.full((1, 3, 8, 8), 0.5), atol=1e-4, rtol=0)


def test_bicubic_leaves_black_and_white_alone() -> None:
    low = torch.stack([torch.zeros(3, 4, 4), torch.ones(3, 4, 4)])
    torch.testing.assert_close(Bicubic(scale=2)(low)[:, :, ::2, ::2], low)


@pytest.mark.parametrize("mean", [0.0, 1.0, -1.0, float("nan")])
def test_bicubic_refuses_a_mean_outside_the_range(mean: float) -> None:
    with pytest.raises(UsageError, match="target_mean"):
        MODELS.create("bicubic", target_mean=mean)


# --- backbones ---


@pytest.mark.parametrize("name", BACKBONES.names())
def test_a_backbone_keeps_the_shape(name: str) -> None:
    backbone = make_backbone(name).eval()
    with torch.no_grad():
        for height, width in [(1, 1), *SIZES]:
            features = torch.randn(2, 32, height, width, generator=seeded())
            out = backbone(features)
            assert out.shape == features.shape
            assert out.isfinite().all()
            singles = torch.cat([backbone(one[None]) for one in features])
            torch.testing.assert_close(out, singles, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", BACKBONES.names())
def test_every_parameter_of_a_backbone_gets_a_gradient(name: str) -> None:
    backbone = make_backbone(name)
    assert_every_parameter_learns(backbone, backbone(torch.randn(2, 32, 8, 8, generator=seeded())))


# --- the base class ---


class Recorder(Restorer):
    """Enlarges by repeating pixels and remembers what it was given."""

    def __init__(self, min_size: int, multiple: int) -> None:
        super().__init__(ModelInfo("joint", (2,), min_size, multiple), 2)
        self.seen = torch.empty(0)

    def _stages(self, low: torch.Tensor) -> dict[str, torch.Tensor]:
        self.seen = low
        large = low.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)
        return {"half": low[..., :, :], "restored": large}


@pytest.mark.parametrize(
    ("size", "min_size", "multiple", "padded"),
    [
        ((5, 7), 1, 1, (5, 7)),
        ((5, 7), 1, 4, (8, 8)),
        ((8, 16), 1, 8, (8, 16)),
        ((1, 1), 15, 8, (16, 16)),
        ((17, 3), 15, 8, (24, 16)),
        ((1, 300), 15, 1, (15, 300)),
    ],
)
def test_pictures_are_padded_with_their_border_and_cropped_back(
    size: tuple[int, int], min_size: int, multiple: int, padded: tuple[int, int]
) -> None:
    model = Recorder(min_size, multiple)
    low = pictures(2, *size)
    stages = model.stages(low)
    rows, columns = (torch.arange(new).clamp_max(old - 1) for new, old in zip(padded, size, strict=True))
    assert torch.equal(model.seen, low[:, :, rows][..., columns])
    assert torch.equal(stages["half"], low)
    assert torch.equal(stages["restored"], low.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2))


# --- EDSR against its official numbers ---


@pytest.mark.reference
@pytest.mark.parametrize("scale", [4, 8])
def test_edsr_equals_the_official_model(scale: int) -> None:
    parity = SHARED / "parity"
    if not parity.is_dir():
        pytest.skip(f"no reference data at {parity}")
    import numpy as np

    recorded = np.load(parity / "parity.npz")
    shapes = json.loads((parity / "official_state_dicts.json").read_text())[f"edsr_baseline_x{scale}"]
    model = make("edsr_baseline", scale=scale).eval()
    assert {key: list(tensor.shape) for key, tensor in model.state_dict().items()} == shapes["state_dict"]
    sys.path.insert(0, str(parity))
    try:
        from fill import fill
    finally:
        sys.path.remove(str(parity))
    fill(model, salt=0)
    with torch.no_grad():
        restored = model(torch.from_numpy(recorded[f"edsr_baseline_x{scale}.low"]))
    expected = torch.from_numpy(recorded[f"edsr_baseline_x{scale}.out"])
    assert expected.std() > 1e-2
    torch.testing.assert_close(restored, expected, atol=1e-4, rtol=0)


# --- weights on disk ---


@pytest.mark.parametrize("name", MODELS.names())
def test_saved_weights_give_equal_outputs(name: str, tmp_path: Path) -> None:
    model = make(name, scale=4).eval()
    save(model, tmp_path / "run" / "model.safetensors", name=name, params={"scale": 4}, extra={"seed": "7"})
    low, state = pictures(1, 6, 5), torch.get_rng_state()
    for place in (tmp_path / "run", tmp_path / "run" / "model.safetensors", str(tmp_path / "run")):
        again = load(place)
        assert not again.training
        with torch.no_grad():
            assert torch.equal(again(low), model(low))
    assert torch.equal(torch.get_rng_state(), state)
    header = read_header(tmp_path / "run")
    assert (header.name, header.params, header.extra) == (name, {"scale": 4}, {"seed": "7"})
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["model.safetensors"]


def saved(tmp_path: Path, **changes: object) -> Path:
    """Write a good file of weights, then change its header."""
    path = tmp_path / "weights.safetensors"
    save(make("edsr_baseline", scale=2), path, name="edsr_baseline", params={"scale": 2})
    header = {"format": 1, "name": "edsr_baseline", "params": {"scale": 2}, "version": "0"} | changes
    save_file(load_file(path), path, metadata={"lfsrkit": json.dumps(header)})
    return path


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"format": 2}, DamagedFile, "format 2"),
        ({"name": "edsr_basline"}, UsageError, "did you mean 'edsr_baseline'"),
        ({"name": "learned:os:system"}, UsageError, "allow_code"),
        ({"name": "lfsrnet_tiny", "params": {"backbone": "timm:resnet18"}}, UsageError, "timm:resnet18.*allow_code"),
        ({"name": "lfsrnet_tiny", "params": {"backbone": "nothing"}}, UsageError, "no backbone is called 'nothing'"),
        ({"params": {"scal": 2}}, UsageError, "did you mean 'scale'"),
        ({"params": [2]}, DamagedFile, "does not say which model"),
        ({"params": {"scale": 4}}, DamagedFile, "2 missing .*upsample.2.weight"),
        ({"name": "bicubic"}, DamagedFile, r"1 missing \(target_mean\); \d+ unexpected \(.*, \.\.\.\)"),
    ],
)
def test_a_wrong_header_is_refused_with_its_fault(
    tmp_path: Path, changes: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        load(saved(tmp_path, **changes))


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    header = read_header(path)
    tensors = load_file(path) | {"conv_first.bias": torch.zeros(3)}
    record = {"format": 1, "name": header.name, "params": dict(header.params)}
    save_file(tensors, path, metadata={"lfsrkit": json.dumps(record)})
    with pytest.raises(DamagedFile, match=r"1 of another shape \(conv_first.bias\)"):
        load(path)


def test_damaged_absent_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    whole = path.read_bytes()
    for cut in (0, 7, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(DamagedFile, match="not a whole safetensors file"):
            load(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(DamagedFile, match="not written by lfsrkit"):
        load(path)
    save_file({"a": torch.zeros(1)}, path, metadata={"lfsrkit": "{"})
    with pytest.raises(DamagedFile, match="not JSON"):
        load(path)
    with pytest.raises(UsageError, match="no such file or folder"):
        load(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"holds no model\.safetensors"):
        load(tmp_path / "empty")


def test_a_plug_in_that_nobody_loaded_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint, EntryPoints

    points = EntryPoints([EntryPoint("sly", "a_module_that_is_not_loaded:make", "lfsrkit.models")])
    monkeypatch.setattr("lfsrkit.models.trust.entry_points", lambda group: points.select(group=group))
    with MODELS.temporary("sly", Bicubic):
        path = saved(tmp_path, name="sly", params={})
        with pytest.raises(UsageError, match="plug-in that is not loaded"):
            load(path)


def test_a_plug_in_that_is_loaded_may_be_named(tmp_path: Path) -> None:
    with MODELS.temporary("mine", Bicubic):
        save(Bicubic(scale=2, target_mean=0.3), tmp_path / "a.safetensors", name="mine", params={"scale": 2})
        assert float(load(tmp_path / "a.safetensors").state_dict()["target_mean"]) == pytest.approx(0.3)


def test_a_failed_save_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputRefused, match="No space left"):
        save(make("bicubic"), path, name="bicubic", params={})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("extra", [{"params": "x"}, {"name": "x"}])
def test_extra_may_not_hide_the_model(tmp_path: Path, extra: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="extra may not hold"):
        save(make("bicubic"), tmp_path / "a.safetensors", name="bicubic", params={}, extra=extra)


def test_parameters_that_are_not_json_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be recorded as JSON"):
        save(make("bicubic"), tmp_path / "a.safetensors", name="bicubic", params={"scale": torch.zeros(1)})
