"""Covers that show a scene: mountains, deserts, seas, skies."""
# ruff: noqa: PLR2004 (the numbers of a drawing are its strokes; names would not say more)

import math

import numpy as np

from bot.playground.sample.cover_canvas import Canvas, Colour, Point, colour, mixed

_SUN = 0.23
"""Radius of the synthwave sun."""


def metal(name: str, artist: str, rng: np.random.Generator) -> bytes:
    """Paint black spires under a burning sky, mirrored like an emblem."""
    ember = colour(str(rng.choice(["#b01010", "#8c1a10", "#5b6470", "#a33a08"])))
    canvas = Canvas(colour("#050507"), rng)
    canvas.gradient([colour("#050507"), mixed(ember, (0, 0, 0), 0.55), ember, colour("#120606")])
    canvas.disc((0.5, 0.42), 0.2, mixed(ember, (255, 220, 190), 0.35), alpha=0.9, blur=0.012)
    canvas.disc((0.5, 0.42), 0.33, ember, alpha=0.35, blur=0.05)
    for layer in range(3):
        shade = mixed(mixed(ember, (0, 0, 0), 0.75), (4, 4, 6), layer / 2)
        for _ in range(9 + 4 * layer):
            x = float(rng.uniform(-0.05, 0.5))
            peak = 0.25 + 0.5 * (0.5 - x) + 0.16 * layer + float(rng.uniform(-0.1, 0.12))
            half = float(rng.uniform(0.015, 0.05)) * (1 + layer * 0.4)
            canvas.shape([(x - half, 1.0), (x, min(peak, 0.97)), (x + half, 1.0)], shade)
    for _ in range(int(rng.integers(3, 7))):
        x, y, span = float(rng.uniform(0.05, 0.42)), float(rng.uniform(0.1, 0.35)), float(rng.uniform(0.02, 0.045))
        _bird(canvas, (x, y), span, colour("#050507"))
    canvas.mirror()
    canvas.grain(9)
    canvas.write(artist.upper(), (0.5, 0.07), 0.085, colour("#d9d4cc"), anchor="mt", width=0.86)
    canvas.write(name.upper(), (0.5, 0.94), 0.04, mixed(ember, (255, 230, 210), 0.5), anchor="mb", width=0.7)
    return canvas.jpeg()


def ambient(name: str, artist: str, rng: np.random.Generator) -> bytes:
    """Paint blurred orbs in fog."""
    palettes = [
        ("#dfe9ee", "#a9c4cf", "#7fa3b5", "#f3e3dc"),
        ("#ece4f0", "#c6b9dc", "#93a5cc", "#f7ece4"),
        ("#e3eee6", "#aecdbd", "#7fb0a5", "#f4f0dc"),
        ("#d5dde6", "#93a7bd", "#5f7893", "#e8d9d2"),
    ]
    tones = [colour(code) for code in palettes[int(rng.integers(len(palettes)))]]
    canvas = Canvas(tones[0], rng)
    canvas.gradient([tones[0], tones[1], tones[3]])
    for _ in range(6):
        spot = (float(rng.uniform(0, 1)), float(rng.uniform(0.1, 0.95)))
        canvas.disc(spot, float(rng.uniform(0.12, 0.34)), tones[int(rng.integers(1, 4))], alpha=0.6, blur=0.07)
    horizon = float(rng.uniform(0.6, 0.75))
    canvas.box(0, horizon, 1, 1, tones[2], alpha=0.35)
    canvas.soften(0.02)
    spot = (float(rng.uniform(0.3, 0.7)), horizon - float(rng.uniform(0.12, 0.3)))
    canvas.disc(spot, float(rng.uniform(0.05, 0.12)), (255, 252, 246), alpha=0.85, blur=0.012)
    canvas.grain(3)
    ink = mixed(tones[2], (20, 30, 45), 0.65)
    canvas.write("  ".join(name.lower()), (0.5, 0.9), 0.026, ink, anchor="mm", width=0.8)
    canvas.write(artist.lower(), (0.5, 0.94), 0.022, ink, anchor="mm", width=0.8)
    return canvas.jpeg()


