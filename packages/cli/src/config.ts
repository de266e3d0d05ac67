import type { Environment } from "./adapters/connection.js";

const LOCAL_RPC = "http://127.0.0.1:8545";

/** Reads the environment: `ASSAY_DEPLOYMENT`, `ASSAY_RPC_URL`. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const text = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  return {
    deployment: text("ASSAY_DEPLOYMENT"),
    rpcUrls: (text("ASSAY_RPC_URL") ?? LOCAL_RPC).split(","),
  };
}
