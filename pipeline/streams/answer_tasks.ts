/** The thread's side of a `WorkerThread`. */

import type { AnswerMessage, TaskMessage } from "./worker_thread.ts";

/** The part of a worker's global scope that is used here; the compiler's libraries lack it. */
interface WorkerScope<Task, Answer> {
  onmessage: ((event: MessageEvent<TaskMessage<Task>>) => void) | null;
  postMessage(message: AnswerMessage<Answer>, transfer: Transferable[]): void;
}

/**
 * Answers the tasks that come to this thread.
 *
 * @param perform If it throws, the thread counts as broken down, and is not asked again.
 * @param transfer What of an answer is handed over instead of copied.
 */
export function answerTasks<Task, Answer>(
  perform: (task: Task) => Answer | Promise<Answer>,
  transfer: (answer: Answer) => Transferable[] = () => [],
): void {
  const scope = self as unknown as WorkerScope<Task, Answer>;
  scope.onmessage = async ({ data: { id, task } }) => {
    try {
      const answer = await perform(task);
      scope.postMessage({ id, answer }, transfer(answer));
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      scope.postMessage({ id, broken: { name, message } }, []);
    }
  };
}
