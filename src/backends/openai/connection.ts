/** One server at one address: the library's client, on connections of our own. */
import OpenAI from "openai";
import { parseAddress, type Address } from "./address.js";
import type { Settings } from "./options.js";
import { type Reply, readReply } from "./reply.js";
import type { ChatBody } from "./request-body.js";
import { Asker } from "./server-facts.js";
import { StreamedResponse, Wire } from "./wire.js";

/** The longest a timer can run: the library's own limit is not to act, silence is what counts. */
const never = 2 ** 31 - 1;

export class Connection {
  readonly address: Address;
  readonly asker: Asker;
  private readonly wire: Wire;
  private readonly client: OpenAI;

  /** @throws {ConfigError} when `apiBase` is not an http address */
  constructor(apiBase: string, apiKey: string, settings: Settings) {
    this.address = parseAddress(apiBase, apiKey, settings.provider);
    this.wire = new Wire(settings.requestTimeoutMs);
    this.asker = new Asker(this.address, this.wire, settings);
    this.client = new OpenAI({
      baseURL: this.address.base,
      // The library insists on a key, and would take others from the environment; ours is in the headers.
      apiKey: "none",
      adminAPIKey: null,
      organization: null,
      project: null,
      defaultHeaders: { authorization: this.address.headers["authorization"] ?? null },
      maxRetries: 0,
      timeout: never,
      logLevel: "off",
      fetch: this.wire.fetch,
    });
  }

  /**
   * Sends one chat request and reads the whole reply.
   * @param onText pieces of the answer, as they come
   * @param onTokens how many tokens, about, have just been made
   * @param silenceMs how long the connection may be silent; absent: as the settings say
   * @throws {StatusError} {SilenceError} {ErrorInReply} {CutReply} {StrangeReply} and what the connection throws, all of
   *   them possibly wrapped by the library: see `underlying`
   */
  async chat(
    body: ChatBody,
    signal: AbortSignal,
    onText: (text: string) => void = () => undefined,
    onTokens: (tokens: number) => void = () => undefined,
    silenceMs?: number,
  ): Promise<Reply> {
    // The library leaves a listener on each signal it is given.
    const own = new AbortController();
    const abort = () => own.abort();
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) own.abort();
    try {
      const response = await this.client.chat.completions
        .create(body, {
          signal: own.signal,
          // Handed on to the wire as it is.
          ...(silenceMs === undefined
            ? {}
            : { fetchOptions: { silenceMs } as OpenAI.RequestOptions["fetchOptions"] & {} }),
        })
        .asResponse();
      if (!(response instanceof StreamedResponse)) throw new TypeError("a response that the wire did not make");
      return await readReply(response, { onText, onTokens });
    } catch (error) {
      // An aborted connection fails in many ways; which one does not matter.
      if (signal.aborted) throw signal.reason;
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  close(): void {
    this.wire.close();
  }
}
