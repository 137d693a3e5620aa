"""Metrics of fidelity: PSNR, SSIM and errors of colour and brightness."""

from dataclasses import dataclass

from lfsrkit.metrics.base import Metric, eight_bit, weighted_mean
from lfsrkit.sizes import check_side
from lfsrkit.types import Features, Images, Masks, PerImage

_WINDOW = 11


@dataclass(frozen=True)
class Psnr(Metric):
    r"""Peak signal-to-noise ratio over RGB, in decibels.

    $-10 \log_{10} \mathrm{MSE}$ with the error of the 8-bit pictures on the scale 0 to 1. Equal pictures give infinity:
    who averages has to say what is done with it.

    Example:
        >>> import torch
        >>> Psnr()(torch.zeros(1, 3, 4, 4), torch.full((1, 3, 4, 4), 0.2))
        tensor([13.9794], dtype=torch.float64)
    """

    def measure(self, restored: Images, clean: Images, weight: Masks | None) -> PerImage:
        """Compute the metric of each picture."""
        return _psnr(restored, clean, weight)


@dataclass(frozen=True)
class PsnrY(Metric):
    r"""Peak signal-to-noise ratio of BT.601 luma, in decibels.

    $Y = 16 + 65.481 R + 128.553 G + 24.966 B$ for R, G, B in 0 to 1, not rounded, with 255 as the peak: the convention
    of super-resolution papers. It is blind to errors of colour. Equal luma gives infinity.

    References:
        ITU-R BT.601-7, 2011, with the constants of MATLAB's rgb2ycbcr. https://www.itu.int/rec/R-REC-BT.601
    """

    def measure(self, restored: Images, clean: Images, weight: Masks | None) -> PerImage:
        """Compute the metric of each picture."""
        return _psnr(studio_luma(restored), studio_luma(clean), weight)


@dataclass(frozen=True)
class Ssim(Metric):
    r"""Structural similarity, mean over RGB.

    $$\frac{(2 \mu_x \mu_y + c_1)(2 \sigma_{xy} + c_2)}{(\mu_x^2 + \mu_y^2 + c_1)(\sigma_x^2 + \sigma_y^2 + c_2)}$$

    with $c_1 = 0.01^2$, $c_2 = 0.03^2$ and moments under an 11 x 11 Gaussian of standard deviation 1.5, averaged over
    the places where the window lies inside the picture. This equals scikit-image's ``structural_similarity`` with
    ``gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1``, which filters with a mirrored
    border and then leaves out the five outermost pixels. A weight applies to the centres of the windows.

    References:
        Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, IEEE TIP 2004.
        https://doi.org/10.1109/TIP.2003.819861
    """

    def measure(self, restored: Images, clean: Images, weight: Masks | None) -> PerImage:
        """Compute the metric of each picture."""
        return _ssim(restored, clean, weight)


@dataclass(frozen=True)
class SsimY(Metric):
    """Structural similarity of BT.601 luma.

    As `Ssim`, on the luma of `PsnrY` with a data range of 255.

    References:
        Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, IEEE TIP 2004.
        https://doi.org/10.1109/TIP.2003.819861
    """

    def measure(self, restored: Images, clean: Images, weight: Masks | None) -> PerImage:
        """Compute the metric of each picture."""
        return _ssim(studio_luma(restored), studio_luma(clean), weight)


def studio_luma(pictures: Images) -> Masks:
    """Weigh the channels to BT.601 luma with head- and footroom: 16 / 255 for black, 235 / 255 for white.

    Args:
        pictures: sRGB, 0 to 1.

    References:
        ITU-R BT.601-7, 2011, with the constants of MATLAB's rgb2ycbcr. https://www.itu.int/rec/R-REC-BT.601
    """
    red, green, blue = pictures.split(1, dim=1)
    return (16 + 65.481 * red + 128.553 * green + 24.966 * blue) / 255


def colour_bias(restored: Images, clean: Images) -> PerImage:
    """Average how far the means of red, green and blue are off, in 8-bit levels.

    Args:
        restored: Pictures; clamped and rounded to 8 bits.
        clean: Pictures to compare with; the same.
    """
    means = [eight_bit(pictures).mean(dim=(2, 3)) for pictures in (restored, clean)]
    return 255 * (means[0] - means[1]).abs().mean(dim=1)


def gt_mean_psnr(restored: Images, clean: Images) -> PerImage:
    """Compute the PSNR over RGB after one factor has given the restored picture the mean of the clean one.

    The "GT mean" numbers of low-light papers: they look into the answer, so they belong beside the PSNR and not in its
    place. Our reading: the mean of all values; the product is clamped and rounded to 8 bits again. A black picture
    stays black.

    Args:
        restored: Pictures; clamped and rounded to 8 bits.
        clean: Pictures to compare with; the same.

    References:
        Zhang et al., Kindling the Darkness: A Practical Low-light Image Enhancer, ACM MM 2019.
        https://arxiv.org/abs/1905.04161
    """
    shown, wanted = eight_bit(restored), eight_bit(clean)
    factor = wanted.mean(dim=(1, 2, 3), keepdim=True) / shown.mean(dim=(1, 2, 3), keepdim=True).clamp_min(1e-9)
    return _psnr(eight_bit(shown * factor), wanted, None)


def _psnr(restored: Features, clean: Features, weight: Masks | None) -> PerImage:
    return -10 * weighted_mean((restored - clean).square(), weight).log10()


def _ssim(restored: Features, clean: Features, weight: Masks | None) -> PerImage:
    from kornia.metrics import ssim

    check_side(clean, _WINDOW, "SSIM has a window of 11 pixels and")
    similarity = ssim(restored, clean, _WINDOW, max_val=1.0, eps=0.0, padding="valid")
    border = _WINDOW // 2
    centres = None if weight is None else weight[..., border:-border, border:-border]
    return weighted_mean(similarity, centres)
