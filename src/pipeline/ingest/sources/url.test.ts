import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { makeDocx, makePdf, makeZip, show, wordParagraph } from "../../../../test/fixtures/documents/build.js";
import { folderWith } from "../../../../test/support/folders.js";
import { page, type Page, redirect, webServer, type WebServer } from "../../../../test/support/web-server.js";
import { AbortedError } from "../../../backends/backend.js";
import { textOnly } from "../parser.js";
import { defaultSettings, sourceSettings } from "../settings.js";
import type { FileItem } from "./source.js";
import { isPrivate, systemNetwork } from "./url-addresses.js";
import { extensionOf, nameOf } from "./url-kind.js";
import { userAgent } from "./url-fetch.js";
import { type UrlParts, urlSource, urlSourceWith } from "./url.js";

const servers: WebServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
});

async function serve(pages: Record<string, Page | string>, host?: string): Promise<WebServer> {
  const server = await webServer(pages, host);
  servers.push(server);
  return server;
}

interface Options extends UrlParts {
  signal?: AbortSignal;
}

async function fetched(address: string, { signal, ...parts }: Options = {}): Promise<FileItem & { text: string }> {
  const folder = await folderWith();
  let count = 0;
  const items = urlSourceWith({ ...parts, limits: { backoffMs: 1, ...parts.limits } }).items(address, {
    parse: textOnly,
    settings: sourceSettings(defaultSettings),
    temporary: { next: (extension) => Promise.resolve(path.join(folder, `${++count}${extension}`)) },
    signal,
  });
  for await (const item of items) {
    if (item.kind !== "file") throw new Error(`a ${item.kind}`);
    return { ...item, text: await readFile(item.source.file, "utf8") };
  }
  throw new Error("nothing");
}

const refused = async (address: string, message: string | RegExp, options?: Options) => {
  await expect(fetched(address, options)).rejects.toMatchObject({
    name: expect.stringMatching(/^(Input|Passing)Error$/) as string,
    message: expect.stringMatching(message) as string,
    remedy: expect.any(String) as string,
  });
};

