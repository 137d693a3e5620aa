"""Named chains as one writes them with OpenCV and NumPy: a picture at a time, in float32, with the same chances."""

import numpy as np

FIELD_CHANCE = 0.16


def gfpgan(cv2, picture, rng):
    """The published steps, the picture brought to the low size at the end; the changes of colour are left out."""
    image = cv2.filter2D(picture.astype(np.float32) / 255, -1, gaussian_kernel(rng, 41, 0.1, 10))
    height, width = picture.shape[:2]
    shrink = rng.uniform(0.8, 8)
    image = cv2.resize(image, (int(width // shrink), int(height // shrink)), interpolation=cv2.INTER_LINEAR)
    noise = rng.standard_normal(image.shape).astype(np.float32) * (rng.uniform(0, 20) / 255)
    image = recoded(cv2, to_bytes(image + noise), int(rng.uniform(60, 100))).astype(np.float32) / 255
    return to_bytes(cv2.resize(image, (width // 8, height // 8), interpolation=cv2.INTER_AREA))


def fsr_gamma(cv2, picture, rng):
    """Shrink, darken with a power law, add noise in linear light, round."""
    image = smaller(cv2, picture.astype(np.float32) / 255)
    image = rng.uniform(0.5, 1) * (rng.uniform(0.9, 1) * image) ** rng.uniform(1.5, 5)
    return to_bytes(encoded(noisy(decoded(image), rng)))


def isp_physics(cv2, picture, rng):
    """Lamps, lens, pixels, a short exposure, a cast, noise, rounding, often JPEG, in linear light."""
    light = decoded(picture.astype(np.float32) / 255)
    for field in (side_light, spotlight, plasma, local_lights):
        if rng.random() < FIELD_CHANCE:
            shade = field(cv2, *picture.shape[:2], rng)
            light = light * (shade / shade.mean())
    if rng.random() < 0.3:
        light = light * vignette(*picture.shape[:2], rng)
    if rng.random() < 0.2:
        light = cv2.filter2D(light, -1, disk(rng))
    if rng.random() < 0.2:
        light = cv2.filter2D(light, -1, line(cv2, rng))
    light = smaller(cv2, light) * 2 ** -rng.uniform(3, 5)
    gains = np.exp(rng.uniform(np.log([0.75, 1, 0.6]), np.log([1.6, 1, 1.3]))) ** (1 - rng.uniform(0.5, 1))
    light = noisy(light * gains.astype(np.float32), rng)
    steps = 2 ** rng.integers(10, 15) - 1
    stored = to_bytes(encoded(np.round(light * steps) / steps))
    return recoded(cv2, stored, int(rng.integers(60, 101))) if rng.random() < 0.5 else stored


def decoded(image):
    return np.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encoded(light):
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(light, 1 / 2.4) - 0.055)


def to_bytes(image):
    return (np.clip(image, 0, 1) * 255).round().astype(np.uint8)


def recoded(cv2, stored, quality):
    _, data = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def smaller(cv2, image):
    height, width = image.shape[:2]
    return cv2.resize(image, (width // 8, height // 8), interpolation=cv2.INTER_AREA)


def noisy(light, rng):
    shot = np.exp(rng.uniform(np.log(3e-5), np.log(1e-3)))
    read = np.exp(2.18 * np.log(shot) + rng.normal(1.20, 0.26))
    return np.clip(light + np.sqrt(shot * light + read) * rng.standard_normal(light.shape).astype(np.float32), 0, 1)


def positions(height, width):
    short = min(height, width)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return (columns - (width - 1) / 2) / short, (rows - (height - 1) / 2) / short


def side_light(_, height, width, rng):
    (x, y), angle, ambient = positions(height, width), rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.6)
    distance = np.cos(angle) * x - np.sin(angle) * y - rng.uniform(-0.2, 0.2)
    return (ambient + (1 - ambient) / (1 + np.exp(-distance / rng.uniform(0.05, 0.4))))[..., None]


def spot(height, width, rng, low, high):
    (x, y), sigma = positions(height, width), rng.uniform(low, high)
    squares = (x - rng.uniform(-0.4, 0.4)) ** 2 + (y - rng.uniform(-0.4, 0.4)) ** 2
    return np.exp(-squares / (2 * sigma**2))[..., None]


def spotlight(_, height, width, rng):
    ambient = rng.uniform(0.05, 0.4)
    return ambient + (1 - ambient) * spot(height, width, rng, 0.2, 0.6)


def local_lights(_, height, width, rng):
    field = np.full((height, width, 3), rng.uniform(0.03, 0.2), np.float32)
    for _lamp in range(rng.integers(1, 4)):
        colour = np.array([rng.uniform(1, 2.2), 1, rng.uniform(0.2, 1)], np.float32)
        field += rng.uniform(0.3, 1) * colour * spot(height, width, rng, 0.15, 0.6)
    return field


def plasma(cv2, height, width, rng):
    """Noise of five sizes added up, which looks like the fractal and takes no longer."""
    roughness, ambient = rng.uniform(0.1, 0.7), rng.uniform(0.1, 0.6)
    field = np.zeros((height, width), np.float32)
    for level, side in enumerate((2, 5, 9, 17, 33)):
        noise = rng.random((side, side), dtype=np.float32)
        field += roughness**level * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    field = (field - field.min()) / (field.max() - field.min())
    return (ambient + (1 - ambient) * field)[..., None]


def vignette(height, width, rng):
    (x, y), focal = positions(height, width), rng.uniform(0.7, 2) / 2**0.5
    return ((1 + (x**2 + y**2) / focal**2) ** -2)[..., None]


def disk(rng):
    offsets = np.arange(-2, 3)
    kernel = (rng.uniform(0.5, 1.5) + 0.5 - np.hypot(offsets, offsets[:, None])).clip(0, 1).astype(np.float32)
    return kernel / kernel.sum()


def line(cv2, rng):
    size = 11
    angle, length = rng.uniform(0, 180), rng.uniform(3, 11)
    kernel = np.zeros((size, size), np.float32)
    kernel[size // 2] = (length / 2 + 0.5 - np.abs(np.arange(size) - size // 2)).clip(0, 1)
    turned = cv2.warpAffine(kernel, cv2.getRotationMatrix2D((size // 2, size // 2), angle, 1), (size, size))
    return turned / turned.sum()


def gaussian_kernel(rng, size, low, high):
    is_round, first, second = rng.random() < 0.5, rng.uniform(low, high), rng.uniform(low, high)
    second, angle = (first, 0.0) if is_round else (second, rng.uniform(-np.pi, np.pi))
    offsets = np.arange(size) - size // 2
    grid = np.stack(np.meshgrid(offsets, offsets), -1)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    inverse = np.linalg.inv(turn @ np.diag([first**2, second**2]) @ turn.T)
    kernel = np.exp(-0.5 * np.sum((grid @ inverse) * grid, -1))
    return kernel / kernel.sum()
