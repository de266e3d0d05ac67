/** The part of the SDK that needs Node.js. It also gives what the root entry gives. */
export * from "../index.js";
