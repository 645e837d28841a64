"""Covers that are graphic design: paper, print, letters and shapes."""
# ruff: noqa: PLR2004 (the numbers of a drawing are its strokes; names would not say more)

import math

import numpy as np

from bot.playground.sample.cover_canvas import Canvas, Colour, Point, colour, mixed


def folk(name: str, artist: str, rng: np.random.Generator) -> bytes:
    """Press leaves and stems onto warm paper."""
    papers = [("#efe4cf", "#5d6b46"), ("#e9dcc6", "#7a5a3c"), ("#f1e8d8", "#4f6464"), ("#e6d8bd", "#8a5a44")]
    paper, plant = (colour(code) for code in papers[int(rng.integers(len(papers)))])
    canvas = Canvas(paper, rng)
    canvas.disc((0.5, 0.46), 0.27, mixed(paper, plant, 0.18))
    for stem in range(int(rng.integers(3, 6))):
        _sprig(canvas, float(rng.uniform(-0.5, 0.5)), mixed(plant, paper, 0.12 * stem))
    for _ in range(int(rng.integers(3, 8))):
        spot = (float(rng.uniform(0.28, 0.72)), float(rng.uniform(0.22, 0.6)))
        canvas.disc(spot, float(rng.uniform(0.008, 0.018)), colour("#b5533c"))
    canvas.grain(5)
    ink = mixed(plant, (30, 20, 10), 0.5)
    canvas.write(name, (0.5, 0.86), 0.062, ink, anchor="mm", width=0.8)
    canvas.line([(0.42, 0.9), (0.58, 0.9)], 0.002, ink)
    canvas.write(artist, (0.5, 0.935), 0.036, ink, anchor="mm", width=0.7)
    return canvas.jpeg()


def techno(name: str, artist: str, rng: np.random.Generator) -> bytes:
    """Print hard black and white geometry with one acid colour."""
    ground, ink = ((8, 8, 8), (240, 240, 240)) if rng.random() < 0.65 else ((236, 236, 236), (10, 10, 10))
    acid = colour(str(rng.choice(["#d7ff1f", "#00ffa2", "#ff4a1c", "#3d7bff"])))
    canvas = Canvas(ground, rng)
    pattern = (_target, _dots, _bars, _twist)[int(rng.integers(4))]
    pattern(canvas, ground, ink, acid)
    canvas.box(0, 0.89, 1, 1, acid)
    canvas.write(artist.upper(), (0.04, 0.945), 0.05, (8, 8, 8), anchor="lm", width=0.44)
    canvas.write(name.upper(), (0.96, 0.945), 0.035, (8, 8, 8), anchor="rm", width=0.44)
    return canvas.jpeg()


def hip_hop(name: str, artist: str, rng: np.random.Generator) -> bytes:
    """Stack a city at dusk behind heavy golden letters."""
    dusks = [("#2a1147", "#c8472f", "#ffb347"), ("#0f1d3d", "#7a3fa0", "#ff9a56"), ("#1b1b1f", "#51407a", "#f0a04b")]
    high, middle, low = (colour(code) for code in dusks[int(rng.integers(len(dusks)))])
    canvas = Canvas(high, rng)
    canvas.gradient([high, middle, low], bottom=0.8)
    canvas.disc((float(rng.uniform(0.2, 0.8)), 0.5), 0.15, colour("#ffe3a6"), alpha=0.9)
    for depth in range(2):
        x = -0.02
        while x < 1.0:
            wide, top = float(rng.uniform(0.07, 0.15)), float(rng.uniform(0.32, 0.6)) + depth * 0.1
            shade = mixed(high, (6, 4, 10), 0.35 + depth * 0.4)
            canvas.box(x, top, x + wide, 1.0, shade)
            _windows(canvas, (x, top), wide, lit=colour("#ffd76a"))
            x += wide + 0.006
    canvas.box(0, 0.76, 1, 1, colour("#0b0910"))
    gold = colour("#f6c343")
    canvas.write(artist.upper(), (0.515, 0.855), 0.15, colour("#7a4a08"), anchor="mm", width=0.92)
    canvas.write(artist.upper(), (0.508, 0.848), 0.15, gold, anchor="mm", width=0.92)
    canvas.write(name.upper(), (0.5, 0.95), 0.042, (255, 255, 255), anchor="mm", width=0.8)
    canvas.grain(6)
    return canvas.jpeg()


