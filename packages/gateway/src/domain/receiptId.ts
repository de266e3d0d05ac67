/** Names a receipt: the session and the nonce in it. */
export interface ReceiptName {
  /** Lower case, 0x. */
  readonly jobId: string;
  readonly nonce: number;
}

const PATTERN = /^rcpt_([0-9a-f]{64})_(\d{1,15})$/i;

/** The id of a receipt, as clients get it. */
export function receiptId(jobId: string, nonce: number): string {
  return `rcpt_${jobId.slice(2).toLowerCase()}_${nonce}`;
}

/** @returns undefined if it is no id of a receipt */
export function parseReceiptId(id: string): ReceiptName | undefined {
  const [, job, nonce] = PATTERN.exec(id) ?? [];
  if (job === undefined || nonce === undefined) return undefined;
  return { jobId: `0x${job.toLowerCase()}`, nonce: Number(nonce) };
}
