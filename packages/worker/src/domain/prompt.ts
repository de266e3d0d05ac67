import { AssayError, type InferenceRequest } from "@assay/sdk";

/**
 * The text that a model without a chat format of its own goes on from: the prompt, or the texts of the messages, each on a line
 * of its own.
 *
 * @throws AssayError `UNSUPPORTED_REQUEST` for anything but text
 */
export function promptOf(request: InferenceRequest): string {
  if ("prompt" in request) return request.prompt;
  if (!("messages" in request)) throw unsupported("embeddings");
  return request.messages
    .map(({ content }) => {
      if (typeof content === "string") return content;
      return (content ?? [])
        .map(({ type, text }) => {
          if (type === "text" && typeof text === "string") return text;
          throw unsupported(`content of type "${type}"`);
        })
        .join("");
    })
    .join("\n");
}

function unsupported(what: string): AssayError {
  return new AssayError({
    code: "UNSUPPORTED_REQUEST",
    message: `This model takes no ${what}.`,
    hint: "Send text, or choose another model.",
  });
}
