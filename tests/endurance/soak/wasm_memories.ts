/**
 * How large the memories of WebAssembly are, which neither the heap nor `external` counts. To be
 * imported before anything starts an instance.
 */

const memories: WeakRef<WebAssembly.Memory>[] = [];

WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args: ConstructorParameters<typeof WebAssembly.Instance>) {
    const instance = new target(...args);
    for (const part of Object.values(instance.exports)) {
      if (part instanceof WebAssembly.Memory) memories.push(new WeakRef(part));
    }
    return instance;
  },
});

/** Bytes of all memories that instances of this thread have exported and somebody still holds. */
export function wasmBytes(): number {
  return memories.reduce((sum, memory) => sum + (memory.deref()?.buffer.byteLength ?? 0), 0);
}
