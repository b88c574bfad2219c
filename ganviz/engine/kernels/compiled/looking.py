"""Looking: through a network at many points, and at p_g on the line.

The first is ``family.gaze`` in one call, the second ``theory.pushforward`` and ``family.present``
in one pass. What they say in torch and numpy is the definition; here the same cells, bins and sums
are taken one after another without Python. Where p_g has point masses its measures are left to the
definition: :func:`line` says so and stops.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numba import carray, njit

from ganviz.catalog.costs import Cost, Number
from ganviz.engine.kernels.compiled.arithmetic import (
    ELEMENTARY,
    OPTIONS,
    STRICT,
    bits,
    call,
    compiled,
    place,
    power,
    row,
)
from ganviz.engine.kernels.compiled.layout import LAYER, LINE, NET, SEEN, SPREAD

Rule = Callable[..., Any]
F8, I8 = np.float64, np.int64
LAYER_SIZE = LAYER.itemsize
LINE_SIZE = LINE.itemsize
EACH = 8  # bytes
#: Why nothing was seen: G's numbers are not finite, or p_g has point masses.
WILD, POINTS = -1.0, -2.0
TOLD, TOLD_SPREAD = len(SEEN), len(SPREAD)
REAL, FAKE, BEST_REAL, BEST_FAKE, GAP = range(6, TOLD)

_exp, _log1p = ELEMENTARY[F8]["exp"], ELEMENTARY[F8]["log1p"]
_SHIFT = 1.5 * 2.0**52  # its last bit is worth 1
_LOG_2 = math.log(2)
#: log 2 in two numbers, the first with few bits: k times it is exact.
_HIGH, _LOW = 0.693145751953125, 1.42860682030941723212e-6


@njit(**{**OPTIONS, "fastmath": STRICT})
def log_of(x: Any) -> Any:
    """Return log x for x ≥ 0."""
    if x <= 0.0:
        return -np.inf
    small = x < 2.3e-308
    y = x * 2.0**54 if small else x
    k = F8((bits(y) >> 52) - 1023)
    m = y * power(_SHIFT - k, 0)  # in [1, 2)
    k -= 54.0 if small else 0.0
    return k * _HIGH + (k * _LOW + _log1p(m - 1.0))


@njit(**OPTIONS)
def _see(address: Any, x: Any, n: Any, out: Any) -> None:
    """Write a network's answers (n, outputs) to points (n, inputs)."""
    net = carray(place(address), 1, NET)[0]
    layers = carray(place(net.layers), net.depth, LAYER)
    inputs, outputs = layers[0].inputs, layers[net.depth - 1].outputs
    begin = 0
    while begin < n:
        m = min(net.chunk, n - begin)
        at = x + begin * inputs * net.size
        if inputs > 1:  # each coordinate in a row of its own
            call(net.turn, (net.points, m, at, m, inputs))
            at = net.points
        for number in range(net.depth):
            layer = layers[number]
            call(net.weigh, (net.gemm, net.layers + number * LAYER_SIZE, at, layer.t, m))
            call(layer.bend, (layer.t, layer.bias, layer.y, layer.outputs, m))
            at = layer.y
        if outputs > 1:
            call(net.turn, (net.points, outputs, at, outputs, m))
            at = net.points
        call(net.tell, (out + begin * outputs * net.told, at, m * outputs))
        begin += m


@njit(**OPTIONS)
def see(address: Any, x: Any, n: Any, out: Any, meaning: Any) -> None:
    """Write a network's answers; where there is a ``meaning``, what these mean, one by one."""
    _see(address, x, n, out)
    if meaning != 0:
        call(meaning, (out, n))


def meaning(number: Number) -> Rule:
    """Return ``(s, n)``: logits in float64 become what they mean."""
    of = compiled(number, F8)

    def means(s: int, n: int) -> None:
        logits = row(F8, s, n)
        for i in range(n):
            logits[i] = of(logits[i])

    return cast(Rule, njit(means, **OPTIONS))


# ---- order ------------------------------------------------------------------------------------


