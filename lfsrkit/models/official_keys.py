"""How others name the weights of the models: translations from the kit's names, rule by rule."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

Renames = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Layout:
    """How others name the weights of a model.

    Args:
        renames: Patterns of the kit's names and what others write instead, applied one after the other.
        unused: Pattern of names that their files hold without any use.
    """

    renames: Renames = ()
    unused: str = r"(?!)"

    def official(self, key: str) -> str:
        """Translate a name of the kit.

        Args:
            key: Name in the state dict of the kit's model.
        """
        for pattern, replacement in self.renames:
            key = re.sub(pattern, replacement, key)
        return key


_UNIT = ((r"\.conv\.", ".conv2d."), (r"\.norm\.", ".norm.norm."))
_HOURGLASS = (
    (r"\.past\.(\d)", r".b1_\1"),
    (r"\.down\.(\d)", r".b2_\1"),
    (r"\.up\.(\d)", r".b3_\1"),
    (r"\.deepest\.", ".b2_plus_1."),
)
_DLN = (
    (r"^stem\.0", "feat1"),
    (r"^stem\.1", "feat2"),
    (r"^blocks\.0", "feat_out_1"),
    (r"^blocks\.1", "feat_out_2"),
    (r"^blocks\.2", "feat_out_3"),
    (r"\.gather\.mix", ".fusion.outlayer"),
    (r"\.gather\.gate", ".fusion.fc"),
    (r"\.lighten\.", ".conv1_1."),
    (r"\.darken\.", ".conv2."),
    (r"\.lighten_rest\.", ".conv3."),
    (r"\.weigh_input\.", ".local_weight1_1."),
    (r"\.weigh_light\.", ".local_weight2_1."),
    (r"\.encode\.", ".conv_Encoder."),
    (r"\.offset\.", ".conv_Offset."),
    (r"\.decode\.", ".conv_Decoder."),
    (r"^fuse\.", "feature."),
    (r"^last\.", "out."),
    (r"(?<!fc)\.0\.(weight|bias)$", r".conv.\1"),
    (r"\.1\.weight$", ".act.weight"),
)
_SPARNET = (
    *_UNIT,
    (r"^body\.", "res_layers."),
    (r"^last\.", "out_conv."),
    (r"\.shortcut\.", ".shortcut_func."),
    (r"\.before\.0\.", ".preact_func.0.norm."),
    (r"\.attention\.", ".att_func."),
    (r"\.maps\.0\.", ".att_func.out_block.0."),
    *_HOURGLASS,
)
_CTCNET_ENHANCEMENT = (
    (r"\.unit(\d)\.", r".layer\1."),
    (r"(layer\d\.)act\.", r"\1relu."),
    (r"(layer\d\.)narrow\.", r"\1conv."),
    (r"(layer\d\.)widen\.", r"\1conv1."),
    (r"(layer\d\.)share_input$", r"\1weight1.scale"),
    (r"(layer\d\.)share_branch$", r"\1weight2.scale"),
    (r"\.share_deep$", ".weight2.scale"),
    (r"\.share_shallow$", ".weight3.scale"),
    (r"\.share_input$", ".weight4.scale"),
    (r"\.share_branch$", ".weight5.scale"),
    (r"\.mix\.weight$", ".alise.conv.weight"),
    (r"(before|after|coarse|fine)\.out\.", r"\1.layer4.conv."),
    (r"(before|after|coarse|fine)\.channels\.gate\.", r"\1.atten.conv_du."),
)
_CTCNET_ATTENTION = (
    (r"\.attention\.hourglass\.(\w+\.\d|deepest)\.conv\.", r".attention.hourglass.\1.conv2d."),
    (r"(hourglass\.(?:\w+\.\d|deepest))\.norm\.", r"\1.norm.norm."),
    (r"(hourglass\.(?:\w+\.\d|deepest))\.act\.", r"\1.relu.func."),
    (r"\.attention\.hourglass\.", ".attention."),
    (r"\.attention\.channels\.gate\.", ".attention.channel_func.conv_du."),
    (r"\.attention\.project\.", ".attention._64."),
    (r"\.attention\.map\.conv\.", ".attention.out_block.0.conv2d."),
    (r"^(encoders\.[01]|decoders\.1)\.attention\.", r"\1.att_func."),
    (r"\.attention\.", ".att_func2."),
    *_HOURGLASS,
)
_CTCNET_TRANSFORMER = (
    (r"\.transformers\.(\d)\.(norm\d)\.", r".encoder_level1.\1.\2.body."),
    (r"\.transformers\.(\d)\.temperature$", r".encoder_level1.\1.attn.temperature"),
    (r"\.transformers\.(\d)\.qkv\.0\.", r".encoder_level1.\1.attn.qkv."),
    (r"\.transformers\.(\d)\.qkv\.1\.", r".encoder_level1.\1.attn.qkv_dwconv."),
    (r"\.transformers\.(\d)\.out\.", r".encoder_level1.\1.attn.project_out."),
    (r"\.transformers\.(\d)\.expand\.0\.", r".encoder_level1.\1.ffn.project_in."),
    (r"\.transformers\.(\d)\.expand\.1\.", r".encoder_level1.\1.ffn.dwconv."),
    (r"\.transformers\.(\d)\.contract\.", r".encoder_level1.\1.ffn.project_out."),
)
_CTCNET_REFINEMENT = (
    (r"\.share_first$", ".scale_1.scale"),
    (r"\.share_second$", ".scale_2.scale"),
    (r"\.join1\.", ".compress1."),
    (r"\.join2\.", ".alise2.conv."),
    (r"\.gate\.(weight|bias)$", r".compress2.\1"),
    (r"\.coarse\.", ".decoder_low."),
    (r"\.fine\.", ".decoder_high."),
)
_CTCNET_LAYOUT = (
    (r"^first\.", "head."),
    (r"^last\.", "tail."),
    (r"^shrink\.0\.", "down1."),
    (r"^shrink\.1\.", "down2."),
    (r"^shrink\.2\.", "down3."),
    (r"^grow\.0\.", "up1."),
    (r"^grow\.1\.", "up2."),
    (r"^grow\.2\.", "up3."),
    (r"^fusion\.halve(\d+)\.", r"conv_\1."),
    (r"^fusion\.double64\.", "tranpose64_128."),
    (r"^fusion\.double128\.", "tranpose_128."),
    (r"^fusion\.double128_again\.", "tranpose128_128."),
    (r"^fusion\.mix_quarter\.0\.", "tail352_128."),
    (r"^fusion\.mix_half\.0\.", "tail288_64."),
    (r"^fusion\.mix_full\.0\.", "tai256_32."),
    (r"^fusion\.mix_quarter\.1\.gate\.", "channel_func_128.conv_du."),
    (r"^fusion\.mix_half\.1\.gate\.", "channel_func_64.conv_du."),
    (r"^fusion\.mix_full\.1\.gate\.", "channel_func_32.conv_du."),
    (r"^encoders\.0\.", "res_layers_down1_pre."),
    (r"^encoders\.1\.", "res_layers_down1."),
    (r"^encoders\.2\.", "res_layers_down2."),
    (r"^decoders\.0\.", "res_layers_up1."),
    (r"^decoders\.1\.", "res_layers_up2."),
    (r"^decoders\.2\.", "res_layers_back."),
    (r"^bottleneck\.", "res_layers."),
    (r"\.before\.", ".encoder."),
    (r"\.after\.", ".alise."),
)
_CTCNET_UNUSED = (
    r"\.STL(64|128)\.|\.att\.|^res_layers\.\d\.conv[12]\.|^(down_input|up_input|embed|scale\d_\d)\."
    r"|\.(encoder|alise|decoder_low|decoder_high)\.weight1\.scale$"
)

LAYOUTS: Mapping[str, Layout] = {
    "ctcnet": Layout(
        (
            *_CTCNET_ENHANCEMENT,
            *_CTCNET_ATTENTION,
            *_CTCNET_TRANSFORMER,
            *_CTCNET_REFINEMENT,
            *_CTCNET_LAYOUT,
        ),
        unused=_CTCNET_UNUSED,
    ),
    "dln": Layout(_DLN),
    "edsr": Layout(),
    "edsr_baseline": Layout(),
    "omnisr": Layout(((r"^net\.", ""),)),
    "sparnet": Layout(_SPARNET),
    "sparnet_light3d": Layout(_SPARNET),
    "swinir_m": Layout(((r"^net\.", ""),)),
    "swinir_s": Layout(((r"^net\.", ""),)),
}
"""Layout by name in MODELS: EDSR as in BasicSR, the others as in the code of their authors."""
