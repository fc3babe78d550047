import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCard } from "./card.js";
import { luhn, verhoeff } from "./checksums.js";
import { chosenFamilies, findAll, families } from "./index.js";
import { Masker } from "./mask.js";

const labels = (text: string, country?: string) => findAll(text, families, { country }).map(({ label }) => label);
const found = (text: string, country?: string) =>
  findAll(text, families, { country }).map(({ start, end }) => text.slice(start, end));

describe("what is found", () => {
  it.each([
    ["Write to anna.kessler+rye@mill-ballin.de.", ["anna.kessler+rye@mill-ballin.de"]],
    ["Adresse: müller@bäckerei.de", ["müller@bäckerei.de"]],
    ["Call +49 30 901820 or +1 (212) 736-5000.", ["+49 30 901820", "+1 (212) 736-5000"]],
    ["Card 4111 1111 1111 1111, please", ["4111 1111 1111 1111"]],
    ["Amex 3782 822463 10005", ["3782 822463 10005"]],
    ["IBAN DE89 3704 0044 0532 0130 00 is mine", ["DE89 3704 0044 0532 0130 00"]],
    ["GB82WEST12345698765432", ["GB82WEST12345698765432"]],
    ["His SSN is 536-22-8726.", ["536-22-8726"]],
    ["NI number AB 12 34 56 C", ["AB 12 34 56 C"]],
    ["Steuer-ID: 86095742719", ["86095742719"]],
    ["NIR 2 55 08 14 168 025 38", ["2 55 08 14 168 025 38"]],
    ["DNI 12345678Z y NIE X1234567L", ["12345678Z", "X1234567L"]],
    ["codice fiscale RSSMRA85T10A562S", ["RSSMRA85T10A562S"]],
    ["BSN 111222333", ["111222333"]],
    ["PESEL 44051401359", ["44051401359"]],
    ["Rijksregister 85.07.30-033.28", ["85.07.30-033.28"]],
    ["CPF 529.982.247-25", ["529.982.247-25"]],
    ["CNPJ 11.222.333/0001-81", ["11.222.333/0001-81"]],
    ["Aadhaar 2345 6789 0124", ["2345 6789 0124"]],
    ["身份证 11010519491231002X", ["11010519491231002X"]],
    ["Personnummer 811228-9874", ["811228-9874"]],
    ["Hetu 131052-308T", ["131052-308T"]],
    ["CPR-nr. 070761-4285", ["070761-4285"]],
    ["AHV 756.9217.0769.85", ["756.9217.0769.85"]],
    ["SIN 130 692 544", ["130 692 544"]],
    ["TFN 123 456 782", ["123 456 782"]],
    ["The server 93.184.216.34 answered", ["93.184.216.34"]],
    ["at 2a00:1450:4001:81b::200e now", ["2a00:1450:4001:81b::200e"]],
    ["MAC 3c:22:fb:1a:9e:07", ["3c:22:fb:1a:9e:07"]],
    ["key AKIAQYLPMN5HFIQR7XYA is out", ["AKIAQYLPMN5HFIQR7XYA"]],
    ["ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", ["ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"]],
    ['password = "hunter2-Blue77"', ["hunter2-Blue77"]],
    ["postgres://app:tr0ub4dor@db.host/x", ["tr0ub4dor"]],
  ])("%s", (text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it("numbers of a country without its code, where the country is given", () => {
    expect(found("Call (212) 736-5000 today", "US")).toEqual(["(212) 736-5000"]);
    expect(found("Call (212) 736-5000 today")).toEqual([]);
  });
});

describe("what is not personal", () => {
  it.each([
    "The year 2024-03-05, or 05.03.2024, or 1914-1918",
    "ISBN 978-3-16-148410-0 and ISBN 0-306-40615-2",
    "It cost 1,234,567.89 dollars and 12 345 678 euros",
    "3.14159265358979 is pi; 1.41421356237",
    "Version 10.4.2.1 and chapter 3.1.2.4",
    "A score of 12:30:45 at ratio 4:3:2",
    "127.0.0.1, 0.0.0.0, 255.255.255.0, ::1 and 192.0.2.7 are nobody's",
    "mail user@example.com or test@test.invalid",
    "icon@2x.png and @decorator and a@b",
    "DOI 10.1038/s41586-020-2649-2, PMID 32939066",
    "The population was 8 336 817 in 2019 and 8,804,190 in 2020",
    "order no. 123456789012, serial 490154203237518",
    "4111 1111 1111 1112 fails its check digit",
    "1234 5678 9012 3456 and 0000 0000 0000 0000",
    "DE89 3704 0044 0532 0130 01 fails its check digits",
    "a number of 9 digits: 111222333, of 11: 44051401359",
    "123-45-6789-0 and 12-345-6789",
    'password = "your_password" and api_key: ${API_KEY}',
    "the sk-learn package, an hf_model, ghp_short",
    "std::vector<int> a::b::c and ab:cd",
    "coordinates 52.5200, 13.4050",
    "64 65 66 67 68 69 70 71 72 73 74 75",
    "+1 and +2 are 3; 5 + 49 30 = 84",
    "F16 FA18 B52 A320 AB123456",
  ])("%s", (text) => {
    expect(found(text)).toEqual([]);
    expect(found(text, "US").filter((match) => !/\d{3}/.test(match))).toEqual([]);
  });

  it("plain numbers, whatever they are", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 99_999_999 }),
        fc.constantFrom("", " km", " people", "%", " €"),
        (n, unit) => {
          expect(labels(`There are ${n}${unit} of them.`)).toEqual([]);
          expect(labels(`There are ${n.toLocaleString("en")}${unit} of them.`)).toEqual([]);
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });

  it("years, dates and times", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("1800-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }),
        (date) => {
          const [day, time] = date.toISOString().split("T") as [string, string];
          const [y, m, d] = day.split("-");
          for (const said of [
            day,
            `${d}.${m}.${y}`,
            `${m}/${d}/${y}`,
            `${day} ${time.slice(0, 8)}`,
            date.toISOString(),
          ])
            expect(labels(`On ${said} it began.`, "US"), said).toEqual([]);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe("check digits", () => {
  it("of one wrong digit are told", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{11}$/), fc.nat(10), fc.integer({ min: 1, max: 9 }), (body, at, by) => {
        for (const check of [luhn, verhoeff]) {
          const right = Array.from("0123456789", (digit) => body + digit).find((digits) => check(digits))!;
          const wrong = right.slice(0, at) + String((Number(right[at]) + by) % 10) + right.slice(at + 1);
          expect(check(wrong)).toBe(false);
        }
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it("alone make no card", () => {
    expect(isCard("4111111111111111")).toBe(true);
    // Luhn holds, but nobody issues such numbers.
    expect(isCard("1111111111111117")).toBe(false);
    expect(isCard("41 11 11 11 11 11 11 11")).toBe(false);
  });
});

describe("masking", () => {
  const mask = (question: string, answer: string) => {
    const masker = new Masker((text) => findAll(text));
    return masker.record({
      question,
      answer,
      raw: { question, answer, extra: { of: [answer] }, provenance: { document: answer } },
    });
  };

  it("gives the same datum the same mask, in all of the record but where it came from", () => {
    const masked = mask("Is a@mill.de or b@mill.de Anna's?", "It is A@mill.de.");
    expect(masked).toMatchObject({
      question: "Is [EMAIL_1] or [EMAIL_2] Anna's?",
      answer: "It is [EMAIL_1].",
      raw: {
        answer: "It is [EMAIL_1].",
        extra: { of: ["It is [EMAIL_1]."] },
        provenance: { document: "It is A@mill.de." },
      },
    });
  });

  it("leaves nothing to be found, whatever the text", () => {
    const datum = fc.constantFrom(
      "a@mill.de",
      "+49 30 901820",
      "4111 1111 1111 1111",
      "DE89 3704 0044 0532 0130 00",
      "93.184.216.34",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(datum, fc.string({ unit: "grapheme" })), { maxLength: 6 }), (parts) => {
        const masker = new Masker((text) => findAll(text));
        const masked = masker.mask(parts.join(" ; "));
        expect(findAll(masked).map(({ value }) => value)).toEqual([]);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

it("names of families are checked", () => {
  expect(() => chosenFamilies(["email", "shoe_size"])).toThrow(/shoe_size/);
});
