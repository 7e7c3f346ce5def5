import { connect } from './realm/client/index.mjs';

const at = (id) => document.getElementById(id);
const [state, conversation, prompt, model, how, speed, stop, send, error] = [
  ...['state', 'conversation', 'prompt', 'model', 'how', 'speed', 'stop', 'send', 'error'].map(at),
];

/** Tokens of an answer at most. */
const MOST = 400;
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

/** A WebAssembly guest in a worker of this page: it holds no weights, and asks the host layer by layer. */
function startGuest(guest, question) {
  const worker = new Worker('guest.js', { type: 'module' });
  const pieces = [];
  let wake = () => {};
  let done;
  worker.onmessage = ({ data }) => {
    if (data.done) ({ done } = data);
    else pieces.push(data.text);
    wake();
  };
  worker.onerror = ({ message }) => {
    done = { error: message ?? 'the worker could not be loaded' };
    wake();
  };
  return {
    /** Ending the worker ends its connection, and with that the host's work. */
    cancel() {
      done = { cancelled: true };
      wake();
    },
    async *[Symbol.asyncIterator]() {
      worker.postMessage({ guest, token, model: model.value, prompt: question, most: MOST });
      try {
        for (;;) {
          while (pieces.length) yield { text: pieces.shift() };
          if (done?.error) throw new Error(done.error);
          if (done?.cancelled) throw Object.assign(new Error('stopped'), { code: 'E_CANCELLED' });
          if (done) return;
          await new Promise((resolve) => (wake = resolve));
        }
      } finally {
        worker.terminate();
      }
    },
    memory: () => done.bytes,
    result: () => ({
      finishReason: done.tokens === MOST ? 'length' : 'stop',
      completionTokens: done.tokens,
      seconds: done.milliseconds / 1000,
    }),
  };
}

async function ask(question) {
  show();
  turn('asked', question);
  if (how.value)
    messages = []; // a guest continues a text, and knows no conversation
  else messages.push({ role: 'user', content: question });
  const element = turn('answer running', '');
  const text = element.appendChild(document.createTextNode(how.value ? question : ''));
  [send.disabled, stop.disabled, speed.value] = [true, false, ''];
  const began = performance.now();
  try {
    answer = how.value
      ? startGuest(how.value, question)
      : client.generate({ model: model.value, messages, maxTokens: MOST });
    for await (const chunk of answer) {
      text.data += chunk.text;
      conversation.scrollTop = conversation.scrollHeight;
      speed.value = `${((performance.now() - began) / 1000).toFixed(1)} s`;
    }
    const { finishReason, completionTokens, seconds } = await (answer.result?.() ?? answer);
    speed.value = `${completionTokens} tokens, ${Math.round(completionTokens / Math.max(seconds, 0.001))} a second`;
    if (answer.memory)
      note(element, `${answer.memory() >> 10} KB of memory in this page, no weights: the host computes each layer.`);
    if (finishReason === 'length') note(element, 'The answer was cut off: it has as many tokens as it may have.');
  } catch (failure) {
    if (failure.code === 'E_CANCELLED') note(element, 'Stopped.');
    else show(failure);
  }
  if (!how.value) messages.push({ role: 'assistant', content: text.data });
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
how.addEventListener('change', () => {
  prompt.placeholder = how.value ? 'The capital of France is' : 'What is the capital of France?';
});

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
