/** What a question asks for, told by the words that it begins with, in a dozen languages. */

/** In the order in which they are tried: what is more exact comes first. */
export const questionTypes = [
  "compare",
  "how many",
  "why",
  "how",
  "when",
  "where",
  "who",
  "which",
  "define",
  "explain",
  "list",
  "what",
  "yes or no",
  "instruction",
  "other",
] as const;

export type QuestionType = (typeof questionTypes)[number];

/** Somewhere in the question. */
const within: readonly (readonly [QuestionType, RegExp])[] = [
  [
    "compare",
    /\b(?:compare[ds]?|contrast|differences?|differ|versus|vs|unterschied\w*|unterscheide\w*|vergleich\w*|différences?|compare[rz]|diferencias?|diferenças?|comparar?|differenz[ae]|confronta\w*|verschil\w*|vergelijk\w*|różni\w*|porówna\w*)(?![\p{L}])|отлича|разниц|различи|сравни|区别|區別|差异|不同|比较|比較|違い|차이|비교|الفرق|قارن|अंतर|तुलना/iu,
  ],
  [
    "how many",
    /^(?:how (?:many|much|long|often|old|far|large|big|high)\b|wie ?(?:viele?|lange|oft|hoch|groß|alt)(?![\p{L}])|combien|cuánt|quant[ioae](?![\p{L}])|hoe ?(?:veel|lang|vaak)|ile(?![\p{L}])|сколько|多少|几|كم|कितन)/iu,
  ],
  ["how many", /多少|几个|いくつ|何人|どのくらい|얼마나|몇/u],
  ["why", /为什么|為什麼|为何|なぜ|どうして|왜/u],
  ["how", /如何|怎么|怎樣|怎样|どのよう|どうやって|어떻게/u],
  ["when", /什么时候|何时|何時|いつ|언제/u],
  ["where", /哪里|哪裡|在哪|どこ|어디/u],
  ["who", /谁|誰|누구|누가/u],
  ["which", /哪个|哪種|哪些|どの|どちら|어느/u],
  ["explain", /解释|解釋|说明|說明|説明し|설명/u],
  ["what", /什么|什麼|是何|何(?:です|が|を|は)|なん|무엇|뭐/u],
  ["yes or no", /吗[？?]?$|嗎[？?]?$|是否|ですか[？?。]?$|ますか[？?。]?$/u],
];

/** At the beginning, in spaced scripts. */
const beginnings: Readonly<Partial<Record<QuestionType, string>>> = {
  why: "why|for what reason|warum|weshalb|wieso|pourquoi|por qué|porqué|por que|perché|waarom|dlaczego|почему|зачем|لماذا|क्यों|neden",
  how: "how|wie|comment|cómo|como|come|hoe|jak|как|каким образом|كيف|कैसे|nasıl",
  when: "when|wann|quand|cuándo|quando|wanneer|kiedy|когда|متى|कब|ne zaman",
  where: "where|wo|woher|wohin|où|dónde|onde|dove|waar|gdzie|где|куда|откуда|أين|कहाँ|nerede",
  who: "who|whom|whose|wer|wen|wem|wessen|qui|quién|quiénes|quem|chi|wie is|kto|кто|кого|чей|من هو|من هي|कौन|kim",
  which:
    "which|in which|welche[rsnm]?|quel|quelle|quels|quelles|cuál|cuáles|qual|quais|quale|quali|welke?|która?|które|który|какой|какая|какое|какие|أي|hangi",
  define: "define|definiere|définissez|définis|defina|define|definisci|definieer|дай определение|عرف|عرّف",
  explain:
    "explain|describe|discuss|elaborate|tell me about|erkläre?n?|beschreibe?n?|erläutere?n?|expliquez|explique|décris|décrivez|explica|explique|describe|descreva|spiega|descrivi|leg uit|beschrijf|wyjaśnij|opisz|объясни|объясните|опиши|опишите|اشرح|صف|समझाइए|समझाओ|वर्णन|açıkla|açıklayın",
  list: "list|name|give (?:me )?(?:an? )?(?:example|list)s?|enumerate|nenne?n?|zähle|citez|nommez|énumérez|enumera|nombra|enumere|liste|elenca|noem|wymień|назови|назовите|перечисли|перечислите|اذكر|बताइए",
  what: "what|what's|whats|in what|at what|for what|was|que|qué|qu'est|quoi|o que|cosa|che cosa|che|wat|co|что|чем|ما|ماذا|क्या है",
  "yes or no":
    "is|are|was|were|am|do|does|did|can|could|will|would|should|shall|may|might|has|have|had|isn't|aren't|doesn't|don't|ist|sind|war|waren|hat|haben|hatte|kann|können|soll|sollte|muss|darf|wird|werden|gibt es|est-ce|est|sont|peut|peut-on|y a|es|son|está|están|puede|pueden|hay|é|são|está|pode|podem|há|è|sono|può|possono|c'è|zijn|heeft|kunnen|czy|является ли|есть ли|может ли|можно ли|هل|क्या",
  instruction:
    "write|summari[sz]e|translate|create|generate|calculate|compute|find|solve|identify|provide|show|rewrite|classify|convert|draft|suggest|outline|state|determine|prove|schreibe?n?|fasse|übersetze?n?|berechne?n?|finde|erstelle?n?|écris|écrivez|résume[zr]?|traduis|traduisez|calcule[zr]?|escribe|resume|traduce|escreva|resuma|traduza|scrivi|riassumi|traduci|schrijf|vat|vertaal|napisz|streść|напиши|напишите|переведи|اكتب|लिखिए|yaz",
};

const patterns: readonly (readonly [QuestionType, RegExp])[] = Object.entries(beginnings).map(([type, words]) => [
  type as QuestionType,
  // In lower case already; what stands before the first letter does not count. A word ends where no letter follows.
  new RegExp(`^(?:${words})(?![\\p{L}\\p{M}])`, "u"),
]);

/** Words that may come before what tells the type. */
const before =
  /^(?:please|bitte|s'il (?:vous|te) plaît|por favor|per favore|alsjeblieft|proszę|пожалуйста|in your own words|according to [^,?]{1,60}|based on [^,?]{1,60}|in the text|briefly|and|so|can you|could you|would you)(?![\p{L}])[,:]?\s*/u;

/**
 * Tells what a question asks for. A guess by its wording: the whole set's shares are what it is good for.
 * @param question any string; its first 300 characters count
 * @returns one of {@link questionTypes}
 */
export function questionType(question: string): QuestionType {
  let text = question
    .slice(0, 300)
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[’‘`]/g, "'")
    .replace(/^[^\p{L}]+/u, "")
    .trim();
  for (let times = 0; times < 3; times++) {
    const rest = text.replace(before, "");
    // “Can you” alone is all that there is.
    if (rest === text || rest === "") break;
    text = rest;
  }
  for (const [type, pattern] of within) if (pattern.test(text)) return type;
  // German asks for things with the word that English asks yes-or-no questions with.
  if (/^was (?:it|he|she|the|there|this|that|an?|any|his|her|its|their)(?![\p{L}])/u.test(text)) return "yes or no";
  for (const [type, pattern] of patterns) if (pattern.test(text)) return type;
  // Later in the sentence: “On what date …”, “In the first part, why …”.
  for (const word of ["why", "how", "when", "where", "who", "which", "what"] as const)
    if (new RegExp(`\\b${word}\\b`, "u").test(text) && /[?？]\s*$/u.test(text)) return word;
  return "other";
}
