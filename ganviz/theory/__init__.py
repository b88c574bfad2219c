"""What is known exactly: numpy in float64, no torch, no Qt, nothing of the settings.

``pushforward``
    p_g of a generator of one-dimensional noise, cell by cell (change of variables); an estimate
    with its error band for noise of more dimensions; instance noise as a blur of bins.
``divergences``
    JSD, KL, total variation, V* = −log 4 + 2 JSD (Goodfellow et al. 2014, theorem 1), the accuracy
    of the Bayes classifier, W₁ and W₂ on the line, and the p′, q′ whose D* = p′ / (p′ + q′) belongs
    to smoothed, flipped or unbalanced labels (Szegedy et al. 2016; Salimans et al. 2016).
``preimage``
    F(x) = P(z: G(z) ≤ x) without an inverse (Bereyhi's lecture, with its erratum).
``coverage``
    Modes, high quality, reverse KL (the code of PacGAN, Lin et al. 2018) and their true values.
``distances``
    Between samples: W₁, sliced W₁ (Bonneel et al. 2015), energy distance (Székely & Rizzo 2013),
    the JSD of histograms.
``floors``
    What a perfect generator would score, by simulation.
``curves``
    Density and joint CDF of a noisy curve in the plane, by quadrature along it.
``normal``
    Φ, log Φ and Φ⁻¹ for arrays.
``kept``
    Remembering what was computed of arrays that cannot change.
``transposed``
    Transposed convolution of small squares as a matrix (Dumoulin & Visin 2016).
``stability``
    How a step of a schedule moves the players near a resting point: eigenvalues and orbits.
"""
