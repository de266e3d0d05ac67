/** Child process of a test: asks without end, and tells its parent of each answer, until it is killed. */
import { requestDocument } from "@assay/sdk";

import type { SessionDeal } from "../../src/domain/sessionDeal.js";
import { prepareRequest } from "../../src/services/session/ask.js";
import { openClient } from "./session.js";

const [folder = "", terms = ""] = process.argv.slice(2);
const deal = JSON.parse(terms, (_, value: unknown) =>
  typeof value === "string" && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
) as SessionDeal;
const session = await openClient(deal, folder);

function ask(index: number): void {
  const { request, json } = requestDocument({ prompt: `request ${index}`, maxOutputUnits: 20 });
  session.ask({
    prepared: prepareRequest(request, json),
    stream: false,
    keyId: 1,
    onPiece: () => undefined,
    onAnswered: ({ nonce }) => {
      process.send?.(nonce);
      ask(index + 16);
    },
    onFailed: (error) => {
      throw error;
    },
  });
}

for (let index = 0; index < 16; index += 1) ask(index);
