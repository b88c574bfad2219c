"""Φ, log Φ and Φ⁻¹ against SciPy's."""

from __future__ import annotations

import numpy as np
from scipy import special

from ganviz.theory import normal


def test_cdf_is_exact_to_rounding_everywhere() -> None:
    x = np.linspace(-45, 12, 300_007)
    assert np.abs(normal.cdf(x) - special.ndtr(x)).max() < 2e-15
    assert normal.cdf(np.array([-np.inf, 0.0, np.inf])).tolist() == [0, 0.5, 1]
    assert normal.cdf(x[:6].reshape(2, 3)).shape == (2, 3)


def test_log_cdf_is_finite_and_exact_far_out() -> None:
    x = np.concatenate([np.linspace(-60, 9, 10_001), [-1e5, -24.999999, -25.000001]])
    np.testing.assert_allclose(normal.log_cdf(x), special.log_ndtr(x), rtol=1e-13)


def test_quantile_is_exact_in_both_tails() -> None:
    u = np.concatenate([10.0 ** np.linspace(-280, -1, 3000), np.linspace(0.001, 0.999, 3000)])
    np.testing.assert_allclose(normal.quantile(u), special.ndtri(u), rtol=2e-13, atol=1e-15)
    u = 1 - 10.0 ** np.linspace(-15, -2, 100)
    np.testing.assert_allclose(normal.quantile(u), special.ndtri(u), rtol=2e-13)
    assert normal.quantile(np.array([0.0, 0.5, 1.0])).tolist() == [-np.inf, 0, np.inf]
