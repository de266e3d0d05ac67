import { connect, type Contracts, FailoverProvider, publicDeployment, type Sender } from "@assay/sdk";
import { developmentKey, findDeployment, loadKeystore, TransactionManager } from "@assay/sdk/node";
import type { BaseWallet } from "ethers";

import type { Arguments } from "../domain/arguments.js";
import { usage } from "../domain/errors.js";

const GWEI = 1_000_000_000n;
const MAX_FEE_GWEI = 200n;

/** What the environment says; options count more. */
export interface Environment {
  /** File of the deployment. */
  readonly deployment: string | undefined;
  readonly rpcUrls: readonly string[];
}

/** A command's way to the chain. */
export interface Connection {
  readonly contracts: Contracts;
  /** The key's sender, opened at the first call. @throws AssayError `USAGE` without a key, or what is wrong with it */
  readonly sender: () => Promise<Sender>;
  readonly close: () => Promise<void>;
}

/** Connects as the common options say. @throws AssayError what is wrong with deployment, network or RPC */
export async function openConnection(args: Arguments, environment: Environment): Promise<Connection> {
  const network = args.text("network");
  const deployment =
    network === undefined
      ? await findDeployment({ file: args.text("deployment") ?? environment.deployment, env: {} })
      : publicDeployment(network);
  const urls = args.text("rpc-url")?.split(",") ?? environment.rpcUrls;
  const chainId = BigInt(deployment.chainId);
  const rpc = new FailoverProvider({ urls, chainId });
  let contracts: Contracts;
  try {
    contracts = await connect(deployment, rpc);
  } catch (error) {
    rpc.destroy();
    throw error;
  }
  let manager: Promise<TransactionManager> | undefined;
  const open = async (): Promise<TransactionManager> =>
    await TransactionManager.open({
      signer: await keyOf(args, chainId),
      provider: rpc,
      chainId,
      maxFeePerGas: args.integer("max-fee-gwei", MAX_FEE_GWEI) * GWEI,
    });
  return {
    contracts,
    sender: () => (manager ??= open()),
    close: async () => {
      await manager?.then(
        (opened) => opened.stop(),
        () => undefined,
      );
      rpc.destroy();
    },
  };
}

async function keyOf(args: Arguments, chainId: bigint): Promise<BaseWallet> {
  const account = args.text("dev-account");
  if (account !== undefined) return developmentKey(Number(args.integer("dev-account")), chainId);
  const file = args.text("keystore");
  if (file === undefined) throw usage("This command needs a key: --keystore and --password-file, or --dev-account.");
  const passwordFile = args.text("password-file");
  if (passwordFile === undefined) throw usage("--keystore needs --password-file.");
  return await loadKeystore({ file, passwordFile, chainId });
}
