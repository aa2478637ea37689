/** Probabilities and logits. */

/** Probability of a logit. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Logit of a probability: 0 for one half. */
export function logitOf(probability: number): number {
  return Math.log(probability / (1 - probability));
}
