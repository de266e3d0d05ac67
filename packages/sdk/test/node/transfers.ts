/**
 * Lands ten transfers, one key each, and ends: what `restart.test.ts` kills in the middle.
 *
 * Arguments: RPC URL, private key, SQLite file, receiver.
 */
import { Wallet } from "ethers";

import { FailoverProvider } from "../../src/failoverProvider.js";
import { openSqlite } from "../../src/node/sqlite.js";
import {
  createTransactionTable,
  sqlTransactionStore,
  type TransactionDatabase,
} from "../../src/node/sqlTransactionStore.js";
import { TransactionManager } from "../../src/node/transactionManager.js";

const [url = "", privateKey = "", file = "", to = ""] = process.argv.slice(2);
const database = openSqlite<TransactionDatabase>(file);
await createTransactionTable(database);
const provider = new FailoverProvider({ urls: [url], chainId: 31337n });
const manager = await TransactionManager.open({
  signer: new Wallet(privateKey),
  provider,
  chainId: 31337n,
  store: sqlTransactionStore(database),
  maxFeePerGas: 100_000_000_000n,
  pollingInterval: 10,
  maxInFlight: 3,
  onEvent: ({ type }) => process.stdout.write(`${type}\n`),
});
const transfers = Array.from({ length: 10 }, (_, index) => ({
  label: "transfer",
  key: `transfer:${index}`,
  to,
  data: "0x",
}));
await Promise.all(transfers.map((transfer) => manager.send({ ...transfer, value: 1n })));
await manager.stop();
await database.destroy();
provider.destroy();
