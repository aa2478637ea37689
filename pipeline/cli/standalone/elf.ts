/**
 * What must be known of a Linux executable to let it start with words of ours.
 *
 * Source: System V ABI, chapters 4 and 5 (ELF-64), and its supplements for x86-64 and AArch64.
 */

/** Processors by their number in the header, with their relocation of an address (`GLOB_DAT`). */
const MACHINES: Readonly<Record<number, readonly [name: Machine, globalAddress: number]>> = {
  62: ["x86_64", 6],
  183: ["aarch64", 1025],
};

type Machine = "x86_64" | "aarch64";

const LOAD = 1, DYNAMIC = 2, NOTE = 4;

/** Tags of the dynamic segment. */
const STRINGS = 5, SYMBOLS = 6, RELOCATIONS = 7, RELOCATIONS_SIZE = 8;

/** The variable of the C library that points to the environment. */
const ENVIRON = "environ\0";

/** Addresses are relative to where the executable is loaded; positions are bytes of its file. */
export interface ExecutableLayout {
  readonly machine: Machine;
  /** The address at which it begins. */
  readonly entry: number;
  /** The address where the loader has written that of the C library's `environ`. */
  readonly environ: number;
  /** The address behind everything that is loaded. */
  readonly end: number;
  /** What positions and addresses of segments agree in, modulo this. */
  readonly align: number;
  /** The position of the segment entry of its note, which is needed for nothing when it runs. */
  readonly note: number;
}

interface Segment {
  readonly type: number;
  readonly at: number;
  readonly offset: number;
  readonly address: number;
  readonly memory: number;
  readonly align: number;
}

/**
 * Reads the header, the segments and the relocations.
 *
 * @throws {SyntaxError} If the file is no executable of a kind to which words can be added.
 */
export function readLayout(file: Uint8Array): ExecutableLayout {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isElf = file.length > 64 && view.getUint32(0) === 0x7f454c46;
  if (!isElf || view.getUint16(4) !== 0x0201) {
    throw new SyntaxError("The executable is not of Linux (ELF, 64 bits, little endian)");
  }
  const [machine, relocation] = MACHINES[view.getUint16(18, true)] ?? [];
  if (!machine) throw new SyntaxError("The executable is for neither x86_64 nor aarch64");
  const segments = readSegments(view);
  const loaded = segments.filter(({ type }) => type === LOAD);
  const note = segments.findLast(({ type }) => type === NOTE);
  // The kernel wants the segments that it loads in the order of their addresses.
  if (!note || loaded.length === 0 || note.at < loaded.at(-1)!.at) {
    throw new SyntaxError(
      "The executable has no note after its last segment, whose place is needed",
    );
  }
  return {
    machine,
    entry: readNumber(view, 24),
    environ: findEnviron(view, segments, relocation!),
    end: Math.max(...loaded.map(({ address, memory }) => address + memory)),
    align: Math.max(...loaded.map(({ align }) => align)),
    note: note.at,
  };
}

function readSegments(view: DataView): Segment[] {
  const first = readNumber(view, 32), size = view.getUint16(54, true);
  return Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const at = first + index * size;
    const [offset, address, , , memory, align] = [8, 16, 24, 32, 40, 48]
      .map((field) => readNumber(view, at + field)) as [number, number, 0, 0, number, number];
    return { type: view.getUint32(at, true), at, offset, address, memory, align };
  });
}

/** The address that the loader fills with that of `environ`. */
function findEnviron(view: DataView, segments: readonly Segment[], relocation: number): number {
  /** The position of what is loaded at an address. */
  const positionOf = (address: number) => {
    const segment = segments.find((segment) =>
      segment.type === LOAD && address >= segment.address &&
      address < segment.address + segment.memory
    );
    return segment ? address - segment.address + segment.offset : NaN;
  };
  const dynamic = segments.find(({ type }) => type === DYNAMIC);
  const tags = new Map<number, number>();
  for (let at = dynamic?.offset ?? NaN; readNumber(view, at) !== 0; at += 16) {
    tags.set(readNumber(view, at), readNumber(view, at + 8));
  }
  const [strings, symbols, first] = [STRINGS, SYMBOLS, RELOCATIONS]
    .map((tag) => positionOf(tags.get(tag) ?? NaN)) as [number, number, number];
  const end = first + (tags.get(RELOCATIONS_SIZE) ?? 0);
  for (let at = first; at < end; at += 24) {
    if (view.getUint32(at + 8, true) !== relocation) continue;
    const name = strings + view.getUint32(symbols + 24 * view.getUint32(at + 12, true), true);
    const isEnviron = Array.from(ENVIRON).every((letter, index) =>
      view.getUint8(name + index) === letter.charCodeAt(0)
    );
    if (isEnviron) return readNumber(view, at);
  }
  throw new SyntaxError("The executable does not use the C library's environ");
}

/** An unsigned number of 64 bits; NaN beyond the file. */
function readNumber(view: DataView, at: number): number {
  return at + 8 <= view.byteLength ? Number(view.getBigUint64(at, true)) : NaN;
}
