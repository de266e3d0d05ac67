import { AssayError } from "@assay/sdk";

/** Longer lines are no answer of a model. */
const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * The data of server-sent events, one string an event, as servers of OpenAI's API send them: one `data:` line each.
 *
 * @throws AssayError `ENGINE_STREAM_INVALID` for bytes that are no such stream; what reading `body` throws
 */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const bytes of body) {
    rest += decode(decoder, bytes);
    if (rest.length > LONGEST_LINE) throw invalid("has a line without an end");
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const data = dataOf(line);
      if (data !== undefined) yield data;
    }
  }
  const data = dataOf(rest);
  if (data !== undefined) yield data;
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw invalid("is not UTF-8", cause);
  }
}

/** Comments, and fields other than the data, are of no interest. */
function dataOf(line: string): string | undefined {
  if (!line.startsWith("data:")) return undefined;
  return line.slice("data:".length).trim();
}

/** The stream broke a rule of the API. */
export function invalid(what: string, cause?: unknown): AssayError {
  return new AssayError({
    code: "ENGINE_STREAM_INVALID",
    message: `The engine's answer ${what}.`,
    hint: "Check that the engine's URL is that of a server with OpenAI's API.",
    retryable: true,
    cause,
  });
}
