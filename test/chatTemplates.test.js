'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { renderChatTemplate } = require('..');
const { golden, goldenTest } = require('./fixtures/places');
const { failure } = require('./fixtures/failure');

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (number) => String(number).padStart(2, '0');

/** A text in which each way of writing the day is that day's name: the reference was rendered on another one. */
function withoutDay(text, day) {
  const [year, month, date] = [day.getFullYear(), day.getMonth(), two(day.getDate())];
  return text
    .replaceAll(`${year}-${two(month + 1)}-${date}`, '(today)')
    .replaceAll(`${date} ${months[month]} ${year}`, '(today)');
}

goldenTest('every template of the reference data', () => {
  const file = path.join(golden, 'chat/templates.json');
  const reference = JSON.parse(fs.readFileSync(file, 'utf8'));
  const rendered = reference.cases.find(({ has_date: dated }) => dated)?.expected.match(/(\d{4})-(\d\d)-(\d\d)/);
  const then = rendered && new Date(Number(rendered[1]), Number(rendered[2]) - 1, Number(rendered[3]));
  expect(reference.cases.length).toBeGreaterThan(100);
  for (const { template, conversation, expected, error, has_date: dated } of reference.cases) {
    const { messages, tools, add_generation_prompt: addGenerationPrompt } = reference.conversations[conversation];
    const render = () =>
      renderChatTemplate(reference.templates[template], messages, {
        bosToken: reference.bos_token,
        eosToken: reference.eos_token,
        tools,
        addGenerationPrompt,
      });
    if (error !== undefined) {
      const { code, message } = failure(render);
      expect({ template, conversation, code, says: message.includes(error) }).toEqual({
        template,
        conversation,
        code: 'E_INVALID_ARGUMENT',
        says: true,
      });
      continue;
    }
    const today = new Date();
    const text = render();
    const got = dated ? withoutDay(text, today) : text;
    expect({ template, conversation, text: got }).toEqual({
      template,
      conversation,
      text: dated ? withoutDay(expected, then) : expected,
    });
  }
});
