import { type ChunkFrame, type ModelOutput, outputBytes, type ToolCall } from "@assay/sdk";

/** Gathers the pieces of an answer: for its hash, and for clients that want it whole. */
export class AnswerBuffer {
  #text = "";
  /** Once a piece is no text, everything up to it as bytes. */
  #bytes: Buffer[] | undefined;
  #shown = "";
  #toolCalls: readonly ToolCall[] | undefined;
  #embeddings: readonly (readonly number[])[] | undefined;
  #outputUnits = 0;
  #pieces = 0;

  /** Adds a piece. @returns its text for the client: with replacement characters where it is not UTF-8 */
  add(chunk: ChunkFrame): string {
    this.#outputUnits = chunk.outputUnits;
    this.#pieces += 1;
    if (chunk.text !== undefined) {
      this.#text += chunk.text;
      if (this.#bytes !== undefined) this.#shown += chunk.text;
      return chunk.text;
    }
    if (chunk.bytes !== undefined) return this.#addBytes(Buffer.from(chunk.bytes, "base64"));
    if (chunk.toolCalls !== undefined) this.#toolCalls = chunk.toolCalls;
    if (chunk.embeddings !== undefined) this.#embeddings = chunk.embeddings;
    return "";
  }

  /** Output units up to the last piece. */
  get outputUnits(): number {
    return this.#outputUnits;
  }

  /** True before the first piece. */
  get isEmpty(): boolean {
    return this.#pieces === 0;
  }

  /** All text for the client. */
  get text(): string {
    return this.#bytes === undefined ? this.#text : this.#shown;
  }

  get toolCalls(): readonly ToolCall[] | undefined {
    return this.#toolCalls;
  }

  get embeddings(): readonly (readonly number[])[] | undefined {
    return this.#embeddings;
  }

  /** What the receipt's digest is made of. */
  bytes(): Uint8Array {
    return outputBytes(this.#output());
  }

  #output(): ModelOutput {
    if (this.#embeddings !== undefined) return { embeddings: this.#embeddings };
    const rest = Buffer.from(this.#text, "utf8");
    const text = this.#bytes === undefined ? rest : Buffer.concat([...this.#bytes, rest]);
    return { text, ...(this.#toolCalls !== undefined && { toolCalls: this.#toolCalls }) };
  }

  #addBytes(piece: Buffer): string {
    if (this.#bytes === undefined) {
      this.#bytes = [];
      this.#shown = this.#text;
    }
    this.#bytes.push(Buffer.from(this.#text, "utf8"), piece);
    this.#text = "";
    const shown = piece.toString("utf8");
    this.#shown += shown;
    return shown;
  }
}
