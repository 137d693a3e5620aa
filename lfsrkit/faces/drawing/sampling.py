"""How likely which face is: the numbers of a face drawn from a stream.

The ranges are wide on purpose (every skin tone is as likely as another), while the framing follows aligned CelebA
pictures, rows 20 to 197: on 128 pixels the eyes near (49.6, 65.4) and (77.7, 65.4), the mouth near height 94.9.
"""

from dataclasses import dataclass, replace

import torch

from lfsrkit.faces.drawing.chance import GREYS, HAIR_COLOURS, IRISES, SKIN_TONES, Chance, blend, shade
from lfsrkit.faces.drawing.numbers import (
    Background,
    Clothes,
    Colour,
    Expression,
    Eyes,
    FaceNumbers,
    Hair,
    Light,
    Pose,
    Shape,
    Skin,
)


@dataclass(frozen=True)
class Kind:
    """What goes together in a face, so that its parts do not contradict one another; each 0 to 1."""

    softness: float
    """Round jaw, thin brows, full lips, often long hair and make-up; the other end is angular and may have a beard."""
    age: float
    tone: float
    """Depth of the skin's colour; dark skin comes with dark hair and eyes more often."""


def sample_face(generator: torch.Generator) -> FaceNumbers:
    """Draw the numbers of one face.

    Args:
        generator: Stream of this face.

    Example:
        >>> sample_face(torch.Generator().manual_seed(0)) == sample_face(torch.Generator().manual_seed(0))
        True
    """
    draw = Chance(generator)
    softness = draw.between(0, 1)
    kind = Kind(softness, draw.between(0, 1) ** 1.5, draw.between(0, 1))
    hair_colour = _hair_colour(draw, kind)
    shape = _shape(draw, kind)
    clothes = _clothes(draw, kind)
    hair = _hair(draw, kind, hair_colour)
    if clothes.hat:
        hair = replace(hair, volume_top=0.04, volume_side=0.06, fringe=0.0)
    return FaceNumbers(
        pose=_pose(draw),
        shape=shape,
        expression=_expression(draw),
        skin=_skin(draw, kind, hair_colour),
        eyes=_eyes(draw, kind, hair_colour),
        hair=hair,
        light=_light(draw),
        background=_background(draw),
        clothes=clothes,
    )


def _pose(draw: Chance) -> Pose:
    return Pose(
        yaw_degrees=draw.around(0, 12.5),
        pitch_degrees=draw.around(0, 5.5),
        roll_degrees=draw.around(0, 4.5),
        scale=draw.around(1.0, 0.04),
        centre_x=draw.around(63.8, 1.2),
        centre_y=draw.around(80.1, 1.2),
    )


def _shape(draw: Chance, kind: Kind) -> Shape:
    soft = kind.softness
    eye_y = draw.around(-2.6, 0.5)
    return Shape(
        head_width=draw.around(33.6 - 1.0 * soft, 1.0),
        head_height=draw.around(50.0 - 1.2 * soft, 1.2),
        jaw=draw.around(-0.01 - 0.09 * soft, 0.04),
        chin=draw.around(0.26 - 0.12 * soft, 0.08),
        eye_x=draw.around(14.0, 0.5),
        eye_y=eye_y,
        eye_width=draw.around(6.6, 0.3),
        eye_upper=draw.around(2.9 + 0.5 * soft, 0.3),
        eye_lower=draw.around(1.9, 0.2),
        eye_tilt_degrees=draw.around(4.0, 3.0),
        crease=draw.around(1.5, 0.45),
        brow_y=draw.around(-10.3 - 0.9 * soft, 0.6),
        brow_width=draw.around(16.8, 0.7),
        brow_arch=draw.around(1.2 + 1.3 * soft, 0.7),
        brow_tilt=draw.around(0.6, 0.7),
        brow_thickness=draw.around(2.2 - 0.7 * soft, 0.3),
        nose_y=draw.around(14.6 - 0.6 * soft, 0.7),
        nose_width=draw.around(7.2 - 0.9 * soft + 0.7 * kind.tone, 0.4),
        nose_lift=draw.around(7.4 - 0.8 * soft, 0.7),
        nose_bridge=draw.around(3.2 - 0.8 * soft, 0.6),
        mouth_y=draw.around(26.9, 0.8),
        mouth_width=draw.around(11.4, 0.6),
        lip_upper=draw.around(2.1 + 0.7 * soft + 0.6 * kind.tone, 0.35),
        lip_lower=draw.around(2.9 + 0.9 * soft + 0.7 * kind.tone, 0.4),
        cupid=draw.between(0.2, 1.0),
        cheekbones=draw.around(1.6, 0.5),
        socket=draw.around(2.6 - 0.5 * soft, 0.4),
    )