def jazz(name: str, artist: str, rng: np.random.Generator) -> bytes:
    """Cut paper into circles and bars, in two inks, with much room."""
    inks = [("#16356b", "#f0a830"), ("#0f4c4a", "#ef7b45"), ("#3a1f5d", "#e8c547"), ("#7b1e3a", "#f2d7a6")]
    deep, bright = (colour(code) for code in inks[int(rng.integers(len(inks)))])
    cream = colour("#f5ecd7")
    canvas = Canvas(cream, rng)
    canvas.box(0, 0.3, 1, 1, deep)
    kind = int(rng.integers(3))
    if kind == 0:
        for column in range(9):
            drop = float(rng.uniform(0.0, 0.3))
            canvas.box(0.06 + column * 0.1, 0.38 + drop, 0.125 + column * 0.1, 0.94, bright if column % 3 else cream)
    elif kind == 1:
        centre: Point = (float(rng.uniform(0.4, 0.7)), 0.66)
        for ring, fill in enumerate((bright, deep, cream, deep, bright)):
            canvas.disc(centre, 0.28 - ring * 0.052, fill)
        canvas.line([(0.02, 0.97), centre], 0.02, cream)
    else:
        for _ in range(7):
            spot = (float(rng.uniform(0.08, 0.92)), float(rng.uniform(0.4, 0.92)))
            radius = float(rng.uniform(0.05, 0.13))
            canvas.disc(spot, radius, bright if rng.random() < 0.6 else cream)
            canvas.box(spot[0], spot[1] - radius, spot[0] + radius, spot[1] + radius, deep)
    canvas.grain(6)
    canvas.write(artist, (0.05, 0.05), 0.1, deep, width=0.9)
    canvas.write(name.lower(), (0.05, 0.19), 0.06, mixed(bright, deep, 0.2), width=0.8)
    return canvas.jpeg()


def punk(name: str, artist: str, rng: np.random.Generator) -> bytes:
    """Photocopy halftone dots and paste a ransom note over them."""
    loud = colour(str(rng.choice(["#ff2d95", "#ffe600", "#39ff5a", "#ff5a1f"])))
    canvas = Canvas(loud, rng)
    turn = float(rng.uniform(0.15, 0.5))
    for row in range(-4, 34):
        for column in range(-4, 34):
            x = 0.5 + (column - 15) * 0.036 * math.cos(turn) - (row - 15) * 0.036 * math.sin(turn)
            y = 0.5 + (column - 15) * 0.036 * math.sin(turn) + (row - 15) * 0.036 * math.cos(turn)
            if -0.02 < x < 1.02 and -0.02 < y < 1.02:
                canvas.disc(
                    (x, y), 0.019 * min(abs(math.sin(x * 3.1 + turn * 9) * math.cos(y * 2.7)) + 0.12, 1), (12, 12, 12)
                )
    for _ in range(3):
        y = float(rng.uniform(0.05, 0.9))
        edges = [(x, y + float(rng.uniform(-0.02, 0.02))) for x in np.linspace(0, 1, 14).tolist()]
        lower = [(x, y + 0.1 + float(rng.uniform(-0.02, 0.02))) for x in np.linspace(1, 0, 14).tolist()]
        canvas.shape([*edges, *lower], (244, 240, 232) if rng.random() < 0.5 else (12, 12, 12))
    papers: list[Colour] = [(250, 250, 245), (12, 12, 12), loud, (225, 30, 40)]
    for place, word in enumerate(artist.upper().split()):
        paper = papers[int(rng.integers(len(papers)))]
        ink = (12, 12, 12) if sum(paper) > 300 else (250, 250, 245)
        spot = (float(rng.uniform(0.42, 0.58)), 0.22 + place * 0.2)
        canvas.slanted(word, spot, 0.14, ink=ink, paper=paper, degrees=float(rng.uniform(-9, 9)))
    canvas.slanted(name, (0.5, 0.9), 0.055, ink=(250, 250, 245), paper=(12, 12, 12), degrees=float(rng.uniform(-4, 4)))
    canvas.grain(12)
    return canvas.jpeg()


