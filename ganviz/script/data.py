"""The sections about random numbers, data and noise."""

from __future__ import annotations

from ganviz.catalog import digits
from ganviz.catalog.targets import TARGETS
from ganviz.frame import CANVAS
from ganviz.script.game import Game, array, code, number, section

#: Streams by number: what a random number is for, see ``ganviz.engine.draws``.
STREAMS = {
    "data": 0,
    "latent": 1,
    "dropout": 2,
    "penalty": 3,
    "noise": 4,
    "init": 5,
    "labels": 8,
    "replay": 9,
}

_CURVES = {
    "moons": """
        def curve(u):
            \"\"\"Return the points of two half circles, evenly as u goes from 0 to 1.\"\"\"
            upper = u < 0.5
            angle = np.pi * np.where(upper, 2 * u, 2 * u - 1)
            x = np.where(upper, np.cos(angle), 1 - np.cos(angle)) - 0.5
            y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
            return SCALE * np.stack([x, y], 1)
    """,
    "spiral": """
        def curve(u):
            \"\"\"Return the points of a spiral, evenly along its one and a half turns.\"\"\"
            turn = np.sqrt(0.05 + 0.95 * u)  # its length grows with the radius squared
            angle = 3 * np.pi * turn
            return SCALE * turn[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    """,
    "circle": """
        def curve(u):
            \"\"\"Return the points of a circle, evenly as u goes from 0 to 1.\"\"\"
            return SCALE * np.stack([np.cos(2 * np.pi * u), np.sin(2 * np.pi * u)], 1)
    """,
    "line": """
        def curve(u):
            \"\"\"Return the points of a diagonal line, evenly as u goes from 0 to 1.\"\"\"
            return SCALE * (2 * u - 1)[:, None] * (np.array([1.0, 1.0]) / np.sqrt(2))
    """,
}

_AROUND = """
def sample_data(rng, n):
    \"\"\"Return (n, 2) samples: points of the curve with Gaussian noise around them.\"\"\"
    return curve(rng.random(n)) + SIGMA * rng.standard_normal((n, 2))
"""

_MIXTURE = """
def sample_data(rng, n):
    \"\"\"Return (n, {dim}) samples: choose one of the Gaussians, then a point of it.\"\"\"
    which = np.searchsorted(np.cumsum(WEIGHTS), rng.random(n), side="right")
    which = np.minimum(which, len(WEIGHTS) - 1)
    return MEANS[which] + SIGMAS[which, None] * rng.standard_normal((n, {dim}))
"""

_DIGITS = """
def points(stroke):
    \"\"\"Return the points of a stroke; six numbers are an arc of an ellipse, in half turns.\"\"\"
    found = []
    for part in stroke:
        if len(part) == 2:
            found.append(part)
            continue
        x, y, across, up, first, last = part
        angles = np.pi * np.linspace(first, last, max(round({pieces} * abs(last - first)), 2) + 1)
        found += [(x + across * float(np.cos(a)), y + up * float(np.sin(a))) for a in angles]
    return found


def distances():
    \"\"\"Return how far the places of a fine square are from the strokes of each digit.\"\"\"
    x = np.linspace(-REACH, REACH, FINE, dtype=np.float32)
    y = x[:, None]
    found = np.full((len(GLYPHS), FINE, FINE), np.inf, np.float32)
    for square, strokes in zip(found, GLYPHS):
        for stroke in map(points, strokes):
            for (x0, y0), (x1, y1) in zip(stroke, stroke[1:]):
                across, up = x1 - x0, y1 - y0
                part = ((x - x0) * across + (y - y0) * up) / (across**2 + up**2)
                part = np.clip(part, 0, 1)
                gap = (x - x0 - part * across) ** 2 + (y - y0 - part * up) ** 2
                np.minimum(square, gap, out=square)
    return np.sqrt(found)


DISTANCES = distances()


def sample_data(rng, n):
    \"\"\"Return (n, {pixels}) images in [−1, 1], read by rows from the top.

    Each pixel asks where on the square it comes from, behind the size, the pen's width, the turn,
    the slant and the shift of its image; it is white where a stroke is nearer than half the pen.
    \"\"\"
    which = rng.integers(0, len(GLYPHS), n)
    low, high = RANGES.T[..., None]
    height, pen, width, turn, slant, right, up = low + (high - low) * rng.random((len(RANGES), n))
    cos, sin = np.cos(turn), np.sin(turn)
    middle = np.arange(SIDE) - (SIDE - 1) / 2
    scale = (FINE - 1) / (2 * REACH)
    rows, columns = -middle - up[:, None], middle - right[:, None]
    by = scale / height
    across = by / width
    y_column, y_row = (-sin * by)[:, None] * columns, (cos * by)[:, None] * rows
    lean_column = (across * (cos + slant * sin))[:, None] * columns
    lean_row = (across * (sin - slant * cos))[:, None] * rows
    centre = (FINE - 1) / 2 + 0.5  # rounded by cutting off
    x = np.clip(lean_row[:, :, None] + lean_column[:, None, :] + centre, 0, FINE - 1)
    y = np.clip(y_row[:, :, None] + y_column[:, None, :] + centre, 0, FINE - 1)
    at = (which[:, None, None] * FINE + y.astype(np.int32)) * FINE + x.astype(np.int32)
    far = DISTANCES.ravel().take(at) * height[:, None, None]
    ink = np.clip(pen[:, None, None] - far + 0.5, 0, 1)
    return (2 * ink - 1).reshape(n, SIDE * SIDE)
"""

