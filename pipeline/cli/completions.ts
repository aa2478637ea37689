/** Shell completion, written out from the tree of commands. */

import { type Command, flagOf, type Option, type Program } from "./command.ts";
import type { Completion } from "./kinds.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;

type Shell = typeof SHELLS[number];

/** The completion script of `program` for one shell, for whatever name it is called by. */
export function completionScript(program: Program, shell: Shell, name: string): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](program, name);
}

type Entry = readonly [flag: string, option: Option<unknown>];

function optionsOf(program: Program, command: Command): Entry[] {
  return Object.entries({ ...command.options, ...program.common })
    .map(([key, option]) => [flagOf(key), option] as const);
}

/** What the shell offers for the first operand. */
function operandOf({ operands = [] }: Command): Completion {
  return operands[0]?.completion ?? null;
}

function bashScript(program: Program, name: string): string {
  const id = `_${name.replace(/\W/g, "_")}`;
  const cases = program.commands.map((command) => bashCase(program, command));
  return `# ${name}: completion for bash. Use: source <(${name} completions bash)
${id}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" kind="" flags=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "${
    program.commands.map(({ name }) => name).join(" ")
  }" -- "$cur")
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  if [[ -z "$kind" || ("$cur" == -* && "$kind" != value*) ]]; then kind="words $flags"; fi
  kind="\${kind#value }"
  case "$kind" in
    words*) mapfile -t COMPREPLY < <(compgen -W "\${kind#words}" -- "$cur") ;;
    file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    folder) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
  esac
}
complete -F ${id} ${name}
`;
}

function bashCase(program: Program, command: Command): string {
  const options = optionsOf(program, command);
  const values = options.filter(([, { kind }]) => kind !== null).map(([flag, { kind }]) =>
    `        ${flag}) kind="value ${bashKind(kind?.completion ?? null)}" ;;`
  );
  return `    ${command.name})
      flags="${[...options.map(([flag]) => flag), "--help"].join(" ")}"
      kind="${bashKind(operandOf(command))}"
      case "$prev" in
${values.join("\n")}
      esac ;;`;
}

function bashKind(completion: Completion): string {
  if (completion === null) return "";
  return typeof completion === "string" ? completion : `words ${completion.join(" ")}`;
}

function zshScript(program: Program, name: string): string {
  const id = `_${name.replace(/\W/g, "_")}`;
  const list = program.commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = program.commands.map((command) =>
    `    ${command.name})\n      _arguments -s ${
      zshArguments(program, command).join(" \\\n        ")
    } ;;`
  );
  return `#compdef ${name}
# ${name}: completion for zsh. Use: source <(${name} completions zsh)
${id}() {
  local -a commands=(
${list.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "${id}" ]; then ${id} "$@"; else compdef ${id} ${name}; fi
`;
}

function zshArguments(program: Program, command: Command): string[] {
  const escape = (text: string) => text.replace(/[\\\[\]:]/g, "\\$&");
  const flags = optionsOf(program, command).map(([flag, { help, kind }]) => {
    const value = kind ? `:${escape(kind.placeholder)}:${zshKind(kind.completion)}` : "";
    return quoted(`${flag}[${escape(help)}]${value}`);
  });
  const operands = (command.operands ?? []).map(({ name, list, completion }) =>
    quoted(`${list ? "*" : ""}:${escape(name)}:${zshKind(completion)}`)
  );
  return [...flags, quoted("--help[print this help]"), ...operands];
}

function zshKind(completion: Completion): string {
  if (completion === null) return " ";
  if (completion === "file") return "_files";
  return completion === "folder" ? "_files -/" : `(${completion.join(" ")})`;
}

function fishScript(program: Program, name: string): string {
  const lines = program.commands.flatMap((command) => {
    const here = `complete -c ${name} -n '__fish_seen_subcommand_from ${command.name}'`;
    const flags = optionsOf(program, command).map(([flag, { help, kind }]) =>
      `${here} -l ${flag.slice(2)} -d ${quoted(help)}${
        kind ? ` -r${fishKind(kind.completion)}` : ""
      }`
    );
    return [
      `complete -c ${name} -n __fish_use_subcommand -a ${command.name} -d ${
        quoted(command.summary)
      }`,
      ...flags,
      `${here} -l help -d 'print this help'`,
      ...(command.operands?.length ? [here + fishKind(operandOf(command))] : []),
    ];
  });
  return [
    `# ${name}: completion for fish. Use: ${name} completions fish | source`,
    `complete -c ${name} -f`,
    ...lines,
    "",
  ].join("\n");
}

function fishKind(completion: Completion): string {
  if (completion === "file") return " -F";
  if (completion === null) return " -f";
  if (completion === "folder") return " -f -a '(__fish_complete_directories)'";
  return ` -f -a ${quoted(completion.join(" "))}`;
}

/** Text in single quotes, as all three shells read it. */
function quoted(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}
