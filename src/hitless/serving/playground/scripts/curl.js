// A request as the curl line that sends the same, ready for a POSIX shell.

function shellWord(text) {
  return /^[\w@%+=:,./~-]+$/.test(text) && !text.startsWith("~") ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

// curl's own quoting of a file's name within -F, where it would be taken apart.
function formFile(path) {
  return /[;,"]/.test(path) ? `"${path.replace(/[\\"]/g, "\\$&")}"` : path;
}

function curlWords(request, contents) {
  const words = ["curl"];
  if (contents.insecure) words.push("-k");
  if (request.streams) words.push("-N");
  words.push("-X", request.method, addressOf(request));
  for (const [name, value] of request.form ?? []) {
    if (value instanceof File) words.push("-F", `${name}=@${formFile(value.path ?? value.name)}`);
    else words.push("--form-string", `${name}=${value}`);
  }
  if (request.text !== undefined) words.push("-H", `Content-Type: ${request.type}`, "--data-raw", request.text);
  if (request.file) words.push("-H", `Content-Type: ${request.type}`, "--data-binary", `@${request.file.path ?? request.file.name}`);
  return words;
}

function curlLine(request, contents) {
  return curlWords(request, contents).map(shellWord).join(" ");
}