def soul(name: str, artist: str, rng: np.random.Generator) -> bytes:
    """Bend warm rainbow bands as if it were 1973."""
    bands = [
        ("#3b1c12", "#7c2d12", "#c2551d", "#eb9433", "#f7d08a"),
        ("#2c1a2e", "#6d213c", "#b6465f", "#e58f65", "#f9d9a8"),
        ("#1f2a24", "#4f5d2f", "#b38a2e", "#e3b04b", "#f5e1a4"),
    ]
    tones = [colour(code) for code in bands[int(rng.integers(len(bands)))]]
    canvas = Canvas(tones[4], rng)
    corner: Point = [(0.0, 1.0), (1.0, 1.0), (0.5, 0.95)][int(rng.integers(3))]
    reach = 0.62 if corner[0] == 0.5 else 0.7
    for ring in range(8):
        canvas.disc(corner, reach - ring * 0.085, tones[ring % 4])
    for _ in range(int(rng.integers(2, 5))):
        _flower(
            canvas, (float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.3, 0.9))), float(rng.uniform(0.035, 0.07)), tones
        )
    canvas.grain(7)
    canvas.write(artist, (0.06, 0.06), 0.105, tones[1], width=0.88)
    canvas.write(name, (0.06, 0.19), 0.055, tones[2], width=0.8)
    return canvas.jpeg()


def _target(canvas: Canvas, ground: Colour, ink: Colour, acid: Colour) -> None:
    rings = int(canvas.rng.integers(8, 18))
    for ring in range(rings, 0, -1):
        canvas.disc((0.5, 0.45), ring * 0.39 / rings, ink if ring % 2 else ground)
    canvas.disc((0.5, 0.45), 0.39 / rings, acid)


def _dots(canvas: Canvas, _ground: Colour, ink: Colour, acid: Colour) -> None:
    across, down = float(canvas.rng.uniform(0.25, 0.6)), float(canvas.rng.uniform(0.25, 0.6))
    for row in range(12):
        for column in range(12):
            size = 0.004 + 0.028 * abs(math.sin(row * down + column * across))
            canvas.disc((0.12 + column * 0.069, 0.085 + row * 0.067), size, acid if row == column else ink)


def _bars(canvas: Canvas, _ground: Colour, ink: Colour, acid: Colour) -> None:
    speed = float(canvas.rng.uniform(0.2, 0.7))
    for bar in range(28):
        tall = 0.05 + 0.32 * abs(math.sin(bar * speed + float(canvas.rng.uniform(0, 0.6))))
        x = 0.08 + bar * 0.03
        canvas.box(x, 0.45 - tall, x + 0.017, 0.45 + tall, acid if bar == 14 else ink)


def _twist(canvas: Canvas, ground: Colour, ink: Colour, acid: Colour) -> None:
    sides, turn = int(canvas.rng.integers(3, 7)), float(canvas.rng.uniform(0.05, 0.12))
    for step in range(16):
        radius = 0.4 * (1 - step / 16)
        angles = [2 * math.pi * (corner + 0.5) / sides + math.pi / 2 + step * turn for corner in range(sides)]
        corners = [(0.5 + radius * math.cos(angle), 0.45 + radius * math.sin(angle)) for angle in angles]
        canvas.shape(corners, (ink, ground)[step % 2] if step < 14 else acid)


def _sprig(canvas: Canvas, lean: float, ink: Colour) -> None:
    """Draw a stem that grows from the bottom of the disc, with leaves in pairs."""
    stem = [(0.5 + lean * step * step * 0.6, 0.76 - 0.58 * step) for step in np.linspace(0, 1, 14).tolist()]
    canvas.line(stem, 0.005, ink)
    for place, (x, y) in enumerate(stem[3:], start=3):
        size = 0.085 * (1 - place / 18)
        for side in (-1, 1):
            tip = (x + side * size, y - size * 0.75)
            canvas.shape(
                [(x, y), (x + side * size * 0.25, y - size * 0.7), tip, (x + side * size * 0.8, y - size * 0.1)], ink
            )


def _windows(canvas: Canvas, corner: Point, wide: float, *, lit: Colour) -> None:
    for row in range(8):
        for column in range(int(wide / 0.024)):
            if canvas.rng.random() < 0.35:
                x, y = corner[0] + 0.01 + column * 0.024, corner[1] + 0.02 + row * 0.035
                canvas.box(x, y, x + 0.011, y + 0.016, lit, alpha=0.85)


def _flower(canvas: Canvas, spot: Point, radius: float, tones: list[Colour]) -> None:
    for petal in range(7):
        angle = 2 * math.pi * petal / 7
        canvas.disc((spot[0] + radius * math.cos(angle), spot[1] + radius * math.sin(angle)), radius * 0.6, tones[3])
    canvas.disc(spot, radius * 0.55, tones[1])