def synthwave(name: str, artist: str, rng: np.random.Generator) -> bytes:
    """Paint a striped sun above a neon grid."""
    skies = [("#12032e", "#4b0c6b", "#ff2e88"), ("#060a33", "#3a0f7a", "#ff5e62"), ("#0b0230", "#07456f", "#f72fb0")]
    top, middle, low = (colour(code) for code in skies[int(rng.integers(len(skies)))])
    line = colour(str(rng.choice(["#22e6ff", "#ff4fd8", "#8af7ff"])))
    canvas = Canvas(top, rng)
    horizon = 0.62
    canvas.gradient([top, middle, low], bottom=horizon)
    for _ in range(70):
        spot = (float(rng.uniform(0, 1)), float(rng.uniform(0, 0.4)))
        canvas.disc(spot, float(rng.uniform(0.001, 0.003)), (255, 255, 255))
    centre: Point = (float(rng.uniform(0.35, 0.65)), 0.42)
    canvas.disc(centre, 0.3, low, alpha=0.5, blur=0.05)
    canvas.disc(centre, _SUN, colour("#ffd45e"))
    canvas.disc((centre[0], centre[1] + 0.08), 0.17, colour("#ff7a59"), alpha=0.8, blur=0.05)
    for stripe in range(6):
        y = centre[1] + 0.02 + stripe * 0.04
        chord = math.sqrt(max(_SUN**2 - (y - centre[1]) ** 2, 0.0))
        shade = mixed(middle, low, 2 * y / horizon - 1)
        canvas.box(centre[0] - chord, y, centre[0] + chord, y + 0.006 + stripe * 0.003, shade)
    for base in (0.56, 0.6):
        canvas.ridge(base, 0.07, 1.0, mixed(top, (0, 0, 0), 0.3 + (base - 0.56) * 8), teeth=18)
    canvas.gradient([mixed(top, (0, 0, 0), 0.4), middle], top=horizon, bottom=1.0)
    canvas.line([(0, horizon), (1, horizon)], 0.006, line)
    for column in range(-14, 15):
        canvas.line([(0.5 + column * 0.035, horizon), (0.5 + column * 0.22, 1.0)], 0.003, line, alpha=0.85)
    for row in range(1, 9):
        y = horizon + (1 - horizon) * (row / 8) ** 2
        canvas.line([(0, y), (1, y)], 0.003, line, alpha=0.85)
    canvas.write(artist.upper(), (0.5, 0.06), 0.075, (255, 255, 255), anchor="mt", width=0.88)
    canvas.write(name, (0.5, 0.155), 0.045, line, anchor="mt", width=0.8)
    return canvas.jpeg()


def country(name: str, artist: str, rng: np.random.Generator) -> bytes:
    """Paint a dusty road under a huge sun, printed like an old postcard."""
    skies = [("#f6d9a0", "#e8a15a", "#c9602f"), ("#f3e2bf", "#e3b778", "#b9733c"), ("#f2cfa6", "#d98a6a", "#8f4a3d")]
    high, warm, deep = (colour(code) for code in skies[int(rng.integers(len(skies)))])
    canvas = Canvas(high, rng)
    canvas.gradient([high, warm, deep], bottom=0.66)
    canvas.disc((float(rng.uniform(0.25, 0.75)), 0.45), float(rng.uniform(0.12, 0.19)), colour("#fff3d0"))
    _mesas(canvas, mixed(deep, (80, 30, 20), 0.45))
    canvas.gradient([colour("#a5673a"), colour("#7a4526")], top=0.64, bottom=1.0)
    vanish = float(rng.uniform(0.4, 0.6))
    canvas.shape([(vanish - 0.008, 0.64), (vanish + 0.008, 0.64), (0.78, 1.0), (0.22, 1.0)], colour("#4b3325"))
    for dash in range(5):
        y = 0.68 + dash * dash * 0.018
        x = vanish + (0.5 - vanish) * (y - 0.64) / 0.36
        canvas.shape([(x - 0.004, y), (x + 0.004, y), (x + 0.009, y + 0.03), (x - 0.009, y + 0.03)], high)
    for post in range(7):
        x, reach = 0.04 + post * 0.05, 0.1 - post * 0.011
        canvas.line([(x, 0.76 - post * 0.012), (x, 0.76 - post * 0.012 - reach)], 0.008, colour("#38220f"))
    if rng.random() < 0.7:
        _cactus(canvas, (float(rng.uniform(0.74, 0.9)), 0.84), colour("#3c4a25"))
    canvas.grain(8)
    canvas.write(name, (0.5, 0.06), 0.1, colour("#5a2415"), anchor="mt", width=0.84)
    canvas.write(artist.upper(), (0.5, 0.18), 0.042, colour("#5a2415"), anchor="mt", width=0.7)
    for inset, width in ((0.025, 0.006), (0.04, 0.002)):
        edge = [(inset, inset), (1 - inset, inset), (1 - inset, 1 - inset), (inset, 1 - inset), (inset, inset)]
        canvas.line(edge, width, colour("#f7ead0"))
    return canvas.jpeg()


