/** TeX from the formulas of documents: what Office's and the web's markup for mathematics have in common. */

/** Characters that TeX has a command for. Others stand as they are: TeX engines read Unicode. */
const symbols = new Map<string, string>(
  `α alpha β beta γ gamma δ delta ε varepsilon ϵ epsilon ζ zeta η eta θ theta ϑ vartheta ι iota κ kappa λ lambda μ mu
ν nu ξ xi π pi ϖ varpi ρ rho ϱ varrho σ sigma ς varsigma τ tau υ upsilon φ varphi ϕ phi χ chi ψ psi ω omega Γ Gamma
Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω Omega ∑ sum ∏ prod ∐ coprod ∫ int ∬ iint ∭ iiint
∮ oint ∂ partial ∇ nabla ∞ infty ± pm ∓ mp × times ÷ div · cdot ⋅ cdot ∘ circ ∙ bullet ≤ le ≥ ge ≠ ne ≈ approx ≡ equiv
∼ sim ≃ simeq ≅ cong ∝ propto ≪ ll ≫ gg ∈ in ∉ notin ∋ ni ⊂ subset ⊆ subseteq ⊃ supset ⊇ supseteq ∪ cup ∩ cap
∅ emptyset ∖ setminus ∀ forall ∃ exists ¬ neg ∧ land ∨ lor ⊕ oplus ⊗ otimes ⊥ perp ∥ parallel → to ← leftarrow
↔ leftrightarrow ⇒ Rightarrow ⇐ Leftarrow ⇔ Leftrightarrow ↦ mapsto ↑ uparrow ↓ downarrow … ldots ⋯ cdots ⋮ vdots
⋱ ddots ′ prime ℏ hbar ℓ ell ℜ Re ℑ Im ℵ aleph ⟨ langle ⟩ rangle ⌊ lfloor ⌋ rfloor ⌈ lceil ⌉ rceil ∠ angle △ triangle
⊢ vdash ⊨ models ⋃ bigcup ⋂ bigcap ⋁ bigvee ⋀ bigwedge ⨁ bigoplus ⨂ bigotimes † dagger ∗ ast ⋆ star`
    .split(/\s+/)
    .flatMap((word, index, all): [string, string][] => (index % 2 === 0 ? [[word, `\\${all[index + 1]!}`]] : [])),
);
symbols.set("−", "-").set("∣", "|").set("‖", "\\|").set("\u2061", "").set("\u2062", "").set("\u2063", "");
symbols.set("\u00a0", "~").set("\u2003", "\\quad ").set("\u2009", "\\,").set("\u2005", "\\:").set("\u200b", "");

const functions = new Set(
  "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max min Pr sec sin sinh sup tan tanh".split(
    " ",
  ),
);

/** Accents by the combining or spacing character that stands for them. */
const accents = new Map<string, string>([
  ...Array.from("\u0302^ˆ").map((mark): [string, string] => [mark, "hat"]),
  ...Array.from("\u0303~˜").map((mark): [string, string] => [mark, "tilde"]),
  ...Array.from("\u0304\u0305¯‾_").map((mark): [string, string] => [mark, "overline"]),
  ...Array.from("\u20d7→⃑\u20d1").map((mark): [string, string] => [mark, "vec"]),
  ...Array.from("\u0307˙.").map((mark): [string, string] => [mark, "dot"]),
  ...Array.from("\u0308¨").map((mark): [string, string] => [mark, "ddot"]),
  ...Array.from("\u030cˇ").map((mark): [string, string] => [mark, "check"]),
  ...Array.from("\u0306˘").map((mark): [string, string] => [mark, "breve"]),
  ["\u0301", "acute"],
  ["´", "acute"],
  ["\u0300", "grave"],
  ["`", "grave"],
  ["⏞", "overbrace"],
  ["⏟", "underbrace"],
]);

/**
 * Writes a formula's characters as TeX.
 *
 * @param text letters, digits and signs as the document has them
 * @returns TeX with commands for signs, `\sin` for the names of functions, and marks of TeX escaped
 */
export function texOf(text: string): string {
  if (functions.has(text.trim())) return `\\${text.trim()}`;
  const pieces = Array.from(mathLetters(text)).map((character) => {
    const known = symbols.get(character);
    if (known !== undefined) return known;
    if (/[#$%&_{}]/.test(character)) return `\\${character}`;
    if (character === "\\") return "\\backslash";
    if (character === "~") return "\\sim";
    if (character === "^") return "\\hat{}";
    return character;
  });
  return joinTex(pieces);
}

/** Letters of the mathematical alphabets (𝑥, 𝐀, 𝛼) as the plain letters that a formula's italics stand for. */
function mathLetters(text: string): string {
  return text.replace(/[\u{1d400}-\u{1d7ff}ℎ]/gu, (letter) => letter.normalize("NFKC"));
}

/** Words in a formula, such as "if" and "otherwise". */
export function texText(text: string): string {
  return text.trim() === "" ? " " : `\\text{${text.replace(/[#$%&_{}]/g, "\\$&").replace(/[\\^~]/g, " ")}}`;
}

/** Puts pieces one after another; a command's name does not run into a letter that follows. */
export function joinTex(pieces: readonly string[]): string {
  let tex = "";
  for (const piece of pieces) {
    tex += /\\[A-Za-z]+$/.test(tex) && /^[A-Za-z]/.test(piece) ? ` ${piece}` : piece;
  }
  return tex;
}

/** What stands under or over another: as a command's argument. */
export function group(tex: string): string {
  return `{${tex.trim()}}`;
}

/** The base of a script: braces unless it is one sign or command. */
export function base(tex: string): string {
  const trimmed = tex.trim();
  return /^(?:.|\\[A-Za-z]+|\\[A-Za-z]+\{[^{}]*\}|)$/su.test(trimmed) ? trimmed : group(trimmed);
}

/** A sign above a base: `\hat{x}`. */
export function accented(mark: string, content: string): string {
  const name = accents.get(mark.trim());
  return name === undefined ? `\\overset${group(texOf(mark))}${group(content)}` : `\\${name}${group(content)}`;
}

/** Delimiters that grow with what they hold; an empty one is none. */
export function delimited(start: string, content: string, end: string): string {
  if (/^\\binom\{/.test(content.trim()) && start === "(" && end === ")") return content;
  const sign = (delimiter: string): string =>
    delimiter === "" ? "." : delimiter === "{" || delimiter === "}" ? `\\${delimiter}` : texOf(delimiter);
  const simple = !/\\(?:frac|sum|prod|int|begin|binom|overline|sqrt)\b/.test(content);
  if (simple && start !== "" && end !== "") return joinTex([sign(start), content, sign(end)]);
  return joinTex([`\\left${sign(start)}`, ` ${content} `, `\\right${sign(end)}`]);
}

/** Rows of cells, as `\begin{matrix}`, or lines of aligned equations. */
export function arranged(rows: readonly (readonly string[])[], environment: "matrix" | "aligned"): string {
  return `\\begin{${environment}} ${rows.map((cells) => cells.map((cell) => cell.trim()).join(" & ")).join(" \\\\ ")} \\end{${environment}}`;
}

/** A formula in Markdown, as most renderers read it: `$…$` in a line, `$$…$$` alone. */
export function formula(tex: string, alone: boolean): string {
  const tidy = tex.replace(/\s+/g, " ").trim();
  if (tidy === "") return "";
  return alone ? `$$${tidy}$$` : `$${tidy}$`;
}
