import { connect } from './client/index.mjs';

const at = (id) => document.getElementById(id);
const [state, conversation, prompt, model, speed, stop, send, error] = [
  ...['state', 'conversation', 'prompt', 'model', 'speed', 'stop', 'send', 'error'].map(at),
];

/** The conversation so far, for the model. */
let messages = [];
let client;
let answer;

function show(failure) {
  error.textContent = failure ? failure.message : '';
  error.hidden = !failure;
}

function turn(kind, text) {
  at('hint')?.remove();
  const element = document.createElement('p');
  element.className = `turn ${kind}`;
  element.textContent = text;
  conversation.append(element);
  conversation.scrollTop = conversation.scrollHeight;
  return element;
}

function note(element, text) {
  const small = document.createElement('small');
  small.className = 'note';
  small.textContent = text;
  element.append(small);
}

async function ask(question) {
  show();
  turn('asked', question);
  messages.push({ role: 'user', content: question });
  const element = turn('answer running', '');
  const text = element.appendChild(document.createTextNode(''));
  [send.disabled, stop.disabled, speed.value] = [true, false, ''];
  const began = performance.now();
  try {
    answer = client.generate({ model: model.value, messages, maxTokens: 400 });
    for await (const chunk of answer) {
      text.data += chunk.text;
      conversation.scrollTop = conversation.scrollHeight;
      speed.value = `${((performance.now() - began) / 1000).toFixed(1)} s`;
    }
    const { finishReason, completionTokens, seconds } = await answer;
    speed.value = `${completionTokens} tokens, ${Math.round(completionTokens / Math.max(seconds, 0.001))} a second`;
    if (finishReason === 'length') note(element, 'The answer was cut off: it has as many tokens as it may have.');
  } catch (failure) {
    if (failure.code === 'E_CANCELLED') note(element, 'Stopped.');
    else show(failure);
  }
  messages.push({ role: 'assistant', content: text.data });
  element.classList.remove('running');
  if (!element.textContent) element.remove();
  [send.disabled, stop.disabled] = [false, true];
  prompt.focus();
}

at('form').addEventListener('submit', (event) => {
  event.preventDefault();
  const question = prompt.value.trim() || prompt.placeholder;
  if (send.disabled) return;
  prompt.value = '';
  void ask(question);
});
prompt.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at('form').requestSubmit();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') answer?.cancel();
});
stop.addEventListener('click', () => answer?.cancel());
model.addEventListener('change', () => (messages = []));

// The token comes behind the #: browsers do not send that part, and it stays out of logs.
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? undefined;
try {
  client = await connect(location.origin, { token });
  model.append(...(await client.models()).map((name) => new Option(name)));
  state.textContent = client.transport === 'websocket' ? 'Connected' : 'Connected, without a WebSocket';
  send.disabled = false;
} catch (failure) {
  state.textContent = 'Not connected';
  show(failure);
}
