"""What the generator alone could still gain: one half of the duality gap.

Grnarova et al. 2019, arXiv:1811.05512, §3: DG(u, v) = max_v′ M(u, v′) − min_u′ M(u′, v), zero at an
equilibrium in pure strategies and positive elsewhere. It splits at M(u, v) into what each player
could gain while the other stands still. The discriminator's half is V* − V, by quadrature (the
measure ``gain_d``). For the generator's, u′ is not only what its network can be: any distribution
over the drawn range of the data. Against a fixed D the best one puts all its mass where D is most
wrong, so a search over points finds it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganviz.catalog.losses import Loss


def generator_gain(loss: Loss, real: Tensor, fake: Tensor, offered: Tensor) -> float:
    """Return L_G now less the least L_G of a generator that puts every sample at one place.

    Parameters
    ----------
    loss
        Its term for the generator, penalties and codes left out.
    real, fake
        (n,) logits of as many real as generated samples.
    offered
        (m,) logits of the places it may choose from; where its samples are belongs to them.

    Returns
    -------
    In units of L_G, at least 0.
    """
    places = torch.cat((offered, fake))[:, None]
    if loss.sees_real:
        places = places.expand(-1, len(real))
    now = loss.generator(real, fake)
    best = loss.generator(real, places).min()
    return max(float(now - best), 0.0)