def _expression(draw: Chance) -> Expression:
    smiling = draw.chance(0.6)
    smile = draw.between(0.35, 1.1) if smiling else draw.between(-0.3, 0.3)
    opened = draw.chance(0.6 if smile > 0.5 else 0.2)
    return Expression(
        smile=smile,
        open_mouth=draw.between(0.25, 1.0) if opened else 0.0,
        squint=max(0.0, draw.around(0.1 + 0.3 * max(smile, 0.0), 0.2)),
        brow_raise=draw.around(0.1, 0.35),
        gaze_x=draw.around(0, 0.35),
        gaze_y=draw.around(0, 0.25),
    )


def _skin(draw: Chance, kind: Kind, hair: Colour) -> Skin:
    tone = draw.along(SKIN_TONES, max(0.0, kind.tone - 0.04), min(1.0, kind.tone + 0.04))
    bearded = kind.softness < 0.5 and draw.chance(0.65)
    beard = draw.between(0.1, 1.0) ** 1.5 if bearded else 0.0
    made_up = kind.softness > 0.5 and draw.chance(0.6)
    natural_lip = (tone[0] * 0.86, tone[1] * 0.66, tone[2] * 0.68)
    lip_paint = blend((0.72, 0.24, 0.28), (0.80, 0.42, 0.42), draw.between(0, 1))
    return Skin(
        colour=tone,
        redness=draw.between(0.1, 0.9),
        mottling=draw.between(0.2, 1.0),
        pores=draw.between(0.2, 1.0) * (1 - 0.4 * kind.softness),
        gloss=draw.between(0.2, 1.0),
        age=kind.age * draw.between(0.6, 1.0),
        freckles=draw.between(0.3, 1.0) if kind.tone < 0.5 and draw.chance(0.15) else 0.0,
        seed=draw.seed(),
        beard=beard,
        moustache=beard * draw.between(0.5, 1.2) if draw.chance(0.8) else beard * 0.3,
        beard_colour=shade(hair, 0.85),
        lip_colour=blend(natural_lip, lip_paint, draw.between(0.3, 0.9) if made_up else 0.05),
        eye_shadow=draw.between(0.2, 0.9) if made_up else draw.between(0, 0.15),
        lashes=draw.between(0.6, 1.0) if made_up else draw.between(0.2, 0.3 + 0.4 * kind.softness),
    )


def _eyes(draw: Chance, kind: Kind, hair: Colour) -> Eyes:
    brow = blend(shade(hair, 0.8), (0.16, 0.11, 0.09), draw.between(0.2, 0.6))
    return Eyes(
        iris=draw.along(IRISES, 0.0, 1.0 if kind.tone < 0.45 else 0.3),
        iris_radius=draw.around(2.85, 0.12),
        pupil_radius=draw.between(0.8, 1.15),
        brow=brow,
        brow_density=draw.between(0.65, 1.0),
    )


def _hair_colour(draw: Chance, kind: Kind) -> Colour:
    natural = draw.along(HAIR_COLOURS, 0.0, 1.0 if kind.tone < 0.5 else 0.35)
    return blend(natural, draw.along(GREYS), draw.between(0.3, 1.0) if kind.age > 0.55 and draw.chance(0.6) else 0.0)


