// Node's own server.
const http = require('http');

const server = http.createServer((request, response) => {
  const answer = (status, value) => {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  if (request.url === '/health') return answer(200, { health: 'true' });
  if (request.url !== '/') return answer(404, { error: 'not found' });
  if (request.method !== 'POST') return answer(405, { error: 'method not allowed' });
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => answer(200, { length: JSON.parse(body).text.length }));
});

server.listen(8080, () => console.log('listening on 8080'));
