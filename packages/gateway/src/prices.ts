import { MarketReader } from "./adapters/chain/marketReader.js";
import { wholeUnits } from "./domain/amounts.js";
import type { GatewayConfig } from "./domain/configSchema.js";
import { contractsFor, deploymentOf } from "./startGateway.js";

/** What a provider asks for a model. */
export interface PriceRow {
  readonly model: string;
  readonly provider: string;
  /** Whole units of the asset for 1,000,000 units. */
  readonly input: string;
  readonly output: string;
  readonly unit: string;
  readonly quantization: string;
  readonly currency: string;
}

/**
 * Who asks how much, before anything is spent.
 *
 * @throws AssayError if the chain cannot be reached
 */
export async function readPrices(config: GatewayConfig): Promise<PriceRow[]> {
  const deployment = await deploymentOf(config);
  const { contracts, rpc } = contractsFor(config, deployment);
  try {
    const { models } = await new MarketReader(contracts, config).read();
    const { symbol, decimals } = deployment.asset;
    return models.flatMap(({ names, offers, unit, quantization }) =>
      offers.map((offer) => ({
        model: names[0] ?? "",
        provider: offer.provider,
        input: wholeUnits(offer.inputPrice, decimals),
        output: wholeUnits(offer.outputPrice, decimals),
        unit,
        quantization,
        currency: symbol,
      })),
    );
  } finally {
    rpc.destroy();
  }
}

/** Lines with aligned columns. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The prices as a table. */
export function priceTable(rows: readonly PriceRow[]): string {
  const [first] = rows;
  if (first === undefined) return "Nobody offers a model by session.";
  const head = [
    "MODEL",
    "PROVIDER",
    `INPUT/1M (${first.currency})`,
    `OUTPUT/1M (${first.currency})`,
    "UNIT",
    "WEIGHTS",
  ];
  return table(
    head,
    rows.map(({ model, provider, input, output, unit, quantization }) => [
      model,
      provider,
      input,
      output,
      unit,
      quantization,
    ]),
  );
}
