"""By whose hand a drawing is painted: each takes it, and the mask of the person in it."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from benchmarks.looks.canvas import noise


def plain(picture: Image.Image, _: Image.Image) -> Image.Image:
    """As it is."""
    return picture


def watercolour(picture: Image.Image, _: Image.Image) -> Image.Image:
    """Uneven edges, pigment that dries at them, paper that shows, and washes that run out."""
    size = picture.size
    vivid = ImageEnhance.Color(picture.filter(ImageFilter.ModeFilter(3))).enhance(1.35)
    wet = _wobbled(vivid.filter(ImageFilter.GaussianBlur(0.6)), 1.6)
    edges = _wobbled(_dark_edges(picture), 1.6).filter(ImageFilter.GaussianBlur(0.7))
    cloud = np.asarray(noise(6, 31, octaves=4, size=size), dtype=float)[..., None] / 255
    grain = np.asarray(noise(160, 32, octaves=2, size=size), dtype=float)[..., None] / 255
    line = np.asarray(edges, dtype=float)[..., None] / 255
    colour = np.asarray(wet, dtype=float) / 255
    colour = colour + (1 - colour) * (0.06 + 0.5 * np.clip(cloud - 0.25, 0, 1))
    colour *= 1 - np.clip(line, 0, 1) * np.array([0.3, 0.42, 0.4])
    fade = np.asarray(_running_out(size), dtype=float)[..., None] / 255
    mixed = colour * (1 - fade) + np.array([0.985, 0.97, 0.935]) * fade
    mixed *= 0.985 + 0.07 * (grain - 0.5)
    return Image.fromarray(np.uint8(255 * np.clip(mixed, 0, 1)))


def _dark_edges(picture: Image.Image) -> Image.Image:
    """Just inside of what is darker than what lies beside it."""
    grey = picture.convert("L")
    around = grey.filter(ImageFilter.GaussianBlur(5))
    darker = ImageChops.subtract(around, grey.filter(ImageFilter.GaussianBlur(1.2)))
    return darker.point(lambda level: min(255, max(0, level - 4) * 6))


def oil(picture: Image.Image, _: Image.Image) -> Image.Image:
    """Short strokes along the light, on a darkened, finely woven canvas."""
    dabs = _wobbled(picture.filter(ImageFilter.ModeFilter(7)), 2.2)
    soft = Image.blend(dabs, picture, 0.35)
    size = picture.size
    streak = noise(120, 41, size=size).resize((size[0], size[1] // 5)).resize(size)
    relief = streak.filter(ImageFilter.EMBOSS).filter(ImageFilter.GaussianBlur(0.6))
    colour = np.asarray(ImageEnhance.Color(soft).enhance(0.9), dtype=float)
    colour += (np.asarray(relief, dtype=float)[..., None] - 128) * 0.16
    down, across = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    dark = 1 - 0.5 * np.clip(np.hypot(across * 0.9, down * 0.8) - 0.35, 0, 1)
    return Image.fromarray(np.uint8(np.clip(colour * dark[..., None], 0, 255)))


def comic(picture: Image.Image, person: Image.Image) -> Image.Image:
    """Few flat colours in a bold line of ink, with a white rim round the hero."""
    flat = ImageEnhance.Color(picture.filter(ImageFilter.MedianFilter(3))).enhance(1.25)
    flat = flat.quantize(40, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    flat = flat.filter(ImageFilter.ModeFilter(3)).filter(ImageFilter.SMOOTH)
    grey = picture.convert("L")
    near, far = (grey.filter(ImageFilter.GaussianBlur(r)) for r in (0.9, 2.4))
    lines = ImageChops.subtract(far, near).point(lambda level: min(255, max(0, level - 5) * 17))
    inked = Image.composite(Image.new("RGB", flat.size, "#1a1420"), flat,
                            ImageChops.multiply(lines, person))  # fmt: skip
    outside = _grown(person, 9)
    whole = Image.composite(Image.new("RGB", flat.size, "#ffffff"), flat, outside)
    whole.paste("#1a1420", (0, 0), _grown(person, 3))
    whole.paste(inked, (0, 0), person)
    return whole


def _grown(mask: Image.Image, pixels: int) -> Image.Image:
    return mask.filter(ImageFilter.MaxFilter(pixels)).filter(ImageFilter.GaussianBlur(0.7))


def _wobbled(picture: Image.Image, reach: float) -> Image.Image:
    """Each pixel a little aside of its place, neighbours alike."""
    size = picture.size
    down, across = np.mgrid[0 : size[1], 0 : size[0]]
    aside, below = (
        (np.asarray(noise(28, seed, octaves=2, size=size), dtype=float) / 255 - 0.5) * 2 * reach
        for seed in (51, 52)
    )
    pixels = np.asarray(picture)
    rows = np.clip(np.rint(down + below), 0, size[1] - 1).astype(int)
    columns = np.clip(np.rint(across + aside), 0, size[0] - 1).astype(int)
    return Image.fromarray(pixels[rows, columns])


def _running_out(size: tuple[int, int]) -> Image.Image:
    """Where there is no paint: at the paper's border, raggedly, most of all at its foot."""
    cloud = np.asarray(noise(7, 61, octaves=4, size=size), dtype=float) / 255 - 0.5
    down, across = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    far = np.maximum(np.abs(across) * 1.02, np.maximum(-down * 0.98, down * 1.1)) + cloud * 0.4
    return Image.fromarray(np.uint8(255 * np.clip((far - 0.94) * 9, 0, 1)))
