/** A server that dies, hangs or errs while it works: every request is answered, and none twice. */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeVllm } from "../support/fake-vllm.js";
import { type Answered, askAll, contract, openFake, type OpenFakeOptions, request, Told } from "../support/managed.js";
import { isAlive, kill, leftOf } from "../support/processes.js";

let vllm: FakeVllm;
let told: Told;

beforeEach(async () => {
  vllm = await FakeVllm.install();
  told = new Told();
});

const open = (options?: OpenFakeOptions) => openFake(vllm, options, told);

/** The answers of a fake follow from the request, so a mixed up or torn one is seen. */
function expectEachOnce(answers: readonly Answered[], count: number): void {
  expect(answers.map(({ number }) => number).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
  for (const { text, streamed } of answers) {
    expect(JSON.parse(text)).toMatchObject({ question: expect.stringMatching(/^What is /) as string });
    // Nothing was handed on a second time.
    expect(streamed).toBe(text);
  }
  expect(new Set(answers.map(({ text }) => text)).size).toBe(count);
}

describe("kill -9 of the server", () => {
  it("five times while 60 requests are under way loses nothing", async () => {
    await using backend = await open({ fake: { ANSWER_MS: 400 }, settings: [{ maxNumSeqs: 8 }] });
    const { answers, done } = askAll(backend, 60);
    for (let killed = 0; killed < 5; killed++) {
      const before = answers.length;
      while (answers.length < before + 8) await delay(5);
      const [server] = backend.processIds;
      kill(server!);
      while (backend.processIds[0] === undefined || backend.processIds[0] === server) await delay(5);
    }
    await done;
    expectEachOnce(answers, 60);
    expect(backend.stats.restarts).toBe(5);
    expect(await vllm.starts()).toHaveLength(6);
    expect(told.notices).toHaveLength(5);
    expect(told.notices[0]).toBe(
      "vLLM 0.32.0: it was ended by SIGKILL; starting it again, what was in flight will be sent again",
    );
    const [, ...last] = (await vllm.processes()).reverse();
    expect(await leftOf(last.slice(1))).toEqual([]);
  });

  it("during a restart is only another restart", async () => {
    await using backend = await open({ fake: { DIES_AT_START: 2, ANSWER_MS: 50 } });
    kill(backend.processIds[0]!);
    const { answers, done } = askAll(backend, 5);
    await done;
    expectEachOnce(answers, 5);
    expect(await vllm.starts()).toHaveLength(3);
    expect(told.notices.join("\n")).toContain("did not start: it was ended by SIGKILL; trying once more");
  });

  it("and of its guard: both are replaced", async () => {
    await using backend = await open({ fake: { ANSWER_MS: 100 } });
    const { answers, done } = askAll(backend, 20);
    const before = await vllm.processes();
    kill(backend.guardProcessIds[0]!);
    expect(await leftOf(before)).toEqual([]);
    await done;
    expectEachOnce(answers, 20);
    expect(told.notices.join()).toContain("the process that guards it was ended; starting it again");
  });
});

describe("a server that goes wrong", () => {
  it("and ends with exit code 0 is started again", async () => {
    await using backend = await open({ fake: { EXITS_AFTER: 15, ANSWER_MS: 20 }, settings: [{ maxNumSeqs: 4 }] });
    const { answers, done } = askAll(backend, 60);
    await done;
    expectEachOnce(answers, 60);
    expect(backend.stats.restarts).toBeGreaterThan(2);
    expect(told.notices[0]).toContain("it ended with exit code 0; starting it again");
  });

  it("and says 503 is started again", async () => {
    const fake = { SICK_AFTER: 10, FAULTY_STARTS: "1", ANSWER_MS: 20 };
    await using backend = await open({ fake, watchMs: 50 });
    const { answers, done } = askAll(backend, 30);
    await done;
    expectEachOnce(answers, 30);
    expect(backend.stats.restarts).toBe(1);
    expect(told.notices.join()).toContain("its engine is dead (/health says 503)");
  });

  it("and makes no tokens is started again", async () => {
    const fake = { STALLS_AFTER: 10, FAULTY_STARTS: "1", ANSWER_MS: 20 };
    await using backend = await open({ fake, watchMs: 50, stallMs: 400 });
    const { answers, done } = askAll(backend, 30);
    await done;
    expectEachOnce(answers, 30);
    expect(backend.stats.restarts).toBe(1);
    expect(told.notices.join()).toMatch(/it has \d+ requests and made no token for 0 seconds/);
  });

  it("but is only idle is left alone", async () => {
    await using backend = await open({ watchMs: 20, stallMs: 100 });
    await backend.generate(request(1));
    await delay(500);
    expect(backend.stats.restarts).toBe(0);
    expect(isAlive(backend.processIds[0]!)).toBe(true);
  });

  it("in the middle of one answer is asked again", async () => {
    await using backend = await open({ fake: { STREAM_ERROR_AT: 3 } });
    const { answers, done } = askAll(backend, 6);
    await done;
    expectEachOnce(answers, 6);
    expect(backend.stats).toMatchObject({ restarts: 0, retries: { "server error": 1 } });
  });

  it("again and again without an answer is given up", async () => {
    await using backend = await open({ fake: { DIES_AT_REQUEST: "1" }, maxRestarts: 2 });
    const error = (await backend.generate(request(1)).catch((thrown: unknown) => thrown)) as Error & { remedy: string };
    expect(error).toBeInstanceOf(contract.BackendLostError);
    expect(error.message).toMatch(/vLLM 0.32.0: it was ended by SIGKILL; it died 3 times without answering$/);
    expect(error.remedy).toContain("run the same command to go on");
    expect(await vllm.starts()).toHaveLength(3);
    // The second time it was asked for less.
    expect(backend.description.join()).toContain("given up");
    await expect(backend.generate(request(2))).rejects.toThrow(contract.BackendLostError);
    expect(await leftOf(await vllm.processes())).toEqual([]);
  });

  it("while nobody wants anything any more is not started again", async () => {
    const interrupt = new AbortController();
    await using backend = await open({ signal: interrupt.signal });
    interrupt.abort();
    kill(backend.processIds[0]!);
    await delay(500);
    expect(await vllm.starts()).toHaveLength(1);
    expect(told.notices).toEqual([]);
  });
});

describe("two servers", () => {
  const settings = [{ gpus: [0] }, { gpus: [1] }];

  it("get requests by what they have seen before", async () => {
    await using backend = await open({ settings });
    const long = (subject: string, number: number) => `${`All about the ${subject}. `.repeat(60)}Part ${number}.`;
    const at = async () => {
      const logs = await vllm.starts();
      const counts = logs.map(async ({ argv }) => {
        const port = argv[argv.indexOf("--port") + 1]!;
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        return Number(/prompt_tokens_total\{.*\} ([\d.]+)/.exec(text)![1]);
      });
      return await Promise.all(counts);
    };
    // Both at once, so they are shared out.
    await Promise.all([backend.generate(request(1, long("mill", 1))), backend.generate(request(2, long("river", 1)))]);
    const before = await at();
    expect(before.every((tokens) => tokens > 0)).toBe(true);
    for (let i = 0; i < 4; i++) await backend.generate(request(i, long("mill", 2 + i)));
    const after = await at();
    // All of one subject went to one.
    expect(after.filter((tokens, index) => tokens > before[index]!)).toHaveLength(1);
  });

  it("go on when one of them dies", async () => {
    await using backend = await open({ settings, fake: { ANSWER_MS: 100 } });
    expect(backend.limits.concurrentRequests).toBe(2 * 77);
    const { answers, done } = askAll(backend, 200);
    while (answers.length < 20) await delay(5);
    const [first, second] = backend.processIds;
    kill(first!);
    await done;
    expectEachOnce(answers, 200);
    expect(backend.processIds[1]).toBe(second);
    while (backend.processIds[0] === undefined) await delay(10);
    expect(backend.stats.restarts).toBe(1);
  });

  it("are one where the other cannot be started", async () => {
    await using backend = await open({ settings: [{}, { extraArgs: ["--fancy"] }] });
    expect(told.notices.join()).toMatch(/unrecognized arguments: --fancy.*going on with 1 of 2 servers/);
    await backend.generate(request(1));
    expect(backend.processIds).toHaveLength(1);
  });
});

describe("the log", () => {
  const log = () => path.join(vllm.stateFolder, "servers", "vllm.log");

  it("grows from start to start", async () => {
    const backend = await open();
    kill(backend.processIds[0]!);
    while ((await vllm.starts()).length < 2 || backend.processIds[0] === undefined) await delay(5);
    await backend[Symbol.asyncDispose]();
    expect((await readFile(log(), "utf8")).split("Starting vLLM server").length).toBe(3);
    expect((await stat(log())).mode & 0o777).toBe(0o600);
  });

  it("begins anew where it has grown large", async () => {
    await mkdir(path.dirname(log()), { recursive: true });
    await writeFile(log(), Buffer.alloc(21 * 1024 * 1024, "x"));
    const backend = await open();
    await backend[Symbol.asyncDispose]();
    expect((await stat(log())).size).toBeLessThan(10_000);
    expect((await stat(`${log()}.old`)).size).toBe(21 * 1024 * 1024);
  });
});
