import { OfficePackage } from "./opc.js";
import type { DocumentParser } from "./parser.js";
import { Pictures } from "./pictures.js";
import { SlideReader } from "./pptx-slide.js";
import { type SlideText, writeSlides } from "./slides.js";
import { child, childrenOf } from "./xml.js";

const mediaType = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/**
 * Presentations: a section for each slide, in the order in which they are shown, with the slide's title as its heading
 * and the speaker's notes below. Hidden slides are kept and named in a warning; comments, dates, footers and slide
 * numbers are left out.
 */
export const pptxParser: DocumentParser = {
  name: "pptx",
  extensions: [".pptx", ".pptm", ".ppsx"],
  mediaTypes: [
    mediaType,
    "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12",
  ],
  parse: async (bytes, source, options) => {
    const office = await OfficePackage.open(bytes, source, {
      name: "a presentation",
      extension: ".pptx",
      family: "presentationml",
      main: "ppt/presentation.xml",
      old: "an old presentation (.ppt)",
      program: "a presentation program",
    });
    const pictures = new Pictures(options.images);
    const reader = new SlideReader(office, pictures);
    const relations = await office.relationships(office.main);
    const list = child(await office.xml(office.main), "p:sldIdLst");
    const parts = childrenOf(list, "p:sldId").map(({ attributes }) => relations.get(attributes["r:id"] ?? "")?.target);
    const hidden: number[] = [];
    const missing: number[] = [];
    const slides: SlideText[] = [];
    for (const [index, part] of parts.entries()) {
      const page = index + 1;
      const slide = part === undefined ? undefined : await reader.read(part, page);
      if (slide) slides.push(slide);
      else missing.push(page);
      if (slide?.isHidden) hidden.push(page);
    }
    const { text, sections, images } = await writeSlides(slides, pictures, options);
    const warnings = [
      ...(hidden.length > 0 ? [`hidden slides are kept: ${hidden.join(", ")}`] : []),
      ...(missing.length > 0 ? [`slides that are not in the file: ${missing.join(", ")}`] : []),
      ...pictures.warnings(),
    ];
    return { text, sections, mediaType, warnings, ...(options.images ? { images } : {}) };
  },
};