_CURVE = """
PLACES = np.linspace({low}, {high}, len(HEIGHTS))
WIDTH = PLACES[1] - PLACES[0]  # of a cell between two heights
SHARES = HEIGHTS / HEIGHTS.max()
DENSITY = SHARES / (WIDTH * (SHARES[1:] + SHARES[:-1]).sum() / 2)  # so that its area is 1
SLOPES = np.diff(DENSITY) / WIDTH
BELOW = np.append(0.0, np.cumsum(WIDTH * (DENSITY[1:] + DENSITY[:-1]) / 2))
BELOW /= BELOW[-1]  # the distribution function at the places


def sample_data(rng, n):
    \"\"\"Return (n, 1) samples: the quantile function of uniform draws.

    In a cell that begins with the density p and has the slope m, the mass left of a + t is
    p t + m t²/2; it is solved for t.
    \"\"\"
    u = rng.random(n)
    filled = np.flatnonzero(np.diff(BELOW) > 0)  # cells that hold anything
    cell = np.clip(np.searchsorted(BELOW, u) - 1, filled[0], filled[-1])
    left, slope = DENSITY[cell], SLOPES[cell]
    mass = np.clip(u - BELOW[cell], 0.0, None)
    root = np.sqrt(np.maximum(left**2 + 2 * slope * mass, 0.0))
    along = 2 * mass / np.maximum(left + root, 1e-300)
    return (PLACES[cell] + np.clip(along, 0.0, WIDTH))[:, None]
"""


def random_numbers(streams: tuple[str, ...]) -> str:
    """Return the section that makes random numbers of these streams."""
    listed = ", ".join(f'"{name}": {number}' for name, number in STREAMS.items() if name in streams)
    parts = [
        f"STREAMS = {{{listed}}}",
        code('''
            def philox(stream, block=0, lane=0):
                """Return the generator of one block of one stream of random numbers."""
                key, counter = [SEED, STREAMS[stream]], [0, 0, block, lane]
                return np.random.Generator(np.random.Philox(key=key, counter=counter))


            def tensor(array):
                """Return an array of NumPy as a tensor of the precision of this page."""
                return torch.from_numpy(array).to(torch.get_default_dtype())
        '''),
    ]
    return section(
        "Random numbers",
        "All come from one counter-based generator, Philox (Salmon et al. 2011). Its key is the "
        "seed and the stream, which says what the numbers are for; its counter is the number of a "
        "block of steps. So every number has a place of its own: the data stay the same whether or "
        "not the noise is drawn, and on every machine.",
        *parts,
    )


