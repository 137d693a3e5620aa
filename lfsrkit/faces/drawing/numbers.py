"""Everything that decides how a drawn face looks, as plain numbers.

Lengths are in units of 1/128 of the picture's side. Lengths on the head are those of the head seen from the front, with
its origin between the eyes and a little below; x grows to the right of the picture and y downwards. Colours are sRGB,
0 to 1.
"""

from dataclasses import dataclass

Colour = tuple[float, float, float]
"""Red, green and blue of sRGB, 0 to 1."""

Number = float | int
"""A plain number; whole ones may be written without a point."""


@dataclass(frozen=True)
class Pose:
    """Where the head is and where it looks."""

    yaw_degrees: float
    """Positive looks to the right of the picture."""
    pitch_degrees: float
    """Positive looks down."""
    roll_degrees: float
    """Positive turns clockwise."""
    scale: float
    """Size relative to the usual framing."""
    centre_x: float
    """Centre between eyes and mouth."""
    centre_y: float


@dataclass(frozen=True)
class Shape:
    """The bones: sizes and places of the parts of a relaxed face."""

    head_width: float
    """Half the width at the cheeks."""
    head_height: float
    """Half the height from crown to chin."""
    jaw: float
    """Added share of the width at the corners of the jaw."""
    chin: float
    """Added share of the width at the chin."""
    eye_x: float
    eye_y: float
    eye_width: float
    """Half the length of the opening."""
    eye_upper: float
    """Height of the upper lid's arc above the line through the corners."""
    eye_lower: float
    eye_tilt_degrees: float
    """Positive lifts the outer corners."""
    crease: float
    """Distance of the lid crease from the edge of the lid."""
    brow_y: float
    """Height of the brow's inner end."""
    brow_width: float
    """Length of the brow."""
    brow_arch: float
    brow_tilt: float
    """Drop of the outer end."""
    brow_thickness: float
    nose_y: float
    """Height of the tip."""
    nose_width: float
    """Half the width at the wings."""
    nose_lift: float
    """How far the tip stands out."""
    nose_bridge: float
    """How far the bridge stands out."""
    mouth_y: float
    mouth_width: float
    """Half the width."""
    lip_upper: float
    """Thickness."""
    lip_lower: float
    cupid: float
    """Depth of the bow, 0 to 1."""
    cheekbones: float
    socket: float
    """Depth of the eye sockets."""


@dataclass(frozen=True)
class Expression:
    """What the muscles do, each 0 to 1 unless it says otherwise."""

    smile: float
    """From -0.4, sad, to 1."""
    open_mouth: float
    squint: float
    brow_raise: float
    """From -0.6, frowning, to 1."""
    gaze_x: float
    """From -1 to 1."""
    gaze_y: float


@dataclass(frozen=True)
class Skin:
    """The surface of the face."""

    colour: Colour
    redness: float
    """Of cheeks, nose and ears, 0 to 1."""
    mottling: float
    """Strength of the uneven colour, 0 to 1."""
    pores: float
    """Strength of the fine texture, 0 to 1."""
    gloss: float
    age: float
    """Depth of lines, 0 to 1."""
    freckles: float
    seed: int
    beard: float
    """From 0, shaven, to 1, full; below 0.4 stubble."""
    moustache: float
    beard_colour: Colour
    lip_colour: Colour
    eye_shadow: float
    lashes: float


@dataclass(frozen=True)
class Eyes:
    """The colours of eyes and brows."""

    iris: Colour
    iris_radius: float
    pupil_radius: float
    brow: Colour
    brow_density: float


@dataclass(frozen=True)
class Hair:
    """The hair of the head."""

    colour: Colour
    tips: Colour
    """Colour of the ends."""
    cover: float
    """0 is a bald head, 1 dense hair."""
    hairline: float
    """Height of the hairline in the middle of the forehead."""
    recession: float
    """How far the hairline goes back at the temples, 0 to 1."""
    fringe: float
    """How far hair falls into the forehead."""
    parting: float
    """Where the hair parts, -1 (left) to 1; the fringe falls away from it."""
    sweep: float
    """How strongly the fringe falls to one side."""
    volume_top: float
    """Share of the head's radius."""
    volume_side: float
    length: float
    """Height at which the hair ends; below the chin it frames the face."""
    curtain: float
    """How far long hair covers the cheeks."""
    wave: float
    """Amplitude of waves of long hair."""
    curl: float
    """0 is straight, 1 curly all over."""
    shine: float
    seed: int


@dataclass(frozen=True)
class Light:
    """A lamp, the sky around, and the camera."""

    azimuth_degrees: float
    """Positive comes from the right of the picture."""
    elevation_degrees: float
    key: float
    """Share of the lamp in the light, 0 to 1."""
    warmth: float
    """Colour of the lamp, -1 (blue) to 1 (orange)."""
    ambient_warmth: float
    rim: float
    """Strength of the light from behind."""
    exposure: float
    """Relative brightness; 1 is the usual one."""
    contrast: float


@dataclass(frozen=True)
class Background:
    """What is seen out of focus behind the head."""

    colours: tuple[Colour, Colour, Colour]
    shapes: int
    """Number of blurred things."""
    bokeh: int
    """Number of blurred lamps."""
    sharpness: int
    """Cells along the side of the blurred picture; few are a strong blur."""
    texture: float
    brightness: float
    seed: int


@dataclass(frozen=True)
class Clothes:
    """What is worn; the kinds are numbers so that none is a special case."""

    colour: Colour
    collar: Colour
    neckline: float
    """Height of the neckline below the chin."""
    shoulder: float
    """Height of the shoulders."""
    hat: float
    """1 wears a hat, 0 none."""
    hat_colour: Colour
    glasses: float
    """1 wears glasses, 0 none."""
    glasses_colour: Colour
    glasses_size: float
    earrings: float


@dataclass(frozen=True)
class FaceNumbers:
    """Everything that was sampled for one face; `dataclasses.asdict` gives it in a form that can be recorded."""

    pose: Pose
    shape: Shape
    expression: Expression
    skin: Skin
    eyes: Eyes
    hair: Hair
    light: Light
    background: Background
    clothes: Clothes
