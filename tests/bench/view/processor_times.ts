/** Processor time of processes and threads, user's and system's, as Linux counts it: in hundredths of a second. */

/** Linux tells programs of no other rate (`getconf CLK_TCK`). */
const TICKS = 100;

/** A process or a thread. */
export interface ProcessorTime {
  readonly id: number;
  readonly name: string;
  readonly parent: number;
  readonly seconds: number;
  /** Of its children that have ended. */
  readonly ofEnded: number;
}

/** All processes. */
export function processes(): Promise<ProcessorTime[]> {
  return read("/proc/[0-9]*/stat");
}

/** The threads that a process has. */
export function threads(pid: number): Promise<ProcessorTime[]> {
  return read(`/proc/${pid}/task/[0-9]*/stat`);
}

/** Seconds of all that a process has started. */
export async function secondsBelow(pid: number): Promise<number> {
  const all = await processes();
  const below = (parent: number): number => {
    const children = all.filter((process) => process.parent === parent);
    return children.reduce((sum, { id, seconds }) => sum + seconds + below(id), 0);
  };
  return below(pid);
}

/** The system shows these files to no Deno without all rights. */
async function read(pattern: string): Promise<ProcessorTime[]> {
  const command = new Deno.Command("sh", { args: ["-c", `cat ${pattern}`], stderr: "null" });
  const { stdout } = await command.output();
  return new TextDecoder().decode(stdout).trim().split("\n").map(parse);
}

/** A name may have blanks and brackets. Source: proc_pid_stat(5). */
function parse(line: string): ProcessorTime {
  const [open, close] = [line.indexOf("("), line.lastIndexOf(")")];
  const fields = line.slice(close + 2).split(" ").map(Number);
  const [user, system, endedUser, endedSystem] = fields.slice(11) as [
    number,
    number,
    number,
    number,
  ];
  return {
    id: Number(line.slice(0, open)),
    name: line.slice(open + 1, close),
    parent: fields[1]!,
    seconds: (user + system) / TICKS,
    ofEnded: (endedUser + endedSystem) / TICKS,
  };
}
