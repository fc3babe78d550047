import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { folderWith } from "../../../test/support/folders.js";
import { InputError } from "../../errors.js";
import { decodeFile } from "./encoding-stream.js";
import { decode } from "./encoding.js";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");
const utf16be = (text: string): Uint8Array => Buffer.from(text, "utf16le").swap16();

describe("decode", () => {
  test("reads UTF-8 without a warning", async () => {
    expect(await decode(Buffer.from("Grüße, 世界"), "a.txt")).toEqual({
      text: "Grüße, 世界",
      encoding: "utf-8",
      warnings: [],
    });
  });

  test.each([
    ["UTF-8", Buffer.from("\ufeffé"), "utf-8"],
    ["UTF-16 little endian", Buffer.from("\ufeffé", "utf16le"), "utf-16le"],
    ["UTF-16 big endian", utf16be("\ufeffé"), "utf-16be"],
  ])("reads the byte order mark of %s and removes it", async (_name, input, encoding) => {
    expect(await decode(input, "a.txt")).toEqual({ text: "é", encoding, warnings: [] });
  });

  test.each([
    ["utf-16le", Buffer.from("Hello Wörld, without a mark", "utf16le")],
    ["utf-16be", utf16be("Hello Wörld, without a mark")],
  ])("recognises %s without a mark", async (encoding, input) => {
    const decoded = await decode(input, "a.txt");
    expect(decoded.text).toBe("Hello Wörld, without a mark");
    expect(decoded.warnings).toEqual([`the encoding is not stated: read as ${encoding}`]);
  });

  test("guesses a legacy encoding and says so", async () => {
    const decoded = await decode(latin1("Die Größe der Straße überrascht, weil sie schön ist."), "a.txt");
    expect(decoded.text).toBe("Die Größe der Straße überrascht, weil sie schön ist.");
    expect(decoded.warnings).toEqual(["the encoding is not stated: read as windows-1252"]);
  });

  test("guesses Japanese and Russian", async () => {
    const japanese = "93fa967b8cea82cc95b68fcd82c582b781428e8e8cb18374834083438b8b82c582b78142";
    expect((await decode(Buffer.from(japanese, "hex"), "a.txt")).encoding).toBe("shift_jis");
    const russian = "ddf2ee20f0f3f1f1eae8e920f2e5eaf1f220e220f1f2e0f0eee920eaeee4e8f0eee2eae52e";
    expect((await decode(Buffer.from(russian, "hex"), "a.txt")).text).toBe("Это русский текст в старой кодировке.");
  });

  test("follows a declared encoding", async () => {
    const decoded = await decode(bytes(0xbf, 0xf3, 0xb3, 0x77), "a.html", "iso-8859-2");
    expect(decoded).toEqual({ text: "żółw", encoding: "iso-8859-2", warnings: [] });
  });

  test("does not follow a declaration that the bytes contradict", async () => {
    expect((await decode(latin1("Die Größe der Straße überrascht."), "a.html", "utf-8")).encoding).toBe("windows-1252");
    expect((await decode(Buffer.from("plain"), "a.html", "no-such-encoding")).text).toBe("plain");
  });

  test("keeps UTF-8 with one bad byte as UTF-8 and counts what is lost", async () => {
    const decoded = await decode(Buffer.concat([Buffer.from("日本語の文章です。長い文章。"), bytes(0xff)]), "a.txt");
    expect(decoded.text).toBe("日本語の文章です。長い文章。\ufffd");
    expect(decoded.warnings[1]).toBe("1 characters are unreadable in utf-8 and stand as U+FFFD");
  });

  test("normalises line ends and removes control characters", async () => {
    expect((await decode(Buffer.from(`a\r\nb\rc\fd${"x".repeat(200)}\u0007`), "a.txt")).text).toBe(
      `a\nb\nc\nd${"x".repeat(200)}`,
    );
  });

  test("replaces unpaired surrogates", async () => {
    expect((await decode(Buffer.from("\ufeffabc\ud800def", "utf16le"), "a.txt")).text).toBe("abc\ufffddef");
  });

  test("refuses binary data and says what it looks like", async () => {
    const zip = Buffer.concat([Buffer.from("PK\u0003\u0004"), Buffer.alloc(64), bytes(1, 2, 3, 0xff, 0xfe)]);
    await expect(decode(zip, "a.txt")).rejects.toThrow("a.txt: it holds binary data, not text (it looks like a zip");
    await expect(
      decode(
        Uint8Array.from({ length: 512 }, (_, index) => index % 256),
        "a.txt",
      ),
    ).rejects.toThrow(InputError);
  });

  test("never throws anything but InputError, and always returns well-formed text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.option(fc.string()), async (input, label) => {
        try {
          const { text } = await decode(input, "a.txt", label ?? undefined);
          expect(text).not.toMatch(/\p{Surrogate}|\r|\0/u);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("gives back any text written as UTF-8, apart from what is cleaned", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
        expect((await decode(Buffer.from(text), "a.txt")).text).toBe(text);
      }),
    );
  });

  // prettier-ignore
  test.each([
    ["shift_jis", "日本の四季はとても美しいと言われています。春には桜が咲き、夏には海で泳ぎ、秋には紅葉を見に山へ行きます。冬は雪が降ります。", "k/qWe4LMjmyLR4LNgsaCxILglPyCtYKigsaMvoLtguqCxIKigtyCt4FCj3SCyYLNjfeCqo3ngquBQYnEgsmCzYpDgsWJaoKsgUGPSILJgs2NZ5d0gvCMqYLJjlKC1o1zgquC3IK3gUKTfoLNkOGCqo1+guiC3IK3gUI="],
    ["euc-jp", "日本の四季はとても美しいと言われています。春には桜が咲き、夏には海で泳ぎ、秋には紅葉を見に山へ行きます。冬は雪が降ります。", "xvzL3KTOu821qKTPpMikxqTiyP6kt6SkpMi4wKTvpOykxqSkpN6kuaGjvdWky6TPuvmkrLrppK2horLGpMukz7OkpMexy6SuoaK9qaTLpM+5yM3VpPK4q6TLu7Ok2LnUpK2k3qS5oaPF36TPwOOkrLnfpOqk3qS5oaM="],
    ["gb18030", "磨坊建在河边已经有三百多年了。每天早晨，磨坊主都会打开水闸，让水流推动巨大的木轮。村里的人们带来小麦，带走面粉。", "xKW3u72o1Nq607Hf0tG+rdPQyP2w2bbgxOrBy6Gjw7/M7NTns7+jrMSlt7vW97a8u+G08r+qy67VoqOsyMPLrsH3zca2r77etPO1xMS+wtaho7TlwO+1xMjLw8e0+MC00KHC86OstPjX38Pmt9uhow=="],
    ["big5", "磨坊建在河邊已經有三百多年了。每天早晨，磨坊主都會打開水閘，讓水流推動巨大的木輪。村裡的人們帶來小麥，帶走麵粉。", "v2mne6vYpmKqZcPkpHe4Z6azpFSmyqZopn6kRqFDqEOk0aatseGhQb9pp3ulRLOjt3yltLZ9pPS5aKFBxf2k9Kx5scCwyqWopGqquqTsvfyhQ6f4uMyquqRIrcyxYajTpHCzwaFBsWGoq8TRr7uhQw=="],
    ["euc-kr", "방앗간은 삼백 년이 넘도록 강가에 서 있었습니다. 매일 아침 주인은 수문을 열어 물이 큰 나무 바퀴를 돌리게 합니다.", "uea+0bCjwLogu++56SCz4sDMILPRtbW3zyCwrbChv6EgvK0gwNa++r3AtM+02S4guMXAzyC+xsSnIMHWwM7AuiC89rmuwLsgv62+7iC5sMDMIMWrILOquasgudnE+7imILW5uK6w1CDH1bTPtNku"],
    ["windows-1251", "Мельница стоит у реки уже более трёхсот лет. Каждое утро мельник открывает шлюз, и вода вращает большое деревянное колесо.", "zOXr/O3o9uAg8fLu6PIg8yDw5eroIPPm5SDh7uvl5SDy8Lj18e7yIOvl8i4gyuDm5O7lIPPy8O4g7OXr/O3o6iDu8urw++Lg5fIg+Ov+5ywg6CDi7uTgIOLw4Png5fIg4e7r/Pju5SDk5fDl4v/t7e7lIOru6+Xx7i4="],
    ["koi8-r", "Мельница стоит у реки уже более трёхсот лет. Каждое утро мельник открывает шлюз, и вода вращает большое деревянное колесо.", "7cXM2M7Jw8Eg09TPydQg1SDSxcvJINXWxSDCz8zFxSDU0qPI08/UIMzF1C4g68HWxM/FINXU0s8gzcXM2M7JyyDP1MvS2dfBxdQg28zA2iwgySDXz8TBINfSwd3BxdQgws/M2NvPxSDExdLF19HOzs/FIMvPzMXTzy4="],
    ["windows-1252", "Die Mühle steht seit über dreihundert Jahren am Fluß. Jeden Morgen öffnet der Müller das Wehr – das Wasser dreht das „große“ Rad.", "RGllIE38aGxlIHN0ZWh0IHNlaXQg/GJlciBkcmVpaHVuZGVydCBKYWhyZW4gYW0gRmx13y4gSmVkZW4gTW9yZ2VuIPZmZm5ldCBkZXIgTfxsbGVyIGRhcyBXZWhyIJYgZGFzIFdhc3NlciBkcmVodCBkYXMghGdyb99lkyBSYWQu"],
    ["iso-8859-2", "Młyn stoi nad rzeką od ponad trzystu lat. Każdego ranka młynarz otwiera śluzę, żeby woda mogła obracać wielkie drewniane koło. Źródło jest blisko, ludzie przynoszą pszenicę.", "TbN5biBzdG9pIG5hZCByemVrsSBvZCBwb25hZCB0cnp5c3R1IGxhdC4gS2G/ZGVnbyByYW5rYSBts3luYXJ6IG90d2llcmEgtmx1euosIL9lYnkgd29kYSBtb2ezYSBvYnJhY2HmIHdpZWxraWUgZHJld25pYW5lIGtvs28uIKxy82SzbyBqZXN0IGJsaXNrbywgbHVkemllIHByenlub3N6sSBwc3plbmlj6i4="],
    ["windows-1250", "Mlýn stojí u řeky už více než tři sta let. Každé ráno mlynář otevře stavidlo, aby voda mohla roztočit velké dřevěné kolo. Šťastní lidé přinášejí žito.", "TWz9biBzdG9q7SB1IPhla3kgdZ4gdu1jZSBuZZ4gdPhpIHN0YSBsZXQuIEthnmTpIHLhbm8gbWx5buH4IG90ZXb4ZSBzdGF2aWRsbywgYWJ5IHZvZGEgbW9obGEgcm96dG/oaXQgdmVsa+kgZPhlduxu6SBrb2xvLiCKnWFzdG7tIGxpZOkgcPhpbuGaZWrtIJ5pdG8u"],
    ["iso-8859-7", "Ο μύλος στέκεται δίπλα στο ποτάμι εδώ και τριακόσια χρόνια. Κάθε πρωί ο μυλωνάς ανοίγει το φράγμα και το νερό γυρίζει τον τροχό.", "zyDs/evv8iDz9N3q5fTh6SDk3/Dr4SDz9O8g8O/03OzpIOXk/iDq4ekg9PHp4er88+nhIPfx/O3p4S4gytzo5SDw8fnfIO8g7PXr+e3c8iDh7e/f4+XpIPTvIPbx3OPs4SDq4ekg9O8g7eXx/CDj9fHf5uXpIPTv7SD08e/3/C4="],
    ["windows-1254", "Değirmen üç yüz yıldan fazla bir süredir nehrin kıyısında duruyor. Her sabah değirmenci kapağı açar ve su büyük tahta çarkı döndürür. İyi günler.", "RGXwaXJtZW4g/Ocgefx6IHn9bGRhbiBmYXpsYSBiaXIgc/xyZWRpciBuZWhyaW4ga/15/XP9bmRhIGR1cnV5b3IuIEhlciBzYWJhaCBkZfBpcm1lbmNpIGthcGHw/SBh52FyIHZlIHN1IGL8efxrIHRhaHRhIOdhcmv9IGT2bmT8cvxyLiDdeWkgZ/xubGVyLg=="],
    ["iso-8859-8", "הטחנה עומדת ליד הנהר כבר יותר משלוש מאות שנה. בכל בוקר הטוחן פותח את הסכר והמים מסובבים את הגלגל הגדול.", "5Ojn8OQg8uXu4/og7OnjIOTw5Pgg6+H4IOnl+vgg7vns5fkg7uDl+iD58OQuIOHr7CDh5ff4IOTo5efvIPTl+ucg4Pog5PHr+CDl5O7p7SDu8eXh4entIOD6IOTi7OLsIOTi4+XsLg=="],
    ["windows-1256", "تقف الطاحونة بجانب النهر منذ أكثر من ثلاثمائة عام. كل صباح يفتح الطحان البوابة ويدير الماء العجلة الخشبية الكبيرة.", "yt7dIMfh2MfN5uTJIMjMx+TIIMfh5OXRIOPk0CDD38vRIOPkIMvhx8vjx8bJINrH4y4g3+Eg1cjHzSDt3crNIMfh2M3H5CDH4cjmx8jJIObtz+3RIMfh48fBIMfh2szhySDH4c7UyO3JIMfh38jt0cku"],
    ["iso-8859-15", "Le moulin se dresse au bord de la rivière depuis plus de trois cents ans. Chaque matin, le meunier ouvre la vanne et l'eau fait tourner la roue. Ça coûte 3 €.", "TGUgbW91bGluIHNlIGRyZXNzZSBhdSBib3JkIGRlIGxhIHJpdmnocmUgZGVwdWlzIHBsdXMgZGUgdHJvaXMgY2VudHMgYW5zLiBDaGFxdWUgbWF0aW4sIGxlIG1ldW5pZXIgb3V2cmUgbGEgdmFubmUgZXQgbCdlYXUgZmFpdCB0b3VybmVyIGxhIHJvdWUuIMdhIGNv+3RlIDMgpC4="],
  ])("reads a few sentences in %s, and says that it was guessed", async (encoding, text, base64) => {
    const decoded = await decode(Buffer.from(base64, "base64"), "a.txt");
    expect(decoded.text).toBe(text);
    expect(decoded.warnings).toEqual([`the encoding is not stated: read as ${encoding}`]);
  });

  test.each(["Hello Wörld, wide", "Мельница у реки 文書", "plain 😀"])(
    "reads %s in UTF-32, with a mark and without",
    async (text) => {
      for (const isBigEndian of [false, true])
        for (const mark of ["\ufeff", ""]) {
          const decoded = await decode(utf32(mark + text, isBigEndian), "a.txt");
          expect(decoded.text).toBe(text);
          expect(decoded.encoding).toBe(isBigEndian ? "utf-32be" : "utf-32le");
        }
    },
  );

  test("reads UTF-16 with a mark, and 中文 without one", async () => {
    const text = "磨坊建在河边已经有三百多年了, and some ASCII. ".repeat(4);
    for (const mark of ["\ufeff", ""])
      expect((await decode(Buffer.from(mark + text, "utf16le"), "a.txt")).text).toBe(text);
  });

  test("leaves NULs out and counts them", async () => {
    const decoded = await decode(Buffer.from(`a\0b\0${"c".repeat(500)}`), "a.txt");
    expect(decoded.text).toBe(`ab${"c".repeat(500)}`);
    expect(decoded.warnings).toEqual(["2 control characters (such as NUL) are left out"]);
  });

  test("believes a server before the file, unless the bytes contradict", async () => {
    const russian = Buffer.from("cce5ebfcede8f6e0", "hex");
    const hints = { announced: "windows-1251", declared: "iso-8859-1" };
    expect((await decode(russian, "a.html", hints)).text).toBe("Мельница");
    expect((await decode(Buffer.from("Größe"), "a.html", { announced: "ascii-8" })).text).toBe("Größe");
  });
});

