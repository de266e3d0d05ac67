import { keccak256, solidityPacked } from "ethers";

const SLOTS = 16;

/**
 * Which turn a provider has at a duty that any of several can do: 0 acts at once, n waits n turns. The order is another one for
 * every duty, so no provider carries the gas of them all, and whoever comes later finds the work done.
 *
 * @param duty name of the duty and what it is about, such as `post/1200`
 * @param provider owner address
 * @param participants how many providers share the duty
 *
 * @example
 * const waitSeconds = turnOf(`tally/${auditId}`, provider, 9) * turnSeconds;
 */
export function turnOf(duty: string, provider: string, participants: number): number {
  const hash = BigInt(keccak256(solidityPacked(["string", "address"], [duty, provider])));
  return Number(hash % BigInt(Math.max(1, Math.min(participants, SLOTS))));
}
