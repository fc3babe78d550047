/** What a model says where it does not want to do what it is asked. */

const refusals: readonly RegExp[] = [
  /^\W*(?:I(?:['’]m| am) (?:very |so |really )?(?:sorry|afraid)|sorry|(?:my )?apologies|unfortunately)\b[^.!?]{0,80}\b(?:can(?:not|['’]t)|unable|won['’]t|not able|not (?:going|allowed))/iu,
  /^\W*I (?:can(?:not|['’]t)|won['’]t|will not|am (?:unable|not able) to|must (?:decline|refuse)|(?:have to|must) (?:respectfully )?decline|do not feel comfortable|don['’]t feel comfortable)\b/iu,
  /^\W*as an? (?:AI|(?:large )?language model|assistant)\b[^.!?]{0,120}\b(?:can(?:not|['’]t)|unable|won['’]t|not able|not (?:appropriate|allowed))/iu,
  /^\W*(?:es tut mir leid|tut mir leid|leider kann ich|ich kann (?:dir |ihnen |euch )?(?:dabei|damit|das) (?:leider )?nicht)/iu,
  /^\W*(?:(?:je suis )?d[ée]sol[ée]e?|je ne peux pas)\b/iu,
  /^\W*(?:lo siento|no puedo (?:ayudar|proporcionar|crear|cumplir|hacer))/iu,
  /^\W*(?:mi dispiace|non posso (?:aiutare|fornire|creare))/iu,
  /^\W*(?:desculpe|sinto muito|não posso (?:ajudar|fornecer|criar))/iu,
  /^\W*(?:het spijt me|ik kan (?:je |u )?(?:daar|hier)(?:bij|mee) niet)/iu,
  /^(?:对不起|抱歉|很抱歉|我(?:不能|无法))/u,
  /^(?:申し訳(?:ありません|ございません)|すみません)/u,
];

/** @returns whether a text begins as a refusal of what was asked; in English and some languages more */
export function isRefusal(text: string): boolean {
  return refusals.some((pattern) => pattern.test(text));
}
