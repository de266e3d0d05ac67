const address = (digit: string): string => `0x${digit.repeat(40)}`;

/** A deployment file's content, well-formed, with made-up addresses. */
export const DEPLOYMENT = {
  chainId: 31337,
  network: "local",
  asset: { address: address("1"), symbol: "aUSD", decimals: 6 },
  contracts: {
    DrandBeacon: address("2"),
    ProviderStaking: address("3"),
    ModelRegistry: address("4"),
    JobEscrow: address("5"),
    AuditCourt: "0xab5801a7d398351b8be11c439e05c5b3259aec9b",
    OfferingFactory: address("6"),
    OfferingLens: address("7"),
    RevenueClaimer: address("8"),
  },
  deployedAtBlock: 1,
  beacon: {
    urls: ["http://127.0.0.1:4000"],
    publicKey: `0x${"AB".repeat(128)}`,
    chainHash: "cd".repeat(32),
    genesis: 1_727_521_075,
    period: 1,
    stride: 1,
    timeout: 120,
  },
};
