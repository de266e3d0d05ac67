/** Writes jobs and answers as fast as it can, and tells its parent about each one that the journal has acknowledged. It is killed. */
import { JobStore } from "../../src/adapters/journal/jobStore.js";
import { openJournal } from "../../src/adapters/journal/openJournal.js";
import { hash, sampleJob } from "./samples.js";

const { WRITER_ROUND, WRITER_DIR, WRITER_DATABASE, WRITER_ESCROW, WRITER_OPERATOR } = process.env;

const journal = await openJournal({
  dataDir: WRITER_DIR!,
  databaseUrl: WRITER_DATABASE === "" ? undefined : WRITER_DATABASE,
  owner: { chainId: 31337n, escrow: WRITER_ESCROW!, operator: WRITER_OPERATOR! },
});
const jobs = new JobStore(journal.database);
for (let n = 1; n < 100_000; n += 1) {
  const id = hash(Number(WRITER_ROUND) * 1_000_000 + n);
  await jobs.saveQuote(id, sampleJob({ nonce: BigInt(id) }), {
    collateral: 1n,
    quote: "0x",
    request: Uint8Array.of(1),
  });
  await jobs.saveAnswer(id, {
    output: new TextEncoder().encode(`answer to ${id}`),
    inputUnits: 1n,
    outputUnits: 1n,
    salt: hash(n),
    receipt: {} as never,
  });
  process.send!(id);
}