def lullaby(name: str, artist: str, rng: np.random.Generator) -> bytes:
    """Paint a crescent moon, round stars and sleepy clouds for the very small."""
    skies = [("#1d2b64", "#6a7fc8", "#f6c9d8"), ("#24345f", "#7a93c9", "#ffe2b8"), ("#33306b", "#8f86c9", "#ffd0c2")]
    night, dusk, blush = (colour(code) for code in skies[int(rng.integers(len(skies)))])
    canvas = Canvas(night, rng)
    canvas.gradient([night, dusk, blush])
    for _ in range(26):
        spot = (float(rng.uniform(0.04, 0.96)), float(rng.uniform(0.04, 0.6)))
        _star(canvas, spot, float(rng.uniform(0.008, 0.024)), colour("#fff3b8"))
    centre = (float(rng.uniform(0.35, 0.65)), 0.36)
    canvas.disc(centre, 0.22, colour("#fff3c4"), alpha=0.35, blur=0.05)
    _crescent(canvas, centre, 0.16, colour("#ffeaa0"))
    for _ in range(5):
        x, y = float(rng.uniform(0.05, 0.95)), float(rng.uniform(0.6, 0.8))
        for puff in range(4):
            canvas.disc((x + puff * 0.06 - 0.09, y + (0.02 if puff in {0, 3} else -0.015)), 0.055, (255, 250, 246))
    for base, shade in ((0.84, "#7fb79a"), (0.92, "#5d9c86")):
        middle = float(rng.uniform(0.2, 0.8))
        canvas.disc((middle, base + 0.55), 0.6, colour(shade))
        canvas.disc((1 - middle, base + 0.62), 0.6, mixed(colour(shade), (255, 255, 255), 0.12))
    canvas.write(name, (0.5, 0.9), 0.07, (255, 255, 255), anchor="mm", width=0.86)
    canvas.write(artist, (0.5, 0.96), 0.036, colour("#fff3c4"), anchor="mm", width=0.8)
    return canvas.jpeg()


def reggae(name: str, artist: str, rng: np.random.Generator) -> bytes:
    """Paint red, gold and green rays behind palms and the sea."""
    red, gold, green = colour("#d3232e"), colour("#f7c325"), colour("#178a43")
    canvas = Canvas(gold, rng)
    centre = (float(rng.uniform(0.35, 0.65)), float(rng.uniform(0.5, 0.6)))
    tones: list[Colour] = [red, gold, green]
    rays, turn = 24, float(rng.uniform(0, 1))
    for ray in range(rays):
        first, last = (2 * math.pi * (ray + turn + step) / rays for step in (0, 1))
        ends = [(centre[0] + 2 * math.cos(angle), centre[1] + 2 * math.sin(angle)) for angle in (first, last)]
        canvas.shape([centre, *ends], tones[ray % 3])
    canvas.disc(centre, 0.2, colour("#fff0a8"))
    canvas.disc(centre, 0.17, gold)
    canvas.gradient([colour("#0d6b58"), colour("#07392f")], top=0.76, bottom=1.0)
    for row in range(4):
        y = 0.8 + row * 0.05
        waves = [(x, y + 0.008 * math.sin(x * 26 + row * 2)) for x in np.linspace(0, 1, 60).tolist()]
        canvas.line(waves, 0.006, colour("#f7c325"), alpha=0.7)
    for x in (float(rng.uniform(0.08, 0.24)), float(rng.uniform(0.74, 0.92))):
        _palm(canvas, (x, 0.86), float(rng.uniform(0.42, 0.58)), colour("#111a12"))
    canvas.box(0, 0.03, 1, 0.17, colour("#111a12"), alpha=0.9)
    canvas.write(artist.upper(), (0.5, 0.1), 0.085, gold, anchor="mm", width=0.9)
    canvas.write(name.upper(), (0.5, 0.955), 0.045, colour("#fff0a8"), anchor="mm", width=0.85)
    return canvas.jpeg()


