/**
 * The few machine instructions that run before an executable's own: they put words into its command line
 * and its environment, and jump to where it begins.
 *
 * When the dynamic loader hands over, the stack holds, upwards, the number of arguments, their addresses,
 * a null, the addresses of the environment's lines, a null, and what the loader itself has used by then.
 * The code moves the number and the arguments down, by eight bytes for every new word, fills the room, and
 * tells the C library, which has looked for the environment already, where it begins now.
 *
 * Sources: System V ABI for x86-64, 3.4.1, and for AArch64 (register x0 and rdx belong to the loader).
 */

import type { ExecutableLayout } from "./elf.ts";

/** What is put in. */
export interface AddedWords {
  /** After the program's name, before the user's words. */
  readonly args: readonly string[];
  /** `NAME=value`; the first line of a name counts, so that these go before the user's. */
  readonly env: readonly string[];
}

/**
 * The code and the words behind it.
 *
 * @param layout Of the executable.
 * @param address Where the code will lie, relative to the executable as loaded.
 */
export function startCode(
  layout: ExecutableLayout,
  words: AddedWords,
  address: number,
): Uint8Array {
  const even = evenWords(words);
  const texts = [...even.args, ...even.env];
  const write = { x86_64: writeX86, aarch64: writeArm }[layout.machine];
  // The length of the code does not depend on where the words lie.
  const { length } = write(even, () => 0, address, layout);
  const starts: number[] = [];
  const text = texts.map((word) => new TextEncoder().encode(word + "\0"));
  text.reduce((start, { length }) => (starts.push(start), start + length), length);
  const code = write(even, (index) => starts[index]!, address, layout);
  return Uint8Array.from([code, ...text].flatMap((part) => [...part]));
}

/** The stack is a multiple of 16 bytes: an odd number of words gets a line that nobody reads. */
function evenWords({ args, env }: AddedWords): AddedWords {
  return { args, env: (args.length + env.length) % 2 === 0 ? env : [...env, "_="] };
}

/** Writes the code, which finds word `index` at `start(index)` from its own beginning. */
type Writer = (
  words: AddedWords,
  start: (index: number) => number,
  address: number,
  layout: ExecutableLayout,
) => number[];

const writeX86: Writer = ({ args, env }, start, address, { entry, environ }) => {
  const code: number[] = [];
  const push = (...bytes: number[]) => void code.push(...bytes);
  const pushWord = (index: number) => {
    push(0x48, 0x8d, 0x05, ...int32(start(index) - (code.length + 7))); // lea rax, [rip + …]
    push(0x48, 0xab); // stosq
  };
  push(0x48, 0x89, 0xe6); // mov rsi, rsp
  push(0x48, 0x81, 0xec, ...int32(8 * (args.length + env.length))); // sub rsp, …
  push(0x48, 0x89, 0xe7); // mov rdi, rsp
  push(0xfc); // cld
  push(0x48, 0xad); // lodsq: the number of arguments
  push(0x48, 0x89, 0xc1); // mov rcx, rax
  push(0x48, 0x05, ...int32(args.length)); // add rax, …
  push(0x48, 0xab); // stosq
  push(0x48, 0xa5); // movsq: the program's name
  args.forEach((_, index) => pushWord(index));
  push(0xf3, 0x48, 0xa5); // rep movsq: the user's arguments and the null
  push(0x48, 0x8b, 0x05, ...int32(environ - (address + code.length + 7))); // mov rax, [rip + …]
  push(0x48, 0x89, 0x38); // mov [rax], rdi: the environment begins here
  env.forEach((_, index) => pushWord(args.length + index));
  push(0xe9, ...int32(entry - (address + code.length + 5))); // jmp entry
  return code;
};

const writeArm: Writer = ({ args, env }, start, address, { entry, environ }) => {
  const code: number[] = [];
  const push = (instruction: number) => void code.push(...int32(instruction));
  const copy = () => {
    push(0xf840852c); // ldr x12, [x9], #8
    push(0xf800854c); // str x12, [x10], #8
  };
  const pushWord = (index: number) => {
    const distance = start(index) - code.length;
    push(0x1000000c | (distance & 3) << 29 | (distance >> 2 & 0x7ffff) << 5); // adr x12, …
    push(0xf800854c); // str x12, [x10], #8
  };
  const pushPage = (register: number, target: number) => {
    const pages = Math.floor(target / 4096) - Math.floor((address + code.length) / 4096);
    push(0x90000000 | register | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5); // adrp
  };
  push(0x910003e9); // mov x9, sp
  push(0xd10003ff | 8 * (args.length + env.length) << 10); // sub sp, sp, …
  push(0x910003ea); // mov x10, sp
  push(0xf840852b); // ldr x11, [x9], #8: the number of arguments
  push(0x9100016c | args.length << 10); // add x12, x11, …
  push(0xf800854c); // str x12, [x10], #8
  copy(); // the program's name
  args.forEach((_, index) => pushWord(index));
  copy(); // an argument of the user's, or the null
  push(0xf100056b); // subs x11, x11, #1
  push(0x54ffffa1); // b.ne three instructions back
  pushPage(12, environ);
  push(0xf940018c | (environ & 4095) >> 3 << 10); // ldr x12, [x12, …]
  push(0xf900018a); // str x10, [x12]: the environment begins here
  env.forEach((_, index) => pushWord(args.length + index));
  pushPage(16, entry);
  push(0x91000210 | (entry & 4095) << 10); // add x16, x16, …
  push(0xd61f0200); // br x16
  return code;
};

/** The four bytes of a number, the lowest first. */
function int32(value: number): number[] {
  return [value, value >> 8, value >> 16, value >> 24].map((byte) => byte & 0xff);
}