@njit(**OPTIONS)
def _sort(values: Any, spare: Any, n: Any) -> Any:
    """Sort n numbers at an address, by merging the runs they have; return where they lie then.

    What G makes of ascending noise has few: as many as it has folds.
    """
    a = row(F8, values, n)
    i = 0
    while i < n:  # runs that fall are turned round
        j = i + 1
        while j < n and a[j] < a[j - 1]:
            j += 1
        low, high = i, j - 1
        while low < high:
            held = a[low]
            a[low] = a[high]
            a[high] = held
            low += 1
            high -= 1
        i = j
    source, to = values, spare
    while True:
        a, b = row(F8, source, n), row(F8, to, n)
        i, runs = 0, 0
        while i < n:
            middle = i + 1
            while middle < n and a[middle] >= a[middle - 1]:
                middle += 1
            end = middle
            if end < n:
                end += 1
                while end < n and a[end] >= a[end - 1]:
                    end += 1
            left, right = i, middle
            for k in range(i, end):
                if right >= end or (left < middle and a[left] <= a[right]):
                    b[k] = a[left]
                    left += 1
                else:
                    b[k] = a[right]
                    right += 1
            runs += 1
            i = end
        source, to = to, source
        if runs <= 1:
            return source


@njit(**OPTIONS)
def _search(edges: Any, n: Any, value: Any, near: Any) -> Any:
    """Return the first of n ascending numbers that is not below a value; n if there is none.

    It is looked for from one of 0 to n on: most often it is not far from there.
    """
    low, high = max(near - 4, 0), min(near + 4, n)
    low = 0 if low > 0 and edges[low - 1] >= value else low
    high = n if high < n and edges[high] < value else high
    while low < high:
        middle = (low + high) >> 1
        if edges[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


# ---- p_g --------------------------------------------------------------------------------------


@njit(**OPTIONS)
def _cut(line: Any) -> Any:
    """Write in how many pieces each cell is to be cut, 0 for none; return how many in all."""
    n = line.cells
    x, mass = row(F8, line.x, n + 1), row(F8, line.mass, n)
    bend, change = row(F8, line.bend, n), row(F8, line.change, n)
    error, cuts = row(F8, line.error, n), row(I8, line.cuts, n)
    largest = 0.0
    for i in range(n + 1):
        largest = max(largest, abs(x[i]))
    noise = 8.0 * line.precision * largest
    found = 0
    for i in range(n):
        step = abs(x[i + 1] - x[i])
        bend[i] = 0.0
        if i > 0:
            bend[i] = abs((x[i + 1] - x[i]) - (x[i] - x[i - 1]))
        if i + 1 < n:
            bend[i] = max(bend[i], abs((x[i + 2] - x[i + 1]) - (x[i + 1] - x[i])))
        change[i] = bend[i] / max(step, 1e-300)
        bent = mass[i] * bend[i] > line.bent * step and mass[i] > line.bent and bend[i] > noise
        cuts[i] = 1 if bent else 0
        if bent:
            error[found] = -mass[i] * min(change[i], 1.0)
            found += 1
    most = max(n // 8, 1)
    if found > most:  # the worst of them; of equals the first
        limit = row(F8, _sort(line.error, line.spare, found), found)[most - 1]
        above = 0
        for i in range(n):
            if cuts[i] and -mass[i] * min(change[i], 1.0) < limit:
                above += 1
        room = most - above
        for i in range(n):
            if cuts[i]:
                own = -mass[i] * min(change[i], 1.0)
                if own == limit and room > 0:
                    room -= 1
                elif own >= limit:
                    cuts[i] = 0
    total = 0
    for i in range(n):
        if cuts[i]:
            root = np.sqrt(mass[i] * min(change[i], 1.0) / line.bent)
            many = I8(root)
            many += 1 if F8(many) < root else 0
            if change[i] >= line.sharp:
                many = line.refine
            cuts[i] = min(max(many, 2), line.refine)
            total += cuts[i]
    return total


@njit(**OPTIONS)
def _walk(line: Any) -> Any:
    """Write the ends of the pieces along the noise, their masses and all images of the noise.

    Returns how many pieces and images there are; a number below 0 for what is left alone.
    """
    n = line.cells
    z, x, cuts = row(F8, line.z, n + 1), row(F8, line.x, n + 1), row(I8, line.cuts, n)
    mass = row(F8, line.mass, n)
    first, second = row(F8, line.first, n), row(F8, line.second, n)
    a, b = row(F8, line.cubic, n), row(F8, line.cubic + n * EACH, n)
    c, d = row(F8, line.cubic + 2 * n * EACH, n), row(F8, line.cubic + 3 * n * EACH, n)
    _see(line.g, line.z, n + 1, line.x)
    for i in range(n + 1):
        if not (abs(x[i]) < line.huge):
            return -1, 0
    inside = _cut(line)
    inner, middle = row(F8, line.inner, inside), row(F8, line.middle, inside)
    k = 0
    for i in range(n):
        for j in range(1, cuts[i]):
            inner[k] = z[i] + (z[i + 1] - z[i]) * (F8(j) / F8(cuts[i]))
            k += 1
    inside = k
    _see(line.g, line.inner, inside, line.middle)
    for i in range(inside):
        if not (abs(middle[i]) < line.huge):
            return -1, 0
    most = 2 * n + inside + 1
    ends, pieces, path = row(F8, line.ends, most), row(F8, line.pieces, most), line.path
    images = row(F8, path, n + 1 + inside)
    ends[0], images[0] = x[0], x[0]
    k, seen, count = 0, 1, 0
    for i in range(n):
        if cuts[i]:
            each = mass[i] / F8(cuts[i])
            for _ in range(1, cuts[i]):
                ends[count + 1], pieces[count], images[seen] = middle[k], each, middle[k]
                k += 1
                seen += 1
                count += 1
            pieces[count] = each
        else:
            before, after = x[max(i - 1, 0)], x[min(i + 2, n)]
            half = a[i] * before + b[i] * x[i] + c[i] * x[i + 1] + d[i] * after
            half = min(max(half, min(x[i], x[i + 1])), max(x[i], x[i + 1]))
            ends[count + 1], pieces[count] = half, first[i]
            count += 1
            pieces[count] = second[i]
        ends[count + 1], images[seen] = x[i + 1], x[i + 1]
        count += 1
        seen += 1
    return count, seen


@njit(**OPTIONS)
def _bins(line: Any, count: Any, n: Any) -> Any:
    """Write the mass of p_g up to each node and above; return how many pieces are points.

    These are left out of the masses: where they lie and what they weigh is written apart.
    """
    edges, total = row(F8, line.at, n), row(F8, line.total, n + 1)
    ends, pieces = row(F8, line.ends, count + 1), row(F8, line.pieces, count)
    spots, weighs = row(F8, line.spots, count), row(F8, line.weighs, count)
    covers, rise = row(I8, line.count, n + 1), row(F8, line.rise, n + 1)
    for i in range(n + 1):
        total[i], rise[i], covers[i] = 0.0, 0.0, 0
    end, points = _search(edges, n, ends[0], 0), 0
    for i in range(count):
        begin, end = end, _search(edges, n, ends[i + 1], end)
        low, high = min(ends[i], ends[i + 1]), max(ends[i], ends[i + 1])
        if high - low < line.flat_width * (1.0 + abs(low)):
            spots[points], weighs[points] = low, pieces[i]
            points += 1
            continue
        k, j = min(begin, end), max(begin, end)
        if k == j:
            total[k] += pieces[i]
            continue
        slope = pieces[i] / (high - low)
        total[k] += slope * (edges[k] - low)
        total[j] += slope * (high - edges[j - 1])
        if j > k + 1:
            covers[k + 1] += 1
            covers[j] -= 1
            rise[k + 1] += slope
            rise[j] -= slope
    over, height = 0, 0.0
    for i in range(1, n):
        over += covers[i]
        height += rise[i]
        if over > 0:
            total[i] += max(height, 0.0) * (edges[i] - edges[i - 1])
    return points


@njit(**OPTIONS)
def spread(address: Any, n: Any) -> None:
    """Look at the masses of p_g between n nodes, and at its points."""
    record = carray(place(address), 1, LINE)[0]
    told = row(F8, record.told, TOLD_SPREAD)
    call(record.widen, (record.own, record.flat, record.weights))
    count, _ = _walk(record)
    if count < 0:
        told[0] = WILD
        return
    told[1] = F8(_bins(record, count, n))
    told[0] = F8(n - 1)


# ---- p ----------------------------------------------------------------------------------------


@njit(**OPTIONS)
def _below(line: Any, t: Any) -> Any:
    """Return the data's CDF: ``theory.normal.cdf``, component by component."""
    shares, means = row(F8, line.shares, line.components), row(F8, line.means, line.components)
    sigmas, grid = row(F8, line.sigmas, line.components), row(F8, line.grid, 3)
    series = row(F8, line.series, line.terms * line.nodes)
    summed = 0.0
    for c in range(line.components):
        x = min(max((t - means[c]) / sigmas[c], grid[0]), grid[1])
        node = I8((x - grid[0]) / grid[2] + 0.5)
        d = x - (F8(node) * grid[2] + grid[0])
        value = series[(node + 1) * line.terms - 1]
        for term in range(line.terms - 2, -1, -1):
            value = value * d + series[node * line.terms + term]
        summed += shares[c] * value
    return summed


@njit(**OPTIONS)
def _log_density(line: Any, t: Any) -> Any:
    logs, means = row(F8, line.log_shares, line.components), row(F8, line.means, line.components)
    sigmas = row(F8, line.sigmas, line.components)
    most = -np.inf
    for c in range(line.components):
        u = (t - means[c]) / sigmas[c]
        most = max(most, logs[c] - u * u / 2.0)
    summed = 0.0
    for c in range(line.components):
        u = (t - means[c]) / sigmas[c]
        summed += _exp(logs[c] - u * u / 2.0 - most)
    return most + log_of(summed)


# ---- both -------------------------------------------------------------------------------------


@njit(**OPTIONS)
def _places(line: Any, seen: Any) -> Any:
    """Write the nodes in order, p's CDF there and which are edges of bins; return how many.

    Even bins over the data, and the images of even steps of the noise.
    """
    m, most = line.edge_count, line.images
    edges, below = row(F8, line.edges, m), row(F8, line.below, m)
    images = row(F8, _sort(line.path, line.sorting, seen), seen)
    stride = max(1, seen // (2 * most))
    many = seen if stride == 1 else (seen + stride - 1) // stride + 1
    every = max(1, many // most)
    n = m + many
    at, cdf, chosen = row(F8, line.at, n), row(F8, line.cdf_p, n), row(I8, line.chosen, n)
    i, j = 0, 0
    for k in range(n):
        image = np.inf
        if j < many:
            image = images[min(j * stride, seen - 1)] if j < many - 1 else images[seen - 1]
        if i < m and edges[i] <= image:
            at[k], cdf[k], chosen[k] = edges[i], below[i], 1
            i += 1
        else:
            at[k], cdf[k] = image, _below(line, image)
            chosen[k] = 1 if j % every == 0 or j == many - 1 else 0
            j += 1
    return n


@njit(**OPTIONS)
def _apart(line: Any, n: Any) -> Any:
    """Write the masses of the bins that count; return how many and W₁ of all nodes."""
    at, below = row(F8, line.at, n), row(F8, line.cdf_p, n)
    chosen, total = row(I8, line.chosen, n), row(F8, line.total, n + 1)
    middles, p, q = row(F8, line.middles, n), row(F8, line.p, n), row(F8, line.q, n)
    log_p, log_q = row(F8, line.log_p, n), row(F8, line.log_q, n)
    w1, above = 0.0, min(total[0], 1.0)
    running = total[0]
    for i in range(n - 1):
        running += total[i + 1]
        after = min(running, 1.0)
        a, b = below[i] - above, below[i + 1] - after
        both = abs(a) + abs(b)
        height = (a * a + b * b) / both if a * b < 0.0 else both
        w1 += height * (at[i + 1] - at[i])
        above = after
    # Edges that all but meet are one.
    least, last = 1e-12 * (at[n - 1] - at[0]), at[0]
    for i in range(1, n):
        if chosen[i]:
            here = at[i]
            chosen[i] = 1 if here - last > least else 0
            last = here
    chosen[0] = 1
    end = 0
    for i in range(n):
        end = i if chosen[i] else end
    begin, model, bins = 0, 0.0, 0
    for i in range(1, n):
        model += total[i]
        if not chosen[i]:
            continue
        if i == end:
            for j in range(i + 1, n):
                model += total[j]
        middle, width = (at[i] + at[begin]) / 2.0, at[i] - at[begin]
        data, mine = max(below[i] - below[begin], 0.0), max(model, 0.0)
        log_data, log_mine = log_of(data / width), log_of(mine / width)
        if data < 1e-9 and mine > 0.0:
            log_data = _log_density(line, middle)
            data = _exp(log_data) * width if log_data > -700.0 else 0.0
        if data + mine > line.unasked:
            middles[bins], p[bins], q[bins] = middle, data, mine
            log_p[bins], log_q[bins] = log_data, log_mine
            bins += 1
        begin, model = i, 0.0
    return bins, w1 / 2.0


@njit(**OPTIONS)
def _diverge(line: Any, n: Any) -> None:
    """Tell ``theory.divergences`` of the bins that count."""
    p, q = row(F8, line.p, n), row(F8, line.q, n)
    log_p, log_q = row(F8, line.log_p, n), row(F8, line.log_q, n)
    told = row(F8, line.told, TOLD)
    missed = 0.0
    for i in range(n):
        missed += p[i] if q[i] == 0.0 else 0.0
    spared = line.normal != 0 and missed < line.cut
    value, mass, forward, backward, gap = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(n):
        data = 0.0 if spared and q[i] == 0.0 else p[i]
        ratio = log_p[i] - log_q[i]
        ratio = 0.0 if ratio != ratio else ratio
        tail = _log1p(_exp(-abs(ratio)))
        if data > 0.0:
            value += data * (min(ratio, 0.0) - tail)
            forward += data * ratio
        if q[i] > 0.0:
            value += q[i] * (-max(ratio, 0.0) - tail)
            backward -= q[i] * ratio
        mass += data + q[i]
        gap += abs(data - q[i])
    told[1] = min(max((value + _LOG_2 * mass) / 2.0, 0.0), _LOG_2)
    told[2], told[3] = max(forward, 0.0), max(backward, 0.0)
    told[4] = min(gap / 2.0, 1.0)


@njit(**OPTIONS)
def line(address: Any) -> None:
    """Look at p_g as it is, and ask D, if it is one of costs, about the middle of every bin."""
    record = carray(place(address), 1, LINE)[0]
    told = row(F8, record.told, TOLD)
    call(record.widen, (record.own, record.flat, record.weights))
    count, seen = _walk(record)
    if count < 0:
        told[0] = WILD
        return
    n = _places(record, seen)
    if _bins(record, count, n) > 0:
        told[0] = POINTS
        return
    bins, told[5] = _apart(record, n)
    _diverge(record, bins)
    told[0] = F8(bins)
    if record.cost_real != 0:
        call(record.narrow, (record.single, record.middles, bins))
        _see(record.d, record.single, bins, record.single)
        call(record.widen_d, (record.logits, record.single, bins))
        call(record.cost_real, (record.logits, record.p, bins, record.told + REAL * EACH))
        call(record.cost_fake, (record.logits, record.q, bins, record.told + FAKE * EACH))


@njit(**OPTIONS)
def measure(address: Any, best: Any) -> None:
    """Hold D against the best logits at the bins that count."""
    record = carray(place(address), 1, LINE)[0]
    told, bins = record.told, I8(row(F8, record.told, TOLD)[0])
    call(record.cost_real, (best, record.p, bins, told + BEST_REAL * EACH))
    call(record.cost_fake, (best, record.q, bins, told + BEST_FAKE * EACH))
    call(record.parted, (best, record.logits, record.p, record.q, bins, told + GAP * EACH))


# ---- D ----------------------------------------------------------------------------------------


def weighing(cost: Cost) -> Rule:
    """Return ``(s, mass, n, told)``: Σ mass · cost(s), where there is mass."""
    of = compiled(cost.of, F8)

    def weighs(s: int, mass: int, n: int, told: int) -> None:
        logits, masses, total = row(F8, s, n), row(F8, mass, n), 0.0
        for i in range(n):
            total += masses[i] * of(logits[i]) if masses[i] > 0.0 else 0.0
        row(F8, told, 1)[0] = total

    return cast(Rule, njit(weighs, **OPTIONS))


def parting(number: Number) -> Rule:
    """Return ``(best, s, p, q, n, told)``: the mean of |D − D*| under (p + q) / 2, or NaN."""
    of = compiled(number, F8)

    def parts(best: int, s: int, p: int, q: int, n: int, told: int) -> None:
        stars, logits, total = row(F8, best, n), row(F8, s, n), 0.0
        data, model, lost = row(F8, p, n), row(F8, q, n), False
        for i in range(n):
            apart = abs(of(stars[i]) - of(logits[i]))
            lost = lost or not (apart < np.inf)
            total += (data[i] + model[i]) / 2.0 * apart
        row(F8, told, 1)[0] = np.nan if lost else total

    return cast(Rule, njit(parts, **OPTIONS))
