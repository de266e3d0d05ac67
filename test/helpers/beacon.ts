/** Beacons on a network of their own: one of the development key, and one of drand's public network evmnet. */
import { readFileSync } from "node:fs";

import { network } from "hardhat";

import { developmentBeaconKey, signRound } from "../../packages/sdk/src/protocol/index.js";

export const { ethers, networkHelpers } = await network.create();

/** Number of elements of the field that coordinates live in. */
export const P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;

export const SCHEDULE = { genesis: 1_727_521_075n, period: 3n, stride: 100n, timeout: 3_600n };
/** Rounds between two candidates of a target. */
export const SPACING = SCHEDULE.timeout / SCHEDULE.period;
export const CANDIDATES = 8n;

export enum Resolution {
  Pending,
  Ready,
  Dead,
}

export interface EvmnetVectors {
  readonly chainHash: string;
  readonly beaconId: string;
  readonly genesisSeed: string;
  readonly genesisTime: number;
  readonly periodSeconds: number;
  readonly publicKey: string;
  readonly rounds: readonly { readonly round: number; readonly message: string; readonly signature: string }[];
}

/** Real rounds, and what the network says about itself. */
export const evmnet = JSON.parse(
  readFileSync(new URL("../vectors/drand-evmnet.json", import.meta.url), "utf8"),
) as EvmnetVectors;

export const { secretKey, publicKey } = developmentBeaconKey(31_337n);

export type KeyWords = [bigint, bigint, bigint, bigint];

/** A key as the constructor takes it. */
export function keyWords(key: string): KeyWords {
  const word = (index: number): bigint => BigInt(`0x${key.slice(index * 64, (index + 1) * 64)}`);
  return [word(0), word(1), word(2), word(3)];
}

export interface BeaconArguments {
  readonly key?: KeyWords;
  readonly genesis?: bigint;
  readonly period?: bigint;
  readonly stride?: bigint;
  readonly timeout?: bigint;
}

export async function deployBeacon(changes: BeaconArguments = {}) {
  const { key, genesis, period, stride, timeout } = { key: keyWords(publicKey), ...SCHEDULE, ...changes };
  return await ethers.deployContract("DrandBeacon", [key, genesis, period, stride, timeout]);
}

export async function beaconFixture() {
  const beacon = await deployBeacon();
  const [poster, other] = await ethers.getSigners();
  return { beacon, poster, other };
}

export async function evmnetFixture() {
  return { beacon: await deployBeacon({ key: keyWords(evmnet.publicKey) }) };
}

/** Signature of a round under the development key. */
export const sign = (round: bigint): string => signRound(round, secretKey);

/** A signature of two coordinates. */
export const encodePoint = (x: bigint, y: bigint): string => ethers.toBeHex(x, 32) + ethers.toBeHex(y, 32).slice(2);

/** Coordinates of a signature. */
export function decodePoint(signature: string): [bigint, bigint] {
  return [BigInt(ethers.dataSlice(signature, 0, 32)), BigInt(ethers.dataSlice(signature, 32))];
}

/** What the contract is to keep of a signature: 27 bytes of its sha256. */
export function kept(signature: string): string {
  return ethers.dataSlice(ethers.sha256(signature), 0, 27) + "00".repeat(5);
}
