"""A small lesson, to be filmed and to have a cover."""

from __future__ import annotations

A_POINT = """
[lesson]
title = "A point"
steps = 12
views = ["distribution"]

[settings]
train = {batch = 16}
generator = {hidden = [8]}
discriminator = {hidden = [8]}

[[script]]
at = 5
change = {"train.k" = 2}
"""
