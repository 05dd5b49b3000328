import { type Prompt, prompts } from './prompts.ts';

/** A job as an agent skill: what a host shows before one is chosen, and the file `SKILL.md` (agentskills.io). */
export interface Skill {
  /** Also the name of its folder. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly markdown: () => string;
}

/** Makes a skill from a prompt, so that the two cannot drift apart. */
export function skillOf(prompt: Prompt): Skill {
  const name = prompt.name.replaceAll('_', '-');
  const description = `${prompt.description}. Use when ${prompt.when}.`;
  return { name, title: prompt.title, description, markdown: () => markdownOf(prompt, name, description) };
}

export const skills: readonly Skill[] = prompts.map(skillOf);

function markdownOf(prompt: Prompt, name: string, description: string): string {
  const { title, arguments: fields, derived = {}, oneOf = [], tools } = prompt;
  const values = [
    ...fields.map((field) => `- <${field.name}>: ${field.description}${field.required ? ' (needed)' : ''}`),
    ...Object.entries(derived).map(([value, what]) => `- <${value}>: ${what}`),
  ];
  const slots = [...fields.map((field) => field.name), ...Object.keys(derived)];
  const brief = prompt.text(Object.fromEntries(slots.map((slot) => [slot, `<${slot}>`])));
  const rule = oneOf.length > 0 ? ` At least one of them is needed.` : '';
  return [
    '---',
    `name: ${name}`,
    `description: ${JSON.stringify(description)}`,
    '---',
    '',
    `# ${title}`,
    '',
    `Uses these tools of the LeadDyno MCP server: ${tools.join(', ')}.`,
    '',
    `Values in angle brackets come from the user. Leave out any that are not given.${rule}`,
    '',
    ...values,
    '',
    brief,
    '',
  ].join('\n');
}