def data(game: Game) -> str:
    """Return the section that samples the data."""
    s, name = game.shape, game.settings.data.target
    scale, center, sigma = number(s.scale), number(s.center), number(s.sigma)
    m = s.modes
    means: list[str] = []
    match name:
        case "normal":
            means = [f"MEANS = np.array([[{center}]])"]
        case "two-gaussians":
            means = [f"MEANS = {center} + {scale} * np.array([[-1.0], [1.0]])"]
        case "three-gaussians":
            means = [f"MEANS = {center} + {scale} * np.array([[-1.0], [0.0], [1.0]])"]
        case "ring":
            means = [
                f"ANGLES = 2 * np.pi * np.arange({m}) / {m}",
                f"MEANS = {scale} * np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1)",
            ]
        case "grid":
            side = round(m**0.5)
            means = [
                f"AXIS = {scale} * (np.arange({side}) - {(side - 1) / 2})",
                "MEANS = np.stack(np.meshgrid(AXIS, AXIS), -1).reshape(-1, 2)",
            ]
        case "strokes":
            means = [array("MEANS", s.strokes) + "  # the dabs of a brush"]
    if means:
        lines = [
            *means,
            "SIGMAS = np.full(len(MEANS), " + sigma + ")",
            "WEIGHTS = np.full(len(MEANS), 1 / len(MEANS))",
        ]
        parts = ["\n".join(lines), code(_MIXTURE.format(dim=game.dim))]
    elif name == "mixture":
        assert game.target.mixture is not None
        weights, centres, sigmas = game.target.mixture
        lines = [array("WEIGHTS", weights), array("MEANS", centres), array("SIGMAS", sigmas)]
        parts = ["\n".join(lines), code(_MIXTURE.format(dim=game.dim))]
    elif name in _CURVES:
        parts = [f"SCALE = {scale}\nSIGMA = {sigma}", code(_CURVES[name]), code(_AROUND)]
    elif name == "digits":
        parts = [_glyphs(), code(_DIGITS.format(pieces=digits.PIECES, pixels=digits.SIDE**2))]
    elif name == "curve":
        head = array("HEIGHTS", s.curve) + "  # at even places"
        parts = [head + "\n" + code(_CURVE.format(low=-CANVAS, high=CANVAS))]
    elif name == "file":
        parts = [
            array("POINTS", s.points),
            code(f'''
                def sample_data(rng, n):
                    """Return (n, {game.dim}) of the points, drawn with replacement."""
                    return POINTS[rng.integers(0, len(POINTS), n)]
            '''),
        ]
    else:
        drawn = {
            "uniform": f"rng.uniform({center} - {scale}, {center} + {scale}, (n, 1))",
            "exponential": f"{center} + {scale} * rng.standard_exponential((n, 1))",
            "point": f"np.full((n, 1), {center})",
        }[name]
        parts = [
            code(f'''
                def sample_data(rng, n):
                    """Return (n, 1) samples of the data."""
                    return {drawn}
            ''')
        ]
    entry = TARGETS[name]
    return section(f"Data: {entry.title}", f"p(x): {entry.formula}.", *parts)


def _glyphs() -> str:
    """Return the lines with the strokes of the digits, and what varies from image to image."""
    ranges = {
        "half the height, pixels": digits.HEIGHT,
        "half the width of the pen, pixels": digits.PEN,
        "the width": digits.WIDTH,
        "the turn, radians": digits.TURN,
        "the slant": digits.SLANT,
        "the shift each way, pixels": (*digits.SHIFT, *digits.SHIFT),
    }
    wide = f"{digits.SIDE}, {digits.FINE}, {digits.REACH}"
    return "\n".join(
        [
            f"SIDE, FINE, REACH = {wide}  # pixels; places of the square, and its half side",
            "GLYPHS = [  # strokes: points (x, y) and arcs (x, y, across, up, first, last)",
            *(f"    {list(map(list, glyph))}," for glyph in digits.GLYPHS),
            "]",
            "RANGES = np.array([",
            *(f"    {str(list(values))[1:-1]},  # {what}" for what, values in ranges.items()),
            "]).reshape(-1, 2)",
        ]
    )


def noise(game: Game) -> str:
    """Return the section that samples the noise z."""
    kind = game.settings.latent.kind
    drawn = {
        "normal": "z = rng.standard_normal({shape})",
        "uniform": "z = rng.uniform(-1.0, 1.0, {shape})",
        "sphere": "z = rng.standard_normal({shape})\n"
        "    z *= np.sqrt(z.shape[-1]) / np.linalg.norm(z, axis=-1, keepdims=True)",
    }[kind]
    law = {
        "normal": "z ~ N(0, I)",
        "uniform": "z ~ U(−1, 1) in each coordinate",
        "sphere": "z uniform on the sphere of radius √dim",
    }[kind]
    if not game.codes:
        lines = f"""
def sample_noise(rng, shape):
    \"\"\"Return noise of a shape whose last number is the dimension of z.\"\"\"
    {drawn.format(shape="shape")}
    return z
"""
        return section("Noise", f"{law}.", code(lines))
    lines = f"""
def sample_noise(rng, shape):
    \"\"\"Return noise and, behind it, a code: one of {game.codes} categories, one-hot.\"\"\"
    {drawn.format(shape=f"(*shape[:-1], {game.noise_dim})")}
    which = rng.integers(0, {game.codes}, shape[:-1])
    return np.concatenate([z, np.eye({game.codes})[which]], -1)
"""
    note = (
        f"{law}, and a code that has to be read from the sample again (InfoGAN, Chen et al. 2016)."
    )
    return section("Noise and code", note, code(lines))
