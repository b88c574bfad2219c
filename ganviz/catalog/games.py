"""The kinds of game: who plays, and what each is called.

The engine's side of a kind is its family, :mod:`ganviz.engine.family`, under the same name. Here
stands what settings and window have to know of it without torch.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of game.

    Attributes
    ----------
    players
        ((name, letter), …) in the order in which they move; the letter stands on buttons and in
        formulas.
    formula
        What they minimise, in plain letters.
    note
        What it is, in a sentence or two.
    columns
        Of the trace: those that its rounds fill, whatever the game is like.
    """

    title: str
    players: tuple[tuple[str, str], ...]
    formula: str
    note: str
    source: str
    columns: tuple[str, ...]


_CODED = (("encoder", "E"), ("generator", "G"))

GAMES: dict[str, Kind] = {
    "gan": Kind(
        "GAN",
        (("discriminator", "D"), ("generator", "G")),
        "min_G max_D E log D(x) + E log(1 − D(G(z)))",
        "Two players: G makes samples of noise, D learns to tell them from the data.",
        "Goodfellow et al. 2014, arXiv:1406.2661",
        (
            *("loss_d", "loss_g", "value", "d_real", "d_fake", "grad_d", "grad_g"),
            *("cost_real", "cost_fake", "penalty", "penalty_g"),
            *("mean_gap", "tilt", "theta", "psi"),
        ),
    ),
    "vae": Kind(
        "VAE",
        _CODED,
        "−ELBO = −E log p(x|z) + KL(q(z|x) ‖ N(0, I))",
        "A variational autoencoder: the encoder says which z may have made x, the generator "
        "decodes z to N(G(z), s²), and both minimise a bound of −log p_g(x) of the data.",
        "Kingma & Welling 2013, arXiv:1312.6114, eq. 3 and 10",
        ("loss", "reconstruction", "kl", "spread", "grad_g", "grad_e"),
    ),
    "autoencoder": Kind(
        "Autoencoder",
        _CODED,
        "E ‖x − G(h)‖² + λ Σ|h|, h = E(x + s ε)",
        "The encoder shortens x to a code h, the generator rebuilds x from it. Denoising where "
        "noise is added to what the encoder sees, sparse where long codes cost.",
        "Hinton & Salakhutdinov 2006; Vincent 2011; Olshausen & Field 1996",
        ("loss", "reconstruction", "sparsity", "code", "quiet", "grad_g", "grad_e"),
    ),
}

#: What each column of the trace is, in words.
COLUMNS: dict[str, str] = {
    "loss_d": "L_D",
    "loss_g": "L_G",
    "value": "V",
    "d_real": "mean D of real samples",
    "d_fake": "mean D of generated samples",
    "grad_d": "‖∇L_D‖",
    "grad_g": "‖∇L_G‖",
    "grad_e": "‖∇L_E‖",
    "cost_real": "the part of L_D that real samples cost",
    "cost_fake": "the part of L_D that generated samples cost",
    "penalty": "D's penalty",
    "penalty_g": "G's penalty",
    "mean_gap": "mean of G less mean of the data",
    "tilt": "tilt of D",
    "theta": "θ",
    "psi": "ψ",
    "loss": "loss",
    "reconstruction": "reconstruction term of the loss",
    "kl": "KL term of the loss",
    "spread": "mean √v of the codes",
    "sparsity": "what the code costs, λ E Σ|h|",
    "code": "size of the code, E Σ|h|",
    "quiet": "share of codes as good as zero",
}

#: For conditions of parameters: what belongs to which kinds of game.
GAN = {"game.kind": "gan"}
VAE = {"game.kind": "vae"}
AUTOENCODER = {"game.kind": "autoencoder"}
CODED = {"game.kind": ("vae", "autoencoder")}
