"""Light on a surface: a lamp whose light wraps around the skin, a sky, a light from behind, and the camera's curve."""

import numpy as np
from numpy.typing import NDArray

from lfsrkit.faces.drawing.canvas import Paint, Plane
from lfsrkit.faces.drawing.numbers import Colour, Light

# Red light travels furthest in skin, so that the edge of a shadow on it is red.
_WRAP = (0.42, 0.26, 0.20)
_USUAL_SKIN = 0.33
_BRIGHTNESS = 1.1

Normals = NDArray[np.floating]
"""Directions in which a surface looks, (3, height, width): right, down and towards the camera."""


def lamp_direction(light: Light) -> NDArray[np.floating]:
    """Give the direction towards the lamp: right, down, towards the camera.

    Args:
        light: The light of the face.
    """
    azimuth, elevation = np.deg2rad(light.azimuth_degrees), np.deg2rad(light.elevation_degrees)
    level = np.cos(elevation)
    return np.asarray([np.sin(azimuth) * level, -np.sin(elevation), np.cos(azimuth) * level], np.float32)


def tint(warmth: float) -> NDArray[np.floating]:
    """Give the colour of a light in linear light.

    Args:
        warmth: -1 is blue, 1 orange.
    """
    return np.asarray([1 + 0.16 * warmth, 1.0, 1 - 0.26 * warmth], np.float32).reshape(3, 1, 1)


def unit(normal: Normals) -> Normals:
    """Scale directions to length 1.

    Args:
        normal: (3, height, width).
    """
    x, y, z = normal
    return normal * (1 / np.sqrt(x * x + y * y + z * z + np.float32(1e-6)))


def lit(albedo: Paint, normal: Normals, light: Light, *, shadow: Plane, hollow: Plane, gloss: Plane | float) -> Paint:
    """Give the light that a surface sends to the camera.

    Args:
        albedo: Its colour in linear light.
        normal: (3, height, width), length 1.
        light: The light of the face.
        shadow: Share of the lamp's light that arrives.
        hollow: Share of the sky's light that arrives.
        gloss: Strength of the mirror-like part.
    """
    lamp = lamp_direction(light)
    facing = normal[0] * lamp[0] + normal[1] * lamp[1] + normal[2] * lamp[2]
    key = np.float32(1.45 * light.key) * tint(light.warmth)
    sky = (np.float32(0.62) - np.float32(0.30) * normal[1]) * hollow * np.float32(1.25 * (1.15 - light.key))
    glow = 0.0
    if light.rim:
        turned = 1 - np.clip(normal[2], 0, 1)
        against = np.clip(normal[0] * np.float32(-np.sign(lamp[0])), 0, 1)
        glow = np.float32(0.9 * light.rim) * turned * turned * turned * against
    shine = _shine(normal, lamp) * gloss * shadow
    cool = tint(light.ambient_warmth)
    result = np.empty((3, *facing.shape), np.float32)
    for channel, wrap in enumerate(_WRAP):
        diffuse = np.clip((facing + np.float32(wrap)) * np.float32(1 / (1 + wrap)), 0, 1) * shadow
        incoming = diffuse * key[channel] + sky * cool[channel] + glow
        result[channel] = albedo[channel] * incoming + shine * key[channel]
    return result


def _shine(normal: Normals, lamp: NDArray[np.floating]) -> Plane:
    half = lamp + np.asarray([0, 0, 1], np.float32)
    half /= np.sqrt(half @ half)
    mirrored = np.clip(normal[0] * half[0] + normal[1] * half[1] + normal[2] * half[2], 0, 1)
    for _ in range(4):
        mirrored = mirrored * mirrored
    return mirrored * np.float32(0.16)


def exposure(light: Light, skin: Colour) -> float:
    """Give the factor by which the camera brightens: it meters the face, though not all the way.

    Args:
        light: The light of the face.
        skin: Its albedo, sRGB.
    """
    r, g, b = (part * part for part in skin)
    brightness = 0.3 * r + 0.59 * g + 0.11 * b
    return _BRIGHTNESS * light.exposure * (_USUAL_SKIN / brightness) ** 0.42


def developed(scene: Paint, light: Light, skin: Colour) -> NDArray[np.floating]:
    """Turn light into sRGB, 0 to 1: exposure, a shoulder that keeps highlights, and the display's curve.

    Args:
        scene: (3, height, width), linear.
        light: The light of the face.
        skin: What the exposure is metered on.
    """
    shoulder = np.float32(0.35 + 0.25 * light.contrast)
    x = scene * np.float32(exposure(light, skin))
    tone = np.sqrt(np.clip(x * (1 + shoulder) / (1 + shoulder * x), 0, 1))
    # An S about the middle grey; it leaves black and white where they are.
    strength = np.float32(0.25 + 0.3 * light.contrast)
    return tone + strength * tone * (1 - tone) * (tone - np.float32(0.45))
