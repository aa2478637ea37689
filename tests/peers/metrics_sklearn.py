"""The measures of `pipeline/metrics/metrics.ts` by scikit-learn.

Reads {"scores": [[one list per attribute]], "labels": [[0/1]]} from stdin and writes one object per
attribute to stdout; a measure is null where scikit-learn calls it undefined.
"""

import json
import sys

import numpy
from sklearn import metrics


def measure(scores, labels):
    scores = numpy.array(scores, dtype=numpy.float32)
    labels = numpy.array(labels)
    predicted = scores > 0
    positives, negatives = int(labels.sum()), int((1 - labels).sum())
    return {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "positiveAccuracy": metrics.recall_score(labels, predicted) if positives else None,
        "negativeAccuracy": metrics.recall_score(labels, predicted, pos_label=0) if negatives else None,
        "precision": metrics.precision_score(labels, predicted) if predicted.any() else None,
        "recall": metrics.recall_score(labels, predicted) if positives else None,
        "f1": metrics.f1_score(labels, predicted) if positives or predicted.any() else None,
        "averagePrecision": metrics.average_precision_score(labels, scores) if positives else None,
        "balancedAccuracy": metrics.balanced_accuracy_score(labels, predicted)
        if positives and negatives
        else None,
    }


given = json.load(sys.stdin)
json.dump([measure(*pair) for pair in zip(given["scores"], given["labels"])], sys.stdout)
