import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { commitBatch, openJob, type PortableReceipt, portableReceiptJson, signQuote } from "@assay/sdk";
import { expect } from "chai";

import { openMarket, UNIT } from "../../../sdk/test/helpers/network.js";
import { draftJob, serve } from "../../../sdk/test/helpers/work.js";
import { type Cli, runProgram, startCli } from "../helpers/cli.js";

describe("assay receipt verify", () => {
  let cli: Cli;
  let parts: Omit<PortableReceipt, "format">;
  let provider: string;
  let batchId: string;
  let receipt: string;
  let output: string;

  before(async function () {
    this.timeout(120_000);
    cli = await startCli();
    const market = await openMarket(cli.network, 8);
    const [{ operator, owner }] = market.providers as [(typeof market.providers)[number]];
    provider = owner.address;
    const prepared = await draftJob(market, { fee: 2n * UNIT });
    const { job } = prepared;
    await openJob(market.requester, { job, quote: await signQuote(operator, { job }) });
    const work = serve(prepared);
    const committed = await commitBatch(operator, { job, commitment: work.commitment });
    ({ batchId } = committed);
    const { chainId, deployment } = cli.network.contracts;
    parts = {
      chainId,
      escrow: deployment.contracts.JobEscrow,
      job,
      receipt: work.answer.receipt,
      salt: work.answer.salt,
      outputHash: work.opening.outputHash,
      committed: { batch: committed.batch, proof: { index: 0n, siblingHashes: [], siblingSums: [] } },
    };
    receipt = await cli.file("receipt.json", portableReceiptJson(parts));
    output = join(cli.folder, "output.txt");
    await writeFile(output, Buffer.from(work.answer.output, "base64"));
  });

  after(async () => {
    await cli.stop();
  });

  it("tells people who answered, what it cost and where the batch stands", async () => {
    const { code, out, err } = await cli.run("receipt", "verify", receipt, "--output", output);
    expect([code, err]).to.deep.equal([0, ""]);
    expect(out).to.match(/^The receipt holds: its provider committed to it on the chain\.\n/);
    for (const text of [
      provider,
      batchId,
      "model       1, version 1",
      "that of the file",
      `2 ${cli.network.contracts.deployment.asset.symbol}`,
      "not drawn so far",
    ]) {
      expect(out).to.contain(text);
    }
  });

  it("gives programs one line of JSON", async () => {
    const { code, out } = await cli.run("receipt", "verify", receipt, "--json");
    expect(code).to.equal(0);
    expect(out.trimEnd().split("\n")).to.have.length(1);
    const fee = (2n * UNIT).toString();
    expect(JSON.parse(out)).to.deep.include({
      evidence: "committed",
      provider,
      batchId,
      fee,
      paid: "0",
      settlement: "open",
    });
  });

  it("needs neither a deployment nor a chain offline", async () => {
    const nowhere = { ASSAY_DEPLOYMENT: join(cli.folder, "none.json"), ASSAY_RPC_URL: "http://127.0.0.1:1" };
    const args = ["receipt", "verify", receipt, "--output", output];
    const offline = await runProgram([...args, "--offline"], nowhere);
    expect([offline.code, offline.err]).to.deep.equal([0, ""]);
    expect(offline.out).to.contain("What it says of the chain was not looked up.");
    expect(offline.out).to.contain(`${batchId}, if it was committed`);
    expect(offline.out).to.contain("2000000 smallest units");
    const online = await runProgram(args, nowhere);
    expect([online.code, online.out]).to.deep.equal([3, ""]);
  });

  it("fails for a receipt that was changed, or is of another output, or is bound by nothing", async () => {
    const verify = async (name: string, changed: Omit<PortableReceipt, "format">, ...more: string[]) =>
      await cli.run("receipt", "verify", await cli.file(name, portableReceiptJson(changed)), ...more);
    const cheaper = await verify("cheaper.json", { ...parts, receipt: { ...parts.receipt, fee: 1n } });
    expect([cheaper.code, cheaper.out]).to.deep.equal([1, ""]);
    expect(cheaper.err).to.contain("The receipt does not hold: receipt.fee is 1, not 2000000.");

    const other = await cli.run("receipt", "verify", receipt, "--output", receipt);
    expect([other.code, other.out]).to.deep.equal([1, ""]);
    expect(other.err).to.contain("The receipt does not hold: outputHash");

    for (const more of [[], ["--offline"]]) {
      const bare = await verify("bare.json", { ...parts, committed: undefined }, ...more);
      expect([bare.code, bare.err]).to.deep.equal([1, ""]);
      expect(bare.out).to.contain("nothing binds the provider to it");
    }

    const { batch, proof } = parts.committed!;
    const never = await verify("never.json", { ...parts, committed: { batch: { ...batch, p: 1n }, proof } }, "--json");
    expect([never.code, never.err]).to.deep.equal([1, ""]);
    expect(JSON.parse(never.out)).to.have.nested.property("error.code", "RECEIPT_INVALID");
  });

  it("names files that cannot be used", async () => {
    const fails = async (code: number, sentence: string, ...args: string[]) => {
      const ran = await cli.run("receipt", "verify", ...args);
      expect([ran.code, ran.out]).to.deep.equal([code, ""]);
      expect(ran.err).to.contain(sentence);
    };
    await fails(2, "FILE is missing.");
    await fails(2, "The receipt nowhere.json cannot be read.", "nowhere.json");
    await fails(2, "is not JSON", output);
    await fails(2, "This is no receipt of the format assay-receipt/1", await cli.file("empty.json", "{}"));
    await fails(2, "The output nowhere.txt cannot be read.", receipt, "--output", "nowhere.txt");
    const elsewhere = await cli.file("elsewhere.json", portableReceiptJson({ ...parts, chainId: 1n }));
    await fails(1, "receipt.jobId", elsewhere);
  });
});
