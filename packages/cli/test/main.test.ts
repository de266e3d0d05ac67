import { spawnSync } from "node:child_process";

import { expect } from "chai";

import { groups } from "../src/commands/index.js";
import { completion } from "../src/domain/completion.js";
import { helpFor } from "../src/domain/help.js";
import { runProgram } from "./helpers/cli.js";

const COMMANDS = Object.entries(groups).flatMap(([group, { commands }]) =>
  Object.keys(commands).map((word) => [group, word] as const),
);

describe("assay", () => {
  it("describes every group, command and option within 80 columns", () => {
    const asked = [
      ["--help"],
      ...Object.keys(groups).map((group) => [group, "-h"]),
      ...COMMANDS.map((path) => [...path, "--help"]),
    ];
    for (const args of asked) {
      const text = helpFor(groups, args) ?? "";
      expect(text).to.contain("Usage: assay ");
      for (const line of text.split("\n")) expect(line.length, line).to.be.at.most(80);
    }
    const help = helpFor(groups, ["offering", "create", "--help"]);
    for (const name of Object.keys(groups["offering"]!.commands["create"]!.options ?? {}))
      expect(help).to.contain(`--${name}`);
  });

  it("has work behind every command", async () => {
    for (const [group, word] of COMMANDS) {
      expect(await groups[group]!.commands[word]!.load(), `${group} ${word}`).to.be.a("function");
    }
  });

  it("answers help on stdout and mistakes on stderr, with their exit codes", async () => {
    const help = await runProgram(["--help"]);
    expect([help.code, help.err]).to.deep.equal([0, ""]);
    expect(help.out).to.contain("offering");
    const fails = async (sentence: string, ...args: string[]) => {
      const { code, out, err } = await runProgram(args);
      expect([code, out]).to.deep.equal([2, ""]);
      expect(err).to.contain(sentence);
    };
    await fails("No command is named: assay GROUP COMMAND");
    await fails('"fly" is no group of assay', "fly");
    await fails('"toString" is no group of assay', "toString");
    await fails('"fly" is no command of revenue', "revenue", "fly");
    await fails("Unknown option '--fly'", "offering", "list", "--fly");
    await fails('"2" is one argument too many for status', "offering", "status", "1", "2");
    await fails("Name the shell", "completion");
    const json = await runProgram(["offering", "fly", "--json"]);
    expect([json.code, json.err]).to.deep.equal([2, ""]);
    expect(JSON.parse(json.out)).to.have.nested.property("error.code", "USAGE");
  });

  it("completes groups, commands and options in bash", () => {
    const script = completion(groups, ["completion", "bash"]) ?? "";
    const complete = (...words: string[]): string[] => {
      const line = `COMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")}); COMP_CWORD=${words.length - 1}; _assay; echo "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = spawnSync("bash", ["-c", `${script}\n${line}`], { encoding: "utf8" });
      expect(stderr).to.equal("");
      return stdout.trim().split(" ");
    };
    expect(complete("assay", "off")).to.deep.equal(["offering"]);
    expect(complete("assay", "revenue", "c")).to.deep.equal(["claim", "claim-all"]);
    expect(complete("assay", "offering", "create", "--soft")).to.deep.equal(["--soft-cap"]);
    expect(complete("assay", "offering", "commit", "1", "250", "--al")).to.deep.equal(["--allowlist"]);
    expect(complete("assay", "completion", "f")).to.deep.equal(["fish"]);
  });

  it("prints completions for zsh and fish", () => {
    expect(completion(groups, ["completion", "zsh"])).to.match(/^autoload -U \+X bashcompinit/);
    expect(completion(groups, ["completion", "fish"])).to.contain(
      "complete -c assay -f -n __fish_use_subcommand -a offering",
    );
  });
});
