/**
 * Phrases that give a pair away as one that cannot be understood alone, in English, German, French, Spanish, Italian,
 * Portuguese and Dutch. All languages are looked for in every record: texts mix them, and the phrases do not collide.
 */

/** A pattern between word borders, whatever letters the words have. */
function words(source: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${source})(?![\\p{L}\\p{N}])`, "iu");
}

/** The text, as a record must not speak of it. */
const text = {
  en: "(?:text|passage|excerpt|paragraph|document|article|context|extract|section|chapter|snippet|material|source text)",
  de: "(?:Text|Textauszug|Auszug|Abschnitt|Textabschnitt|Dokument|Artikel|Kontext|Absatz|Textstelle|Passage|Quelltext|Dokuments|Textes|Artikels|Abschnitts)",
  fr: "(?:texte|passage|extrait|paragraphe|document|article|contexte)",
  es: "(?:texto|pasaje|fragmento|párrafo|documento|artículo|contexto|extracto)",
  it: "(?:testo|brano|passaggio|estratto|paragrafo|documento|articolo|contesto)",
  pt: "(?:texto|trecho|excerto|parágrafo|documento|artigo|contexto|passagem)",
  nl: "(?:tekst|passage|fragment|alinea|document|artikel|context|uittreksel)",
};

/** Nobody says these but of a text at hand. */
export const refersToText: readonly RegExp[] = [
  words(
    `(?:according to|based on|as (?:stated|mentioned|described|discussed|noted|shown) in|per) (?:the|this) (?:\\w+ )?${text.en}`,
  ),
  words(`(?:in|from|within|throughout) (?:the|this) (?:given|provided|above|following|preceding) ${text.en}`),
  words(
    `(?:the|this) (?:given |provided |above )?${text.en} (?:says?|states?|mentions?|describes?|discuss(?:es)?|explains?|suggests?|notes?|provides?|does not (?:say|mention|state|specify|provide))`,
  ),
  words(
    `(?:mentioned|described|discussed|stated|provided|presented|referred to|given|listed) in (?:the|this) (?:\\w+ )?(?:text|passage|excerpt|paragraph|context|extract|snippet|document|article)`,
  ),
  words("as (?:shown|mentioned|described|stated|discussed|noted|seen) (?:above|below|earlier|previously)"),
  words("(?:mentioned|described|listed|given|shown) (?:above|below)"),
  words(`(?:laut|gemäß|nach|entsprechend) (?:dem|des|diesem|dieses) (?:\\p{L}+ )?${text.de}`),
  words(
    `(?:im|in diesem|aus dem) (?:vorliegenden |obigen |gegebenen |genannten |folgenden )?(?:Text|Textauszug|Textabschnitt|Auszug|Kontext) (?:genannt\\p{L}*|erwähnt\\p{L}*|beschrieben\\p{L}*|angegeben\\p{L}*|steht|wird)`,
  ),
  words(`(?:im|in dem|aus dem) (?:vorliegenden|obigen|gegebenen) ${text.de}`),
  words("wie (?:oben|unten|zuvor) (?:erwähnt|beschrieben|gezeigt|genannt|dargestellt)"),
  words(`(?:selon|d['’]après|conformément à) (?:le|la|l['’]|ce|cet|cette) ?${text.fr}`),
  words(`(?:mentionné|décrit|cité|indiqué|évoqué)(?:e|s|es)? dans (?:le|ce|cet|l['’]) ?${text.fr}`),
  words("comme (?:mentionné|décrit|indiqué|montré) (?:ci-dessus|ci-dessous|plus haut|précédemment)"),
  words(`(?:según|de acuerdo con|conforme a) (?:el|la|este|esta) ${text.es}`),
  words(`(?:mencionad|descrit|citad|indicad)[oa]s? en (?:el|este) ${text.es}`),
  words("como se (?:mencion[óa]|describ[eió]+|indic[óa]|muestra) (?:arriba|anteriormente|abajo)"),
  words(`(?:secondo|in base a|stando a) (?:il|lo|questo|l['’]) ?${text.it}`),
  words(`(?:menzionat|descritt|citat|indicat)[oaie] nel ${text.it}`),
  words("come (?:menzionato|descritto|indicato|mostrato) (?:sopra|sotto|in precedenza)"),
  words(`(?:segundo|de acordo com|conforme|com base n[oa]) ?(?:o|a|este|esse)? ${text.pt}`),
  words(`(?:mencionad|descrit|citad|indicad)[oa]s? n(?:o|este|esse) ${text.pt}`),
  words("como (?:mencionado|descrito|indicado|mostrado) (?:acima|abaixo|anteriormente)"),
  words(`(?:volgens|op basis van) (?:de|het|dit|deze) (?:\\p{L}+ )?${text.nl}`),
  words(`(?:genoemd|beschreven|vermeld)e? in (?:de|het|dit|deze) ${text.nl}`),
  words("zoals (?:hierboven|hieronder|eerder) (?:vermeld|beschreven|genoemd|getoond)"),
  /(?:根据|依据|按照)(?:本|该|上述|以上|给定|这段|此)?(?:文本|文章|段落|材料|文档|短文)/u,
];

/** May be about the text at hand, or about any text. */
export const mayReferToText: readonly RegExp[] = [
  words("(?:the|this) (?:text|passage|excerpt|paragraph|snippet|author)"),
  words("(?:in|of) (?:the|this) (?:document|article|section|chapter|study|report|paper)"),
  words("(?:der|dieser|im|diesem|des) (?:Text|Textauszug|Auszug|Abschnitt|Autor|Textes)"),
  words("(?:le|ce|cet|dans l['’]|l['’]) ?(?:texte|passage|extrait|auteur)"),
  words("(?:el|este|del) (?:texto|pasaje|fragmento|autor)"),
  words("(?:il|questo|nel|del) (?:testo|brano|passaggio)|l['’]autore"),
  words("(?:o|este|no|do) (?:texto|trecho|excerto|autor)"),
  words("(?:de|deze|het|dit) (?:tekst|passage|fragment|auteur)"),
];

/** Pictures, tables and sections that the reader of the pair does not have. */
export const refersToFigure: readonly RegExp[] = [
  words(
    "(?:in|see|from|shown in|per|to|by) (?:the )?(?:fig(?:ure|\\.)|table|appendix|section|chapter|equation|eq\\.|page) ?\\(?\\d+(?:\\.\\d+)*\\)?",
  ),
  words("^(?:figure|table) \\d+(?:\\.\\d+)*"),
  words("(?:what|which) (?:does|is shown in|do) (?:figure|table) \\d+"),
  words(
    "(?:in|siehe|laut|aus) (?:der |dem )?(?:Abbildung|Abb\\.|Tabelle|Tab\\.|Abschnitt|Kapitel|Anhang|Gleichung) \\d+(?:\\.\\d+)*",
  ),
  words("(?:dans|voir|selon|de) (?:la |le )?(?:figure|fig\\.|tableau|section|chapitre|annexe) \\d+(?:\\.\\d+)*"),
  words("(?:en|ver|véase|según) (?:la |el )?(?:figura|fig\\.|tabla|sección|capítulo|cuadro) \\d+(?:\\.\\d+)*"),
  words("(?:in|vedi|nella|secondo la) (?:figura|fig\\.|tabella|sezione|capitolo) \\d+(?:\\.\\d+)*"),
  words("(?:na|no|ver|segundo a) (?:figura|fig\\.|tabela|seção|secção|capítulo|quadro) \\d+(?:\\.\\d+)*"),
  words("(?:in|zie|volgens) (?:figuur|fig\\.|tabel|sectie|hoofdstuk|paragraaf) \\d+(?:\\.\\d+)*"),
];

/** What a model says of itself or of its task. */
export const metaTalk: readonly RegExp[] = [
  words("as an? (?:AI|artificial intelligence|(?:large )?language model|assistant)(?: (?:language )?model)?"),
  words("I(?:['’]m| am) (?:just |only )?an? (?:AI|(?:large )?language model|artificial intelligence)"),
  words("I(?:['’]m| am) (?:sorry|unable|not able)[^.]{0,40}(?:cannot|can['’]t|unable|not able|provide|assist|answer)"),
  words("my (?:knowledge cutoff|training data|last update)"),
  /^\s*(?:(?:sure|certainly|of course|absolutely|okay|ok)[,!.]? )?here(?:['’]s| is| are) (?:the|an?|my|some|\d+|your)[^.\n]{0,40}?(?:answers?|questions?|pairs?|response|summary|example|rewrite)/iu,
  /^\s*(?:sure|certainly|of course|absolutely)[!,] (?:here|I|let|the (?:answer|question))/iu,
  words("I hope (?:this|that) helps"),
  words("als (?:eine? )?(?:KI|künstliche Intelligenz|(?:großes )?Sprachmodell|KI-Modell|KI-Sprachmodell)"),
  /^\s*(?:(?:natürlich|gerne|sicher)[,!.]? )?hier (?:ist|sind) (?:die|eine?|meine) (?:Antwort|Frage|Fragen|Antworten)/iu,
  words("en tant qu(?:e |['’])(?:IA|intelligence artificielle|modèle (?:de langage|linguistique))"),
  /^\s*(?:bien sûr[,!.]? )?voici (?:la|une|ma|les|des) (?:réponses?|questions?)/iu,
  words(
    "como (?:una? |um |uma )?(?:IA|inteligencia artificial|inteligência artificial|modelo de (?:lenguaje|linguagem))",
  ),
  /^\s*(?:(?:claro|por supuesto|com certeza)[,!.]? )?aqu[ií] (?:está|tienes?|estão|tem) (?:la|una|mi|a|uma|as|las) (?:respuestas?|respostas?|preguntas?|perguntas?)/iu,
  words("come (?:un['’])?(?:IA|intelligenza artificiale|modello linguistico)"),
  /^\s*(?:certo[,!.]? )?ecco (?:la|una|le) (?:rispost[ae]|domand[ae])/iu,
  words("als (?:een )?(?:AI|kunstmatige intelligentie|taalmodel)(?:-model)?"),
  /^\s*(?:natuurlijk[,!.]? )?hier (?:is|zijn) (?:het|een|de) (?:antwoord|vraag|vragen|antwoorden)/iu,
  /作为(?:一个|一名)?(?:人工智能|AI|语言模型)/u,
];

/** What is left of a prompt, a chat template or an exercise's form. */
export const leftovers: readonly RegExp[] = [
  /<\|[a-z_]{2,30}\|>|\[\/?INST\]|<\/?s>|<<\/?SYS>>|<(?:start|end)_of_turn>|<\/?think>/iu,
  /^\s*#{2,4} ?(?:instruction|response|input|question|answer)s?:?\s*$/imu,
  /^\s*(?:\*\*)?(?:Q(?:uestion)?|A(?:nswer)?|Frage|Antwort|Réponse|Pregunta|Respuesta|Domanda|Risposta|Pergunta|Resposta|Vraag|Antwoord)(?: ?\d+)?(?:\*\*)?:(?:\*\*)? /u,
  /\{(?:question|answer|text|context|topic|num_pairs|name|document|summary)\}/iu,
  /\{\{ ?[a-z_][a-z0-9_. ]{0,40} ?\}\}/iu,
  /\[(?:insert|your|add|enter|fill in|name of|placeholder|einfügen|insérer|insertar|inserire|inserir|invoegen)[^\]\n]{0,60}\]/iu,
  /<(?:question|answer|insert|your)[^>\n]{0,40}>/iu,
  words("lorem ipsum"),
  /^\s*(?:\.{3,}|…|n\/a|todo|tbd)\.?\s*$/iu,
];

/** JSON that was taken for words. */
export const jsonLeftovers: readonly RegExp[] = [
  /["“](?:question|answer|reasoning|qa_pairs|rating)["”]\s*:/iu,
  /(?:"\s*[}\]]+,?|\\n|\\")\s*$/u,
  /^\s*[{[]\s*"(?:[^"]{1,40})"\s*[:,\]]/u,
];

/** A question that begins with somebody or something that was named before. */
export const dangling: readonly RegExp[] = [
  /^(?:he|she|they|it|these|those|his|her|their|its)\s/iu,
  /^(?:(?:what|when|where|why|how|who|which|did|does|do|was|were|is|are|has|have|had|can|could|will|would)\s+){1,3}(?:he|she|they|him|her|them|his|their|these|those)\s/iu,
  /^(?:er|sie|es|diese[rsn]?|jene[rs]?|seine?|ihre?)\s/iu,
  /^(?:was|wann|wo|warum|wie|wer)\s+\p{L}+\s+(?:er|sie|diese[rsn]?|jene[rs]?)\s/iu,
  /^(?:il|elle|ils|elles|celui-ci|celle-ci|ceux-ci|cela|ceci)\s/iu,
  /^(?:él|ella|ellos|ellas|esto|eso|estos|estas)\s/iu,
  /^(?:egli|ella|lui|lei|loro|essi|questo|quello)\s/iu,
  /^(?:ele|ela|eles|elas|isto|isso)\s/iu,
  /^(?:hij|zij|ze|het|dit|dat|deze|die)\s/iu,
];

/** What a request begins with that is no question: then it needs no question mark. */
export const requests: RegExp =
  /^(?:please |bitte |s['’]il vous plaît,? |por favor,? |per favore,? |alstublieft,? )?(?:explain|describe|list|name|give|compare|contrast|define|summari[sz]e|identify|discuss|state|outline|calculate|write|translate|provide|tell|show|suggest|analy[sz]e|evaluate|find|solve|create|consider|imagine|complete|classify|rewrite|generate|determine|prove|using|if|erkläre?n?|beschreibe?n?|nenne?n?|vergleiche?n?|definiere?n?|gib|geben|fasse|liste|schreibe?|berechne|expliquez?|décri(?:s|vez)|citez?|comparez?|définissez|donnez?|énumérez?|résumez?|écrivez|explica|explique|describe|describa|enumera|compara|compare|define|nombra|menciona|resume|escribe|spiega|descrivi|elenca|confronta|definisci|indica|riassumi|scrivi|explique|descreva|liste|compare|defina|cite|resuma|escreva|leg|beschrijf|noem|vergelijk|definieer|geef|som|schrijf)(?![\p{L}])/iu;
