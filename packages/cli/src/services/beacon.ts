import { AssayError, DrandClient, latestRoundAt, postBeacon, storedRandomness } from "@assay/sdk";

import { usage } from "../domain/errors.js";
import type { CommandInput, Run } from "./command.js";

function clientOf({ read, args }: CommandInput): DrandClient {
  const { urls, publicKey, chainHash } = read.contracts.deployment.beacon;
  const given = args.text("url");
  return new DrandClient({ urls: given === undefined ? urls : given.split(","), publicKey, chainHash });
}

export const show: Run = async ({ read, args }) => {
  const { beacon, deployment, provider } = read.contracts;
  const asked = args.text("round");
  if (asked !== undefined) {
    const [value, postedAt] = await beacon.randomness(args.integer("round"));
    return { round: asked, posted: postedAt !== 0n, randomness: value, postedAt };
  }
  const block = await provider.getBlock("latest");
  const { genesis, period, stride, timeout, chainHash } = deployment.beacon;
  const schedule = { genesis: BigInt(genesis), period: BigInt(period), stride: BigInt(stride) };
  return {
    ...{ chainHash, genesis, period, stride, timeout },
    published: latestRoundAt(schedule, BigInt(block?.timestamp ?? 0)),
    posted: await beacon.latestRound(),
  };
};

export const post: Run = async (input) => {
  const text = input.args.positional(0, "ROUND");
  if (!/^\d{1,19}$/.test(text)) throw usage(`ROUND must be a whole number, not "${text}".`);
  const round = BigInt(text);
  const [, postedAt] = await input.read.contracts.beacon.randomness(round);
  if (postedAt !== 0n) {
    throw new AssayError({
      code: "ROUND_POSTED",
      message: `Round ${round} is posted already.`,
      hint: "Nothing is to be done.",
    });
  }
  const signature = await clientOf(input).signature(round);
  const posted = await postBeacon(await input.act(), { round, signature });
  return { ...posted, expected: storedRandomness(signature) };
};
