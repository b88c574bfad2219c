"""Competitive gradient descent: both players' moves from one linear system.

Schäfer & Anandkumar 2019, arXiv:1905.12103, eq. 4, with a learning rate for each player. With
f = L_G, g = L_D and rates a, b the moves are the Nash equilibrium of the regularised bilinear game

    Δθ = −a (I − a b D²_θφ f D²_φθ g)⁻¹ (∇_θ f − b D²_θφ f ∇_φ g),
    Δφ = −b (∇_φ g + D²_φθ g Δθ).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import hypot

import torch
from torch import Tensor

#: Dimension of the Krylov space, and the relative residual that is good enough.
KRYLOV = 20
TOLERANCE = 1e-10


def _flat(parts: Sequence[Tensor | None], leaves: Sequence[Tensor]) -> Tensor:
    return torch.cat(
        [
            torch.zeros_like(leaf).reshape(-1) if part is None else part.reshape(-1)
            for part, leaf in zip(parts, leaves, strict=True)
        ]
    )


def gradient(
    of: Tensor, leaves: Sequence[Tensor], graph: bool = False, keep: bool = True
) -> Tensor:
    """Return the flat gradient of a scalar, zero where it does not depend on a leaf."""
    if not leaves or not of.requires_grad:
        return of.new_zeros(sum(leaf.numel() for leaf in leaves))
    parts = torch.autograd.grad(
        of, leaves, create_graph=graph, retain_graph=keep, allow_unused=True
    )
    return _flat(parts, leaves)


def solve(apply: Callable[[Tensor], Tensor], right: Tensor) -> Tensor:
    """Return x with apply(x) = right, by GMRES (Saad & Schultz 1986) without restarts.

    The operator is the identity plus a small bilinear term: a handful of steps reach the
    precision of the numbers. The small triangular system is solved here, by rotations, in plain
    floats: a library's least squares differ in the last bit from call to call, and refuse numbers
    that are not finite, which the watch for divergence has to see.
    """
    size = float(torch.linalg.vector_norm(right))
    if size == 0:
        return torch.zeros_like(right)
    enough = size * max(TOLERANCE, torch.finfo(right.dtype).eps)
    basis = [right / size]
    columns: list[list[float]] = []
    turns: list[tuple[float, float]] = []
    goal = [size]
    for j in range(min(KRYLOV, right.numel())):
        new = apply(basis[j])
        column = []
        for direction in basis:
            column.append(float(new @ direction))
            new = new - column[-1] * direction
        rest = float(torch.linalg.vector_norm(new))
        for i, (c, s) in enumerate(turns):
            upper, lower = column[i], column[i + 1]
            column[i], column[i + 1] = c * upper + s * lower, c * lower - s * upper
        length = hypot(column[j], rest)
        if length == 0:
            break  # a singular operator: the best so far
        turns.append((column[j] / length, rest / length))
        column[j] = length
        columns.append(column)
        goal[j:] = [turns[j][0] * goal[j], -turns[j][1] * goal[j]]
        if not abs(goal[-1]) > enough:
            break
        basis.append(new / rest)
    y = goal[: len(columns)]
    for i in reversed(range(len(columns))):
        y[i] = (y[i] - sum(columns[j][i] * y[j] for j in range(i + 1, len(y)))) / columns[i][i]
    solution = torch.zeros_like(right)
    for share, direction in zip(y, basis, strict=False):
        solution = solution + share * direction
    return solution


def moves(
    loss_g: Tensor,
    loss_d: Tensor,
    theta: Sequence[Tensor],
    phi: Sequence[Tensor],
    rate_g: float,
    rate_d: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return (Δθ, Δφ, ∇_θ L_G, ∇_φ L_D), all flat.

    Both losses need a graph to both players' leaves. A player without leaves, or with rate 0,
    stands still and the other takes a plain gradient step against it.
    """
    own_g, own_d = gradient(loss_g, theta, graph=True), gradient(loss_d, phi, graph=True)
    cross_g, cross_d = gradient(loss_g, phi, graph=True), gradient(loss_d, theta, graph=True)

    def mixed_g(v: Tensor) -> Tensor:  # D²_θφ f · v
        return gradient(cross_g @ v, theta)

    def mixed_d(u: Tensor) -> Tensor:  # D²_φθ g · u
        return gradient(cross_d @ u, phi)

    g, d = own_g.detach(), own_d.detach()
    right = g - rate_d * mixed_g(d)
    theta_move = -rate_g * solve(lambda u: u - rate_g * rate_d * mixed_g(mixed_d(u)), right)
    phi_move = -rate_d * (d + mixed_d(theta_move))
    return theta_move, phi_move, g, d
