/** Whether two networks differ on the same faces by more than chance. */

/**
 * McNemar's test in its mid-p form: of the faces on which exactly one of two networks is right, is each
 * of them that one equally often? Two-sided. The exact test counts the observed outcome wholly, which
 * makes it conservative; the mid-p value counts half of it.
 *
 * Source: Fagerland, Lydersen and Laake, "The McNemar test for binary matched-pairs data", 2013.
 *
 * @param first Faces on which the first network alone is right.
 * @param second Faces on which the second one alone is.
 * @returns 1 if there is no such face.
 */
export function mcnemarMidP(first: number, second: number): number {
  const n = first + second;
  const fewer = Math.min(first, second);
  // P(X = fewer) for X of n fair coins, and from there down to P(X = 0).
  let term = Math.exp(
    logFactorial(n) - logFactorial(fewer) - logFactorial(n - fewer) - n * Math.LN2,
  );
  let sum = term / 2;
  for (let k = fewer; k > 0; k--) {
    term *= k / (n - k + 1);
    sum += term;
  }
  return Math.min(2 * sum, 1);
}

function logFactorial(n: number): number {
  let sum = 0;
  for (let k = 2; k <= n; k++) sum += Math.log(k);
  return sum;
}

/**
 * The paired sign test where each network stands for several trained alike: from the faces' differences
 * in the share of networks that are right, each equally likely to have had the other sign. Two-sided, by
 * the normal distribution; between two single networks it is McNemar's test without correction.
 *
 * @returns 1 if no face differs.
 */
export function signFlipP(differences: Float64Array): number {
  const sum = differences.reduce((sum, value) => sum + value, 0);
  const squares = differences.reduce((sum, value) => sum + value * value, 0);
  return squares === 0 ? 1 : normalTails(Math.abs(sum) / Math.sqrt(squares));
}

/**
 * P(|Z| > z) for a standard normal Z: the complementary error function of z / √2 by its continued
 * fraction for large z and its power series for small ones. Source: Abramowitz and Stegun 7.1.6, 7.1.14.
 */
export function normalTails(z: number): number {
  const x = z / Math.SQRT2;
  if (x > 2.5) {
    let fraction = x;
    for (let k = 60; k > 0; k--) fraction = x + k / 2 / fraction;
    return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
  }
  let [term, sum] = [x, x];
  for (let k = 1; k < 60; k++) {
    term *= 2 * x * x / (2 * k + 1);
    sum += term;
  }
  return 1 - 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

/**
 * Holm's correction: p-values of several tests at once, enlarged so that the chance of even one false
 * alarm stays below the level that they are held against. Source: Holm 1979.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, at) => at).sort((a, b) => pValues[a]! - pValues[b]!);
  const corrected = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((at, rank) => {
    largest = Math.max(largest, Math.min((pValues.length - rank) * pValues[at]!, 1));
    corrected[at] = largest;
  });
  return corrected;
}

/**
 * The two-sided p-value of "no difference" from resampled differences: twice the smaller share of them
 * that lies on one side of zero. One more is counted on each side, since no finite number of
 * resamples shows that something never happens. Undefined ones (NaN) are left out.
 *
 * @returns Null if all are undefined.
 */
export function bootstrapP(differences: Float64Array): number | null {
  const known = differences.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return null;
  const below = known.filter((value) => value <= 0).length;
  const above = known.filter((value) => value >= 0).length;
  return Math.min(2 * (Math.min(below, above) + 1) / (known.length + 1), 1);
}
