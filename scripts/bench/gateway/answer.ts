/** The answer that both sides of the benchmark give, in the pieces in which a model would give it. */
export const PIECES: readonly string[] = Array.from(
  { length: 8 },
  (_, index) => ` and this is piece ${index + 1} of it`,
);

export const PROMPT = "Tell me, in no more words than it takes, what a gateway does between a client and a model.";

export const MAX_TOKENS = 250;

/** Lets the other work of a turn of the event loop go on between two pieces, as between two tokens of a model. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
