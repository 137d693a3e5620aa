"""Models and backbones that ship."""

from lfsrkit.registry import JOINED, Row

BACKBONES: dict[str, Row] = {
    "local_global": Row(
        "lfsrkit.models.backbones:LocalGlobal", "Blocks with a local and a global branch, gathered by a residual"
    ),
    "nafnet": Row("lfsrkit.models.borrowed:NafNet", "NAFNet blocks: gated convolutions with simple channel attention"),
    "omni": Row("lfsrkit.models.borrowed:Omni", "Omni-SR groups: attention over space and channels at once"),
    "residual": Row("lfsrkit.models.backbones:Residual", "Plain residual blocks without normalisation"),
    "swin": Row("lfsrkit.models.borrowed:Swin", "SwinIR groups: attention in shifted windows"),
}

ADAPTED_BACKBONES: dict[str, Row] = {
    "timm": Row("lfsrkit.models.timm_backbone:timm_backbone", "Any feature extractor of timm"),
}

MODELS: dict[str, Row] = {
    "bicubic": Row(
        "lfsrkit.models.bicubic:Bicubic",
        "Enlarge with a bicubic kernel and lift the mean with one power law: the floor",
        ("floor",),
    ),
    "ctcnet": Row(
        "lfsrkit.models.ctcnet:ctcnet",
        "CTCNet without the layers that its authors' code never uses",
        ("super_resolve", "batch_norm", "heavy"),
    ),
    "dln": Row(
        "lfsrkit.models.dln:dln",
        "DLN, the deep lightening network, which keeps the size",
        ("enhance", "compile", "onnx"),
    ),
    "edsr": Row(
        "lfsrkit.models.edsr:edsr",
        "EDSR with 32 residual blocks of 256 channels, each adding a tenth",
        ("super_resolve", "heavy"),
    ),
    "edsr_baseline": Row(
        "lfsrkit.models.edsr:edsr_baseline",
        "EDSR with 16 residual blocks of 64 channels",
        ("super_resolve", "compile", "onnx"),
    ),
    "ic_fsrnet": Row(
        "lfsrkit.models.ic_fsrnet:ic_fsrnet",
        "IC-FSRNet, our reading: tone curves that a bilateral grid bends, within a U-net",
        ("joint", "heavy"),
    ),
    "lfsrnet": Row(
        "lfsrkit.models.lfsrnet:lfsrnet", "LFSRNet, our reading, under 6 M parameters", ("joint", "compile", "onnx")
    ),
    "lfsrnet_large": Row(
        "lfsrkit.models.lfsrnet:lfsrnet_large",
        "LFSRNet, our reading, under 20 M parameters: the same design, wider and deeper",
        ("joint", "heavy"),
    ),
    "lfsrnet_tiny": Row(
        "lfsrkit.models.lfsrnet:lfsrnet_tiny",
        "LFSRNet, our reading, under 1 M parameters",
        ("joint", "compile", "onnx"),
    ),
    "lsr": Row(
        "lfsrkit.models.lsr:lsr",
        "LSR, our reading: back-projections that lighten and enlarge at once",
        ("joint", "compile", "onnx"),
    ),
    "omnisr": Row(
        "lfsrkit.models.spandrel_nets:omnisr",
        "Omni-SR with 5 groups of omni self-attention, 64 channels",
        ("super_resolve", "compile", "onnx"),
    ),
    "sparnet": Row(
        "lfsrkit.models.sparnet:sparnet",
        "SPARNet as its authors released it, with one attention map a unit",
        ("super_resolve", "batch_norm", "heavy"),
    ),
    "sparnet_light3d": Row(
        "lfsrkit.models.sparnet:sparnet_light3d",
        "SPARNet with one unit in its body and an attention map for each channel",
        ("super_resolve", "batch_norm", "heavy"),
    ),
    "swinir_m": Row(
        "lfsrkit.models.spandrel_nets:swinir_m",
        "SwinIR, classical: 6 groups of 6 Swin layers, 180 channels",
        ("super_resolve", "heavy"),
    ),
    "swinir_s": Row(
        "lfsrkit.models.spandrel_nets:swinir_s",
        "SwinIR, lightweight: 4 groups of 6 Swin layers, 60 channels",
        ("super_resolve", "compile"),
    ),
}

ADAPTED_MODELS: dict[str, Row] = {
    JOINED: Row(
        "lfsrkit.models.cascade:cascade", "An enhancer and a super-resolver in a row, in either order", ("joint",)
    ),
    "spandrel": Row("lfsrkit.models.spandrel_nets:architecture", "Any architecture of spandrel, built from its class"),
}
