#!/usr/bin/env node
import { groups } from "./commands/index.js";
import { readEnvironment } from "./config.js";
import { completion } from "./domain/completion.js";
import { helpFor } from "./domain/help.js";

const args = process.argv.slice(2);
const text = helpFor(groups, args) ?? completion(groups, args);
if (text !== undefined) {
  console.log(text);
} else {
  // Loaded only now: help and completion answer at once.
  const { runCommand } = await import("./services/run.js");
  process.exitCode = await runCommand(groups, args, readEnvironment());
}
