import { COMMON_OPTIONS, type Groups } from "./description.js";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** The script that `assay completion SHELL` prints, for one of the shells; undefined for any other command line. */
export function completion(groups: Groups, [word, shell]: readonly string[]): string | undefined {
  if (word !== "completion") return undefined;
  if (shell === "bash") return bash(groups);
  if (shell === "zsh") return `autoload -U +X bashcompinit && bashcompinit\n${bash(groups)}`;
  if (shell === "fish") return fish(groups);
  return undefined;
}

const common = Object.keys(COMMON_OPTIONS).map((name) => `--${name}`);

function bash(groups: Groups): string {
  const cases = Object.entries(groups).flatMap(([group, { commands }]) => [
    `    ${group}) words="${Object.keys(commands).join(" ")}" ;;`,
    ...Object.entries(commands).map(([word, { options = {} }]) => {
      const names = Object.keys(options).map((name) => `--${name}`);
      return `    "${group} ${word}") words="${[...names, ...common].join(" ")}" ;;`;
    }),
  ]);
  return [
    "_assay() {",
    "  local word words path",
    '  word="${COMP_WORDS[COMP_CWORD]}"',
    '  path="${COMP_WORDS[*]:1:$((COMP_CWORD < 3 ? COMP_CWORD - 1 : 2))}"',
    '  case "$path" in',
    `    "") words="${[...Object.keys(groups), "completion"].join(" ")}" ;;`,
    `    completion) words="${SHELLS.join(" ")}" ;;`,
    ...cases,
    '    *) words="" ;;',
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    "}",
    "complete -o default -F _assay assay",
  ].join("\n");
}

function fish(groups: Groups): string {
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const lines = Object.entries(groups).flatMap(([group, { about, commands }]) => [
    `complete -c assay -f -n __fish_use_subcommand -a ${group} -d ${quoted(about)}`,
    ...Object.entries(commands).flatMap(([word, { about: text, options = {} }]) => [
      `complete -c assay -f -n '__fish_seen_subcommand_from ${group}; and not __fish_seen_subcommand_from ${Object.keys(commands).join(" ")}' -a ${word} -d ${quoted(text)}`,
      ...Object.entries({ ...options, ...COMMON_OPTIONS }).map(
        ([name, option]) =>
          `complete -c assay -n '__fish_seen_subcommand_from ${group}; and __fish_seen_subcommand_from ${word}' -l ${name} -d ${quoted(option.about)}`,
      ),
    ]),
  ]);
  return [...lines, `complete -c assay -f -n __fish_use_subcommand -a completion -d 'Completion for a shell'`].join(
    "\n",
  );
}