def _hair(draw: Chance, kind: Kind, colour: Colour) -> Hair:
    long = draw.chance(0.12 + 0.76 * kind.softness**1.3)
    bald = not long and kind.softness < 0.6 and draw.chance(0.16)
    fringed = draw.chance(0.35 if long else 0.25)
    curl = draw.between(0.5, 1.0) if draw.chance(0.12 + 0.3 * kind.tone) else draw.between(0.0, 0.25)
    tied = long and draw.chance(0.25)
    flowing = long and not tied
    return Hair(
        colour=colour,
        tips=blend(colour, shade(colour, draw.between(0.8, 1.7)), 0.8),
        cover=draw.between(0.0, 0.35) if bald else 1.0,
        hairline=draw.around(-33.0 - (3.0 * kind.age if not long else 0.0), 1.6),
        recession=draw.between(0.0, 1.0) * (1 - kind.softness) * (0.3 + kind.age),
        fringe=draw.between(5.0, 15.0) if fringed and not tied else draw.between(0.0, 2.5),
        parting=draw.between(-0.7, 0.7),
        sweep=draw.between(0.2, 1.0) if flowing or draw.chance(0.5) else 0.0,
        volume_top=0.02 if bald else draw.between(0.06, 0.2) + 0.14 * curl,
        volume_side=0.01 if bald else (draw.between(0.1, 0.28) if flowing else draw.between(0.03, 0.1)) + 0.15 * curl,
        length=draw.between(38.0, 110.0) if flowing else draw.between(0.0, 10.0),
        curtain=draw.between(0.0, 5.0) if flowing else 0.0,
        wave=draw.between(0.0, 2.5) + 2.0 * curl,
        curl=curl,
        shine=draw.between(0.2, 1.0) * (1 - 0.5 * curl),
        seed=draw.seed(),
    )


def _light(draw: Chance) -> Light:
    return Light(
        azimuth_degrees=draw.between(-65, 65),
        elevation_degrees=draw.between(5, 60),
        key=draw.between(0.4, 0.85),
        warmth=draw.around(0.3, 0.35),
        ambient_warmth=draw.around(0.0, 0.35),
        rim=draw.between(0.2, 1.0) if draw.chance(0.4) else 0.0,
        exposure=draw.around(1.0, 0.14),
        contrast=draw.between(0.0, 1.0),
    )


def _background(draw: Chance) -> Background:
    bright = draw.between(0.04, 1.2)
    vivid = 1.0 if draw.chance(0.5) else 0.35
    first = draw.colour(0.35, 1.0, vivid)
    second = blend(first, draw.colour(0.1, 1.0, vivid), draw.between(0.2, 1.0))
    return Background(
        colours=(first, second, draw.colour(0.1, 1.0, 0.9)),
        shapes=int(draw.between(2, 16)) if draw.chance(0.75) else 0,
        bokeh=int(draw.between(3, 12)) if draw.chance(0.15) else 0,
        sharpness=int(draw.between(10, 72)),
        texture=draw.between(0.0, 1.0) ** 2 * 0.08,
        brightness=bright,
        seed=draw.seed(),
    )


def _clothes(draw: Chance, kind: Kind) -> Clothes:
    return Clothes(
        colour=draw.colour(0.08, 0.9, 0.7),
        collar=draw.colour(0.5, 1.0, 0.25),
        neckline=draw.between(3, 14 + 14 * kind.softness),
        shoulder=draw.between(66, 76),
        hat=float(draw.chance(0.05)),
        hat_colour=draw.colour(0.1, 0.8, 0.8),
        glasses=float(draw.chance(0.11)),
        glasses_colour=draw.colour(0.03, 0.35, 0.6),
        glasses_size=draw.between(8.2, 10.0),
        earrings=float(kind.softness > 0.6 and draw.chance(0.35)),
    )
