/** Short digests, to tell contents from others. */

import { createHash } from "node:crypto";

/** The first `digits` hexadecimal digits of SHA-256. */
export function hexOf(bytes: Uint8Array, digits: number): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, digits);
}