def _bird(canvas: Canvas, spot: Point, span: float, ink: Colour) -> None:
    x, y = spot
    canvas.line([(x - span, y - span * 0.5), (x, y), (x + span, y - span * 0.5)], 0.006, ink)


def _mesas(canvas: Canvas, shade: Colour) -> None:
    for _ in range(3):
        left, wide = float(canvas.rng.uniform(-0.1, 0.9)), float(canvas.rng.uniform(0.12, 0.3))
        top = float(canvas.rng.uniform(0.5, 0.58))
        canvas.shape([(left, 0.66), (left + 0.03, top), (left + wide, top), (left + wide + 0.03, 0.66)], shade)


def _cactus(canvas: Canvas, foot: Point, shade: Colour) -> None:
    x, y = foot
    canvas.line([(x, y), (x, y - 0.24)], 0.034, shade)
    canvas.line([(x, y - 0.1), (x - 0.06, y - 0.1), (x - 0.06, y - 0.18)], 0.024, shade)
    canvas.line([(x, y - 0.07), (x + 0.06, y - 0.07), (x + 0.06, y - 0.14)], 0.024, shade)
    for tip in ((x, y - 0.24), (x - 0.06, y - 0.18), (x + 0.06, y - 0.14)):
        canvas.disc(tip, 0.016 if tip[0] == x else 0.011, shade)


def _star(canvas: Canvas, spot: Point, radius: float, fill: Colour) -> None:
    corners = []
    for corner in range(10):
        reach = radius if corner % 2 == 0 else radius * 0.5
        angle = math.pi * corner / 5 - math.pi / 2
        corners.append((spot[0] + reach * math.cos(angle), spot[1] + reach * math.sin(angle)))
    canvas.shape(corners, fill)


def _crescent(canvas: Canvas, centre: Point, radius: float, fill: Colour) -> None:
    """Draw a moon between two arcs that meet in its horns."""
    outer = [math.radians(degrees) for degrees in range(40, 321, 5)]
    hollow = radius * math.sin(math.radians(40)) / math.sin(math.radians(56))
    shift = radius * math.cos(math.radians(40)) - hollow * math.cos(math.radians(56))
    inner = [math.radians(degrees) for degrees in range(304, 55, -4)]
    edge = [(radius * math.cos(angle), radius * math.sin(angle)) for angle in outer]
    edge += [(shift + hollow * math.cos(angle), hollow * math.sin(angle)) for angle in inner]
    tilt = math.radians(-25)
    turned = [(x * math.cos(tilt) - y * math.sin(tilt), x * math.sin(tilt) + y * math.cos(tilt)) for x, y in edge]
    canvas.shape([(centre[0] + x, centre[1] + y) for x, y in turned], fill)


def _palm(canvas: Canvas, foot: Point, height: float, ink: Colour) -> None:
    lean = 0.06 if foot[0] < 0.5 else -0.06
    trunk = [(foot[0] + lean * step * step, foot[1] - height * step) for step in np.linspace(0, 1, 12).tolist()]
    canvas.line(trunk, 0.018, ink)
    crown = trunk[-1]
    for degrees in (10, 40, 75, 105, 140, 170):
        angle = math.radians(degrees)
        tip = (crown[0] + 0.17 * math.cos(angle), crown[1] - 0.07 * math.sin(angle) + 0.07)
        bend = (crown[0] + 0.09 * math.cos(angle), crown[1] - 0.09 * math.sin(angle) - 0.02)
        canvas.shape([crown, bend, tip, (bend[0], bend[1] + 0.028)], ink)