describe("an address", () => {
  it("gives what is there, with its final address, its kind, its encoding and a name of its own", async () => {
    const { url, port, headers } = await serve({ "/docs/mill.html": page("text/html; charset=ISO-8859-1", "<p>x") });
    const { source, stem, mediaType, text, warnings } = await fetched(`${url}/docs/mill.html#top`);
    expect(source).toMatchObject({ path: `${url}/docs/mill.html`, extension: ".html", charset: "ISO-8859-1" });
    expect([stem, mediaType, text, warnings]).toEqual([`127.0.0.1_${port}_docs_mill`, "text/html", "<p>x", undefined]);
    expect(headers()["user-agent"]).toBe(userAgent);
    expect(userAgent).toMatch(/^quern\/\d+\.\d+\.\d+ /);
  });

  it("deletes its temporary file when that is let go, and leaves none after a failure", async () => {
    const { url } = await serve({ "/": "<p>x", "/bad": page("video/mp4", "\u0000") });
    const { source, release } = await fetched(url);
    await release!();
    await expect(stat(source.file)).rejects.toThrow("ENOENT");
    await refused(`${url}/bad`, "a file of the kind video/mp4 is not supported");
  });

  it("follows redirects of every kind, says where they led, and keeps the name that was given", async () => {
    const other = await serve({ "/latest": redirect("/v2", 301), "/v2": redirect("./v3?x=1", 303), "/v3": "<p>end" });
    const { source, stem, warnings } = await fetched(`${other.url}/latest`);
    expect(source.path).toBe(`${other.url}/v3?x=1`);
    expect(stem).toBe(`127.0.0.1_${other.port}_latest`);
    expect(warnings).toEqual([`${other.url}/latest leads to ${other.url}/v3?x=1`]);
  });

  it("does not go in circles, nor on for ever, nor to other schemes", async () => {
    const { url } = await serve({
      "/a": redirect("/b"),
      "/b": redirect("/a"),
      "/endless": (request, response) => {
        const n = Number(new URL(request.url!, "http://x").searchParams.get("n") ?? 0);
        response.writeHead(302, { location: `/endless?n=${n + 1}` }).end();
      },
      "/file": redirect("file:///etc/passwd"),
      "/broken": redirect("http://[::1"),
      "/nowhere": (_, response) => void response.writeHead(302).end(),
    });
    await refused(`${url}/a`, `${url}/a: its server redirects in circles`);
    await refused(`${url}/endless`, "redirects more than 10 times");
    await refused(`${url}/file`, "its server redirects to file:, which is not fetched");
    await refused(`${url}/broken`, "its server redirects to what is no address");
    await refused(`${url}/nowhere`, "its server does not give it \\(302 Found\\)");
    await refused("ftp://example.com/x", "addresses that begin with ftp: are not fetched");
    await refused("file:///etc/passwd", "addresses that begin with file: are not fetched");
    await refused("http://", "it is not a valid address");
  });

  it("of the public network does not lead into a private one, by however many steps or names", async () => {
    const inside = await serve({ "/secret": "<p>secret" }, "127.0.0.2");
    const named = `http://inside.test:${inside.port}/secret`;
    const outside = await serve({
      "/straight": redirect(`${inside.url}/secret`),
      "/named": redirect(named),
      "/steps": redirect("/straight"),
    });
    // As if 127.0.0.1 were public, and only 127.0.0.2 private.
    const network = {
      lookup: (name: string) =>
        Promise.resolve([{ address: name === "inside.test" ? "127.0.0.2" : "127.0.0.1", family: 4 }]),
      isPrivate: (address: string) => address === "127.0.0.2",
    };
    for (const name of ["straight", "named", "steps"])
      await refused(`${outside.url}/${name}`, "is at 127.0.0.2, an address of a private network", { network });
    expect(inside.asked).toEqual([]);
    // Named by the user, it is reached, also by its redirects.
    expect((await fetched(named, { network })).text).toBe("<p>secret");
    expect((await fetched(`${outside.url}/straight`, { network: systemNetwork })).text).toBe("<p>secret");
  });

  it("does not go on without encryption, nor takes a password elsewhere", async () => {
    const other = await serve({ "/x": "<p>x" });
    const { url, port } = await serve({ "/in": redirect(`${other.url}/x`) });
    const { source } = await fetched(`http://me:secret@127.0.0.1:${port}/in`);
    expect(source.path).toBe(`${other.url}/x`);
    expect(other.headers().authorization).toBeUndefined();
    expect(servers[1]!.headers().authorization).toBe(`Basic ${Buffer.from("me:secret").toString("base64")}`);
    expect((await fetched(`http://me:secret@127.0.0.1:${other.port}/x`)).source.path).not.toContain("secret");
    await refused(`https://127.0.0.1:${port}/in`, /^https:\/\/127/, { limits: { retries: 0 } });
    expect(url).toContain("http:");
  });

  it.each([
    [401, "it is for those who log in"],
    [403, "its server refuses to give it"],
    [404, "there is no such page"],
    [410, "the page is gone for good"],
    [418, "its server does not give it"],
    [451, "for legal reasons"],
  ])("with status %i is refused with the reason, at once", async (status, reason) => {
    const server = await serve({ "/": (_, response) => void response.writeHead(status).end("<p>An error page") });
    await refused(server.url, `${reason} \\(${status}`);
    expect(server.asked).toHaveLength(1);
  });

  it("is asked again when its server is busy, as it asks, and not for ever", async () => {
    const busy =
      (times: number, status: number, headers = {}): Page =>
      (_, response, number) => {
        if (number < times) response.writeHead(status, headers).end();
        else response.end("<p>at last");
      };
    const server = await serve({
      "/429": busy(2, 429, { "retry-after": "0" }),
      "/503": busy(3, 503),
      "/always": busy(99, 503),
      "/later": busy(99, 429, { "retry-after": "3600" }),
    });
    expect((await fetched(`${server.url}/429`)).text).toBe("<p>at last");
    expect((await fetched(`${server.url}/503`)).text).toBe("<p>at last");
    await refused(`${server.url}/always`, "its server is not able to answer \\(503 Service Unavailable\\)");
    await refused(`${server.url}/later`, "asked too often \\(429 Too Many Requests\\), and asks to wait 3600 seconds");
    expect(server.asked.filter((one) => one === "/always")).toHaveLength(4);
    expect(server.asked.filter((one) => one === "/later")).toHaveLength(1);
  });

  it("is unpacked, and what is a bomb or damaged is refused", async () => {
    const text = "<p>packed</p>".repeat(100);
    const server = await serve({
      "/gzip": page("text/html", gzipSync(text), { "content-encoding": "gzip" }),
      "/br": page("text/html", brotliCompressSync(text), { "content-encoding": "br" }),
      "/both": page("text/html", gzipSync(deflateSync(text)), { "content-encoding": "deflate, gzip" }),
      "/odd": page("text/html", text, { "content-encoding": "zstd" }),
      "/bomb": page("text/html", gzipSync(Buffer.alloc(20_000_000, "x")), { "content-encoding": "gzip" }),
      "/damaged": page("text/html", gzipSync(text).subarray(0, 40), { "content-encoding": "gzip" }),
      "/large": page("text/html", "x".repeat(2_000_000)),
    });
    for (const name of ["gzip", "br", "both"]) expect((await fetched(`${server.url}/${name}`)).text).toBe(text);
    await refused(`${server.url}/odd`, "packed in a way that is not known \\(zstd\\)");
    const limits = { maxBytes: 2 ** 20 };
    for (const name of ["bomb", "large"])
      await refused(`${server.url}/${name}`, `${name}: it has more than 1 MB, which is the most`, { limits });
    await refused(`${server.url}/damaged`, "what its server sends packed is damaged");
  });

  it("is given up when nothing comes, when it takes too long, or when it is cut", async () => {
    const server = await serve({
      "/silent": () => undefined,
      "/stuck": (_, response) => void response.writeHead(200, { "content-length": "100" }).write("some"),
      "/drip": (_, response) => {
        const timer = setInterval(() => response.write("x"), 20);
        response.on("close", () => clearInterval(timer));
      },
      "/cut": (_, response) => {
        response.writeHead(200, { "content-length": "100" }).write("some");
        setTimeout(() => response.destroy(), 20);
      },
    });
    const limits = { idleMs: 100, retries: 1 };
    await refused(`${server.url}/silent`, "nothing came for", { limits });
    await refused(`${server.url}/stuck`, "nothing came for", { limits });
    await refused(`${server.url}/drip`, "it took longer than", { limits: { totalMs: 300 } });
    await refused(`${server.url}/cut`, "its server closed the connection|the connection failed", { limits });
    expect(server.asked.filter((one) => one === "/cut")).toHaveLength(2);
  });

  it("without a server, or of no known name, is refused with the reason", async () => {
    const server = await serve({});
    await server[Symbol.asyncDispose]();
    await refused(server.url, "its server does not take the connection");
    const network = {
      ...systemNetwork,
      lookup: () => Promise.reject(Object.assign(new Error("x"), { code: "ENOTFOUND" })),
    };
    await refused("http://no-such-host.test/", "there is no host of this name", { network });
  });

  it("stops at once when the run ends", async () => {
    const server = await serve({ "/silent": () => undefined });
    const abort = new AbortController();
    const waiting = fetched(`${server.url}/silent`, { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(waiting).rejects.toBeInstanceOf(AbortedError);
  });
});

describe("the kind of a file", () => {
  const pdf = makePdf([show("hello", 50, 700)]);
  const docx = makeDocx(wordParagraph("hello"));
  const kind = (address: string, mediaType: string, head: string | Uint8Array, fileName?: string) =>
    extensionOf(
      { mediaType, ...(fileName === undefined ? {} : { fileName }) },
      new URL(address, "https://example.com"),
      typeof head === "string" ? Buffer.from(head) : head,
    );

  it.each([
    ["the server", "/a", "application/pdf", pdf, undefined, ".pdf"],
    ["the server, whatever the name", "/a.pdf", "text/html", "<html>", undefined, ".html"],
    ["the bytes, where the server is wrong", "/a", "text/html", pdf, undefined, ".pdf"],
    ["the name, where the server is vague", "/a.md", "text/plain", "# A", undefined, ".md"],
    ["the name, where the server is vague", "/a.jsonl", "application/octet-stream", "{}", undefined, ".jsonl"],
    ["the name of the download", "/get?id=5", "application/octet-stream", "a,b", "data.csv", ".csv"],
    ["the bytes, where nobody says anything", "/a", "", "<!DOCTYPE html><p>x", undefined, ".html"],
    ["the bytes, where nobody says anything", "/a", "", "just text", undefined, ".txt"],
    ["the members of an archive", "/a", "application/octet-stream", docx, undefined, ".docx"],
    ["the members of an archive", "/a", "application/zip", makeZip({ "a.txt": "x" }), undefined, ".zip"],
    ["an archive's name", "/a.docx", "application/zip", docx, undefined, ".docx"],
    ["nothing, where it is nothing that is read", "/a.mp4", "video/mp4", "\u0000\u0001ftyp", undefined, ""],
  ])("is told by %s", (_, address, mediaType, head, fileName, extension) => {
    expect(kind(address, mediaType, head, fileName)).toBe(extension);
  });
});

describe("names", () => {
  it.each([
    ["https://example.com/", "example.com"],
    ["https://example.com/docs/page.html", "example.com_docs_page"],
    ["https://example.com/v1.2/page/", "example.com_v1.2_page"],
    ["https://example.com:8080/a", "example.com_8080_a"],
    ["https://example.com/a?id=5", "example.com_a_id_5"],
    ["https://example.com/%E6%96%87%E6%9B%B8", "example.com_文書"],
    ["https://example.com/..%2f..%2fetc", "example.com_.._.._etc"],
  ])("of %s", (address, name) => {
    expect(nameOf(new URL(address))).toBe(name);
  });

  it("tell pages apart whose names would be cut or cleaned to the same", () => {
    const long = "https://example.com/" + "x".repeat(200);
    expect(nameOf(new URL(`${long}a`))).not.toBe(nameOf(new URL(`${long}b`)));
    expect(nameOf(new URL(`${long}a`)).length).toBeLessThan(140);
    expect(nameOf(new URL("https://example.com/a?x=<1>"))).not.toBe(nameOf(new URL("https://example.com/a?x=>1<")));
  });
});

it("knows private addresses in every writing", () => {
  const all = [
    "127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::",
    "fd00::1",
    "fe80::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
  ];
  expect(all.filter((address) => !isPrivate(address))).toEqual([]);
  expect(["8.8.8.8", "172.32.0.1", "2606:4700::1", "::ffff:8.8.8.8"].filter(isPrivate)).toEqual([]);
});

it("is known by its look", () => {
  expect(["http://x", "HTTPS://x/y", "ftp://x"].every((given) => urlSource.accepts(given))).toBe(true);
  expect(["docs/a.pdf", "C:\\x", "C://x", "a:b", "http:/x"].some((given) => urlSource.accepts(given))).toBe(false);
});
