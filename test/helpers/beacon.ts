/** A beacon alone, with the development key or a public network's. */
import { developmentBeaconKey, signRound } from "@assay/sdk";
import { network } from "hardhat";

import vectors from "../vectors/drand-evmnet.json" with { type: "json" };

export const { ethers, networkHelpers } = await network.create();

export const GENESIS = 1_727_521_075n;
export const PERIOD = 3n;
export const STRIDE = 20n;
export const TIMEOUT = 600n;
/** Rounds between two candidates. */
export const GAP = TIMEOUT / PERIOD;
export const MAX_CANDIDATES = 8n;

const { secretKey, publicKey: DEVELOPMENT_KEY } = developmentBeaconKey(31_337n);

export const EVMNET = vectors;

/** The four words of a key as drand prints it. */
export const words = (key: string): bigint[] =>
  [0, 64, 128, 192].map((start) => BigInt(`0x${key.slice(start, start + 64)}`));

export const sign = (round: bigint): string => signRound(round, secretKey);

export const bytes32 = (text: string): string => ethers.encodeBytes32String(text);

export function deployBeacon({
  key = words(DEVELOPMENT_KEY),
  genesis = GENESIS,
  period = PERIOD,
  stride = STRIDE,
  timeout = TIMEOUT,
} = {}) {
  return ethers.deployContract("DrandBeacon", [
    key as [bigint, bigint, bigint, bigint],
    genesis,
    period,
    stride,
    timeout,
  ]);
}

export const beaconFixture = () => deployBeacon();

/** The first round whose time is after the present block's, and a block time that is its publication. */
export async function nextRound(beacon: Awaited<ReturnType<typeof deployBeacon>>): Promise<bigint> {
  return await beacon.roundAt(BigInt(await networkHelpers.time.latest()));
}

/** Moves the chain to a round's publication, plus `later` seconds. */
export async function goTo(beacon: Awaited<ReturnType<typeof deployBeacon>>, round: bigint, later = 0n): Promise<void> {
  await networkHelpers.time.increaseTo((await beacon.timeOf(round)) + later);
}