describe("decodeFile", () => {
  const collect = async (bytes: Uint8Array) => {
    const file = path.join(await folderWith({ "a.txt": bytes }), "a.txt");
    const decoded = await decodeFile(file, "a.txt");
    let text = "";
    for await (const piece of decoded.pieces()) text += piece;
    return { ...decoded, text, lost: decoded.lost() };
  };

  test("gives the text of a file of several pieces, characters cut between them included", async () => {
    const text = "Größe 文書 😀 ".repeat(200_000);
    for (const [encoding, bytes] of [
      ["utf-8", Buffer.from(text)],
      ["utf-16le", Buffer.from(`\ufeff${text}`, "utf16le")],
      ["utf-32le", utf32(`\ufeff${text}`, false)],
    ] as const) {
      const decoded = await collect(bytes);
      expect(decoded.encoding).toBe(encoding);
      expect(decoded.text === text, encoding).toBe(true);
      expect([decoded.lost, decoded.warnings]).toEqual([0, []]);
    }
  });

  test("finds a legacy encoding by a byte that comes late", async () => {
    const decoded = await collect(
      Buffer.concat([Buffer.alloc(3_000_000, "plain text, "), latin1("Größe und Straße überall")]),
    );
    expect(decoded.encoding).toBe("windows-1252");
    expect(decoded.text.endsWith("Größe und Straße überall")).toBe(true);
    expect(decoded.warnings).toEqual(["the encoding is not stated: read as windows-1252"]);
  });

  test("counts what cannot be read, and refuses binary data", async () => {
    const decoded = await collect(
      Buffer.concat([Buffer.from("文書".repeat(1000)), bytes(0xff), Buffer.from("文書".repeat(1000))]),
    );
    expect(decoded.encoding).toBe("utf-8");
    expect(decoded.lost).toBe(1);
    const random = Uint8Array.from({ length: 5000 }, (_, index) => (index * 7919 + (index >> 3)) % 256);
    await expect(collect(random)).rejects.toThrow(InputError);
  });
});

function utf32(text: string, isBigEndian: boolean): Buffer {
  const codes = Array.from(text, (character) => character.codePointAt(0)!);
  const buffer = Buffer.alloc(codes.length * 4);
  for (const [index, code] of codes.entries())
    if (isBigEndian) buffer.writeUInt32BE(code, index * 4);
    else buffer.writeUInt32LE(code, index * 4);
  return buffer;
}
