import { fold } from '../../records/look-alikes.ts';
import { cleanText } from '../../text.ts';

/*
 * Whether a text, in place of an answer, addresses whoever decides, or claims that something was decided. A hint for a
 * person, never a verdict: an honest answer may read the same way.
 */

const WHO = 'manager|admin(?:istrator)?|operator|owner|supervisor|boss|team|support|leaddyno|merchant|reviewer';
const DECIDED = 'approved|confirmed|verified|authori[sz]ed|cleared|whitelisted|accepted|agreed|decided|allowed';
const WHOM =
  'me|us|this|them|these|all|every(?:one|body)?|any(?:one|body)|no ?(?:one|body)|(?:the )?(?:others?|rest|remaining|pending|applicants?|affiliates?|applications?)';
const READER = 'ai|assistant|agent|bot|llm|(?:language )?model|reviewer|moderator';

const PATTERNS: readonly string[] = [
  // Orders to ignore the rules.
  String.raw`\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction|previous|above|rule|prompt|polic|guideline|safety|restriction|warning|red flag)`,
  String.raw`\bignor(?:iere?n?|ez|a|e|are|er)\b.{0,40}\b(?:anweisung|instruc|consigne|istruzion|vorherig|vorangegangen|precedent|anterior)`,
  String.raw`\b(?:new|updated|revised) instructions?\b`,
  // Text that poses as the system or somebody else, or addresses a reviewer or a model.
  String.raw`(?:^|[.!?;:>)\]}"'])\s{0,9}(?:system|assistant|developer|human|tool result)\s*:`,
  String.raw`\b(?:system|admin(?:istrator)?|operator|developer|security|compliance|internal) (?:note|notice|message|prompt|override|alert|instruction|command|directive)s?\b`,
  String.raw`</?(?:tool_result|system|instructions?|assistant|user)\b`,
  String.raw`\b(?:dear|hey|hi|hello|attention|note to|message to|to) (?:the |any )?(?:${READER})\b`,
  String.raw`\b(?:language model|llm|chatgpt|claude|gpt|ai (?:assistant|agent|model|reviewer))\b.{0,60}\b(?:must|should|please|approve|ignore|read)\b`,
  String.raw`\byou (?:are|must|should|will|need to|have to)\b.{0,30}\b(?:ai|assistant|language model|llm|approve|accept|reject|archive|ignore|comply)\b`,
  // Orders to do something to somebody.
  String.raw`\b(?:approve|reject|archive|unarchive)(?: of)? (?:${WHOM})\b`,
  String.raw`\b(?:please|must|should|to|just|now|and|then) (?:auto.?)?approve\b`,
  String.raw`\b(?:mark|pay|set|list) (?:me|us|all|these|them|this|every\w*)\b.{0,30}\b(?:paid|approved|active|verified|trusted)\b`,
  String.raw`\b(?:approve|reject|archive|unarchive|review|update|create|mark|settle|cancel|delete)_[a-z_]{3,}`,
  String.raw`\b(?:call|use|run|invoke)\b.{0,20}\b(?:approve|reject|archive|the tool|tool call|function)\b`,
  String.raw`\b(?:set|change|update|move|send|redirect)\b.{0,40}\b(?:paypal|payout|payment address|commissions? to)`,
  String.raw`\b(?:do not|don't|dont|no need to|without|never) (?:ask|review|check|confirm|flag|verify|question|reject|mention|tell)(?:ing)?\b`,
  String.raw`\bskip\b.{0,20}\b(?:review|check|approval|confirmation|verification|question)`,
  String.raw`\b(?:genehmigen?|genehmigt|approuve[rz]?|apruebe?n?|aprueba|aprovar?|approvare?)\b.{0,20}\b(?:alle|mich|tous|moi|todos?|tutti|tudo|me)\b`,
  // Claims that something was decided.
  String.raw`\b(?:already|auto|pre)[- ]{0,2}(?:${DECIDED})\b|\b(?:${DECIDED}) by\b|\bconfirmation received\b`,
  String.raw`\b(?:${WHO})\b.{0,30}\b(?:${DECIDED})\b`,
  String.raw`\b(?:has|have|had|was|were|is|are) (?:been )?(?:now )?approved\b`,
];

const STEERING = new RegExp(PATTERNS.join('|'), 'i');

/**
 * @param text as typed; checked without invisible characters, in plain letters, by line and as one line, also with
 * `._+@-` as spaces
 */
export function steers(text: string): boolean {
  const plain = fold(cleanText(text));
  const line = plain.replace(/\s+/g, ' ');
  // An order may start any line, or have its words joined as in an address or a code.
  const joined = line.replace(/[._+@-]+/g, ' ');
  return plain.split('\n').some((one) => STEERING.test(one)) || STEERING.test(line) || STEERING.test(joined);
}
