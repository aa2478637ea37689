"""The measures of `pipeline/metrics/` that scikit-learn and SciPy have too.

Reads {"scores": [f32], "labels": [0/1], "weights": [count], "bins": n, "pairs": [[b, c]], "normal": [z]}
from stdin and writes what the functions of the same name give to stdout.
"""

import json
import sys

import numpy
from scipy import stats
from sklearn import calibration, metrics

given = json.load(sys.stdin)
scores = numpy.array(given["scores"], dtype=numpy.float32).astype(numpy.float64)
labels = numpy.array(given["labels"])
weights = numpy.array(given["weights"])
probabilities = 1 / (1 + numpy.exp(-scores))
bins = given["bins"]
positives, means = calibration.calibration_curve(labels, probabilities, n_bins=bins, strategy="uniform")
counts = numpy.bincount(numpy.minimum((probabilities * bins).astype(int), bins - 1), minlength=bins)
counts = counts[counts > 0]

# Balanced accuracy at every cut that there is, from the points of the ROC curve.
false_rate, true_rate, _ = metrics.roc_curve(labels, scores, drop_intermediate=False)


def mid_p(first, second):
    coin = stats.binom(first + second, 0.5)
    fewer = min(first, second)
    return min(2 * (coin.cdf(fewer) - coin.pmf(fewer) / 2), 1)


json.dump(
    {
        "brierScore": metrics.brier_score_loss(labels, probabilities),
        "error": float((counts * numpy.abs(positives - means)).sum() / counts.sum()),
        "bestBalanced": float(((true_rate + 1 - false_rate) / 2).max()),
        "weightedPrecision": metrics.average_precision_score(labels, scores, sample_weight=weights),
        "midP": [mid_p(*pair) for pair in given["pairs"]],
        "normalTails": [2 * stats.norm.sf(z) for z in given["normal"]],
    },
    sys.stdout,
)
