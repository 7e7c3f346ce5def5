// What chats stand on is read with the first chat: it is half of what `require` would read.
/* eslint-disable @typescript-eslint/no-require-imports */
export const chats = () => require('./chat/chat') as typeof import('./chat/chat');
export const families = () => require('./chat/family') as typeof import('./chat/family');
/* eslint-enable @typescript-eslint/no-require-imports */
