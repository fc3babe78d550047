/** The recognisers of this thread: started when there is work, used again, ended when there is none. */
import { acquire, release } from "./slots.js";
import { Recogniser } from "./recogniser.js";
import type { Recognised } from "./recognised.js";

/** How long, in milliseconds, a recogniser waits for the next page; starting one takes half a second. */
const patience = 3000;
/** No more than this for one thread, however many cores there are: pages are drawn one after the other. */
const most = 8;

interface Waiting {
  image: Buffer;
  resolve: (recognised: Recognised) => void;
  reject: (cause: unknown) => void;
}

class Pool {
  readonly #languages: readonly string[];
  readonly #queue: Waiting[] = [];
  /** How many there are, those that are being started too. */
  #count = 0;
  readonly #idle: { recogniser: Recogniser; clock: NodeJS.Timeout; extra: boolean }[] = [];

  constructor(languages: readonly string[]) {
    this.#languages = languages;
  }

  recognise(image: Buffer): Promise<Recognised> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ image, resolve, reject });
      this.#wake();
    });
  }

  #wake(): void {
    const idle = this.#idle.pop();
    if (idle) {
      clearTimeout(idle.clock);
      void this.#work(idle.recogniser, idle.extra);
    } else if (this.#count === 0) {
      this.#count++;
      void this.#work(undefined, false);
    } else if (this.#count < most && acquire()) {
      this.#count++;
      void this.#work(undefined, true);
    }
  }

  /** Takes one page after the other until none waits. */
  async #work(started: Recogniser | undefined, extra: boolean): Promise<void> {
    let recogniser = started;
    for (let page = this.#queue.shift(); page; page = this.#queue.shift()) {
      try {
        recogniser ??= await Recogniser.start(this.#languages);
        page.resolve(await recogniser.recognise(page.image));
      } catch (cause) {
        page.reject(cause);
        if (recogniser && !recogniser.usable) {
          await recogniser.end().catch(() => {});
          recogniser = undefined;
        }
      }
    }
    if (recogniser) this.#rest(recogniser, extra);
    else this.#gone(extra);
  }

  #rest(recogniser: Recogniser, extra: boolean): void {
    const entry = {
      recogniser,
      extra,
      clock: setTimeout(() => {
        this.#idle.splice(this.#idle.indexOf(entry), 1);
        this.#gone(extra);
        void recogniser.end();
      }, patience),
    };
    entry.clock.unref();
    this.#idle.push(entry);
  }

  #gone(extra: boolean): void {
    this.#count--;
    if (extra) release();
  }
}

const pools = new Map<string, Pool>();

/**
 * Recognises the text in a picture; as many at once as there are cores.
 *
 * @param image a file of a type that the recognition library reads: PNG, JPEG, PGM
 * @param languages of the text, the most likely first
 * @throws {InputError} when the data of a language is not installed
 * @throws Error when the picture cannot be read
 */
export function recognise(image: Buffer, languages: readonly string[]): Promise<Recognised> {
  const key = languages.join("+");
  let pool = pools.get(key);
  if (!pool) pools.set(key, (pool = new Pool(languages)));
  return pool.recognise(image);
}
