// Node's own server: idle connections are kept, and on SIGTERM it goes on for a while.
const http = require('http');

const seconds = (name) => Number(process.env[name]) * 1000;
let leaving = false;

const server = http.createServer((request, response) => {
  const answer = (status, value) => {
    if (leaving) response.setHeader('Connection', 'close');
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(value));
    console.log(`${request.method} ${request.url} ${status}`);
  };
  if (request.url === '/health') return answer(leaving ? 503 : 200, { health: String(!leaving) });
  if (request.url !== '/') return answer(404, { error: 'not found' });
  if (request.method !== 'POST') return answer(405, { error: 'method not allowed' });
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    try {
      const { text } = JSON.parse(Buffer.concat(parts));
      if (typeof text !== 'string') return answer(400, { error: 'text is no string' });
      return answer(200, { length: text.length });
    } catch (error) {
      return answer(400, { error: String(error) });
    }
  });
});

server.keepAliveTimeout = seconds('IDLE');
server.headersTimeout = seconds('IDLE') + 5000;
server.listen(8080, () => console.log('ready'));

process.on('SIGTERM', () => {
  if (leaving) return;
  leaving = true;
  setTimeout(() => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), seconds('PATIENCE')).unref();
  }, seconds('LINGER'));
});
