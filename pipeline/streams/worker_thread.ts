/** A thread that is told tasks by messages, and answers them. */

/** A task on its way to a thread. */
export interface TaskMessage<Task> {
  /** Tells its answer from others. */
  readonly id: number;
  readonly task: Task;
}

/** What a thread says: an answer, or that it has broken down. */
export type AnswerMessage<Answer> =
  & { readonly id: number }
  & ({ readonly answer: Answer } | { readonly broken: Breakdown });

/** A failure in a thread, as a message. */
export interface Breakdown {
  readonly name: string;
  readonly message: string;
}

/** A worker thread as those see it that give it tasks. */
export class WorkerThread<Task, Answer> implements Disposable {
  readonly #worker: Worker;
  readonly #failure: (breakdown: Breakdown) => Error;
  readonly #asked = new Map<number, PromiseWithResolvers<Answer>>();
  #next = 0;

  /**
   * Starts the thread. It inherits this process's permissions.
   *
   * @param module Its program, which calls `answerTasks()`.
   * @param failure The error for a breakdown.
   */
  constructor(
    module: URL,
    failure: (breakdown: Breakdown) => Error = ({ message }) => new Error(message),
  ) {
    this.#failure = failure;
    this.#worker = new Worker(module, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<AnswerMessage<Answer>>) => {
      const asked = this.#asked.get(data.id);
      this.#asked.delete(data.id);
      if ("broken" in data) asked?.reject(this.#failure(data.broken));
      else asked?.resolve(data.answer);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new Error(event.message));
    };
  }

  /**
   * The answer to a task.
   *
   * @throws {Error} If the thread breaks down or is stopped meanwhile; it is not to be used any more then.
   */
  ask(task: Task): Promise<Answer> {
    const asked = Promise.withResolvers<Answer>();
    const id = this.#next++;
    this.#asked.set(id, asked);
    // Messages to a thread that is still loading wait for it.
    this.#worker.postMessage({ id, task } satisfies TaskMessage<Task>);
    return asked.promise;
  }

  [Symbol.dispose](): void {
    this.#fail(new Error("it was stopped"));
    this.#worker.terminate();
  }

  #fail(error: Error): void {
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}
