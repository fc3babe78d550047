/** Sessions that are in use: a job and whoever edits what it makes share one. */
import path from "node:path";
import type { TaskFolder } from "../pipeline/projects/index.js";
import { Session } from "../pipeline/synthesis/session.js";
import { RefusedError } from "./errors.js";

interface Held {
  session: Promise<Session>;
  id: string;
  users: number;
  closing?: Promise<void>;
}

export class SessionPool {
  /** One for each task: what one makes another would not see. */
  private readonly held = new Map<string, Held>();

  /**
   * Uses a session; it is closed when nobody uses it any more.
   * @throws {RefusedError} while another session of the same task is in use
   * @throws {OutputError} while another process makes data for the task
   */
  async use<T>(task: TaskFolder, id: string, work: (session: Session) => Promise<T>): Promise<T> {
    const key = path.resolve(task.folder);
    let held = this.held.get(key);
    while (held?.closing !== undefined) {
      await held.closing;
      // The one who closed it takes it out in the same turn.
      await Promise.resolve();
      held = this.held.get(key);
    }
    if (held !== undefined && held.id !== id)
      throw new RefusedError(409, `the session ${held.id} of this task is in use`, {
        remedy: "wait for its job, or cancel it",
      });
    if (held === undefined) {
      held = { session: Session.resume(task, id), id, users: 0 };
      this.held.set(key, held);
    }
    held.users++;
    try {
      return await work(await held.session);
    } finally {
      held.users--;
      if (held.users === 0) {
        // Whoever comes meanwhile waits until it is closed.
        held.closing = held.session.then(
          (session) => session[Symbol.asyncDispose](),
          () => undefined,
        );
        await held.closing;
        this.held.delete(key);
      }
    }
  }

  /** @returns the session of a task that is in use, if one is */
  inUse(task: TaskFolder): string | undefined {
    return this.held.get(path.resolve(task.folder))?.id;
  }
}
