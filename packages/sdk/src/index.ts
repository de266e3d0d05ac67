/** The browser-safe root of the SDK; what needs Node.js is in `@assay/sdk/node`. */
export { AssayError, type AssayErrorOptions } from "./errors.js";
export * from "./protocol/index.js";
