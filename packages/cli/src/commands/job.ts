import type { CommandGroup } from "../services/command.js";

const work = () => import("../services/job.js");

export const job: CommandGroup = {
  about: "Jobs of a requester, one-shot or sessions.",
  commands: {
    open: {
      about: "buy an answer: quote, job, answer, check, result",
      options: {
        model: { type: "string", value: "ID", about: "the model" },
        provider: { type: "string", value: "ADDRESS", about: "who serves it (default: the cheapest)" },
        prompt: { type: "string", value: "TEXT", about: "the prompt" },
        "prompt-file": { type: "string", value: "FILE", about: "or a file that holds it" },
        "max-output": { type: "string", value: "N", about: "most units of output (default 128)" },
        collateral: { type: "string", value: "N", about: "multiple of the price that is locked (default 5)" },
        fee: { type: "string", value: "AMOUNT", about: "what you pay (default: what is asked)" },
        "no-wait": { type: "boolean", about: "do not wait until it is paid" },
      },
      example: 'assay job open --model 1 --prompt "Alice was" --collateral 20',
      load: async () => (await work()).open,
    },
    wait: {
      takes: "JOB_ID",
      about: "follow a job to its end; with the requester's key also its answer",
      load: async () => (await work()).wait,
    },
    show: { takes: "JOB_ID", about: "terms, state and batches of a job", load: async () => (await work()).show },
    cancel: {
      takes: "JOB_ID",
      about: "take back a job that no provider has accepted",
      load: async () => (await work()).cancel,
    },
    close: {
      takes: "JOB_ID",
      about: "end a session: its requester, its provider, or anyone when it is over",
      load: async () => (await work()).close,
    },
    expire: {
      takes: "JOB_ID",
      about: "refund a one-shot job that was not delivered in time; any key",
      load: async () => (await work()).expire,
    },
  },
};
